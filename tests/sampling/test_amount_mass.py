"""The probability of an amount in whole cents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from vecgen.sampling.amount_mass import Figures, LogMasses, amount_mass


def integral(gamma: Any, low: float, high: float) -> float:
    """Return the mass by Simpson's rule in many steps, and what draws below 1 dollar add."""
    points = np.linspace(low, high, 2001)
    inside = integrate.simpson(gamma.pdf(points), x=points)
    return float(inside + gamma.cdf(1.0) * max(min(high, 10.0) - low, 0.0) / 9.0)


@pytest.mark.parametrize(("mean", "stdev"), [(50, 5), (20, 30), (50, 600), (1, 100), (9, 0.9), (100, 0.01), (1e4, 1e3)])
def test_masses_of_amounts_are_integrals_of_the_gamma_density(mean: float, stdev: float) -> None:
    gamma = stats.gamma((mean / stdev) ** 2, scale=stdev**2 / mean)
    quantiles = (100 * gamma.ppf([1e-9, 0.01, 0.5, 0.99, 1 - 1e-9])).astype(int)
    cents = np.unique([100, 101, 500, 1000, *np.maximum(quantiles, 100)])
    expected = [integral(gamma, max(c / 100 - 0.005, 1.0), c / 100 + 0.005) for c in cents.tolist()]
    assert amount_mass(mean, stdev, cents) == pytest.approx(
        np.array(expected), rel=1e-6 if stdev < 0.1 else 1e-8, abs=1e-200
    )


def test_log_masses_of_many_distributions_are_those_of_each() -> None:
    shapes = [(50, 5), (20, 30), (50, 600), (1, 100), (9, 0.9), (100, 0.01), (1e4, 1e3), (75, 2), (40, 0.2)]
    figures = [Figures(float(mean), float(stdev)) for mean, stdev in shapes]
    cents = np.array([100, 101, 150, 999, 1000, 1001, 2500, 4000, 4013, 7400, 7500, 10_000, 10_001, 123_456, 9_999_999])
    for own, logs in zip(figures, LogMasses(figures).read(cents).T, strict=True):
        with np.errstate(divide="ignore"):
            expected = np.log(amount_mass(*own, cents))
        possible = expected > -600
        assert possible.any()
        assert logs[possible] == pytest.approx(expected[possible], abs=2e-9)  # ends of dear cents are rounded
        assert (logs[~possible] < -600).all()


def test_log_masses_have_the_same_bits_for_any_number_of_amounts() -> None:
    masses = LogMasses([Figures(50.0, 5.0), Figures(20.0, 30.0), Figures(75.0, 2.0)])
    cents = np.arange(7000, 20_000, 77)
    together = masses.read(cents)
    for number in (1, 2, 5, 17):
        apart = [masses.read(cents[start : start + number]) for start in range(0, len(cents), number)]
        assert np.concatenate(apart).tolist() == together.tolist()
