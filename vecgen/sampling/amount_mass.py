"""The probability of an amount in whole cents: a gamma distribution in which draws below one dollar are replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from vecgen.sampling.arrays import F64, I64

_HALF_CENT: Final = 0.005
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_STEP: Final = 0.5  # standard deviations that one quadrature spans
_LARGE_SHAPE: Final = 15.0  # from here on, Stirling's series is exact to 1e-12
_HALF_LOG_2_PI: Final = 0.5 * np.log(2.0 * np.pi)
_POWERS: Final = 6  # of one over the amount, in the series of a cent's mass
_STEEPEST: Final = 30.0  # change of the log density over a dollar, up to which that series is exact to 1e-11
_NARROWEST: Final = 0.05  # standard deviation in dollars, from which on it is
_LARGEST_SHAPE: Final = 1e5  # up to which the terms of the log density cancel to 1e-10
_TABLED: Final = 8192  # cents: up to here, amounts are read from a table
_NOTHING: Final = 1e-13  # what a term of a log probability may leave out
_FIRST, _TENTH = 100, 1000  # cents: the ends of what replaces draws below one dollar


def amount_mass(mean: float, stdev: float, cents: I64) -> F64:
    """Return the probability of each amount in cents, with a relative error of about 1e-11 in the tails, too.

    An amount of n cents is any draw within half a cent of n; draws below 1 dollar become uniform between 1 and 10.
    """
    from scipy import special

    shape, scale = (mean / stdev) ** 2, stdev**2 / mean
    low = np.maximum(cents / 100.0 - _HALF_CENT, 1.0)
    high = cents / 100.0 + _HALF_CENT
    below = float(special.gammainc(shape, 1.0 / scale))
    replaced = np.maximum(np.minimum(high, 10.0) - low, 0.0) * (below / 9.0)
    pieces = int(np.ceil(2.0 * _HALF_CENT / (_STEP * stdev)))
    if pieces > 1:  # so narrow that there are few different amounts
        ends, places = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
        return np.asarray(replaced + _integrate(shape, mean, ends[0], ends[1], pieces)[places.ravel()])
    return np.asarray(replaced + _integrate(shape, mean, low, high, 1))


def _integrate(shape: float, mean: float, low: F64, high: F64, pieces: int) -> F64:
    """Return the mass between two close points by quadrature of the density."""
    half = (high - low) / (2 * pieces)
    mass = np.zeros(len(low))
    for piece in range(pieces):
        middle = low + (2 * piece + 1) * half
        for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
            mass += weight * _density(shape, mean, middle + node * half)
    return mass * half


def _density(shape: float, mean: float, dollars: F64) -> F64:
    """Return the gamma density, by its distance from the mean: large shapes cancel nothing."""
    away = dollars / mean - 1.0
    exponent = -shape * (away - np.log1p(away)) - _stirling_error(shape) + 0.5 * np.log(shape) - _HALF_LOG_2_PI
    return np.asarray(np.exp(exponent) / dollars)


def _stirling_error(x: float) -> float:
    """Return log(x!) less Stirling's approximation of it."""
    from scipy import special

    if x > _LARGE_SHAPE:
        return float((1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * x**2)) / x**2) / x**2) / x)
    return float(special.gammaln(x + 1.0) - (x + 0.5) * np.log(x) + x - _HALF_LOG_2_PI)


class Figures(NamedTuple):
    """Mean and standard deviation of an amount in dollars."""

    mean: float
    stdev: float


