"""Fits weights of dates to noisy shares of rows: seasons of all customers together, weekdays of each profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

import numpy as np

from vecgen.config.profile import WEEKDAYS, Profile
from vecgen.fit.dates import Dates, fit_dates
from vecgen.fit.estimate import Estimate
from vecgen.fit.private.noise import NoisyTable, NoisyTables, project
from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.bounded.bounded_tables import number_months, number_weekdays
from vecgen.scan.counts import CustomerTotals

_CLEAR: Final = 0.3
"""Standard deviation of the noise, as a share of the mean cell, beyond which cells do not say what they hold."""
_CLEAR_DAYS: Final = 0.1
"""The same of days: with more noise, months say more of where seasons begin than days do."""
_ROUNDS: Final = 20


def fit_noisy_dates(tables: NoisyTables, model: ExactModel, position: int, rows: float, usual: Profile) -> Dates | None:
    """Return the weights of dates of a profile; None where noise hides even months or weekdays.

    Seasons begin and end with months where noise hides single days.

    Args:
        rows: Of a customer, about.
    """
    total = _find_total(tables)
    months, by_month = number_months(model), tables["months"]
    weekdays = _choose_weekdays(tables["weekdays"], position)
    if weekdays is None or _compare(by_month.spread, by_month.cells.size, total) > _CLEAR:
        return None
    by_day, days = tables["days"], np.full(len(months), total / len(months))
    noise, cell = by_month.spread, total / by_month.cells.size
    if _compare(by_day.spread, len(months), total) <= _CLEAR_DAYS:
        noise, cell, days = by_day.spread, total / len(months), project(by_day.cells, total)
    days = _agree(days, months, project(by_month.cells, total), number_weekdays(model), weekdays.cells * total)
    if days.sum() < total / 2.0:  # no days have both their months' and their weekdays' rows
        return None
    # As many rows as would vary by chance as much as these do by chance and noise.
    seen = days * cell / (noise**2 + cell / max(rows, 1.0))
    people = CustomerTotals(rows=Counter({max(1, round(float(seen.sum()))): 1}))
    found = fit_dates(seen, people, usual, model.law.period)
    each = weekdays.spread * len(WEEKDAYS)  # of the mean weight
    own = (Estimate(day.value, float(np.hypot(day.error or 0.0, day.value * each))) for day in found.weekdays)
    return replace(found, weekdays=tuple(own))


def _compare(spread: float, cells: int, total: float) -> float:
    """Return the noise of a cell as a share of the mean cell."""
    return spread * cells / total if total > 0 else np.inf


def _choose_weekdays(table: NoisyTable, position: int) -> NoisyTable | None:
    """Return shares of weekdays: of a profile, of all where noise hides those, None where it hides all."""
    every = NoisyTable(table.cells.sum(axis=0), table.spread * float(np.sqrt(len(table.cells))))
    for own, clear in ((NoisyTable(table.cells[position], table.spread), _CLEAR / 2.0), (every, _CLEAR)):
        total = float(own.cells.sum())
        if _compare(own.spread, len(own.cells), total) <= clear:
            return NoisyTable(project(own.cells, total) / total, own.spread / total)
    return None


def _find_total(tables: NoisyTables) -> float:
    """Return how many customers have rows: the sum of the tables, the fewer cells the more it counts."""
    own = [tables[name] for name in ("months", "days")]
    variance = np.array([table.spread**2 * table.cells.size for table in own]) + 1e-9
    sums = np.array([table.cells.sum() for table in own])
    return float((sums / variance).sum() / (1.0 / variance).sum())


def _agree(days: F64, months: I64, by_month: F64, weekdays: I64, by_weekday: F64) -> F64:
    """Return days in proportion, whose sums by month and by weekday are those of their own tables."""
    for _ in range(_ROUNDS):
        for at, wanted in ((months, by_month), (weekdays, by_weekday)):
            now = np.bincount(at, days, len(wanted))
            days = days * np.divide(wanted, now, out=np.zeros(len(wanted)), where=now > 0)[at]
    return days
