"""Bursts among rows that pass for regular: gaps and rows outside by going through all pairs, shares by formulas."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from vecgen.model.fraud.fraud_type import FraudType
from vecgen.sampling.arrays import I64
from vecgen.sampling.rng import mix
from vecgen.scan.groups.burst_gaps import GAP_CELLS, count_gaps, count_outside, share_gaps

KIND, BURST = FraudType("bursts", burst_seconds=900), 900
EVEN = np.full((1, 2), 0.5)
WITHIN = GAP_CELLS // 2  # cells of gaps that a burst can have
STARTS = np.linspace(BURST, 86_400, WITHIN + 1)[:-1]  # of the others
FAR = STARTS > 43_200
HALF_A_DAY_APART = float(STARTS[FAR][0])


def draw_dates(seconds: int) -> tuple[I64, I64]:
    """Return rows of fifty dates in any order, at random seconds of the day."""
    words = mix(np.arange(1000, dtype=np.uint64))
    return (words[:500] % np.uint64(50)).astype(np.int64), (words[500:] % np.uint64(seconds)).astype(np.int64)


@pytest.mark.parametrize("seconds", [900, 1800, 86_400])
def test_every_pair_of_a_date_counts_and_every_date_counts_as_one(seconds: int) -> None:
    date, second = draw_dates(seconds)
    gaps = count_gaps(date, second, BURST)
    assert gaps.sum() == pytest.approx(50)
    short, outside = 0.0, 0
    for own in (second[date == number].tolist() for number in range(50)):
        pairs = [abs(one - other) for one, other in combinations(own, 2)]
        short += sum(gap < BURST for gap in pairs) / len(pairs)
        outside += len(own) - max(sum(first <= other < first + BURST for other in own) for first in own)
    assert gaps[:WITHIN].sum() == pytest.approx(short)
    assert count_outside(date, second, BURST).tolist() == [500, outside]


def test_of_many_rows_of_a_date_some_are_compared_wherever_they_stand() -> None:
    second = np.arange(86_400) // 4  # in the order of time, at the first quarter of the day only
    gaps = count_gaps(np.zeros(86_400, dtype=np.int64), second, BURST)
    assert gaps.sum() == pytest.approx(1.0)
    reach = 900 / 21_600
    assert gaps[:WITHIN].sum() == pytest.approx(1.0 - (1.0 - reach) ** 2, abs=0.02)


def test_dates_of_one_row_say_nothing() -> None:
    date, second = np.arange(3), np.array([5, 86_399, 0])
    assert not count_gaps(date, second, BURST).any()
    assert count_outside(date, second, BURST).tolist() == [0, 0]


def test_a_mixture_of_rows_in_bursts_and_regular_ones() -> None:
    none, half, every = (share_gaps(KIND, EVEN, stealth) for stealth in (0.0, 0.5, 1.0))
    assert none[:WITHIN] == pytest.approx(np.full(WITHIN, 1 / WITHIN), abs=2e-3)
    assert not none[WITHIN:].any()
    distance = np.linspace(BURST, 86_400, WITHIN + 1) / 86_400  # of two even seconds: 1 - (1 - d) ** 2
    assert every[WITHIN:] == pytest.approx(np.diff(1.0 - (1.0 - distance) ** 2), abs=1e-4)
    assert half.sum() == pytest.approx(1.0)
    # Two of a burst, one of it (almost as even as the day), or none.
    assert half[:WITHIN].sum() == pytest.approx(0.25 + 0.75 * (1.0 - (1.0 - BURST / 86_400) ** 2), abs=2e-4)


def test_parts_of_the_day_of_regular_rows_decide_how_far_bursts_are_from_them() -> None:
    kind = FraudType("late", hours=tuple(float(hour == 23) for hour in range(24)), burst_seconds=BURST)
    found = share_gaps(kind, np.array([[1.0, 0.0]]), 0.5)
    # One of a burst, at half past eleven in the mean, and one of the morning: the others lie within half a day.
    assert found[WITHIN:][FAR].sum() == pytest.approx(0.5 * (23.5 * 3600 - HALF_A_DAY_APART) / 43_200, abs=1e-4)


def test_regular_rows_of_a_date_are_in_one_part_of_the_day_as_often_as_the_date_has_it() -> None:
    together, even = (share_gaps(KIND, parts, 1.0) for parts in (np.eye(2), np.full((2, 2), 0.5)))
    assert together.sum() == pytest.approx(1.0)
    assert together[WITHIN:][FAR].sum() == pytest.approx(0.0, abs=1e-12)
    beyond = 2.0 - HALF_A_DAY_APART / 43_200  # half a day: so far the rows of two halves can still be apart
    assert even[WITHIN:][FAR].sum() == pytest.approx(0.5 * beyond**2 / 2.0, abs=1e-4)
