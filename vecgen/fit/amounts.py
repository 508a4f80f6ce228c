"""Fits gamma distributions of amounts by maximum likelihood, given how many amounts fell into each cell.

The probability of a cell is the model's own: draws below a dollar are replaced, amounts are whole cents. So neither
biases the estimate; cells are 9 % wide, and their information is what the standard errors count.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vecgen.config.profile import MAX_AMOUNT, MAX_SHAPE, MIN_MEAN, MIN_SHAPE, AmountDistribution
from vecgen.fit.estimate import Estimate, round_figure
from vecgen.model.exact import AMOUNT_EDGES, amount_shares
from vecgen.sampling.arrays import F64, I64

LEAST_ROWS: Final = 30
"""Amounts of which fewer are there say too little of a distribution's tail."""

_STEPS: Final = 60
_HALVINGS: Final = 30
_CLOSE: Final = 1e-7  # of a standard error's square: where a step ends the search
_DELTA: Final = 1e-4  # of a logarithm, by which a derivative is taken
_LEAST: Final = 1e-300
_EXACT: Final = 1e-11  # smaller shares are differences of nearly equal sums, and their slopes are noise


def fit_amounts(counts: I64, usual: AmountDistribution | None) -> tuple[Estimate, Estimate] | None:
    """Return mean and standard deviation of amounts in dollars; None where there are too few, or all in one cell.

    Args:
        counts: By the cells of `AMOUNT_EDGES` and one more.
        usual: A distribution that may be near.
    """
    if counts.sum() < LEAST_ROWS or np.count_nonzero(counts) < 2:
        return None
    start = max(_list_starts(counts, usual), key=lambda at: _log_likelihood(counts, at))
    found = _climb(counts, start)
    information = _information(counts, found)[0]
    if np.linalg.cond(information) > 1e12:
        return None
    errors = np.exp(found) * np.sqrt(np.diag(np.linalg.inv(information)))
    mean, stdev = (Estimate(round_figure(v), float(e)) for v, e in zip(np.exp(found), errors, strict=True))
    return (mean, stdev)


def _list_starts(counts: I64, usual: AmountDistribution | None) -> list[F64]:
    """Return logarithms of mean and standard deviation at which a search may start."""
    middle = np.append(np.sqrt(np.append(100, AMOUNT_EDGES[:-1]) * AMOUNT_EDGES), AMOUNT_EDGES[-1]) / 100.0
    mean = float(counts @ middle / counts.sum())
    stdev = max(float(np.sqrt(counts @ (middle - mean) ** 2 / counts.sum())), mean / 100.0)
    starts = [(mean, stdev), (mean / 2.0, stdev), (mean / 2.0, 2.0 * stdev)]
    starts += [(usual.mean, usual.stdev)] if usual else []
    return [bound(np.log(np.array(pair))) for pair in starts]


def bound(at: F64) -> F64:
    """Return the nearest logarithms of mean and standard deviation that a profile can have."""
    mean = np.clip(at[0], np.log(MIN_MEAN), np.log(MAX_AMOUNT))
    stdev = np.clip(at[1], mean - np.log(MAX_SHAPE) / 2.0 + 1e-9, mean - np.log(MIN_SHAPE) / 2.0 - 1e-9)
    return np.array([mean, min(float(stdev), np.log(MAX_AMOUNT))])


def _climb(counts: I64, at: F64) -> F64:
    """Return where the likelihood is largest, by Fisher's scoring with steps that never lose."""
    height = _log_likelihood(counts, at)
    for _ in range(_STEPS):
        information, slope = _information(counts, at)
        step = np.linalg.lstsq(information, slope, rcond=None)[0]
        for halving in range(_HALVINGS):
            next_at = bound(at + step / 2.0**halving)
            next_height = _log_likelihood(counts, next_at)
            if next_height >= height:
                break
        else:
            return at
        gained, at, height = next_height - height, next_at, next_height
        if gained < _CLOSE:
            break
    return at


def _log_likelihood(counts: I64, at: F64) -> float:
    seen = counts > 0
    return float(counts[seen] @ np.log(_shares(at)[seen]))


def _information(counts: I64, at: F64) -> tuple[F64, F64]:
    """Return Fisher's information of all amounts about the two logarithms, and the slope of the likelihood."""
    steps = np.eye(2) * _DELTA
    shares = _shares(at)
    exact = shares > _EXACT
    slopes = np.array([(_shares(at + step) - _shares(at - step)) / (2.0 * _DELTA) for step in steps])
    slopes, shares, counts = slopes[:, exact], shares[exact], counts[exact]
    return counts.sum() * (slopes / shares) @ slopes.T, slopes @ (counts / shares)


def _shares(at: F64) -> F64:
    mean, stdev = np.exp(at).tolist()
    return np.maximum(amount_shares(mean, stdev), _LEAST)
