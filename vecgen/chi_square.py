"""Pearson's chi-square for counts that are compared group by group, with an effect size and Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

LEAST_EXPECTED: Final = 5.0
"""Cells expected to hold fewer are pooled: below it, counts are far from normal (Cochran 1954)."""


@dataclass(frozen=True)
class Statistic:
    """A statistic that follows chi-square with `freedom` degrees of freedom if the law holds; sums of such add up.

    Attributes:
        number: Observations (rows or customers).
    """

    value: float = 0.0
    freedom: int = 0
    number: int = 0

    def __add__(self, other: Statistic) -> Statistic:
        return Statistic(self.value + other.value, self.freedom + other.freedom, self.number + other.number)

    @property
    def p(self) -> float:
        """Probability of a value as large under the law; 1 where nothing could be compared."""
        from scipy import stats

        if math.isinf(self.value):
            return 0.0
        return float(stats.chi2.sf(self.value, self.freedom)) if self.freedom else 1.0

    @property
    def effect(self) -> float:
        """Cohen's w, less what chance alone contributes: sqrt(sum of (observed - expected share)^2 / expected)."""
        return math.sqrt(max(0.0, self.value - self.freedom) / self.number) if self.number else 0.0


def compare(observed: npt.ArrayLike, weights: npt.ArrayLike) -> Statistic:
    """Compare counts with the shares they should have, given the totals; groups are rows, shape (..., cells).

    `weights` need not be normalised. A count where the weight is 0 gives an infinite value.
    """
    weights = np.asarray(weights, dtype=np.float64)
    counts = np.asarray(observed, dtype=np.float64).reshape(-1, weights.shape[-1]).copy()
    weights = np.broadcast_to(weights, np.shape(observed)).reshape(counts.shape)
    totals = counts.sum(axis=1, keepdims=True)
    if (counts[weights <= 0] > 0).any():
        return Statistic(math.inf, 1, int(totals.sum()))
    sums = weights.sum(axis=1, keepdims=True)
    expected = totals * np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    counts, expected = _pool(counts, expected)
    cells = (expected > 0).sum(axis=1)
    used = (expected > 0) & (cells > 1)[:, np.newaxis]
    value = float(((counts - expected)[used] ** 2 / expected[used]).sum())
    return Statistic(value, int(np.maximum(cells - 1, 0).sum()), int(totals.sum()))


def normalised(deviations: npt.ArrayLike, variances: npt.ArrayLike, number: int) -> Statistic:
    """Return the statistic of independent sums with mean 0 and known variances (those of 0 say nothing)."""
    deviation, variance = np.asarray(deviations, np.float64), np.asarray(variances, np.float64)
    used = variance > 0
    return Statistic(float((deviation[used] ** 2 / variance[used]).sum()), int(used.sum()), number)


def add(statistics: Iterable[Statistic]) -> Statistic:
    """Return the sum of independent statistics."""
    return sum(statistics, Statistic())


def reject(p_values: Sequence[float], error: float) -> list[bool]:
    """Return which hypotheses fall, at a probability of at most `error` that a true one does (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    bounds = error / np.arange(len(order), 0, -1)
    stands = np.flatnonzero(~(np.asarray(p_values)[order] < bounds))
    fallen = set(order[: int(stands[0]) if len(stands) else len(order)].tolist())
    return [position in fallen for position in range(len(p_values))]


def _pool(counts: F64, expected: F64) -> tuple[F64, F64]:
    """Pool the small cells of each group with their neighbours among the small ones.

    Cells below the bound are laid end to end and cut at every second multiple of it: so no piece falls below the bound
    but the last, which joins the one before or, where it is alone, the smallest of the other cells.
    """
    small = expected < LEAST_EXPECTED
    reach = np.cumsum(np.where(small, expected, 0.0), axis=1)
    pieces = np.maximum((reach[:, -1:] / (2 * LEAST_EXPECTED)).astype(np.int64), 1)
    piece = np.minimum((reach / (2 * LEAST_EXPECTED)).astype(np.int64), pieces - 1)
    width = int(pieces.max(initial=1))
    places = (np.arange(len(counts))[:, np.newaxis] * width + piece)[small]
    joins = np.flatnonzero((reach[:, -1] < LEAST_EXPECTED) & ~small.all(axis=1))
    smallest = np.argmin(np.where(small, np.inf, expected), axis=1)[joins]
    pooled = []
    for values in (counts, expected):
        kept = np.where(small, 0.0, values)
        joined = np.bincount(places, values[small], len(counts) * width).reshape(-1, width)
        kept[joins, smallest] += joined[joins, 0]
        joined[joins] = 0.0
        pooled.append(np.column_stack([kept, joined]))
    return pooled[0], pooled[1]
