"""Sums over which of some rows belong to one source and which to another, of all subsets in quadratic time.

The probability of a subset is a weight of its size times a factor of each row: one if it is in the subset, another if
not. Multiplying the polynomials `out + x * in` of the rows collects subsets by size. Where rows share something that
is not seen, such as the start of a burst, its range is cut into pieces in which the same rows can belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np

from vecgen.sampling.arrays import F64, I64

MOST_SUBSET_ROWS: Final = (0, 7, 12, 13)
"""Up to which it is faster to go through subsets than through pieces of so many axes."""


class Axis(NamedTuple):
    """Something that the rows of a subset share without its being seen, and where it can be.

    Attributes:
        low, high: Ends of the interval in which each row allows it to be, as the probabilities of all that lies below
            them, shape (rows, groups).
    """

    low: F64
    high: F64


def sum_subsets(inside: F64, outside: F64, weights: F64, counts: Sequence[int]) -> tuple[F64, F64]:
    """Return, for each row, the sum over the subsets of its group that hold it, and over those that do not.

    Args:
        inside, outside: Factors of each row in a subset, and of one that is not: of the first row of every group, then
            of the second rows, and so on. Groups with more rows stand before those with fewer.
        weights: By the size of the subset, from 0 to the largest that can be, shape (sizes, groups).
        counts: How many groups have a first row, a second row, and so on.
    """
    places = [slice(end - count, end) for end, count in zip(accumulate(counts), counts, strict=True)]
    before = _multiply(inside, outside, places, len(weights))
    held, left = np.empty_like(inside), np.empty_like(inside)
    after = np.append(weights, np.zeros_like(weights[:1]), axis=0)  # by the size of what comes before: all later rows
    for place, first in zip(reversed(places), reversed(before), strict=True):
        size, count = first.shape
        same, more = after[:size, :count], after[1 : size + 1, :count] * inside[place]
        same *= outside[place]
        held[place], left[place] = sum_products(first, more), sum_products(first, same)
        same += more
    return held, left


def sum_covered(inside: F64, outside: F64, weights: F64, axes: Sequence[Axis]) -> tuple[F64, F64]:
    """Return the sums of `sum_subsets` where rows of a subset share what lies on some axes.

    Subset by subset, so for few rows: cutting the axes would take far more pieces than there are subsets.

    Args:
        inside, outside: As of `sum_subsets`, of groups of as many rows each, shape (rows, groups).
    """
    rows, groups = inside.shape
    sizes = _count_bits(rows)
    joint = np.append(weights, np.zeros((max(0, rows + 1 - len(weights)), groups)), axis=0)[sizes]
    joint *= _double(np.ones(groups), inside, outside)
    for axis in axes:
        shared = _double(np.ones(groups), axis.high, None, np.minimum)
        shared -= _double(np.zeros(groups), axis.low, None, np.maximum)
        joint *= np.maximum(shared, 0.0, out=shared)
    held, left = np.empty_like(inside), np.empty_like(inside)
    for row in range(rows - 1, -1, -1):
        without, within = joint[: 1 << row], joint[1 << row :]
        held[row], left[row] = _fold(within), _fold(without)
        joint = without + within
    return held.ravel(), left.ravel()


def _double(first: F64, within: F64, without: F64 | None, join: np.ufunc = np.multiply) -> F64:
    """Return what joins a value and those of the rows in each subset, and not in it, shape (subsets, groups)."""
    out = np.empty((1 << len(within), len(first)))
    out[0] = first
    for row, own in enumerate(within):
        number = 1 << row
        join(out[:number], own, out=out[number : 2 * number])
        if without is not None:
            out[:number] *= without[row]
    return out


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


def sum_products(first: F64, second: F64) -> F64:
    """Return the sum of products along the first axis, term by term: with the same bits for any number of columns."""
    if first.shape[1] == 1:  # NumPy sums up in another order what is a single column
        return np.asarray(np.add.accumulate(first * second)[-1])
    return np.asarray(np.einsum("ij,ij->j", first, second))


def _multiply(inside: F64, outside: F64, places: Sequence[slice], sizes: int) -> list[F64]:
    """Return the polynomials of the rows before each: of none, of the first, of the first two, up to so many sizes."""
    out = [np.ones((1, places[0].stop))]
    for place, following in pairwise(places):
        count = following.stop - following.start
        last, both = out[-1][:, :count], slice(place.start, place.start + count)
        own = np.zeros((min(len(last) + 1, sizes), count))
        np.multiply(last, outside[both], out=own[: len(last)])
        own[1:] += inside[both] * last[: len(own) - 1]
        out.append(own)
    return out


def cut_axis(axis: Axis) -> tuple[F64, F64]:
    """Cut an axis where an interval begins or ends: return the probability of each piece, and which intervals cover it.

    Returns:
        Shapes (pieces, groups) and (rows, pieces, groups); 1 where the row's interval covers the piece, else 0.
    """
    ends = np.sort(np.concatenate([axis.low, axis.high]), axis=0)
    middle = (ends[1:] + ends[:-1]) / 2.0
    covers = (axis.low[:, np.newaxis] < middle) & (middle < axis.high[:, np.newaxis])
    return np.diff(ends, axis=0), covers.astype(np.float64)


def cover_all(axis: Axis) -> F64:
    """Return the probability of what all intervals of a group cover, shape (groups,)."""
    return np.asarray(np.maximum(axis.high.min(axis=0) - axis.low.max(axis=0), 0.0))
