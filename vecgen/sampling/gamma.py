"""Draws amounts by inversion, from compiled quantile tables of gamma distributions with the below-1 rule.

An amount in dollars: X ~ Gamma(shape mean^2/stdev^2, scale stdev^2/mean); where X < 1, a fresh U(1, 10)
instead; rounded to cents. One uniform u serves both branches: u < P(X < 1) is itself uniform below that probability and
is stretched over (1, 10); the rest walks the quantile function from 1 dollar up.

The quantile function of v = (u - p) / (1 - p) is a piecewise cubic. Its cells halve towards both ends of (0, 1) - every
octave of min(v, 1 - v) has the same number of cells - because that is how gamma tails spread. The cell and
the position inside it come straight from the exponent and mantissa bits of min(v, 1 - v), so a draw uses no logarithm
and only operations that IEEE 754 rounds alike on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.sampling.arrays import F64, I64, U64
from vecgen.sampling.rng import unit_interval

TOLERANCE: Final = 0.0005
"""Largest interpolation error in dollars, a tenth of the half cent of rounding; larger amounts: 1e-7 of them."""

_OCTAVES: Final = 52
_MANTISSA_BITS: Final = 52
_EXPONENT_BIAS: Final = 1023
_BELOW_HALF: Final = 0.5 - 2.0**-54  # 0.5 itself would open an octave of its own
_MIN_CELL_BITS: Final = 5
_MAX_CELL_BITS: Final = 9
_MAX_CELLS: Final = 1 << 25  # of all distributions, 32 bytes each
_SMALLEST_UNIFORM: Final = 2.0**-53
_LARGE_SHAPE: Final = 1e5
_FOUR_FLOATS: Final = np.dtype("V32")


@dataclass(frozen=True)
class AmountTables:
    """Quantile tables of several distributions of amounts, one after the other.

    Attributes:
        coefficients: Cubic in the position t of [0, 1) inside a cell, dollars, rising powers; shape
            (distributions * cells, 4).
        below: P(X < 1 dollar) of each distribution.
        stretch: 1 / (1 - below) of each distribution.
        slope: Dollars per unit of v on the branch below 1 (see `_amounts_below`).
        cell_bits: Each octave has 2**cell_bits cells.
    """

    coefficients: F64
    below: F64
    stretch: F64
    slope: F64
    cell_bits: int

    def draw(self, distributions: npt.NDArray[np.integer], words: U64) -> I64:
        """Return one amount in cents (int64, >= 100) per word; `distributions` has each row's position."""
        v = unit_interval(words)
        v -= self.below.take(distributions)
        v *= self.stretch.take(distributions)
        # Both tails are stored by their distance from the nearer end: a double near 0 is finer than one near 1.
        upper = v >= 0.5
        w = np.abs(v - 0.5)
        np.subtract(_BELOW_HALF, w, out=w)
        cells, t = self._locate(w)
        cells += upper.astype(np.int64) * (_OCTAVES << self.cell_bits)
        cells += distributions * np.int64(2 * _OCTAVES << self.cell_bits)
        dollars = self._evaluate(cells, t)
        small = np.flatnonzero(v < 0)
        dollars[small] = 10.0 + v.take(small) * self.slope.take(distributions.take(small))
        dollars *= 100.0
        np.rint(dollars, out=dollars)
        return dollars.astype(np.int64)

    def _locate(self, w: F64) -> tuple[I64, F64]:
        """Split distances from the nearer end (w <= 0.5) into cell within a side and position inside the cell."""
        # Exponent and leading bits of the mantissa are the cell, the other bits the position in it: no logarithm.
        bits = w.view(np.int64)
        low = _MANTISSA_BITS - self.cell_bits
        cells = bits >> np.int64(low)
        # What lies below the smallest octave, and the negative w of rows below 1 dollar, is sent to the first cell.
        first = np.int64((_EXPONENT_BIAS - 1 - _OCTAVES) << self.cell_bits)
        cells -= first
        np.maximum(cells, 0, out=cells)
        fraction = bits & np.int64((1 << low) - 1)
        fraction <<= np.int64(self.cell_bits)
        # With the exponent of 1.0, the bits are a number from 1 to 2.
        fraction |= np.int64(_EXPONENT_BIAS << _MANTISSA_BITS)
        t = fraction.view(np.float64)
        t -= 1.0
        return cells, t

    def _evaluate(self, cells: I64, t: F64) -> F64:
        # The four coefficients of a cell share a cache line and are taken as one item: 3.7 ns, four takes 6.6.
        items = self.coefficients.view(_FOUR_FLOATS).ravel().take(cells)
        c0, c1, c2, c3 = items.view(np.float64).reshape(-1, 4).T
        # Horner, in place: a new array for each step would be written to memory and read again.
        out: F64 = c3 * t
        out += c2
        out *= t
        out += c1
        out *= t
        out += c0
        return out


