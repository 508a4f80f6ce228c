"""Turns Ctrl-C, SIGTERM and SIGHUP into one KeyboardInterrupt that knows its exit status."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that end a run; Windows has no SIGHUP."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the run to end.

    Attributes:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_status(error: KeyboardInterrupt) -> int:
    """Return the status a shell expects after a signal: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP."""
    return 128 + (error.number if isinstance(error, Interrupted) else signal.SIGINT)


@contextmanager
def raising_interrupts() -> Iterator[None]:
    """Raise `Interrupted` for each of `SIGNALS` while the block runs; what is ignored (as by nohup) stays ignored."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    chosen = [number for number, handler in before.items() if handler is not signal.SIG_IGN and handler is not None]
    for number in chosen:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in chosen:
            signal.signal(number, before[number])


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)
