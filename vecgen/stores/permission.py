"""A check before every publication, move and deletion of a place: may this thread still write? See `filesystem`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, Protocol


class Check(Protocol):
    """What `ask_permission` asks."""

    def __call__(self, anew: bool = False) -> None:
        """Return if this thread may write."""


def _allow(anew: bool = False) -> None:
    """Allow every write: no run holds an output."""


_CHECK: Final[ContextVar[Check]] = ContextVar("check", default=_allow)


def ask_permission(anew: bool = False) -> None:
    """Ask whether this thread may still write.

    Args:
        anew: Whether an answer of some seconds ago is too old: before what is there is replaced or removed, which may
            be another run's if somebody has removed all of the output, its lock included.

    Raises:
        OutputError: It may not; nothing must be touched.
    """
    _CHECK.get()(anew)


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
