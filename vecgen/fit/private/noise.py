"""Adds calibrated noise to bounded tables: all that is fitted afterwards follows from what is noisy.

Each table gets its part of epsilon and discrete Laplace noise, drawn exactly, on whole numbers, from the operating
system's randomness by OpenDP. There is no seed: whoever knew it could take the noise off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from vecgen.errors import InputError, setting
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.bounded.bounded_tables import UNIT, BoundedTables

BUDGET: Final[Mapping[str, float]] = {
    "rates": 0.12,
    "choices": 0.28,
    "amounts": 0.30,
    "weekdays": 0.10,
    "months": 0.05,
    "days": 0.05,
    "fraud": 0.05,
    "ages": 0.05,
}
"""Shares of epsilon by table; what is spent on each adds up (sequential composition)."""

MOST_EPSILON: Final = 1000.0
"""More promises nothing."""

AddNoise = Callable[[I64, float], tuple[I64, float]]
"""Returns values with noise for an epsilon, and the scale of the noise, both in parts of `UNIT`."""


@dataclass(frozen=True)
class NoisyTable:
    """A table with noise, in customers.

    Attributes:
        spread: Standard deviation of each cell's noise.
    """

    cells: F64
    spread: float


@dataclass(frozen=True)
class NoisyTables:
    """All tables with noise, and what was spent on each, as fit.json says it."""

    tables: Mapping[str, NoisyTable]
    statement: tuple[dict[str, Any], ...]

    def __getitem__(self, name: str) -> NoisyTable:
        return self.tables[name]


def check_epsilon(epsilon: float) -> None:
    """Raise InputError for an epsilon that promises nothing, and where OpenDP is not installed."""
    if not 0.0 < epsilon <= MOST_EPSILON:
        raise InputError(
            setting("epsilon"), "", epsilon, f"a number above 0, at most {MOST_EPSILON:g}; usual is 0.1 to 10"
        )
    try:
        import opendp  # noqa: F401
    except ImportError:
        remedy = "pip install opendp"
        raise InputError(setting("epsilon"), "", "no OpenDP", "OpenDP, which draws the noise", remedy) from None


def make_noisy(tables: BoundedTables, epsilon: float, add: AddNoise) -> NoisyTables:
    """Return tables with noise, which together are `epsilon`-differentially private for each customer."""
    noisy, statement = {}, []
    for f in fields(BoundedTables):
        cells: I64 = getattr(tables, f.name)
        own = math.nextafter(BUDGET[f.name] * epsilon, 0.0)  # rounded down: parts are no more than the whole
        values, scale = add(cells.reshape(-1), own)
        noisy[f.name] = NoisyTable(values.reshape(cells.shape) / UNIT, math.sqrt(2.0) * scale / UNIT)
        statement.append({"table": f.name, "cells": cells.size, "epsilon": own, "noise_scale": scale / UNIT})
    return NoisyTables(noisy, tuple(statement))


def add_laplace(values: I64, epsilon: float) -> tuple[I64, float]:
    """Return whole numbers with discrete Laplace noise, and its scale.

    The noise hides what changes all of them together by `UNIT` at most.
    """
    from opendp import domains, measurements, metrics, mod

    mod.enable_features("contrib")
    space = domains.vector_domain(domains.atom_domain(T="i64")), metrics.l1_distance(T="i64")

    def make(scale: float) -> Any:
        return measurements.make_laplace(*space, scale=scale)

    scale = float(mod.binary_search_param(make, d_in=UNIT, d_out=epsilon, T=float))
    return np.asarray(make(scale)(values.tolist()), dtype=np.int64), scale


def project(cells: F64, total: float) -> F64:
    """Return the nearest cells that are not negative and have a given sum.

    Setting negative cells to 0 alone would let the noise of empty cells add up.
    """
    if total <= 0.0:
        return np.zeros(cells.shape)
    values = np.sort(cells.reshape(-1))[::-1]
    above = (np.cumsum(values) - total) / np.arange(1, len(values) + 1)
    last = np.flatnonzero(values > above)[-1]
    return np.asarray(np.maximum(cells - above[last], 0.0))
