"""A check before every publication, move and deletion of a place: may this thread still write? See `filesystem`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final

Check = Callable[[], None]


def _allow() -> None:
    """Allow every write: no run holds an output."""


_CHECK: Final[ContextVar[Check]] = ContextVar("check", default=_allow)


def ask_permission() -> None:
    """Ask whether this thread may still write.

    Raises:
        OutputError: It may not; nothing must be touched.
    """
    _CHECK.get()()


@contextmanager
def asking(check: Check) -> Iterator[None]:
    """Call `check` before everything that this thread writes, moves or deletes while the block runs."""
    before = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(before)


def asking_nobody() -> AbstractContextManager[None]:
    """Let this thread write without a check while the block runs: a lease cannot ask for itself."""
    return asking(_allow)