def compile_amounts(distributions: Sequence[tuple[float, float]]) -> AmountTables:
    """Compile (mean, stdev) pairs in dollars (both > 0) into tables whose error stays within TOLERANCE."""
    from scipy import special  # only the driver compiles: executors draw from shipped tables and need no SciPy

    mean, stdev = (np.array(column, dtype=np.float64) for column in zip(*distributions, strict=True))
    shape, scale = (mean / stdev) ** 2, stdev**2 / mean
    below = special.gammainc(shape, 1.0 / scale)
    below[below < _SMALLEST_UNIFORM] = 0.0  # never drawn; one over such a share could overflow
    cell_bits = _choose_cell_bits(scale)
    blocks = [_compile_distribution(a, s, p, cell_bits) for a, s, p in zip(shape, scale, below, strict=True)]
    with np.errstate(divide="ignore"):
        slope = np.where(below > 0, 9.0 * (1.0 - below) / below, 0.0)
    return AmountTables(
        np.ascontiguousarray(np.concatenate(blocks, axis=1).T), below, 1.0 / (1.0 - below), slope, cell_bits
    )


def limit_pairs(distributions: Sequence[tuple[float, float]]) -> int:
    """Return how many pairs like these fit into a gigabyte of tables; the widest of them decides."""
    scale = np.array([stdev**2 / mean for mean, stdev in distributions])
    return _MAX_CELLS // (2 * _OCTAVES << _choose_cell_bits(scale))


def _choose_cell_bits(scale: F64) -> int:
    # Far in the upper tail the quantile is -scale log(w): its fourth derivative over an octave cut into K cells makes
    # Hermite interpolation err by 6 scale / (384 K^4) at most.
    cells = (6 * float(scale.max()) / (384 * TOLERANCE)) ** 0.25
    return int(np.clip(np.ceil(np.log2(cells)), _MIN_CELL_BITS, _MAX_CELL_BITS))


def _compile_distribution(shape: float, scale: float, below: float, cell_bits: int) -> F64:
    """Return the coefficients of one distribution, lower half first, shape (4, 2 * octaves * cells per octave)."""
    from scipy import special

    octave = 1.0 + np.arange(1 << cell_bits) / (1 << cell_bits)
    ends = np.outer(2.0 ** np.arange(-_OCTAVES - 1, -1), octave).ravel()
    w: F64 = np.append(ends, 0.5).astype(np.float64)
    above = 1.0 - below
    # The upper half asks for the complement: 1 - p would lose all digits of a small tail.
    lower = _lower_quantile(shape, below + w * above)
    upper: F64 = np.asarray(special.gammainccinv(shape, w * above), dtype=np.float64)
    log_gamma = special.gammaln(shape)

    def slope(x: F64) -> F64:
        return np.asarray(above * np.exp(x + log_gamma - (shape - 1.0) * np.log(x)))

    halves = (_hermite(w, lower, slope(lower)), _hermite(w, upper, -slope(upper)))
    return np.concatenate(halves, axis=1) * scale


def _lower_quantile(shape: float, p: F64) -> F64:
    """Return the gamma quantiles (scale 1) of probabilities `p`, relative error below 1e-11."""
    from scipy import special

    if shape < _LARGE_SHAPE:
        return np.asarray(special.gammaincinv(shape, p))
    # SciPy's series stops after 2,000 terms, too early 4.5 or more deviations below the mean of such a shape: for a
    # shape of 1e8 it is out by a tenth of a deviation. The Cornish-Fisher expansion has no such limit.
    z, root = special.ndtri(p), np.sqrt(shape)
    terms = (
        shape,
        root * z,
        (z**2 - 1) / 3,
        (z**3 - 7 * z) / (36 * root),
        -(3 * z**4 + 7 * z**2 - 16) / (810 * shape),
        (9 * z**5 + 256 * z**3 - 433 * z) / (38_880 * shape * root),
    )
    return np.asarray(sum(terms))


def _hermite(w: F64, x: F64, slope: F64) -> F64:
    """Return cubics through (w, x) with the given slopes dx/dw, one per interval, in the position of [0, 1)."""
    width = np.diff(w)
    start, end = slope[:-1] * width, slope[1:] * width
    rise = np.diff(x)
    return np.stack([x[:-1], start, 3.0 * rise - 2.0 * start - end, start + end - 2.0 * rise])
