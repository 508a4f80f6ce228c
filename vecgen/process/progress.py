"""Progress of a run, as engines report it; the caller decides how to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol


class WrittenFile(Protocol):
    """What is counted of a file: its path below the output, its rows and its size."""

    @property
    def path(self) -> str:
        """Path below the output, which begins with the part."""

    @property
    def rows(self) -> int:
        """Number of rows."""

    @property
    def bytes(self) -> int:
        """Size of the file."""


@dataclass(frozen=True)
class State:
    """How far a run is.

    Attributes:
        total: Work in all: expected rows, or bytes to be read.
        done: Of it, what is finished.
        rows: Rows of `part` written or read.
        bytes: Bytes written or read; 0 where that is unknown before the end.
        part: The part whose rows are counted; rows of customers do not count as transactions.
    """

    total: int
    done: int = 0
    rows: int = 0
    bytes: int = 0
    part: str = "transactions"

    def add(self, expected: int, records: Iterable[WrittenFile]) -> State:
        """Return the state once a piece of work of `expected` rows is finished, which wrote these files."""
        written = list(records)
        rows = sum(record.rows for record in written if record.path.startswith(f"{self.part}/"))
        size = sum(record.bytes for record in written)
        return replace(self, done=self.done + expected, rows=self.rows + rows, bytes=self.bytes + size)


Report = Callable[[State], None]


def ignore(state: State) -> None:
    """Ignore the report."""
