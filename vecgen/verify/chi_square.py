"""Pearson's chi-square for counts that are compared group by group, with an effect size and Holm's correction.

Chi-square cannot judge a cell that expects fewer than five. Such cells are pooled for it, and each is compared with the
exact binomial as well, so that a pool hides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.sampling.arrays import F64

LEAST_EXPECTED: Final = 5.0
"""Cells expected to hold fewer are pooled: below it, counts are far from normal (Cochran 1954)."""

_LEAST_VARIANCE: Final = 5.0  # below it, sums of counts are far from normal
_ROUNDING: Final = 1e-6  # what floating-point arithmetic may leave of a deviation of 0
_SMALLEST_P: Final = 1e-300  # keeps its chi-square finite


@dataclass(frozen=True)
class Statistic:
    """A statistic that follows chi-square with `freedom` degrees of freedom under the model; such statistics add up.

    Attributes:
        number: Observations (rows or customers).
        most: The largest value that so many observations can give.
        rarest: Smallest exact probability of a count as large, of the cells that are too small for chi-square.
        small: How many such cells there are.
    """

    value: float = 0.0
    freedom: int = 0
    number: int = 0
    most: float = 0.0
    rarest: float = 1.0
    small: int = 0

    def __add__(self, other: Statistic) -> Statistic:
        return Statistic(
            value=self.value + other.value,
            freedom=self.freedom + other.freedom,
            number=self.number + other.number,
            most=self.most + other.most,
            rarest=min(self.rarest, other.rarest),
            small=self.small + other.small,
        )

    @property
    def p(self) -> float:
        """Upper bound of the probability of a result as unlikely; 1 where nothing could be compared."""
        if math.isinf(self.value):
            return 0.0
        return self._join(self._p_of(self.value))

    @property
    def least_p(self) -> float:
        """The smallest value of `p` that chi-square can give for so many observations; 1 where it compares nothing."""
        return self._join(self._p_of(self.most), rarest=1.0)

    def shrink(self, times: float) -> Statistic:
        """Return what is left where each observation may have been counted so many times (Rao, Scott 1981)."""
        return Statistic(self.value / times, self.freedom, self.number, self.most / times)

    @property
    def effect(self) -> float:
        """Cohen's w, less what chance alone contributes: sqrt(sum of (observed - expected share)^2 / expected)."""
        return math.sqrt(max(0.0, self.value - self.freedom) / self.number) if self.number else 0.0

    def _p_of(self, value: float) -> float:
        from scipy import stats

        return float(stats.chi2.sf(value, self.freedom)) if self.freedom else 1.0

    def _join(self, chi_square: float, rarest: float | None = None) -> float:
        """Return the probability that either test gives as small a value (Bonferroni)."""
        rare = self.small * (self.rarest if rarest is None else rarest)
        tests = max(1, (self.freedom > 0) + (self.small > 0))
        return min(1.0, tests * min(chi_square, rare if self.small else 1.0))


def compare(observed: npt.ArrayLike, weights: npt.ArrayLike) -> Statistic:
    """Compare counts with the shares they should have, given the totals; groups are rows, shape (..., cells).

    `weights` need not be normalised. A count where the weight is 0 gives an infinite value.
    """
    weights = np.asarray(weights, dtype=np.float64)
    counts = np.asarray(observed, dtype=np.float64).reshape(-1, weights.shape[-1]).copy()
    weights = np.broadcast_to(weights, np.shape(observed)).reshape(counts.shape)
    totals = counts.sum(axis=1, keepdims=True)
    # An observation where the model has none is impossible, not unlikely: no pool may hide it.
    if (counts[weights <= 0] > 0).any():
        return Statistic(math.inf, 1, int(totals.sum()))
    sums = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    rarest, small = _find_rarest(counts, totals, shares)
    counts, expected = _pool(counts, totals * shares)
    # A group of one cell says nothing: its count is given by the total.
    cells = (expected > 0).sum(axis=1)
    used = (expected > 0) & (cells > 1)[:, np.newaxis]
    value = float(((counts - expected)[used] ** 2 / expected[used]).sum())
    # The largest possible value has all observations of a group in its least expected cell: it tells whether so few
    # rows could fail the test at all.
    least = np.min(expected, axis=1, where=used, initial=np.inf)
    most = float((totals[:, 0] * (totals[:, 0] / least - 1.0))[cells > 1].sum())
    return Statistic(
        value=value,
        freedom=int(np.maximum(cells - 1, 0).sum()),
        number=int(totals.sum()),
        most=most,
        rarest=rarest,
        small=small,
    )


Join = Callable[[Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]], Statistic]
"""Compares several tables of counts with their weights together."""


def add_up(tables: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]) -> Statistic:
    """Compare each table of counts with its weights: what deviates anywhere is found, if there are enough rows."""
    return add(compare(counts, weights) for counts, weights in tables)


