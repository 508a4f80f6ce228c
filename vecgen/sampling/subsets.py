"""Sums over which of some rows belong to one source and which to another, of all subsets in quadratic time.

The probability of a subset is a weight of its size times a factor of each row: one if it is in the subset, another if
not. Multiplying the polynomials `out + x * in` of the rows collects subsets by size. Where rows share something that
is not seen, such as the start of a burst, its range is cut into pieces in which the same rows can belong together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vecgen.sampling.arrays import F64

Measure = Callable[[F64], F64]
"""The probability of all that lies below a point."""


def sum_subsets(inside: F64, outside: F64, weights: F64) -> tuple[F64, F64]:
    """Return, for each row, the sum over the subsets that hold it, and over those that do not.

    Args:
        inside, outside: Factors of each row in a subset, and of one that is not, shape (groups, rows).
        weights: By the size of the subset, shape (groups, rows + 1).
    """
    before = _multiply(inside, outside)
    held, left = np.empty_like(inside), np.empty_like(inside)
    after = weights  # by the size of what comes before: what all later rows make of it
    for row in range(inside.shape[1] - 1, -1, -1):
        size, own, other = row + 1, inside[:, row, np.newaxis], outside[:, row, np.newaxis]
        held[:, row] = (own * before[row] * after[:, 1 : size + 1]).sum(axis=1)
        left[:, row] = (other * before[row] * after[:, :size]).sum(axis=1)
        after = other * after[:, :size] + own * after[:, 1 : size + 1]
    return held, left


def _multiply(inside: F64, outside: F64) -> list[F64]:
    """Return the polynomials of the first rows: of none, of one, of two ..."""
    groups, rows = inside.shape
    out = [np.ones((groups, 1))]
    for row in range(rows - 1):
        own = np.zeros((groups, row + 2))
        own[:, :-1] = outside[:, row, np.newaxis] * out[-1]
        own[:, 1:] += inside[:, row, np.newaxis] * out[-1]
        out.append(own)
    return out


def cut_axis(low: F64, high: F64, measure: Measure) -> tuple[F64, F64]:
    """Cut an axis where an interval begins or ends: return the probability of each piece, and which intervals cover it.

    Args:
        low, high: Ends of each row's interval, shape (groups, rows).

    Returns:
        Shapes (groups, pieces) and (groups, pieces, rows); 1 where the row's interval covers the piece, else 0.
    """
    ends = np.sort(np.concatenate([low, high], axis=1), axis=1)
    middle = ((ends[:, 1:] + ends[:, :-1]) / 2.0)[..., np.newaxis]
    covers = (low[:, np.newaxis] < middle) & (middle < high[:, np.newaxis])
    return np.diff(measure(ends), axis=1), covers.astype(np.float64)


def cover_all(low: F64, high: F64, measure: Measure) -> F64:
    """Return the probability of what all intervals of a group cover, shape (groups,)."""
    least, most = low.max(axis=1), high.min(axis=1)
    return np.asarray(np.where(least < most, measure(most) - measure(least), 0.0))
