"""Rows that can be frauds, by day and by rank, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.model.test_labels import sides_of
from tests.model.test_posterior import Row, seen
from tests.model.test_typed_posterior import KINDS
from vecgen.model.odds.candidates import Candidates, HonestRows, sort_numbers
from vecgen.model.odds.reading import Contents, find_days, scale_all

DAYS: dict[int, list[Row]] = {
    2: [(7200, 0, 1250, 0, 5), (7900, 2, 2300, 9000, -6000)],
    3: [(80_000, 2, 2000, 6000, 3), (82_000, 2, 2400, 10, 7000), (80_300, 0, 130, 1, 7000)],
    4: [(30_000, 0, 999, 2000, 0)],
}


@pytest.fixture(autouse=True)
def _impossible_rows() -> Iterator[None]:
    with np.errstate(divide="ignore"):  # what cannot be has the logarithm of 0
        yield


@pytest.fixture
def honest() -> HonestRows:
    rows = seen(DAYS)
    order = np.argsort(rows.category, kind="stable")
    regular = scale_all(Contents(sides_of(KINDS["twin"])).read(rows.take(order)))[0]
    return HonestRows(rows.take(order), find_days(rows, order), regular)


def test_candidates_stand_day_by_day_and_by_rank(honest: HonestRows) -> None:
    gifts = Candidates(honest, [slice(3, 6)])  # of six rows, three are food, and three gifts
    assert gifts.numbers.tolist() == [1, 2, 0]
    assert gifts.places.tolist() == [1, 2, 3]  # day by day
    assert honest.rows.second[gifts.rows].tolist() == [7900, 80_000, 82_000]
    assert honest.rows.second[3:6][gifts.order].tolist() == [7900, 80_000, 82_000]
    assert gifts.ranks.days.tolist() == [1, 0]
    assert gifts.ranks.counts == [2, 1]
    assert honest.rows.second[gifts.rows[gifts.ranks.places]].tolist() == [80_000, 7900, 82_000]
    assert honest.rows.second[Candidates(honest, [slice(0, 6)]).rows].tolist() == seen(DAYS).second.tolist()
    assert not Candidates(honest, []).ranks.counts


def test_the_other_rows_are_regular(honest: HonestRows) -> None:
    gifts, food, every = (Candidates(honest, [own]) for own in (slice(3, 6), slice(0, 3), slice(0, 6)))
    days = np.exp([honest.logs[0][honest.days.of_row == day].sum() for day in range(3)])
    assert every.rest[0].tolist() == [1.0, 1.0, 1.0]
    assert gifts.rest[0] * food.rest[0] == pytest.approx(days)
    assert honest.outside[0] == pytest.approx(np.exp(honest.logs[0]))


def test_numbers_of_frauds_among_regular_rows_are_those_of_both(honest: HonestRows) -> None:
    every = Candidates(honest, [slice(0, 6)])
    side, regular = sides_of(KINDS["customer, kept"])[1], honest.regular.side
    found = every.count(side, 0, every.ranks.days, every.ranks.counts)
    assert every.ranks.days.tolist() == [1, 0, 2]
    own, other = side.share_counts(3)[:, 0], regular.share_counts(3)[:, 0]
    assert found[2] == pytest.approx([own[2, 3] * other[1, 3] / 3, own[2, 2] * other[0, 2], 0.0])
    assert not found[0].any()


@pytest.mark.parametrize("factor", [1, 20_000])
def test_numbers_are_sorted_and_equal_ones_stay(factor: int) -> None:
    numbers = factor * np.array([3, 1, 3, -2, 0, 1])
    assert sort_numbers(numbers).tolist() == [3, 4, 1, 5, 0, 2]
