"""Fits categories and day parts, their order included, and recognises how they and dates depend on each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vecgen.config.profile import DAY_PARTS, AmountDistribution, Profile
from vecgen.fit.estimate import Estimate, round_figure
from vecgen.model.params import Dependence
from vecgen.sampling.arrays import F64, I64, Bools

_TESTABLE: Final = 10.0  # rows to expect in both day parts of a category
_LEAST_TESTABLE: Final = 3  # categories
_MOVING: Final = 0.2  # share of the variance of dates that categories explain


@dataclass(frozen=True)
class Choices:
    """Categories and day parts in the order of the uniform that chooses them, with their weights."""

    categories: tuple[str, ...]
    weights: tuple[Estimate, ...]
    parts: tuple[str, ...]
    shares: tuple[Estimate, ...]

    def leave(self, names: Collection[str]) -> Choices:
        """Return the choices without the categories of other names."""
        pairs = [pair for pair in zip(self.categories, self.weights, strict=True) if pair[0] in names]
        return replace(self, categories=tuple(name for name, _ in pairs), weights=tuple(weight for _, weight in pairs))

    def put_into(self, profile: Profile) -> Profile:
        """Return the profile with these choices; amounts of categories that it does not know are the mean of all."""
        amounts = dict(zip(profile.categories, profile.amounts, strict=True))
        unknown = AmountDistribution(50.0, 50.0)
        return replace(
            profile,
            categories=self.categories,
            category_weights=tuple(weight.value for weight in self.weights),
            amounts=tuple(amounts.get(name, unknown) for name in self.categories),
            day_parts=self.parts,
            day_part_weights=tuple(share.value for share in self.shares),
        )


def fit_choices(
    slots: I64, known: Bools, names: Sequence[str], usual: Profile, dependence: Dependence, dates: F64 | None = None
) -> Choices:
    """Return the choices that rows show.

    Under one uniform, categories whose rows are all in the morning come before one that is cut, and that before those
    of the afternoon; under v1.0, categories and day parts come in the order of their dates as well. Else, and where
    nothing tells, the order is the usual one.

    Args:
        slots: Rows by (day, day part, category).
        known: Categories with enough customers; the others share their rows as in the usual profile.
        dates: Shares of the days as fitted. Under v1.0 a category ends on a day, which must be the same in the fitted
            calendar: so each day counts by its fitted share, not by its rows.
    """
    table: F64 = slots.sum(axis=0).astype(np.float64)
    order = _order_usual(names, usual)
    parts = list(usual.day_parts) + [part for part in DAY_PARTS if part not in usual.day_parts]
    if dependence == "v1.0":
        days = np.arange(len(slots))
        table = table if dates is None else _weigh_days(slots, dates)
        order = _sort(order, _mean(slots.sum(axis=1), days))
        parts = [parts[i] for i in _sort(range(2), _mean(slots.sum(axis=2), days)[[DAY_PARTS.index(p) for p in parts]])]
    elif dependence == "v0.5":
        first = table[DAY_PARTS.index(parts[0])]
        order = _sort(order, -first / np.maximum(table.sum(axis=0), 1))
    counts = _share_rare(table.sum(axis=0), known, names, usual)
    weights = _weigh(counts[order], sum(usual.category_weights))
    shares = _weigh(table.sum(axis=1)[[DAY_PARTS.index(part) for part in parts]], sum(usual.day_part_weights))
    return Choices(tuple(names[i] for i in order), weights, tuple(parts), shares)


def _weigh_days(slots: I64, dates: F64) -> F64:
    """Return as many rows by (day part, category) as there are, each day's in the number that its share says."""
    rows = slots.sum(axis=(1, 2))
    factor = np.divide(dates, rows, out=np.zeros(len(rows)), where=rows > 0)
    table = np.tensordot(factor, slots, axes=1)
    return np.asarray(table * rows.sum() / table.sum())


def _order_usual(names: Sequence[str], usual: Profile) -> list[int]:
    """Return positions in `names` in the order of the usual profile; what it does not know comes last."""
    place = {name: position for position, name in enumerate(usual.categories)}
    return sorted(range(len(names)), key=lambda i: (place.get(names[i], len(place)), names[i]))


def _sort(order: Sequence[int], key: F64) -> list[int]:
    """Return positions by their key; what has equal keys stays as it is."""
    return sorted(order, key=lambda i: float(key[i]))


def _mean(rows: I64, days: I64) -> F64:
    """Return the mean day of the rows in each column; what has none comes last."""
    number = rows.sum(axis=0)
    return np.where(number > 0, days @ rows / np.maximum(number, 1), len(days))


def _share_rare(counts: F64, known: Bools, names: Sequence[str], usual: Profile) -> F64:
    """Return the counts with those of categories that too few customers have merged, then shared as usual."""
    rare = ~known
    if not rare.any() or counts[rare].sum() == 0:
        return counts
    weight = dict(zip(usual.categories, usual.category_weights, strict=True))
    usually = np.array([weight.get(name, 0.0) for name in names]) * rare
    total = usually.sum()
    return np.where(rare, counts[rare].sum() * usually / total if total > 0 else 0.0, counts)


def _weigh(counts: F64, total: float) -> tuple[Estimate, ...]:
    """Return weights in the proportion of counts whose sum is the usual one, so that they can be compared with it."""
    number = max(1.0, float(counts.sum()))
    share = counts / number
    errors = np.sqrt(share * (1.0 - share) / number)
    pairs = zip((share * total).tolist(), (errors * total).tolist(), strict=True)
    return tuple(Estimate(round_figure(weight), error) for weight, error in pairs)


def recognise(slots: Sequence[I64]) -> Dependence | None:
    """Return how date, category and day part depend on each other, given regular rows of each profile as above.

    None where no profile has enough categories in which both day parts are to be expected.
    """
    cut, independent = 0, 0
    for table in (own.sum(axis=0) for own in slots):
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(1, table.sum())
        testable = (expected >= _TESTABLE).all(axis=0)
        if testable.sum() >= _LEAST_TESTABLE:
            mixed = int((table[:, testable] > 0).all(axis=0).sum())
            cut, independent = cut + (mixed <= 1), independent + (mixed > 1)
    if cut == independent == 0:
        return None
    if independent > cut:
        return "independent"
    explained = [_explain_dates(own) for own in slots if own.sum() > 0]
    return "v1.0" if np.mean(explained) > _MOVING else "v0.5"


def _explain_dates(slots: I64) -> float:
    """Return the share of the variance of dates that category and day part explain."""
    cells = slots.reshape(len(slots), -1)
    days, rows = np.arange(len(slots)), cells.sum(axis=0)
    number = rows.sum()
    mean = float(days @ cells.sum(axis=1)) / number
    total = float((days - mean) ** 2 @ cells.sum(axis=1))
    between = float(rows @ (_mean(cells, days) - mean) ** 2)
    return between / total if total > 0 else 0.0