class LogMasses:
    """Log probabilities of amounts under several distributions at once: `amount_mass` by a series, for many rows.

    The log of the mass of one cent around x is a polynomial in log x, x and 1 / x, so rows share all but its factors.
    Small amounts, of which there are many, are read from a table.
    """

    def __init__(self, figures: Sequence[Figures]) -> None:
        """Work out the factors of each distribution."""
        from scipy import special

        self._figures = tuple(figures)
        mean, stdev = np.array(self._figures, dtype=np.float64).reshape(-1, 2).T
        shape = (mean / stdev) ** 2
        self._factors = _expand(shape, shape / mean).T
        self._constant = shape * np.log(shape / mean) - special.gammaln(shape)  # of the log density
        self._below = special.gammainc(shape, shape / mean)[:, np.newaxis] / 9.0
        # Of large amounts the last powers say nothing.
        rest = np.abs(self._factors[:, 2:]) * (_TABLED / 100.0) ** -np.arange(1.0 + _POWERS)
        beyond = rest[:, ::-1].cumsum(axis=1)[:, ::-1].max(axis=0, initial=0.0)
        self._powers = int(np.count_nonzero(beyond[1:] > _NOTHING))
        self._narrow = (stdev < _NARROWEST) | (shape > _LARGEST_SHAPE)
        self._doubtful = self._list_doubtful(_TABLED / 100.0)
        self._table = self._make_table()

    def read(self, cents: I64) -> F64:
        """Return the log probability of each amount, shape (amounts, distributions)."""
        logs = self._table.take(cents, axis=0, mode="clip")
        large = np.flatnonzero(cents > _TABLED)
        if len(large):
            own = cents.take(large)
            logs[large] = self._correct(self._work_out(own, self._powers), own, self._doubtful).T
        return logs

    def _make_table(self) -> F64:
        cents = np.arange(_FIRST, _TABLED + 1)
        logs = self._work_out(cents, _POWERS)
        low = cents <= _TENTH
        width = 2.0 * _HALF_CENT - _HALF_CENT * (cents[low] == _TENTH)
        with np.errstate(divide="ignore"):
            logs[:, low] = np.log(np.exp(np.minimum(logs[:, low], 0.0)) + self._below * width)
            logs[:, 0] = np.log(self._read_first() + self._below[:, 0] * _HALF_CENT)
        none = np.full((_FIRST, len(logs)), -np.inf)
        logs = self._correct(logs, cents, self._list_doubtful(_FIRST / 100.0))
        return np.append(none, logs.T, axis=0)  # one amount's together, for the cache

    def _read_first(self) -> F64:
        """Return the probability of draws of one dollar or half a cent more: less is replaced."""
        dollars = 1.0 + (1.0 + _NODES) * (_HALF_CENT / 2.0)
        slope, fall = self._factors[:, :2].T[..., np.newaxis]
        density = np.exp(slope * np.log(dollars) + fall * dollars + self._constant[:, np.newaxis])
        return np.asarray((_WEIGHTS * density).sum(axis=1) * (_HALF_CENT / 2.0))

    def _work_out(self, cents: I64, powers: int) -> F64:
        """Return the log probability of draws within half a cent of each amount."""
        terms = np.ones((3 + powers, len(cents)))
        np.divide(cents, 100.0, out=terms[1])
        np.log(terms[1], out=terms[0])
        for power in range(3, len(terms)):
            np.divide(terms[power - 1], terms[1], out=terms[power])
        # Term by term, in one call; a matrix product's last bits hang on how many rows there are.
        return np.asarray(np.einsum("td,tn->dn", self._factors.T[: len(terms)], terms))

    def _correct(self, logs: F64, cents: I64, doubtful: Sequence[int]) -> F64:
        """Return the log probabilities with those of which the series says too little worked out by themselves.

        Args:
            doubtful: Distributions that may have such amounts, as of `_list_doubtful`.
        """
        for number in doubtful:
            slope, fall = self._factors[number, 0], -self._factors[number, 1]
            steep = np.abs(slope / (cents / 100.0) - fall) > _STEEPEST
            chosen = np.flatnonzero(steep | self._narrow[number])
            with np.errstate(divide="ignore"):
                logs[number, chosen] = np.log(amount_mass(*self._figures[number], cents[chosen]))
        return logs

    def _list_doubtful(self, first: float) -> list[int]:
        """Return the distributions of which the series says too little for some amounts from so many dollars on."""
        slope, fall = self._factors[:, 0], -self._factors[:, 1]
        steepness = np.maximum(np.abs(slope / first - fall), fall)  # of all larger amounts it lies between these
        return np.flatnonzero(self._narrow | (steepness > _STEEPEST)).tolist()


def _expand(shape: F64, fall: F64) -> F64:
    """Return the factors of log x, of x, and of the powers of 1 / x in the log mass of gamma distributions.

    Shape (factors, distributions).
    """
    from scipy import special

    ratio = np.zeros((_POWERS + 1, len(shape)))  # of a derivative of the density and the density, by powers of 1 / x
    ratio[0] = 1.0
    terms = []
    for order in range(1, _POWERS + 1):
        powers = np.arange(_POWERS)[:, np.newaxis]
        rising = (shape - 1.0 - powers) * ratio[:-1]
        ratio = -fall * ratio
        ratio[1:] += rising
        if order % 2 == 0:
            terms.append(ratio * _HALF_CENT**order / special.factorial(order + 1))
    second, fourth, sixth = terms
    square = _multiply(second, second)  # the logarithm of one and these terms, by the order of the derivative
    series = second + fourth + sixth - square / 2.0 - _multiply(second, fourth) + _multiply(second, square) / 3.0
    series[0] += shape * np.log(fall) - special.gammaln(shape) + np.log(2.0 * _HALF_CENT)
    return np.concatenate([[shape - 1.0, -fall], series])


def _multiply(series: F64, other: F64) -> F64:
    """Return the product of two series, without the powers beyond the highest."""
    out = np.zeros_like(series)
    for power, factor in enumerate(other):
        out[power:] += factor * series[: len(series) - power]
    return out
