from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from vecgen.chi_square import LEAST_EXPECTED, Statistic, add, compare, normalised, reject


def test_large_cells_give_pearsons_statistic() -> None:
    observed, weights = [18, 55, 27], [1, 3, 1]
    value, p = stats.chisquare(observed, np.array(weights) * 20)
    statistic = compare(observed, weights)
    assert (statistic.value, statistic.p, statistic.freedom, statistic.number) == pytest.approx((value, p, 2, 100))


def test_groups_are_compared_given_their_totals_and_add_up() -> None:
    observed = [[10, 30], [200, 100]]
    parts = [compare(row, [1, 1]) for row in observed]
    whole = compare(observed, [1, 1])
    assert whole == add(parts) == Statistic(10.0 + 100 / 3, 2, 340)


def test_small_cells_are_pooled_with_neighbours() -> None:
    # Expected: 40 cells of 1 and one of 60: the small ones become four pieces of ten.
    statistic = compare([1] * 40 + [60], [1] * 40 + [60])
    assert (statistic.freedom, statistic.value) == (4, 0)


def test_a_small_rest_joins_the_smallest_other_cell() -> None:
    statistic = compare([49, 47, 4], [48, 48, 4])
    assert statistic.freedom == 1
    assert statistic.value == pytest.approx(2 / 48 - 1 / 48 + (51 - 52) ** 2 / 52 - 1 / 48, abs=0.05)


def test_what_cannot_happen_has_no_probability() -> None:
    statistic = compare([5, 1], [1, 0])
    assert math.isinf(statistic.value)
    assert statistic.p == 0.0


def test_nothing_to_compare_speaks_for_nothing() -> None:
    for statistic in (Statistic(), compare([0, 0], [1, 1]), compare([3], [1]), compare([2, 1], [1, 1])):
        assert (statistic.freedom, statistic.p, statistic.effect) == (0, 1.0, 0.0)


counts = hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 30)), elements=st.integers(0, 50))


@given(counts, st.data())
def test_pooling_keeps_rows_and_large_cells(
    observed: np.ndarray[tuple[int, int], np.dtype[np.int64]], data: st.DataObject
) -> None:
    from vecgen.chi_square import _pool

    weights = data.draw(hnp.arrays(np.float64, observed.shape, elements=st.floats(0.01, 10)))
    expected = observed.sum(axis=1, keepdims=True) * weights / weights.sum(axis=1, keepdims=True)
    pooled, likely = _pool(observed.astype(np.float64), expected)
    assert pooled.sum(axis=1) == pytest.approx(observed.sum(axis=1))
    assert likely.sum(axis=1) == pytest.approx(expected.sum(axis=1))
    for row in likely:
        cells = row[row > 0]
        assert len(cells) <= 1 or cells.min() >= LEAST_EXPECTED * (1 - 1e-9)


def test_the_effect_is_what_is_left_of_chance() -> None:
    # A share of 60 % where half is expected: w = sqrt(0.1^2 / 0.5 + 0.1^2 / 0.5) = 0.2.
    assert compare([60_000, 40_000], [1, 1]).effect == pytest.approx(0.2, abs=1e-4)
    assert compare([50, 50], [1, 1]).effect == 0.0


def test_known_variances_give_a_sum_of_squares() -> None:
    assert normalised([2.0, 3.0, 9.0], [4.0, 9.0, 0.0], 7) == Statistic(2.0, 2, 7)


def test_holm_rejects_step_by_step() -> None:
    # Bounds: 0.01 / 4, / 3, / 2, / 1. The third stands, and so does what follows.
    assert reject([0.002, 0.9, 0.003, 0.006], 0.01) == [True, False, True, False]
    assert reject([], 0.01) == []
    assert reject([0.0, 0.0], 0.01) == [True, True]
