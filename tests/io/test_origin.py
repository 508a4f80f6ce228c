"""Rows of customers files: named as their owner counts them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from vecgen.io.customer_file.origin import Origin, locate

LINES = Origin("a.csv", "line", 3, 2)
ROWS = Origin("b.parquet", "row", 2, 0, np.array([7, 11]))


def test_rows_are_named_by_the_numbers_of_their_file() -> None:
    assert [LINES.name(row) for row in range(3)] == ["line 2", "line 3", "line 4"]
    assert [ROWS.name(row) for row in range(2)] == ["row 7", "row 11"]


@pytest.mark.parametrize(("row", "origin", "inside"), [(0, LINES, 0), (2, LINES, 2), (3, ROWS, 0), (4, ROWS, 1)])
def test_a_customer_is_found_in_its_file(row: int, origin: Origin, inside: int) -> None:
    assert locate([LINES, ROWS], row) == (origin, inside)


def test_a_customer_beyond_the_last_is_an_error() -> None:
    with pytest.raises(IndexError):
        locate([LINES, ROWS], 5)


def test_an_error_names_file_row_column_and_value() -> None:
    error = ROWS.fail_at(pa.chunked_array([["x"], ["y"]]), 1, "gender", "F or M", "correct it")
    assert str(error) == "b.parquet: row 11, gender: got 'y', expected F or M; correct it"


def test_a_moment_beyond_the_calendar_is_told_by_its_type() -> None:
    column = pa.chunked_array([pa.array([2**62], pa.timestamp("s"))])
    assert LINES.fail_at(column, 0, "dob", "a date").value == "a timestamp[s] beyond the calendar"
