"""Rows by time from scratch files: in order, whole, in pieces of bounded size."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.errors import OutputError
from vecgen.run.export.time_order import TimeOrder, cut_time

DAY = 86_400
SCHEMA = pa.schema({"moment": pa.timestamp("s"), "name": pa.string()})
KEYS = ("moment", "name")
rows = st.lists(st.tuples(st.integers(19_000 * DAY, 19_004 * DAY - 1), st.text("ab", max_size=2)), min_size=1)


def table(own: list[tuple[int, str]]) -> pa.Table:
    moments, names = zip(*own, strict=True)
    return pa.table([pa.array(moments, pa.timestamp("s")), pa.array(names)], schema=SCHEMA)


@given(st.lists(rows, min_size=1, max_size=4), st.integers(1, 20))
def test_all_rows_come_back_in_order(parts: list[list[tuple[int, str]]], most: int) -> None:
    everything = [row for part in parts for row in part]
    starts = cut_time(Counter(moment // DAY for moment, _ in everything), most)
    with TemporaryDirectory() as scratch:
        with TimeOrder(Path(scratch), starts, SCHEMA, KEYS) as order:
            for part in parts:
                order.add(table(part))
            pieces = list(order.drain())
        assert list(Path(scratch).iterdir()) == []
    assert pa.concat_tables([own for _, own in pieces]) == table(sorted(everything))
    assert all(start <= own.column(0)[0].cast(pa.int64()).as_py() for start, own in pieces)


def test_pieces_hold_about_as_many_rows_as_asked_for() -> None:
    assert cut_time({10: 3, 11: 4, 12: 1, 14: 9}, 8) == [10 * DAY, 14 * DAY, 14 * DAY + DAY // 2]
    assert cut_time({10: 3, 11: 4, 12: 1}, 100) == [10 * DAY]
    assert cut_time({10: 20, 11: 1}, 10) == [10 * DAY, 10 * DAY + DAY // 2, 11 * DAY]


def test_a_scratch_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with (
        TimeOrder(tmp_path / "gone", [0], SCHEMA, KEYS) as order,
        pytest.raises(OutputError, match=r"scratch cannot be written .*set TMPDIR to a directory"),
    ):
        order.add(table([(5, "a")]))
