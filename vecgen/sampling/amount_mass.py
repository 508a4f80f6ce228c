"""The probability of an amount in whole cents: a gamma distribution in which draws below one dollar are replaced."""

from __future__ import annotations

from typing import Final

import numpy as np

from vecgen.sampling.arrays import F64, I64

_HALF_CENT: Final = 0.005
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_STEP: Final = 0.5  # standard deviations that one quadrature spans
_LARGE_SHAPE: Final = 15.0  # from here on, Stirling's series is exact to 1e-12
_HALF_LOG_2_PI: Final = 0.5 * np.log(2.0 * np.pi)


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
