"""Amounts from noisy shares: mean and standard deviation come back, or are left where noise hides them."""

from __future__ import annotations

import numpy as np
import pytest

from vecgen.config.profile import AmountDistribution
from vecgen.fit.private.noise import NoisyTable
from vecgen.fit.private.noisy_amounts import fit_noisy_amounts
from vecgen.model.exact import amount_shares
from vecgen.scan.bounded.bounded_tables import AMOUNT_ENDS

USUAL = AmountDistribution(50.0, 40.0)


def table_of(mean: float, stdev: float, customers: float, spread: float) -> NoisyTable:
    cells = customers * amount_shares(mean, stdev, np.asarray((AMOUNT_ENDS - 0.5) / 100.0, dtype=np.float64))
    wave = spread * np.sqrt(2.0) * np.sin(1.0 + 2.0 * np.arange(len(cells)))  # as large as the noise, by no chance
    return NoisyTable(cells + wave, spread)


@pytest.mark.parametrize(("mean", "stdev"), [(60.0, 55.0), (5.0, 4.0), (300.0, 30.0), (1_500.0, 4_000.0)])
def test_figures_come_back(mean: float, stdev: float) -> None:
    found = fit_noisy_amounts(table_of(mean, stdev, 4_000.0, 0.0), 4_000.0, 365.0, USUAL)
    assert found is not None
    assert found[0].value == pytest.approx(mean, rel=0.01)
    assert found[1].value == pytest.approx(stdev, rel=0.02)


def test_figures_lie_within_their_errors_through_noise() -> None:
    found = fit_noisy_amounts(table_of(60.0, 55.0, 400.0, 5.0), 400.0, 365.0, USUAL)
    assert found is not None
    for estimate, truth in zip(found, (60.0, 55.0), strict=True):
        assert estimate.error is not None
        assert 0.01 * truth < estimate.error < 0.3 * truth
        assert abs(estimate.value - truth) < 3.0 * estimate.error


@pytest.mark.parametrize("customers", [0.0, 10.0])
def test_what_noise_hides_is_left(customers: float) -> None:
    assert fit_noisy_amounts(table_of(60.0, 55.0, customers, 20.0), customers, 365.0, USUAL) is None