def pool(tables: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]) -> Statistic:
    """Compare the sum of tables of counts with what it should be, given the totals of each: finds more in few rows.

    Where their weights differ, the sum varies less than counts of one table would: then fewer are rejected than may be.
    """
    observed, expected = np.zeros(1), np.zeros(1)
    for seen, likely in tables:
        counts, weights = np.asarray(seen, dtype=np.float64), np.asarray(likely, dtype=np.float64)
        weights = np.broadcast_to(weights, counts.shape)
        if (counts[weights <= 0] > 0).any():
            return Statistic(math.inf, 1, int(counts.sum()))
        sums = weights.sum(axis=-1, keepdims=True)
        shares = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
        observed, expected = observed + counts, expected + counts.sum(axis=-1, keepdims=True) * shares
    return compare(observed, expected)


def compare_share(count: int, number: int, share: float) -> Statistic:
    """Compare how many of `number` show something with the share that should, by the exact binomial, at any size.

    The value is the chi-square of one degree of freedom that is as probable: it may be added to others. Where each has
    a probability of its own, of mean `share`, extreme counts are less probable than said here (Hoeffding 1956).
    """
    from scipy import stats

    if not 0.0 < share < 1.0:
        impossible = count != round(number * min(max(share, 0.0), 1.0))
        return Statistic(math.inf, 1, number) if impossible else Statistic(number=number)
    if number == 0:
        return Statistic()
    # Two-sided: twice the smaller tail.
    p = 2.0 * min(stats.binom.cdf(count, number, share), stats.binom.sf(count - 1, number, share))
    least = 2.0 * min(share, 1.0 - share) ** number
    value, most = (float(stats.chi2.isf(min(1.0, max(q, _SMALLEST_P)), 1)) for q in (p, least))
    return Statistic(value, 1, number, most)


def compare_excess(count: int, number: int, share: float) -> Statistic:
    """Return whether more than a share of `number` show something; the value is that of `compare_share`, one-sided."""
    from scipy import stats

    value, most = (
        float(stats.chi2.isf(max(p, _SMALLEST_P), 1))
        for p in (stats.binom.sf(count - 1, number, share), stats.binom.sf(number - 1, number, share))
    )
    return Statistic(value, 1, number, most)


def normalised(deviations: npt.ArrayLike, variances: npt.ArrayLike, number: int) -> Statistic:
    """Return the statistic of independent sums with mean 0 and known variances.

    Those of small variance are added up, and left out where even their sum has one. What cannot vary and deviates
    gives an infinite value.
    """
    deviation, variance = np.asarray(deviations, np.float64), np.asarray(variances, np.float64)
    if (np.abs(deviation[variance < _ROUNDING]) > _ROUNDING * max(1, number)).any():
        return Statistic(math.inf, 1, number)
    # Sums of small variance are far from normal: all of them count as one.
    small = variance < _LEAST_VARIANCE
    deviation, variance = (np.append(v[~small], v[small].sum()) for v in (deviation, variance))
    used = variance >= _LEAST_VARIANCE
    value, freedom = float((deviation[used] ** 2 / variance[used]).sum()), int(used.sum())
    return Statistic(value, freedom, number, math.inf if freedom else 0.0)


def add(statistics: Iterable[Statistic]) -> Statistic:
    """Return the sum of independent statistics."""
    return sum(statistics, Statistic())


def reject(p_values: Sequence[float], error: float) -> list[bool]:
    """Return which hypotheses are rejected; any true one is with probability `error` at most (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    bounds = error / np.arange(len(order), 0, -1)
    # Holm compares the smallest p with error / n, the next with error / (n - 1) ...; the first that stands ends it.
    stands = np.flatnonzero(~(np.asarray(p_values)[order] < bounds))
    fallen = set(order[: int(stands[0]) if len(stands) else len(order)].tolist())
    return [position in fallen for position in range(len(p_values))]


def _find_rarest(counts: F64, totals: F64, shares: F64) -> tuple[float, int]:
    """Return the smallest exact probability of a count as large among the small cells, and the number of those."""
    from scipy import special

    small = (shares > 0) & (shares < 1) & (totals * shares < LEAST_EXPECTED) & (totals > 0)
    full = np.floor(counts)  # counts may be shared out between cells
    # In a cell that expects so few, only too many can be rare.
    looked_at = small & (full > totals * shares)
    number, share = (np.broadcast_to(v, counts.shape)[looked_at] for v in (totals, shares))
    count = full[looked_at]
    # The binomial distribution's upper tail: at least `count` of `number`.
    tails = special.betainc(count, number - count + 1.0, share)
    return float(tails.min(initial=1.0)), int(small.sum())


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
    # A lone piece below the bound joins the smallest ordinary cell of its group.
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
