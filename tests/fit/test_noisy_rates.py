"""Rates from noisy counts: bounds of even rates are found, and no single customer decides others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.fit.private.noise import NoisyTable
from vecgen.fit.private.noisy_rates import fit_noisy_rates
from vecgen.sampling.arrays import F64
from vecgen.scan.bounded.bounded_tables import RATE_CELLS


def cells_of(low: int, high: int, each: float) -> F64:
    cells = np.zeros(RATE_CELLS)
    cells[low : high + 1] = each
    return cells


@given(st.integers(0, 20), st.integers(1, 10), st.lists(st.floats(-1, 1), min_size=RATE_CELLS, max_size=RATE_CELLS))
def test_even_rates_give_their_bounds_through_noise(low: int, width: int, noise: list[float]) -> None:
    table = NoisyTable(cells_of(low, low + width, 100.0) + 12.0 * np.array(noise), 10.0)
    found = fit_noisy_rates(table)
    assert (found.rates.least.value, found.rates.most.value, found.rates.even) == (low, low + width, True)
    assert found.customers == pytest.approx(100.0 * (width + 1), rel=0.13)
    assert found.active == pytest.approx(found.customers * (width + (low > 0)) / (width + 1))


def test_shares_vary_by_the_harmonic_mean_of_rows() -> None:
    found = fit_noisy_rates(NoisyTable(cells_of(0, 4, 100.0), 1.0))
    assert found.per_day == pytest.approx(4 / (1 + 1 / 2 + 1 / 3 + 1 / 4))
    assert found.active == pytest.approx(400.0)


def test_rates_that_are_not_even_keep_mean_and_variance() -> None:
    cells = np.zeros(RATE_CELLS)
    cells[1:4] = 1000.0, 4000.0, 1000.0
    cells[20] = 5.0  # less than the noise
    found = fit_noisy_rates(NoisyTable(cells, 10.0))
    assert not found.rates.even
    assert (found.rates.least.value, found.rates.most.value) == (1, 3)
    assert found.active == 6000.0


def test_customers_with_a_row_now_and_then_are_not_those_without() -> None:
    cells = np.zeros(RATE_CELLS)
    cells[0], cells[-1] = 100.0, 900.0
    found = fit_noisy_rates(NoisyTable(cells, 1.0))
    assert (found.customers, found.active) == (1000.0, 900.0)
    assert found.per_day == pytest.approx(0.25)
    assert (found.rates.least.value, found.rates.most.value) == (0, 1)


def test_noise_alone_is_nobody() -> None:
    found = fit_noisy_rates(NoisyTable(np.full(RATE_CELLS, -5.0), 10.0))
    assert found.active == 0.0
