"""Sums over which of some rows belong to one source and which to another, of all subsets in quadratic time.

The probability of a subset is a weight of its size times a factor of each row: one if it is in the subset, another if
not. Multiplying the polynomials `out + x * in` of the rows collects subsets by size. Where rows share something that
is not seen, such as the start of a burst, its range is cut into pieces in which the same rows can belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from vecgen.sampling.arrays import F64, I64

MOST_SUBSET_ROWS: Final = 6
"""Up to which subsets are fewer than the pieces of two axes."""

Measure = Callable[[F64], F64]
"""The probability of all that lies below a point."""


class Axis(NamedTuple):
    """Something that the rows of a subset share without its being seen, and where it can be.

    Attributes:
        low, high: Ends of the interval in which each row allows it to be, shape (groups, rows).
    """

    low: F64
    high: F64
    measure: Measure


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


def sum_covered(inside: F64, outside: F64, weights: F64, axes: Sequence[Axis]) -> tuple[F64, F64, F64]:
    """Return the sums of `sum_subsets` where rows of a subset share what lies on some axes, and the sum over all.

    Subset by subset, so for few rows: cutting the axes would take far more pieces than there are subsets.
    """
    groups, rows = inside.shape
    joint = weights.T[_count_bits(rows)]
    product = np.ones((1, groups))
    for own, other in zip(inside.T, outside.T, strict=True):
        product = np.concatenate([product * other, product * own])
    joint *= product
    for axis in axes:
        low, high = np.full((1, groups), -np.inf), np.full((1, groups), np.inf)
        for least, most in zip(axis.low.T, axis.high.T, strict=True):
            low = np.concatenate([low, np.maximum(low, least)])
            high = np.concatenate([high, np.minimum(high, most)])
        joint *= np.where(low < high, axis.measure(high) - axis.measure(low), 0.0)
    held, left = np.empty_like(inside), np.empty_like(inside)
    for row in range(rows - 1, -1, -1):
        without, within = np.split(joint, 2)
        held[:, row], left[:, row] = _fold(within), _fold(without)
        joint = without + within
    return held, left, joint[0]


def _fold(values: F64) -> F64:
    """Return the sum along the first axis, of a power of two numbers: with the same bits for any number of groups."""
    while len(values) > 1:
        values = values[: len(values) // 2] + values[len(values) // 2 :]
    return np.asarray(values[0])


@lru_cache(maxsize=16)
def _count_bits(rows: int) -> I64:
    """Return the rows of each subset, whose number has the bits of its rows."""
    return np.asarray((np.arange(1 << rows)[:, np.newaxis] >> np.arange(rows) & 1).sum(axis=1), dtype=np.int64)


@lru_cache(maxsize=64)
def share_choices(most: int) -> F64:
    """Return one over the number of ways to choose rows, by the number of all and of the chosen, up to `most` each."""
    from scipy import special

    size, number = np.arange(most + 1.0)[:, np.newaxis], np.arange(most + 1.0)
    ways = np.log1p(size) + special.betaln(np.maximum(size - number, 0.0) + 1.0, number + 1.0)
    return np.asarray(np.where(size < number, 0.0, np.exp(ways)))


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


def cut_axis(axis: Axis) -> tuple[F64, F64]:
    """Cut an axis where an interval begins or ends: return the probability of each piece, and which intervals cover it.

    Returns:
        Shapes (groups, pieces) and (groups, pieces, rows); 1 where the row's interval covers the piece, else 0.
    """
    ends = np.sort(np.concatenate([axis.low, axis.high], axis=1), axis=1)
    middle = ((ends[:, 1:] + ends[:, :-1]) / 2.0)[..., np.newaxis]
    covers = (axis.low[:, np.newaxis] < middle) & (middle < axis.high[:, np.newaxis])
    return np.diff(axis.measure(ends), axis=1), covers.astype(np.float64)


def cover_all(axis: Axis) -> F64:
    """Return the probability of what all intervals of a group cover, shape (groups,)."""
    least, most = axis.low.max(axis=1), axis.high.min(axis=1)
    return np.asarray(np.where(least < most, axis.measure(most) - axis.measure(least), 0.0))
