"""Counts the rows of whole customers into bounded tables.

What a customer puts in depends on their own rows alone, in any order: nobody else's rows change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.bounded.bounded_tables import (
    AMOUNT_ENDS,
    FRAUD_CELLS,
    GROUPED,
    RATE_CELLS,
    RATE_STARTS,
    UNIT,
    BoundedTables,
    number_months,
    number_weekdays,
    start_tables,
)
from vecgen.scan.row_checks import Columns, inspect

UNTOLD: Final = 1 << 40
"""Stands for an age that is not told."""

_HALF_DAY: Final = 43_200  # seconds


@dataclass(frozen=True)
class _Batch:
    """Rows of a batch.

    Attributes:
        customers: Hashes of the customers, each once, ascending.
        profiles, ages: The smallest that a customer's rows tell.
        who: Position in `customers` by row.
    """

    customers: U64
    profiles: I64
    ages: I64
    who: I64
    day: I64
    choice: I64
    amount: I64
    is_fraud: Bools


class BoundedCounter:
    """Counts the rows of whole customers, in any order."""

    def __init__(self, model: ExactModel, untested: frozenset[str] = frozenset()) -> None:
        self._model, self._untested = model, untested
        self._batches: list[_Batch] = []

    def add(self, batch: pa.RecordBatch, ages: I64 | None = None) -> None:
        """Note the rows of a batch (all `COLUMNS`) that have no fault.

        Args:
            ages: Gender and age by row, as a cell of `BoundedTables.ages`; `UNTOLD` for none.
        """
        # Of a batch with any time of another length, `inspect` leaves out all rows: those of others must stay.
        whole = np.asarray(pc.equal(pc.binary_length(batch.column("trans_time").cast(pa.string())), 8), dtype=np.bool_)
        if not whole.all():
            batch, ages = batch.filter(pa.array(whole)), None if ages is None else ages[whole]
        rows = inspect(batch, self._model, untested=self._untested)[0]
        if len(rows):
            self._batches.append(self._pack(rows, None if ages is None else ages[rows.place]))

    def _pack(self, rows: Columns, ages: I64 | None) -> _Batch:
        customers, who = np.unique(rows.customer, return_inverse=True)
        choice = (rows.second // _HALF_DAY) * len(self._model.categories) + rows.category
        return _Batch(
            customers,
            _find_smallest(rows.profile, who, len(customers)),
            np.full(len(customers), UNTOLD) if ages is None else _find_smallest(ages, who, len(customers)),
            who.astype(np.int32),
            rows.day.astype(np.int32),
            choice.astype(np.int32),
            (rows.amount // GROUPED).astype(np.int8),
            rows.is_fraud,
        )

    def close(self) -> tuple[BoundedTables, U64]:
        """Return the tables of all rows, and hashes of their customers, ascending."""
        tables = start_tables(self._model)
        if not self._batches:
            return tables, np.zeros(0, dtype=np.uint64)
        customers = np.unique(np.concatenate([own.customers for own in self._batches]))
        places = [np.searchsorted(customers, own.customers) for own in self._batches]
        who = np.concatenate([place[own.who] for place, own in zip(places, self._batches, strict=True)])
        profiles, ages = (
            _find_smallest(np.concatenate([getattr(own, name) for own in self._batches]), np.concatenate(places), None)
            for name in ("profiles", "ages")
        )
        day, choice, amount, is_fraud = (
            np.concatenate([getattr(own, name) for own in self._batches])
            for name in ("day", "choice", "amount", "is_fraud")
        )
        self._batches = []
        regular = ~is_fraud
        rows = np.bincount(who[regular], minlength=len(customers))
        self._share_out(tables, rows, profiles, who[regular], day[regular], choice[regular], amount[regular])
        struck = self._count_frauds(tables, len(customers), who[is_fraud], day[is_fraud])
        rates = _find_rates(rows, struck, self._model)
        _add(tables.rates, profiles * RATE_CELLS + rates)
        _add(tables.ages, ages[ages < UNTOLD])
        return tables, customers

    def _share_out(
        self, tables: BoundedTables, rows: I64, profiles: I64, who: I64, day: I64, choice: I64, amount: I64
    ) -> None:
        """Add regular rows, each the share of its customer's rows that it is."""
        categories = len(self._model.categories)
        share = (UNIT // np.maximum(rows, 1))[who]
        profile = profiles[who]
        _add(tables.choices, profile * (2 * categories) + choice, share)
        cells = len(AMOUNT_ENDS) + 1
        _add(tables.amounts, (profile * categories + choice % categories) * cells + amount, share)
        _add(tables.days, day, share)
        _add(tables.weekdays, profile * 7 + number_weekdays(self._model)[day], share)
        _add(tables.months, number_months(self._model)[day], share)

    def _count_frauds(self, tables: BoundedTables, customers: int, who: I64, day: I64) -> I64:
        """Add customers by the days of their fraud; return how many days of each customer have fraud."""
        first, last = np.full(customers, UNTOLD), np.full(customers, -1)
        np.minimum.at(first, who, day)
        np.maximum.at(last, who, day)
        cells = np.where(last < 0, 0, np.clip(last - first, 1, FRAUD_CELLS - 1))
        _add(tables.fraud, cells)
        days = self._model.law.period.days
        dates = np.unique(who.astype(np.int64) * days + day)
        return np.bincount(dates // days, minlength=customers)


def _find_rates(rows: I64, struck: I64, model: ExactModel) -> I64:
    """Return cells of the rates of customers, who have no regular rows on days with fraud."""
    period = model.law.period
    rates = rows * (period.days / np.maximum(period.days - struck, 1)) / max(1, period.span)
    cells = np.searchsorted(RATE_STARTS, np.rint(rates), side="right") - 1
    return np.where((cells == 0) & (rows > 0), RATE_CELLS - 1, cells)


def _find_smallest(values: I64, who: I64, size: int | None) -> I64:
    """Return the smallest value of each position up to `size`, or up to the last one."""
    found = np.full(int(who.max()) + 1 if size is None else size, UNTOLD)
    np.minimum.at(found, who, values)
    return found


def _add(cells: I64, codes: I64, shares: I64 | None = None) -> None:
    """Add whole shares, or `UNIT` each, to the cells of codes."""
    if shares is None:
        added: I64 | F64 = np.bincount(codes, minlength=cells.size) * UNIT
    else:
        added = np.bincount(codes, shares, cells.size)  # exact: sums stay below 2^53 for eight billion customers
    cells += added.astype(np.int64).reshape(cells.shape)


def add_listed(tables: BoundedTables, profiles: I64) -> None:
    """Add customers of these profiles who have no rows."""
    _add(tables.rates, profiles * RATE_CELLS)
    _add(tables.fraud, np.zeros(len(profiles), dtype=np.int64))


def add_ages(tables: BoundedTables, ages: I64) -> None:
    """Add customers of these cells of ages."""
    _add(tables.ages, ages[ages < UNTOLD])
