"""Maps rows back to customers files, so that every error names file, row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecgen.errors import InputError, shorten

Chunks: TypeAlias = "pa.ChunkedArray[Any]"


@dataclass(frozen=True, eq=False)
class Origin:
    """A customers file, and the number by which its owner finds each of its rows again.

    Attributes:
        unit: What is counted: "line" or "row".
        rows: How many customers were read.
        first: Number of the first.
        numbers: Numbers of all, where they do not follow each other.
    """

    where: str
    unit: str
    rows: int
    first: int
    numbers: npt.NDArray[np.int64] | None = None

    def name(self, row: int) -> str:
        """Return what the owner calls a row: "line 7"."""
        return f"{self.unit} {self.first + row if self.numbers is None else self.numbers[row]}"

    def fail(self, row: int, column: str, value: object, expected: str, remedy: str = "") -> InputError:
        """Return the error of a value."""
        return InputError(self.where, f"{self.name(row)}, {column}", shorten(value), expected, remedy)

    def fail_at(self, column: Chunks, row: int, name: str, expected: str, remedy: str = "") -> InputError:
        """Return the error of the value in a row of `column`."""
        return self.fail(row, name, _show(column, row), expected, remedy)


def locate(origins: Sequence[Origin], row: int) -> tuple[Origin, int]:
    """Return the file of a customer, counted through all files, and its row in there."""
    for origin in origins:
        if row < origin.rows:
            return origin, row
        row -= origin.rows
    raise IndexError(row)


def _show(column: Chunks, row: int) -> object:
    """Return what an error shows of a value."""
    try:
        return column[row].as_py()
    except (ValueError, OverflowError):  # a moment that Python's calendar does not reach
        return f"a {column.type} beyond the calendar"
