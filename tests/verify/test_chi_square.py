from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from vecgen.verify.chi_square import (
    LEAST_EXPECTED,
    Statistic,
    add,
    compare,
    compare_excess,
    compare_share,
    normalised,
    reject,
)


def test_large_cells_give_pearsons_statistic() -> None:
    observed, weights = [18, 55, 27], [1, 3, 1]
    value, p = stats.chisquare(observed, np.array(weights) * 20)
    statistic = compare(observed, weights)
    assert (statistic.value, statistic.p, statistic.freedom, statistic.number) == pytest.approx((value, p, 2, 100))


def test_groups_are_compared_given_their_totals_and_add_up() -> None:
    observed = [[10, 30], [200, 100]]
    parts = [compare(row, [1, 1]) for row in observed]
    whole = compare(observed, [1, 1])
    assert whole == add(parts) == Statistic(10.0 + 100 / 3, 2, 340, most=340)


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
    from vecgen.verify.chi_square import _pool

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
    assert normalised([6.0, 9.0, 0.0], [12.0, 27.0, 0.0], 7) == Statistic(6.0, 2, 7, most=math.inf)


def test_small_variances_are_added_up_or_say_nothing() -> None:
    # One in a hundred: once of once is no wonder, though a hundred times the variance.
    assert normalised([0.99], [0.0099], 1) == Statistic(number=1)
    assert normalised([3.0] * 4, [2.0] * 4, 9) == Statistic(18.0, 1, 9, most=math.inf)


def test_what_cannot_vary_must_not() -> None:
    assert normalised([1.0, 2.0], [0.0, 9.0], 5).p == 0.0


@pytest.mark.parametrize(("count", "number", "share"), [(980, 1000, 0.01), (0, 1000, 0.01), (7, 20, 0.4), (3, 3, 0.5)])
def test_a_share_is_compared_by_the_exact_binomial(count: int, number: int, share: float) -> None:
    tails = [stats.binomtest(count, number, share, side).pvalue for side in ("less", "greater")]
    statistic = compare_share(count, number, share)
    assert (statistic.freedom, statistic.number) == (1, number)
    assert statistic.p == pytest.approx(max(1e-300, min(1.0, 2 * min(tails))))


def test_a_share_of_none_or_all_leaves_nothing_to_chance() -> None:
    assert compare_share(1, 1000, 0.0).p == compare_share(999, 1000, 1.0).p == 0.0
    assert compare_share(0, 1000, 0.0) == compare_share(1000, 1000, 1.0) == Statistic(number=1000)


def test_only_too_many_are_an_excess() -> None:
    assert compare_excess(20, 100, 0.1).p == pytest.approx(stats.binom.sf(19, 100, 0.1))
    assert compare_excess(0, 100, 0.1).p == compare_excess(0, 0, 0.1).p == 1.0
    assert compare_excess(100, 100, 1.0).p == compare_excess(0, 0, 0.1).least_p == 1.0
    assert compare_excess(20, 100, 0.1).least_p == pytest.approx(0.1**100)


def test_sums_of_exact_comparisons_are_rejected_no_oftener_than_promised() -> None:
    numbers, shares = (3, 30, 300), (0.5, 0.01, 0.02)
    samples = np.asarray(stats.binom.rvs(numbers, shares, size=(1000, 3), random_state=1)).tolist()
    p_values = [add(map(compare_share, sample, numbers, shares)).p for sample in samples]
    assert sum(p < 0.05 for p in p_values) <= 0.05 * len(samples)


def test_nothing_hides_in_a_pool() -> None:
    # Forty rows in a cell that expects one half: the rest of the piece it is pooled with hides them from chi-square.
    crowded = [40] + [0] * 19 + [980] * 2
    statistic = compare(crowded, [0.5] * 20 + [995] * 2)
    assert statistic.small == 20
    assert statistic.rarest == pytest.approx(stats.binom.sf(39, 2000, 0.5 / 2000))
    assert statistic.p < 1e-50


def test_the_cells_of_a_true_law_are_rejected_no_oftener_than_promised() -> None:
    shares = np.append(np.full(300, 0.001), [0.3, 0.4])
    samples = stats.multinomial.rvs(200, shares, size=1000, random_state=2)
    p_values = [compare(sample, shares).p for sample in samples]
    assert 0 < sum(p < 0.05 for p in p_values) <= 0.05 * len(p_values)


@given(hnp.arrays(np.float64, st.integers(2, 12), elements=st.floats(0.05, 1)), st.integers(1, 500))
def test_no_sample_goes_beyond_the_least_p(shares: np.ndarray[tuple[int], np.dtype[np.float64]], number: int) -> None:
    extreme = np.where(np.arange(len(shares)) == shares.argmin(), number, 0)
    statistic = compare(extreme, shares)
    assert statistic.value <= statistic.most * (1 + 1e-9)
    if not statistic.small:
        assert statistic.p == pytest.approx(statistic.least_p, rel=1e-6)


def test_holm_rejects_step_by_step() -> None:
    # Bounds: 0.01 / 4, / 3, / 2, / 1. The third stands, and so does what follows.
    assert reject([0.002, 0.9, 0.003, 0.006], 0.01) == [True, False, True, False]
    assert reject([], 0.01) == []
    assert reject([0.0, 0.0], 0.01) == [True, True]
