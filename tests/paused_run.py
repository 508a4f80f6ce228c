"""A run of the command line that stops itself, as SIGSTOP does, at one moment of its work; it goes on with SIGCONT.

Usage: python -m tests.paused_run STAGE COUNT ARGUMENTS; it pauses before the COUNT-th call of what STAGE names.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from vecgen.cli import main

BEAT = 0.05
STAGES = {
    "working": "vecgen.arrow.Assembler.assemble",
    "writing": "vecgen.storage.ask_permission",
    "closing": "vecgen.progress.publish_receipt",
    "moving": "vecgen.replacement.move_file",
    "removing": "vecgen.replacement.remove_file",
    "failing": "vecgen.progress.is_surely_held",
}


def pause_before(call: Callable[..., Any], number: int) -> Callable[..., Any]:
    calls = 0

    def paused(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGSTOP)
        return call(*arguments, **options)

    return paused


def fail(*_: object) -> None:
    raise MemoryError("for a test")


if __name__ == "__main__":
    stage, number, *arguments = sys.argv[1:]
    with (
        patch("vecgen.lease.BEAT", BEAT),
        patch(STAGES[stage], pause_before(resolve_name(STAGES[stage]), int(number))),
    ):
        if stage == "failing":
            with patch("vecgen.local.close_run", fail):
                sys.exit(main(arguments))
        sys.exit(main(arguments))
