"""Amounts: the likelihood's maximum is the truth where counts are what the truth expects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecgen.config.profile import AmountDistribution
from vecgen.fit.amounts import LEAST_ROWS, fit_amounts
from vecgen.model.exact import AMOUNT_EDGES, amount_shares

ROWS = 10**9


@settings(max_examples=30)
@given(st.floats(3.0, 3000.0), st.floats(0.15, 8.0))
def test_expected_counts_give_the_figures_that_made_them(mean: float, ratio: float) -> None:
    counts = np.rint(ROWS * amount_shares(mean, ratio * mean)).astype(np.int64)
    fitted = fit_amounts(counts, None)
    assert fitted is not None
    for found, truth in zip(fitted, (mean, ratio * mean), strict=True):
        assert found.value == pytest.approx(truth, rel=1e-3)
        assert found.error is not None
        assert 0 < found.error < 0.02 * truth


def test_the_dollar_below_which_amounts_are_redrawn_is_known() -> None:
    """Most amounts of this distribution are below a dollar: their mean is far from its own."""
    counts = np.rint(ROWS * amount_shares(50.0, 600.0)).astype(np.int64)
    fitted = fit_amounts(counts, AmountDistribution(5.0, 5.0))
    assert fitted is not None
    assert [figure.value for figure in fitted] == pytest.approx([50.0, 600.0], rel=2e-3)


@pytest.mark.parametrize("cells", [[0], [10], [0, 1]])
def test_too_few_amounts_say_nothing(cells: list[int]) -> None:
    counts = np.zeros(len(AMOUNT_EDGES) + 1, dtype=np.int64)
    counts[cells] = (LEAST_ROWS - 1) // len(cells)
    assert fit_amounts(counts, None) is None


def test_amounts_of_one_cell_say_nothing() -> None:
    counts = np.zeros(len(AMOUNT_EDGES) + 1, dtype=np.int64)
    counts[30] = 10_000
    assert fit_amounts(counts, None) is None
