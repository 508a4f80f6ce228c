"""Tables that each customer changes by a stated bound at most: what noise of a known size can hide.

However many rows customers have, they put the same into a table, all cells together: the share of their rows in each.
So tables tell what customers do on average, each counting the same.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from vecgen.model.exact import AMOUNT_EDGES, ExactModel
from vecgen.model.params import MAX_FRAUD_DAYS
from vecgen.sampling.arrays import I64

UNIT: Final = 1 << 20
"""One customer, in the unit of the tables: shares are whole numbers, rounded down, whose sum never exceeds it."""

RATE_STARTS: Final[I64] = np.array([*range(41), 50, 60, 80, 100, 150, 200, 500, 1000, 5000])
"""Rows per day, rounded, at which the cells of rates begin; the first has no rows at all."""
RATE_CELLS: Final = len(RATE_STARTS) + 1
"""A last cell holds customers with rows, but less than one in two days."""

FRAUD_CELLS: Final = MAX_FRAUD_DAYS + 2
"""Without fraud; days between the first and the last fraud, 1 and fewer to the most a model has; more."""

AGES: Final = 121
"""Of full years, from 0 to the oldest that demographics can have."""

GROUPED: Final = 4  # cells of `AMOUNT_EDGES`: from one cell of ours to the next, amounts grow by 41 %
AMOUNT_ENDS: Final[I64] = AMOUNT_EDGES[GROUPED - 1 :: GROUPED]
"""Upper ends (excluded) of the cells of amounts in cents; a last cell without end follows."""


@dataclass
class BoundedTables:
    """Sums of what customers put in, up to `UNIT` each into every table.

    Attributes:
        rates: Customers by (profile, `RATE_CELLS`).
        choices: Shares of regular rows by (profile, day part, category).
        amounts: Shares of regular rows by (profile, category, cell of `AMOUNT_ENDS`).
        weekdays: Shares of regular rows by (profile, weekday).
        months: Shares of regular rows by month of the period.
        days: Shares of regular rows by day of the period.
        fraud: Customers by `FRAUD_CELLS`.
        ages: Customers by (gender, age), where they are told.
    """

    rates: I64
    choices: I64
    amounts: I64
    weekdays: I64
    months: I64
    days: I64
    fraud: I64
    ages: I64

    def add(self, other: BoundedTables) -> None:
        """Add the tables of other customers."""
        for f in fields(BoundedTables):
            getattr(self, f.name).__iadd__(getattr(other, f.name))


def start_tables(model: ExactModel) -> BoundedTables:
    """Return the tables of nobody; their cells depend on the model alone."""
    profiles, categories = len(model.profiles), len(model.categories)
    months = number_months(model)

    def none(*shape: int) -> I64:
        return np.zeros(shape, dtype=np.int64)

    return BoundedTables(
        rates=none(profiles, RATE_CELLS),
        choices=none(profiles, 2, categories),
        amounts=none(profiles, categories, len(AMOUNT_ENDS) + 1),
        weekdays=none(profiles, 7),
        months=none(int(months[-1]) + 1),
        days=none(len(months)),
        fraud=none(FRAUD_CELLS),
        ages=none(2, AGES),
    )


def number_months(model: ExactModel) -> I64:
    """Return the month of each day of the period, counted from its first."""
    months = _list_days(model).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months - months[0])


def number_weekdays(model: ExactModel) -> I64:
    """Return the weekday of each day of the period, 0 for Monday."""
    return (_list_days(model) + 3) % 7


def _list_days(model: ExactModel) -> I64:
    first = model.law.period.first_day
    return np.arange(first, first + model.law.period.days)


@dataclass(frozen=True)
class BoundedCounts:
    """A dataset of which only bounded tables are known.

    Attributes:
        model: Allows every row of the stated profiles and categories.
        known: Names of the columns that could be looked at.
    """

    model: ExactModel
    tables: BoundedTables
    known: frozenset[str]
