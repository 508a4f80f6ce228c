"""Counts of one profile and label are those that rows give one by one, in whatever batches they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.scan.test_counts import LAWS, TABLES, same
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.scan import row_counts
from vecgen.scan.row_checks import Columns, find_amount_cells, inspect
from vecgen.scan.row_counts import RowCounter, RowCounts, find_far, start_counts

LAW = LAWS.rows[0][0]


def read_regular(table: pa.Table, size: int) -> list[Columns]:
    """Return the regular rows of a profile in batches of a size."""
    regular = table.filter(pa.compute.equal(table.column("is_fraud"), 0)).combine_chunks()
    return [inspect(batch, LAWS)[0] for batch in regular.to_batches(max_chunksize=size)]


def count(batches: Sequence[Columns]) -> tuple[RowCounts, np.ndarray[Any, Any]]:
    counter = RowCounter(LAWS, LAW)
    for rows in batches:
        counter.add(rows, find_far(rows, LAW))
    return counter.close()


@pytest.mark.parametrize("size", [7, 400, 10**6])
def test_tables_are_those_of_rows_one_by_one(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_counts, "_WAITING", 100)
    batches = read_regular(TABLES[0], size)
    found, amounts = count(batches)
    expected, merchants = start_counts(LAWS), Counter[tuple[int, str]]()
    joint = np.zeros_like(amounts)
    first = np.datetime64(LAWS.law.period.start)
    for rows in batches:
        names = rows.merchants.to_pylist()
        for day, second, category, cell, merchant in zip(
            *(getattr(rows, name).tolist() for name in ("day", "second", "category", "amount", "merchant")), strict=True
        ):
            hour = second * 24 // SECONDS_PER_DAY
            month = int(str(first + day)[5:7]) - 1
            expected.slots[day, hour // 12, category] += 1
            expected.category_hours[category, hour] += 1
            expected.month_hours[month, hour] += 1
            expected.minute_seconds[second % 3600] += 1
            expected.amounts[hour // 12, category, cell] += 1
            joint[category, hour, cell] += 1
            merchants[category, names[merchant]] += 1
    assert np.array_equal(amounts, joint)
    assert found.merchants == merchants
    assert merchants.total() > 400
    for name in ("slots", "category_hours", "month_hours", "minute_seconds", "amounts"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


def test_places_are_near_or_far() -> None:
    batches = [
        replace(own, lat=np.where(own.place % 5 == 0, 7_000_000, own.lat)) for own in read_regular(TABLES[0], 50)
    ]
    found, _ = count(batches)
    near = far = 0
    for rows in batches:
        outside = np.maximum(np.abs(rows.lat), np.abs(rows.long)) > LAW.near_radius
        near, far = near + int((~outside).sum()), far + int(outside.sum())
    assert (found.near.sum(), found.far.sum()) == (near, far)
    assert far > 50


def test_amounts_of_any_size_have_the_cell_of_their_edges() -> None:
    cents = np.unique([100, 65_535, 65_536, 65_537, 10**12, *AMOUNT_EDGES.tolist(), *(AMOUNT_EDGES - 1).tolist()])
    assert np.array_equal(find_amount_cells(cents), np.searchsorted(AMOUNT_EDGES, cents, side="right"))


def test_counts_add_up() -> None:
    whole, _ = count(read_regular(TABLES[0], 10**6))
    batches = read_regular(TABLES[0], 300)
    parts = [count(batches[number::2])[0] for number in range(2)]
    parts[0].add(parts[1])
    assert same(parts[0], whole)
    assert {f.name for f in fields(RowCounts)} == set(vars(whole))
