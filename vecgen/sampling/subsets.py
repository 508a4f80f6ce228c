"""Sums over which of some rows belong to one source and which to another, of all subsets in quadratic time.

The probability of a subset is a weight of its size times a factor of each row: one if it is in the subset, another if
not. Multiplying the polynomials `out + x * in` of the rows collects subsets by size. Where rows share something that
is not seen, such as the start of a burst, its range is cut into pieces in which the same rows can belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import accumulate, pairwise
from typing import Final

import numpy as np

from vecgen.sampling.arrays import F64, I64

MOST_SUBSET_ROWS: Final = (0, 7, 12, 13)
"""Up to which it is faster to go through subsets than through pieces of so many axes."""


def sum_subsets(inside: F64, outside: F64, weights: F64, counts: Sequence[int]) -> tuple[F64, F64]:
    """Return, for each row, the sum over the subsets of its group that hold it, and for each group that over all.

    Args:
        inside, outside: Factors of each row in a subset, and of one that is not: of the first row of every group, then
            of the second rows, and so on. Groups with more rows stand before those with fewer.
        weights: By the size of the subset, from 0 to the largest that can be, shape (sizes, groups); overwritten.
        counts: How many groups have a first row, a second row, and so on.
    """
    places = [slice(end - count, end) for end, count in zip(accumulate(counts), counts, strict=True)]
    before = _multiply(inside, outside, places, len(weights))
    held = np.empty_like(inside)
    for place, first in zip(reversed(places), reversed(before), strict=True):
        # By the size of the subset of the rows before: the sum over those of this row and all later ones.
        size, count = first.shape
        same, more = weights[:size, :count], weights[1 : size + 1, :count] * inside[place]
        same *= outside[place]
        held[place] = sum_products(first[: len(more)], more)
        same[: len(more)] += more
    return held, weights[0]


def sum_covered(inside: F64, outside: F64, weights: F64, bounds: F64) -> tuple[F64, F64]:
    """Return the sums of `sum_subsets` where rows of a subset share what lies on some axes without its being seen.

    Subset by subset, so for few rows: cutting the axes would take far more pieces than there are subsets.

    Args:
        inside, outside: As of `sum_subsets`, of groups of as many rows each, shape (rows, groups).
        bounds: Between which each row allows it to lie, as the probabilities of all that lies below them: the upper
            ones on each axis, then the lower ones, negated; shape (rows, 2 * axes, groups).
    """
    rows, axes = len(inside), bounds.shape[1] // 2
    sizes = _count_bits(rows)
    joint = weights.take(sizes, axis=0, mode="clip")
    joint[sizes >= len(weights)] = 0.0
    joint *= _double(1.0, inside, outside)
    ends = _double(np.repeat([1.0, 0.0], axes)[:, np.newaxis], bounds, None, np.minimum)
    for length in _measure(ends.swapaxes(0, 1)):
        joint *= length
    held = np.empty_like(inside)
    for row in range(rows - 1, -1, -1):
        without, within = joint.reshape(2, 1 << row, -1)  # of the subsets without the row, and with it
        held[row] = _sum_rows(within)
        joint = without + within
    return held.ravel(), joint[0]


def _double(first: F64 | float, within: F64, without: F64 | None, join: np.ufunc = np.multiply) -> F64:
    """Return what joins a value and those of the rows in each subset, and not in it, shape (subsets, ..., groups)."""
    out = np.empty((1 << len(within), *within.shape[1:]))
    out[0] = first
    for row, own in enumerate(within):
        number = 1 << row
        join(out[:number], own, out=out[number : 2 * number])
        if without is not None:
            out[:number] *= without[row]
    return out


def _sum_rows(values: F64) -> F64:
    """Return the sum along the last axis but one, term by term: with the same bits for any number of groups."""
    if values.shape[-1] == 1:  # NumPy sums up in another order what is a single column
        return np.asarray(np.add.accumulate(values, axis=-2)[..., -1, :])
    return np.asarray(values.sum(axis=-2))


@lru_cache(maxsize=16)
def _count_bits(rows: int) -> I64:
    """Return the rows of each subset, whose number has the bits of its rows."""
    return np.asarray((np.arange(1 << rows)[:, np.newaxis] >> np.arange(rows) & 1).sum(axis=1), dtype=np.int64)


@lru_cache(maxsize=64)
def share_choices(most: int) -> F64:
    """Return one over the number of ways to choose rows, by the number of all and of the chosen, up to `most` each."""
    size = np.arange(most + 1.0)
    out = np.zeros((most + 1, most + 1))
    out[:, 0] = 1.0
    for number in range(1, most + 1):
        own = out[number:, number]
        np.divide(number * out[number:, number - 1], size[number:] - number + 1.0, out=own)
    return out


def sum_products(first: F64, second: F64) -> F64:
    """Return the sum of products along the first axis, term by term: with the same bits for any number of columns."""
    if len(first) == 1:
        return np.asarray(first[0] * second[0])
    if first.shape[1] == 1 and len(first):  # NumPy sums up in another order what is a single column
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


def cut_axis(low: F64, high: F64) -> tuple[F64, F64]:
    """Cut an axis where an interval begins or ends: return the probability of each piece, and which intervals cover it.

    Args:
        low, high: Ends of each interval, shape (rows, groups).

    Returns:
        Shapes (pieces, groups) and (rows, pieces, groups); 1 where the row's interval covers the piece, else 0.
    """
    ends = np.sort(np.concatenate([low, high]), axis=0)
    middle = (ends[1:] + ends[:-1]) / 2.0
    covers = (low[:, np.newaxis] < middle) & (middle < high[:, np.newaxis])
    return np.diff(ends, axis=0), covers.astype(np.float64)


def cover_all(bounds: F64) -> F64:
    """Return the probability of what all rows of a group allow, by bounds as of `sum_covered`, shape (groups,)."""
    return np.asarray(_measure(reduce(np.minimum, bounds)).prod(axis=0))


def _measure(ends: F64) -> F64:
    """Return the probability of what lies between ends, by axis: the upper ones, then the lower ones, negated."""
    axes = len(ends) // 2
    return np.asarray(np.maximum(ends[:axes] + ends[axes:], 0.0))
