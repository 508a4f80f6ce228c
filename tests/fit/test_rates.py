"""Rates: least and most per day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.fit.rates import fit_rates


@given(st.integers(0, 20), st.integers(0, 10))
def test_even_rates_give_their_bounds(least: int, width: int) -> None:
    rates = np.tile(np.arange(least, least + width + 1, dtype=np.float64), 30)
    found = fit_rates(rates)
    assert (found.least.value, found.most.value, found.even) == (least, least + width, True)


def test_no_single_customer_decides_uneven_rates() -> None:
    rates = np.append(np.tile([1.0, 2.0, 3.0], 100), 400.0)
    found = fit_rates(rates)
    assert not found.even
    assert found.most.value < 100
    assert found.least.value >= 0


def test_rates_between_whole_numbers_are_described_by_mean_and_variance() -> None:
    rates = np.linspace(1.5, 4.5, 1001)
    found = fit_rates(rates)
    assert not found.even
    assert (found.least.value + found.most.value) / 2 == pytest.approx(3.0, abs=0.5)
