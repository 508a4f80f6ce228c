"""The test of two samples: right as often as it says where rows of a customer depend on each other."""

from __future__ import annotations

import numpy as np
import pytest

from vecgen.report.comparison.two_samples import LEAST_BLOCKS, compare_blocks
from vecgen.sampling.arrays import F64
from vecgen.scan.comparison.marginals import BLOCKS


def draw(seed: int, customers: int, given: int = 1, shift: float = 0.0, habit: float = 20.0) -> F64:
    """Return the purchases of customers with habits of their own, by (block, given cell, cell)."""
    rng = np.random.default_rng(seed)  # noqa: TID251 - of the test itself
    table = np.zeros((BLOCKS, given, 6))
    shares = np.array([1.0 + shift, 2.0, 3.0, 1.0, 2.0, 1.0])
    for _ in range(customers):
        own = rng.dirichlet(habit * shares / shares.sum())
        table[rng.integers(BLOCKS), rng.integers(given)] += rng.multinomial(rng.integers(1, 100), own)
    return table


@pytest.mark.parametrize(("customers", "given"), [((40, 90), 1), ((150, 90), 4)])
def test_samples_of_one_population_differ_as_rarely_as_said(customers: tuple[int, int], given: int) -> None:
    found = [
        compare_blocks(draw(2 * seed, customers[0], given), draw(2 * seed + 1, customers[1], given))
        for seed in range(150)
    ]
    values = np.array([difference.p for difference in found])
    assert (values < 0.05).mean() < 0.12  # of independent rows it would be more than half
    assert abs(values.mean() - 0.5) < 0.1
    effects = np.array([(difference.effect, difference.chance) for difference in found])
    assert effects[:, 1].mean() == pytest.approx(effects[:, 0].mean(), rel=0.1)


def test_a_difference_is_found() -> None:
    found = compare_blocks(draw(1, 300), draw(2, 300, shift=1.0))
    assert found.p < 1e-4
    assert found.effect > 2 * found.chance
    given = compare_blocks(draw(1, 600, 4), draw(2, 600, 4, shift=1.0))
    assert given.p < 1e-4


def test_equal_tables_do_not_differ() -> None:
    table = draw(1, 300)
    for one, other in ((table, table), (table, 3.0 * table)):
        found = compare_blocks(one, other)
        assert found.p == 1.0
        assert found.effect < 1e-12


def test_what_only_one_has_is_infinitely_improbable_where_nothing_varies() -> None:
    one, other = np.zeros((BLOCKS, 1, 2)), np.zeros((BLOCKS, 1, 2))
    one[:, 0, 0], other[:, 0, 1] = 10.0, 10.0
    found = compare_blocks(one, other)
    assert (found.statistic, found.p, found.effect, found.chance) == (np.inf, 0.0, 1.0, 0.0)


def test_effects_are_total_variation_and_the_largest_difference_of_sums() -> None:
    one, other = np.ones((BLOCKS, 1, 4)), np.ones((BLOCKS, 1, 4))
    one[:, 0] = [4.0, 3.0, 2.0, 1.0]
    other[:, 0] = [3.0, 4.0, 1.0, 2.0]
    assert compare_blocks(one, other).effect == pytest.approx(0.2)
    assert compare_blocks(one, other, ordered=True).effect == pytest.approx(0.1)


def test_too_few_blocks_are_not_compared() -> None:
    one, other = draw(1, 300, 2), draw(2, 300, 2)
    one[LEAST_BLOCKS - 1 :, 1] = 0.0
    np.testing.assert_equal(compare_blocks(one, other), compare_blocks(one[:, :1], other[:, :1]))
    nothing = compare_blocks(one[:, 1:], other[:, 1:])
    assert (nothing.freedom, nothing.p) == (0.0, 1.0)
