"""A run of the command line whose lease is short, on a clock of its own; it may stop itself, as SIGSTOP does.

Usage: python -m tests.attacks.hasty_run STAGE COUNT SPEED ARGUMENTS. Before the COUNT-th call of what STAGE names it
pauses, and goes on with SIGCONT; with the stage `never` it does not. Its clock runs SPEED times as fast as others.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from vecgen.cli.main import main
from vecgen.stores import lock as lease

BEAT = 0.05
YEAR = 365.0 * 86_400
STAGES = {
    "never": "vecgen.run.run.publish_receipt",
    "working": "vecgen.io.assembler.Assembler.assemble",
    "writing": "vecgen.stores.changes.ask_permission",
    "uploading": "vecgen.stores.changes.upload",
    "deleting": "vecgen.stores.bucket.Bucket.remove",
    "closing": "vecgen.run.run.publish_receipt",
    "moving": "vecgen.run.replacement.move_file",
    "removing": "vecgen.run.replacement.remove_file",
    "failing": "vecgen.run.run.is_surely_held",
}


def spell_run(arguments: list[str], stage: str = "never", number: int = 0, speed: float = 1.0) -> list[str]:
    """Return the command of such a run."""
    return [sys.executable, "-m", "tests.attacks.hasty_run", stage, str(number), str(speed), *arguments]


@contextmanager
def hasty(speed: float = 1.0) -> Iterator[None]:
    """Let leases of this process be short, and its clock run at another speed, from another time."""
    now = lease._now
    with patch("vecgen.stores.lock.BEAT", BEAT), patch("vecgen.stores.lock._now", lambda: speed * (now() + 10 * YEAR)):
        yield


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
    stage, number, speed, *arguments = sys.argv[1:]
    with hasty(float(speed)), patch(STAGES[stage], pause_before(resolve_name(STAGES[stage]), int(number))):
        if stage == "failing":
            with patch("vecgen.run.local.close_run", fail):
                sys.exit(main(arguments))
        sys.exit(main(arguments))
