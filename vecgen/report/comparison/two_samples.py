"""Are the shares of two tables alike? Chi-square of two samples whose rows come in clusters, with an effect size.

Rows of a customer depend on each other, so chi-square as of independent rows would find differences where there are
none. How far shares vary from block to block of customers tells by how much (Rao, Scott 1981; the second-order
correction with an F distribution of Thomas, Rao 1987, as in surveys).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vecgen.sampling.arrays import F64, I64
from vecgen.verify.chi_square import LEAST_EXPECTED

_ROUNDING: Final = 1e-20  # of squares of shares
LEAST_CUSTOMERS: Final = 20
"""Customers of each dataset below which nothing is tested."""
LEAST_BLOCKS: Final = 8
"""Blocks of customers with observations below which shares are not compared: fewer do not tell how much they vary."""


@dataclass(frozen=True)
class Difference:
    """What two tables differ by.

    Attributes:
        statistic: Chi-square, corrected for what rows of a customer have in common.
        freedom: Its degrees of freedom; 0 where there is nothing to compare.
        p: Probability of a statistic as large between two samples of one population.
        effect: Total variation, half the sum of the differences of the shares; of ordered cells the largest difference
            of the shares up to a cell (Kolmogorov, Smirnov). With given cells, the mean over these.
        chance: The effect that two samples of one population would have on average.
    """

    statistic: float
    freedom: float
    p: float
    effect: float
    chance: float


@dataclass(frozen=True)
class _Gap:
    """The difference of the shares of two tables.

    Attributes:
        difference, share: By (given cell, cell): the difference, and the mean share.
        errors: What each block of either table adds to the error, shape (blocks, given cells, cells) each; products add
            up to its variance (linearised).
        expected: Observations to expect in the smaller table.
    """

    difference: F64
    share: F64
    errors: tuple[F64, F64]
    expected: F64


def compare_blocks(one: F64, other: F64, *, ordered: bool = False) -> Difference:
    """Compare two tables of counts by (block of customers, given cell, cell): the shares of cells in each given cell.

    Given cells of too few blocks in one of the tables are left out; each other weighs what it does in both on average.
    """
    both = np.logical_and(*(_count_blocks(table) >= LEAST_BLOCKS for table in (one, other)))
    if not both.any():
        return Difference(0.0, 0.0, 1.0, 0.0, 0.0)
    gap = _subtract(one[:, both], other[:, both])
    effect = float(_measure(gap.difference[np.newaxis], ordered)[0])
    return Difference(*_test(gap), effect, _measure_chance(gap, ordered))


def _count_blocks(table: F64) -> I64:
    """Return the number of blocks with observations by given cell."""
    return np.asarray(table.any(axis=2).sum(axis=0))


def _subtract(one: F64, other: F64) -> _Gap:
    given = [table.sum(axis=(0, 2)) for table in (one, other)]
    weight = sum(numbers / numbers.sum() for numbers in given)[:, np.newaxis] / 2.0
    shares = [table.sum(axis=0) / numbers[:, np.newaxis] for table, numbers in zip((one, other), given, strict=True)]
    errors = [weight * _estimate_errors(*pair) for pair in zip((one, other), shares, strict=True)]
    mean = (shares[0] + shares[1]) / 2.0
    least = np.minimum(*given)[:, np.newaxis]
    return _Gap(weight * (shares[0] - shares[1]), weight * mean, (errors[0], errors[1]), least * mean)


def _estimate_errors(table: F64, shares: F64) -> F64:
    blocks = _count_blocks(table)
    deviations = table - table.sum(axis=2, keepdims=True) * shares
    return np.asarray(deviations * (np.sqrt(blocks / (blocks - 1.0)) / table.sum(axis=(0, 2)))[:, np.newaxis])


def _test(gap: _Gap) -> tuple[float, float, float]:
    """Return statistic, degrees of freedom and p."""
    from scipy import stats

    group = _group_small(gap.expected)
    difference, share = (np.bincount(group, values.ravel()) for values in (gap.difference, gap.share))
    cells = int((share > 0).sum()) - len(gap.share)
    if cells < 1:
        return 0.0, 0.0, 1.0
    scale = np.sqrt(np.divide(1.0, share, out=np.zeros_like(share), where=share > 0))
    value = float(((difference * scale) ** 2).sum())
    scaled = [_sum_groups(errors, group) * scale for errors in gap.errors]
    trace = sum(float((part**2).sum()) for part in scaled)
    if trace < _ROUNDING:  # nothing varies
        return (0.0, 0.0, 1.0) if value < _ROUNDING else (np.inf, 1.0, 0.0)
    used = [int(errors.any(axis=(1, 2)).sum()) - 1 for errors in gap.errors]
    squares = [_square_trace(part, degrees, cells) for part, degrees in zip(scaled, used, strict=True)]
    crossed = float(((scaled[0] @ scaled[1].T) ** 2).sum())
    # Of the eigenvalues of the variance: sum and sum of squares give the degrees of freedom (Satterthwaite).
    freedom = min(float(cells), max(1.0, trace**2 / (sum(squares) + 2.0 * crossed)))
    below = trace**2 / sum(square / degrees for square, degrees in zip(squares, used, strict=True))
    return freedom * value / trace, freedom, float(stats.f.sf(value / trace, freedom, below))


def _square_trace(scaled: F64, degrees: int, cells: int) -> float:
    """Return the trace of the square of a variance, without what the error of its estimate adds (Wishart)."""
    gram = scaled @ scaled.T
    square, trace = float((gram**2).sum()), float(np.trace(gram))
    if degrees < 2:
        return trace**2
    unbiased = degrees**2 / ((degrees - 1.0) * (degrees + 2.0)) * (square - trace**2 / degrees)
    return max(unbiased, trace**2 / cells)


def _measure_chance(gap: _Gap, ordered: bool) -> float:
    """Return the mean effect where only chance differs.

    The error of a block could as well have the other sign: signs from a Hadamard matrix balance all pairs of blocks, so
    a few of them stand for all (balanced repeated replication, as in surveys).
    """
    from scipy import linalg

    errors = np.concatenate(gap.errors)
    signs = linalg.hadamard(1 << (len(errors) - 1).bit_length())[1:, : len(errors)]
    return float(_measure(np.tensordot(signs.astype(np.float64), errors, axes=1), ordered).mean())


def _measure(differences: F64, ordered: bool) -> F64:
    """Return the effect of each of some differences, shape (number, given cells, cells)."""
    if ordered:
        return np.asarray(np.abs(np.cumsum(differences, axis=2)).max(axis=2).sum(axis=1))
    return np.asarray(np.abs(differences).sum(axis=(1, 2)) / 2.0)


def _group_small(expected: F64) -> I64:
    """Return a group for each cell: ordinary cells alone, small ones with their neighbours in the same given cell."""
    small = expected < LEAST_EXPECTED
    reach = np.cumsum(np.where(small, expected, 0.0), axis=1) / (2.0 * LEAST_EXPECTED)
    # The last piece is not full: it joins the one before.
    piece = np.minimum(reach.astype(np.int64), np.maximum(reach[:, -1:].astype(np.int64) - 1, 0))
    cells = expected.shape[1]
    alone = np.where(small, piece, cells + np.arange(cells))
    groups = alone + 2 * cells * np.arange(len(expected))[:, np.newaxis]
    return np.asarray(np.unique(groups.ravel(), return_inverse=True)[1]).ravel()


def _sum_groups(errors: F64, group: I64) -> F64:
    out = np.zeros((int(group.max()) + 1, len(errors)))
    np.add.at(out, group, errors.reshape(len(errors), -1).T)
    return out.T
