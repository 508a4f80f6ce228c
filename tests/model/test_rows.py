"""Rows as columns: slices, merging, and values of customers spread over their rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.model.rows import Rows, has_long_runs, merge_rows

Pairs = list[tuple[int, int]]


def make(pairs: Pairs, mark: int) -> Rows:
    """Return rows of these customers and days, in order; all else counts up from `mark`."""
    ordered = sorted(pairs)
    customer, day = (np.array([pair[i] for pair in ordered], dtype=np.int64) for i in range(2))
    counted = mark + np.arange(len(ordered))
    halves = counted.astype(np.uint64), (counted + 1).astype(np.uint64)
    label = np.full(len(ordered), mark > 0, dtype=np.int8)
    return Rows(customer, day, counted, counted, counted, counted, counted, counted, halves, label, label - np.int64(1))


pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=12)


@given(pairs, pairs.filter(bool))
def test_merged_rows_are_in_order_and_after_their_equals(some: Pairs, more: Pairs) -> None:
    merged = merge_rows(make(some, 0), make(more, 1000))
    found = list(zip(merged.customer.tolist(), merged.day.tolist(), merged.second.tolist(), strict=True))
    rows = [(*pair, number) for number, pair in enumerate(sorted(some))]
    rows += [(*pair, 1000 + number) for number, pair in enumerate(sorted(more))]
    assert found == sorted(rows)
    assert merged.number[0].tolist() == merged.second.tolist()
    assert merged.is_fraud.tolist() == [int(second >= 1000) for second in merged.second.tolist()]
    assert (merged.fraud_type == merged.is_fraud - 1).all()


@pytest.mark.parametrize("run", [1, 3, 7, 50])
def test_values_of_customers_are_spread_over_their_rows(run: int) -> None:
    rows = make([(customer, day) for customer in (1, 4) for day in range(run)], 0)
    values = np.array([10.0, 11.0, 12.0, 13.0, 14.0])
    assert rows.spread(values).tolist() == [11.0] * run + [14.0] * run


def test_no_rows_have_no_values() -> None:
    assert make([], 0).spread(np.array([1.0])).tolist() == []


def test_a_slice_cuts_every_column() -> None:
    part = make([(0, 0), (0, 1), (1, 0)], 5).slice(1, 3)
    assert (part.customer.tolist(), part.cents.tolist(), part.number[1].tolist()) == ([0, 1], [6, 7], [7, 8])


def test_runs_are_long_from_five_rows_on() -> None:
    assert has_long_runs(np.array([5, 5]), 10)
    assert not has_long_runs(np.array([5, 4]), 9)
