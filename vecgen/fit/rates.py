"""Fits least and most transactions per day: a customer has a whole number a day, each between the two as likely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vecgen.config.profile import MAX_PER_DAY
from vecgen.fit.estimate import Estimate
from vecgen.sampling.arrays import F64, I64

_UNEVEN: Final = 1e-4
"""Probability of a more uneven spread, below which rates are not taken to be even."""
_WHOLE: Final = 0.1  # by which a rate may miss a whole number


@dataclass(frozen=True)
class Rates:
    """Least and most per day; `even` if whole rates between them are spread as the model says."""

    least: Estimate
    most: Estimate
    even: bool


def fit_rates(rates: F64) -> Rates:
    """Return the bounds of customers' rates (at least one, each above 0).

    Of whole rates that are spread evenly the bounds are the smallest and the largest. Others are described by the even
    spread of the same mean and variance, so that no single customer's rate shows.
    """
    whole = np.rint(rates).astype(np.int64)
    if np.abs(rates - whole).max() < _WHOLE and _is_even(whole):
        least, most = int(whole.min()), int(whole.max())
        # The largest of n even draws is one less than the bound with probability (1 - 1/width)^n.
        missed = (1.0 - 1.0 / (most - least + 2)) ** len(whole)
        return Rates(Estimate(least, missed), Estimate(most, missed), True)
    return match_moments(float(rates.mean()), float(rates.var()), len(rates))


def _is_even(whole: I64) -> bool:
    from scipy import stats

    counts = np.bincount(whole - whole.min())
    return len(counts) == 1 or bool(stats.chisquare(counts).pvalue >= _UNEVEN)


def match_moments(mean: float, variance: float, number: float, noise: float = 0.0) -> Rates:
    """Return the even spread of this mean and variance of so many customers; `noise` is an error of the mean beside."""
    width = np.sqrt(12.0 * variance + 1.0)  # of an even spread over whole numbers
    error = float(np.sqrt(variance / number + 0.05 * width**2 / number + noise**2)) + 0.5  # and half of a whole number
    least = int(np.clip(np.rint(mean - (width - 1.0) / 2.0), 0, MAX_PER_DAY))
    most = int(np.clip(np.rint(mean + (width - 1.0) / 2.0), max(1, least), MAX_PER_DAY))
    return Rates(Estimate(least, error), Estimate(most, error), False)
