"""Fits categories and day parts to noisy shares of rows, and recognises whether the two depend on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vecgen.config.profile import Profile
from vecgen.fit.choices import Choices, fit_choices
from vecgen.fit.estimate import Estimate
from vecgen.fit.private.noise import NoisyTable, project
from vecgen.model.params import Dependence
from vecgen.sampling.arrays import F64, Bools

_STANDS_OUT: Final = 2.0
"""Standard deviations of the noise from which on a category is told from the others; rarer ones are merged."""
_SURE: Final = 4.0
"""Standard deviations of the noise that the smaller cell of a category must be expected to have to say anything."""
_FEW: Final = 1.0  # customers' worth of rows that chance may make up
_MIXED: Final = 0.5
"""Share of what independence expects, from which on a category is taken to have rows in a day part."""
_LEAST_TESTABLE: Final = 3  # categories


@dataclass(frozen=True)
class NoisyChoices:
    """Choices of a profile.

    Attributes:
        customers: By category, how many customers' worth of rows there are.
        known: Categories of which there is enough.
    """

    choices: Choices
    customers: F64
    known: Bools


def fit_noisy_choices(
    table: NoisyTable, customers: float, rows: float, names: Sequence[str], usual: Profile, law: Dependence
) -> NoisyChoices:
    """Return the choices that the cells (day part, category) of a profile show.

    Args:
        customers: Of the profile.
        rows: Of a customer, about: the sampling error is that of customers times rows.
    """
    cells = project(table.cells, customers)
    own = cells.sum(axis=0)
    known = table.cells.sum(axis=0) >= _STANDS_OUT * np.sqrt(2.0) * table.spread
    slots = np.rint(cells * max(rows, 1.0)).astype(np.int64)[np.newaxis]
    choices = fit_choices(slots, known, names, usual, law)
    listed = {*usual.categories, *(name for name, is_known in zip(names, known, strict=True) if is_known)}
    noise = table.spread / max(customers, 1.0)
    weights = _widen(choices.weights, np.sqrt(2.0) * noise)
    shares = _widen(choices.shares, np.sqrt(float(len(names))) * noise)
    return NoisyChoices(replace(choices, weights=weights, shares=shares).leave(listed), own, known)


def _widen(estimates: Sequence[Estimate], noise: float) -> tuple[Estimate, ...]:
    """Return weights whose errors hold that of the noise, a share of their sum, too."""
    total = sum(own.value for own in estimates)
    return tuple(Estimate(own.value, float(np.hypot(own.error or 0.0, noise * total))) for own in estimates)


def recognise_noisy(table: NoisyTable) -> Dependence | None:
    """Return how category and day part depend on each other, given cells by (profile, day part, category).

    Where they share a draw, a category has rows in one day part only, but for one that is cut. None where noise hides
    it.
    """
    cut, independent = 0, 0
    for cells in table.cells:
        expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / max(1.0, float(cells.sum()))
        testable = (expected >= max(_SURE * table.spread, _FEW)).all(axis=0)
        if testable.sum() >= _LEAST_TESTABLE:
            ratios = (cells[:, testable] / expected[:, testable]).min(axis=0)
            mixed = int((ratios > _MIXED).sum())
            cut, independent = cut + (mixed <= 1), independent + (mixed > 1)
    if cut == independent == 0:
        return None
    return "independent" if independent > cut else "v0.5"
