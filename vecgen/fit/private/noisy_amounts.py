"""Fits gamma distributions of amounts to noisy shares of rows, by weighted least squares.

The probability of a cell is the model's own, so neither the one-dollar rule nor the width of cells biases it. The
usual figures draw the fit a little towards them: where noise is large, or all amounts are in a cell, they decide.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vecgen.config.profile import AmountDistribution
from vecgen.fit.amounts import bound
from vecgen.fit.estimate import Estimate, round_figure
from vecgen.fit.private.noise import NoisyTable
from vecgen.model.exact import amount_shares
from vecgen.sampling.arrays import F64
from vecgen.scan.bounded.bounded_tables import AMOUNT_ENDS

_ENDS: Final[F64] = np.asarray((AMOUNT_ENDS - 0.5) / 100.0, dtype=np.float64)
_ROUNDS: Final = 4  # weights depend on what is fitted
_DELTA: Final = 1e-4  # of a logarithm, by which a derivative is taken
_USUAL: Final = 1.0
"""Standard deviation of logarithms about the usual ones before any row is seen."""
_SURE: Final = 0.5
"""Standard error of a logarithm beyond which the usual figure stays."""


def fit_noisy_amounts(
    table: NoisyTable, customers: float, rows: float, usual: AmountDistribution
) -> tuple[Estimate, Estimate] | None:
    """Return mean and standard deviation of amounts in dollars; None where noise hides them.

    Args:
        table: Cells of one profile and category.
        customers: How many customers' worth of rows there are, by another table.
        rows: Of a customer, about.
    """
    if customers <= 0.0:
        return None
    prior = bound(np.log([usual.mean, usual.stdev]))
    at = _start(table.cells, prior)
    for _ in range(_ROUNDS):
        variance = table.spread**2 + customers * _shares(at) / max(rows, 1.0) + 1e-6 * customers
        at = _search(table.cells / customers, np.sqrt(variance) / customers, prior, at)
    slopes = customers * _slopes(at)
    information = (slopes / variance) @ slopes.T + np.eye(2) / _USUAL**2
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    if errors.max() > _SURE:
        return None
    mean, stdev = (Estimate(round_figure(np.exp(a)), float(np.exp(a) * e)) for a, e in zip(at, errors, strict=True))
    return mean, stdev


def _start(cells: F64, prior: F64) -> F64:
    """Return logarithms near those that are fitted: the usual ones, or by the mean of the cells."""
    starts = [prior]
    middle = np.append(_ENDS, _ENDS[-1])
    seen = np.maximum(cells, 0.0)
    if seen.sum() > 0:
        mean = max(1.0, float(seen @ np.log(middle) / seen.sum()))
        starts += [bound(np.array([mean, mean - np.log(ratio)])) for ratio in (1.0, 3.0, 10.0)]
    shares = seen / max(float(seen.sum()), 1e-9)
    return min(starts, key=lambda at: float(((shares - _shares(at)) ** 2).sum()))


def _search(shares: F64, errors: F64, prior: F64, at: F64) -> F64:
    from scipy import optimize

    def miss(point: F64) -> F64:
        return np.append((shares - _shares(bound(point))) / errors, (point - prior) / _USUAL)

    return bound(np.asarray(optimize.least_squares(miss, at, diff_step=np.full(2, _DELTA)).x))


def _slopes(at: F64) -> F64:
    steps = np.eye(2) * _DELTA
    return np.array([(_shares(at + step) - _shares(at - step)) / (2.0 * _DELTA) for step in steps])


def _shares(at: F64) -> F64:
    mean, stdev = np.exp(at).tolist()
    return amount_shares(mean, stdev, _ENDS)
