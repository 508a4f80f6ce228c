"""Fits least and most transactions per day to a noisy count of customers by their rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vecgen.config.profile import MAX_PER_DAY
from vecgen.fit.estimate import Estimate
from vecgen.fit.private.noise import NoisyTable
from vecgen.fit.rates import Rates, match_moments
from vecgen.sampling.arrays import F64
from vecgen.scan.bounded.bounded_tables import RATE_STARTS

_UNEVEN: Final = 1e-4
"""Probability of a more uneven spread, below which rates are not taken to be even."""
_WHOLE: Final = int(np.flatnonzero(np.diff(RATE_STARTS) > 1)[0]) + 1
"""Cells that are a single rate each."""
_FEW: Final = 0.25  # rows a day of customers with rows, but less than one in two days
_STANDS_OUT: Final = 3.0
"""Standard deviations of the noise from which on a cell counts where rates are not even."""


@dataclass(frozen=True)
class NoisyRates:
    """Rates of a profile's customers.

    Attributes:
        customers: How many there are, and the standard deviation of its noise.
        active: How many of them have rows.
        per_day: Rows a day of those, the harmonic mean: shares of rows vary as if each had as many.
    """

    rates: Rates
    customers: float
    spread: float
    active: float
    per_day: float


def fit_noisy_rates(table: NoisyTable) -> NoisyRates:
    """Return the bounds of customers' rates, given one profile's cells.

    Bounds are those of the even spread that is nearest by the sum of distances: the likeliest under Laplace noise.
    """
    cells, spread = table.cells, table.spread
    low, high = _find_bounds(cells)
    width = high - low + 1
    customers = float(cells[low : high + 1].sum())
    each = max(customers, 0.0) / width
    expected = np.zeros(len(cells))
    expected[low : high + 1] = each
    if customers > 0 and _is_even(cells, expected, spread):
        missed = float(np.exp(-each / max(spread, 1e-9)))  # how likely noise hides or feigns a rate, about
        rates = Rates(Estimate(low, missed), Estimate(high, missed), True)
        own = np.arange(max(1, low), high + 1)
        per_day = 1.0 / float((1.0 / own).mean())
        return NoisyRates(rates, customers, spread * float(np.sqrt(width)), each * len(own), per_day)
    return _fit_uneven(cells, spread)


def _find_bounds(cells: F64) -> tuple[int, int]:
    """Return the first and the last rate of the nearest even spread."""
    outside = np.abs(cells).sum()
    best, found = np.inf, (0, 1)
    for low in range(_WHOLE):
        for high in range(max(low, 1), _WHOLE):
            own = cells[low : high + 1]
            cost = outside + np.abs(own - own.mean()).sum() - np.abs(own).sum()
            if cost < best and own.sum() > 0:
                best, found = cost, (low, high)
    return found


def _is_even(cells: F64, expected: F64, spread: float) -> bool:
    """Return whether cells differ from what is expected as noise and chance let them."""
    from scipy import stats

    statistic = float(((cells - expected) ** 2 / (spread**2 + expected + 1.0)).sum())
    # The squares of Laplace noise have a variance of 5 each, those of normal noise 2: a chi-square of fewer degrees.
    scale = 2.5
    return bool(stats.chi2.sf(statistic / scale, len(cells) / scale) >= _UNEVEN)


def _fit_uneven(cells: F64, spread: float) -> NoisyRates:
    """Return the even spread of the same mean and variance."""
    seen = np.where(cells > _STANDS_OUT * spread, cells, 0.0)
    customers = float(seen.sum())
    ends = np.append(RATE_STARTS[1:], 2 * RATE_STARTS[-1])
    middle = np.append(np.minimum((RATE_STARTS + ends - 1) / 2.0, MAX_PER_DAY), _FEW)
    if customers <= 0:
        return NoisyRates(Rates(Estimate(0, None), Estimate(1, None), False), 0.0, spread, 0.0, 1.0)
    mean = float(seen @ middle) / customers
    variance = float(seen @ (middle - mean) ** 2) / customers
    error = float(np.sqrt((np.where(seen > 0, middle - mean, 0.0) ** 2).sum())) * spread / customers
    rates = match_moments(mean, variance, max(1.0, customers), error)
    active = customers - float(seen[0])
    per_day = active / float((seen[1:] / middle[1:]).sum()) if active > 0 else 1.0
    return NoisyRates(rates, customers, spread * float(np.sqrt(np.count_nonzero(seen))), active, per_day)
