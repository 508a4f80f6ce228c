"""Dates of all transactions of a customer, kept as counts; the distributions: tests/equivalence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import Compile
from vecgen.model.transaction_dates import CHUNK_ROWS, Calendar, Customers, cut_chunks, draw_calendar, find_defrauded
from vecgen.plan.plan import Plan

IDS = np.arange(40)


def draw(plan: Plan, ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Calendar:
    customers = Customers(ids, np.full(len(ids), 40_000_000), np.full(len(ids), -80_000_000))
    return draw_calendar(plan.tables, plan.tables.profiles[0], customers)


def test_the_defrauded_are_known_without_their_dates(plan: Plan) -> None:
    calendar = draw(plan, IDS)
    (fraud,) = calendar.frauds
    assert np.flatnonzero(find_defrauded(plan.tables, IDS)).tolist() == fraud.members.tolist()
    assert 0 < len(fraud.members) < len(IDS)


def test_a_customer_alone_has_the_same_dates(plan: Plan) -> None:
    together = draw(plan, IDS)
    for position in (0, 17, 39):
        alone = draw(plan, IDS[position : position + 1])
        np.testing.assert_array_equal(alone.regular.kept[0], together.regular.kept[position])
        np.testing.assert_array_equal(alone.regular.first[0], together.regular.first[position])
        assert alone.number_keys[0] == together.number_keys[position]


def test_no_regular_row_is_left_on_a_date_of_fraud(plan: Plan) -> None:
    calendar = draw(plan, IDS)
    (fraud,), regular = calendar.frauds, calendar.regular
    for place, member in enumerate(fraud.members.tolist()):
        days = np.broadcast_to(fraud.day, fraud.kept.shape)[place]
        struck = set(days[fraud.kept[place] > 0].tolist())
        kept = set(regular.day[regular.kept[member] > 0].tolist())
        assert struck
        assert not struck & kept


def test_nobody_is_defrauded_at_rate_0(compile_small: Compile, plan: Plan) -> None:
    none = compile_small(law=replace(plan.tables.law, fraud_rate=0.0))
    calendar = draw(none, IDS)
    assert calendar.frauds == ()
    assert calendar.streams == (calendar.regular,)
    assert not find_defrauded(none.tables, IDS).any()


def test_a_slice_of_customers_keeps_them_together() -> None:
    part = Customers(IDS, IDS + 100, IDS + 200).slice(3, 5)
    assert (part.ids.tolist(), part.lat.tolist(), part.long.tolist()) == ([3, 4], [103, 104], [203, 204])
    assert len(part) == 2


@pytest.mark.parametrize(
    ("sizes", "chunks"),
    [
        ([], []),
        ([0], [(0, 1)]),
        ([5, 5], [(0, 2)]),
        ([CHUNK_ROWS, CHUNK_ROWS], [(0, 1), (1, 2)]),
        ([3 * CHUNK_ROWS, 1, 1], [(0, 1), (1, 3)]),
    ],
)
def test_chunks_hold_whole_entries(sizes: list[int], chunks: list[tuple[int, int]]) -> None:
    assert list(cut_chunks(np.array(sizes, dtype=np.int64))) == chunks
