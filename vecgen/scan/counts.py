"""Counts any number of rows in little memory, for comparison with the model.

Rows come group by group, a group holding all rows of its customers. Within a group a counter remembers each customer;
afterwards, only counts and the defrauded remain. Totals of groups add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from vecgen.model.exact import AMOUNT_EDGES, ExactModel, RowDistribution
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.row_checks import Columns, inspect
from vecgen.scan.row_counts import HALF_DAY, RowCounter, RowCounts, find_far, start_counts
from vecgen.scan.scores import Scores
from vecgen.scan.time_zone import TimeZone

MAP_CELLS: Final = (360, 720)
"""Cells of the map of the world, half a degree each: from the south pole north, from 180 degrees west east."""

_MAP_CELL: Final = 500_000  # microdegrees


@dataclass
class CustomerTotals:
    """What is left of the customers of a profile once their group is complete.

    Attributes:
        rows: Customers without fraud by their number of rows.
        defrauded: Per defrauded customer: regular rows, fraud rows, shape (customers, 2).
        fraud_dates: Per defrauded customer and date: position in `defrauded`, day, fraud rows, shape (dates, 3).
        with_part: Customers with rows by (label, day part).
        travellers: By label, of the customers with the larger of two radii: see `_travellers`, shape (2, 5).
    """

    rows: Counter[int] = field(default_factory=Counter)
    defrauded: I64 = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    fraud_dates: I64 = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    with_part: I64 = field(default_factory=lambda: np.zeros((2, 2), dtype=np.int64))
    travellers: F64 = field(default_factory=lambda: np.zeros((2, 5)))

    def add(self, other: CustomerTotals) -> None:
        """Add other customers."""
        self.rows.update(other.rows)
        moved = other.fraud_dates + np.array([len(self.defrauded), 0, 0])
        self.defrauded = np.concatenate([self.defrauded, other.defrauded])
        self.fraud_dates = np.concatenate([self.fraud_dates, moved])
        self.with_part += other.with_part
        self.travellers += other.travellers


@dataclass
class Totals:
    """All that is counted; `counts` and `customers` by profile (and label) as in `ExactModel.rows`.

    Attributes:
        hour_amounts: Rows by (label, category, hour, cell of `AMOUNT_EDGES`).
        purchases: Rows by (label, *MAP_CELLS), where the purchase was.
        homes: Customers by MAP_CELLS.
        rows: Rows read, those with faults included.
        faults: Rows with each fault of `row_checks.FAULTS`.
        kept_on_fraud_dates: Dates on which a customer has fraudulent and regular rows.
        cases: Per defrauded customer: hash of the holder, profile, fraudulent rows, their cents, first and last day of
            them, shape (customers, 6).
        scores: As the best detectors score the rows, where they were scored, too.
    """

    counts: list[tuple[RowCounts, RowCounts]]
    customers: list[CustomerTotals]
    hour_amounts: I64
    purchases: I64
    homes: I64
    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    kept_on_fraud_dates: int = 0
    cases: I64 = field(default_factory=lambda: np.zeros((0, 6), dtype=np.int64))
    scores: Scores = field(default_factory=Scores)

    def add(self, other: Totals) -> None:
        """Add the totals of other customers."""
        for mine, theirs in zip(self.counts, other.counts, strict=True):
            for label in (0, 1):
                mine[label].add(theirs[label])
        for own, more in zip(self.customers, other.customers, strict=True):
            own.add(more)
        self.hour_amounts += other.hour_amounts
        self.purchases += other.purchases
        self.homes += other.homes
        self.rows += other.rows
        self.faults.update(other.faults)
        self.kept_on_fraud_dates += other.kept_on_fraud_dates
        self.cases = np.concatenate([self.cases, other.cases])
        self.scores.add(other.scores)


def start_totals(model: ExactModel) -> Totals:
    """Return the totals of no rows."""
    return Totals(
        [(start_counts(model), start_counts(model)) for _ in model.rows],
        [CustomerTotals() for _ in model.rows],
        np.zeros((2, len(model.categories), 24, len(AMOUNT_EDGES) + 1), dtype=np.int64),
        np.zeros((2, *MAP_CELLS), dtype=np.int64),
        np.zeros(MAP_CELLS, dtype=np.int64),
    )


class GroupCounter:
    """Counts the rows of one group of customers, in any order."""

    def __init__(self, model: ExactModel, time_zone: TimeZone | None = None, untested: Collection[str] = ()) -> None:
        self._model, self._time_zone, self._untested = model, time_zone, untested
        self._totals = start_totals(model)
        self._customers = _Customers(model.law.period.days)
        self._counters: dict[tuple[int, int], RowCounter] = {}

    def add(self, batch: pa.RecordBatch) -> Columns:
        """Count the rows of a batch (all columns of `COLUMNS`) and return those without fault."""
        columns, faults = inspect(batch, self._model, self._time_zone, self._untested)
        self._totals.rows += batch.num_rows
        self._totals.faults.update(faults)
        _count_purchases(self._totals, columns)
        codes = self._customers.find(columns)
        for (profile, label), places in _part_kinds(columns):
            law = self._model.rows[profile][label]
            rows, own = (columns, codes) if places is None else (columns.take(places), codes.take(places))
            far = find_far(rows, law)
            if (profile, label) not in self._counters:
                self._counters[profile, label] = RowCounter(self._model, law)
            self._counters[profile, label].add(rows, far)
            self._customers.add(own, rows, label, far)
        return columns

    def close(self) -> Totals:
        """Return the totals of all rows; customers are summed up."""
        for (profile, label), counter in self._counters.items():
            counts, hour_amounts = counter.close()
            self._totals.counts[profile][label].add(counts)
            self._totals.hour_amounts[label] += hour_amounts
        self._totals.kept_on_fraud_dates = self._customers.sum_up(self._totals.customers, self._model)
        self._totals.cases = self._customers.list_cases()
        np.add.at(self._totals.homes.reshape(-1), self._customers.home[: len(self._customers.codes)], 1)
        return self._totals


def _part_kinds(rows: Columns) -> Iterator[tuple[tuple[int, int], I64 | None]]:
    """Yield each profile and label that rows have, and the places of its rows; None for all."""
    kind = (2 * rows.profile + rows.is_fraud).astype(np.uint16)
    numbers = np.bincount(kind)
    found = np.flatnonzero(numbers).tolist()
    if len(found) == 1:
        yield divmod(found[0], 2), None
        return
    order = np.argsort(kind, kind="stable")  # of 16 bits, by radix
    ends = np.cumsum(numbers).tolist()
    yield from ((divmod(own, 2), order[ends[own] - numbers[own] : ends[own]]) for own in found)


@dataclass
class _Customers:
    """A group's customers: rows by label and day part, days with regular rows, fraudulent rows by day."""

    days: int
    codes: dict[int, int] = field(default_factory=dict)
    profile: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    home: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # cell of the map
    rows: I64 = field(default_factory=lambda: np.zeros((0, 2, 2), dtype=np.int64))  # (customer, label, day part)
    far: I64 = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))  # (customer, label)
    regular_days: Bools | None = None
    fraud_cells: list[I64] = field(default_factory=list)
    holder: U64 = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    fraud_cents: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def find(self, columns: Columns) -> I64:
        """Return the number of each row's customer, counted in the order of appearance."""
        words = columns.customer
        if len(words) == 0:
            return np.zeros(0, dtype=np.int64)
        # Rows mostly come customer by customer: what is looked up are runs.
        heads = np.append(0, np.flatnonzero(words[1:] != words[:-1]) + 1)
        distinct, inverse = np.unique(words[heads], return_inverse=True)
        known = len(self.codes)
        codes = np.array([self.codes.setdefault(word, len(self.codes)) for word in distinct.tolist()], dtype=np.int64)
        self._grow(len(self.codes) - known)
        runs = codes[inverse]
        self.profile[runs], self.holder[runs] = columns.profile[heads], columns.holder[heads]
        self.home[runs] = _map_cells(columns.home_lat[heads], columns.home_long[heads])
        return np.repeat(runs, np.diff(heads, append=len(words)))

    def add(self, codes: I64, rows: Columns, label: int, far: Bools | None) -> None:
        """Count rows of one label and profile, of which some may be far."""
        assert self.regular_days is not None
        size = len(self.codes)
        part = rows.second // HALF_DAY
        self.rows[:size, label] += np.bincount(2 * codes + part, minlength=2 * size).reshape(-1, 2)
        if far is not None:
            self.far[:size, label] += np.bincount(codes[far], minlength=size)
        if label:
            self.fraud_cells.append(codes * self.days + rows.day)
            np.add.at(self.fraud_cents, codes, rows.cents)
        else:
            self.regular_days.reshape(-1)[codes * self.days + rows.day] = True

    def sum_up(self, totals: list[CustomerTotals], model: ExactModel) -> int:
        """Add the customers to totals by profile; return on how many fraud dates regular rows were kept."""
        if self.regular_days is None:
            return 0
        size = len(self.codes)
        # Customer and day as one number: distinct pairs are found by one sort.
        cells = np.concatenate([np.zeros(0, dtype=np.int64), *self.fraud_cells])
        fraud_cells, fraud_rows = np.unique(cells, return_counts=True)
        who, day = np.divmod(fraud_cells, self.days)
        for profile in np.unique(self.profile[:size]).tolist():
            own = self.profile[:size] == profile
            dates = np.stack([who, day, fraud_rows], axis=1)[own[who]]
            totals[profile].add(self._sum_up(own, dates, model.rows[profile]))
        return int(self.regular_days[who, day].sum())

    def list_cases(self) -> I64:
        """Return the defrauded customers as in `Totals.cases`."""
        cells = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self.fraud_cells]))
        who, day = np.divmod(cells, self.days)
        who, starts = np.unique(who, return_index=True)
        own = (self.holder.view(np.int64), self.profile, self.rows[:, 1].sum(axis=1), self.fraud_cents)
        last = np.append(starts, len(day))[1:] - 1
        return np.column_stack([*(values[who] for values in own), day[starts], day[last]])

    def _sum_up(self, own: Bools, dates: I64, model: tuple[RowDistribution, RowDistribution]) -> CustomerTotals:
        size = len(own)
        rows, far = self.rows[:size][own], self.far[:size][own]
        totals = rows.sum(axis=2)
        defrauded = totals[:, 1] > 0
        position = np.full(size, -1)
        position[np.flatnonzero(own)[defrauded]] = np.arange(defrauded.sum())
        dates[:, 0] = position[dates[:, 0]]
        numbers, customers = np.unique(totals[~defrauded, 0], return_counts=True)
        return CustomerTotals(
            Counter(dict(zip(numbers.tolist(), customers.tolist(), strict=True))),
            totals[defrauded],
            dates,
            (rows > 0).sum(axis=0),
            np.stack([_travellers(totals[:, label], far[:, label], law) for label, law in enumerate(model)]),
        )

    def _grow(self, more: int) -> None:
        held = 0 if self.regular_days is None else len(self.regular_days)
        needed = len(self.codes)
        if more == 0 or needed <= held:
            return
        extra = max(needed, 2 * held) - held  # doubling keeps the copying linear
        for name in ("profile", "home", "holder", "fraud_cents"):
            values = getattr(self, name)
            setattr(self, name, np.append(values, np.zeros(extra, dtype=values.dtype)))
        self.rows = np.concatenate([self.rows, np.zeros((extra, 2, 2), dtype=np.int64)])
        self.far = np.concatenate([self.far, np.zeros((extra, 2), dtype=np.int64)])
        fresh = np.zeros((extra, self.days), dtype=np.bool_)
        self.regular_days = fresh if self.regular_days is None else np.concatenate([self.regular_days, fresh])


def _travellers(rows: I64, far: I64, law: RowDistribution) -> F64:
    """Sum up customers who went far: with the larger radius, all rows are near with probability near ** rows.

    Returns the customers with a far row; the sum of the probability that one of the larger radius has any; the near
    rows of those that have; their expectation and variance, given that not all are near.
    """
    if law.near_radius == law.far_radius:
        return np.zeros(5)
    near = law.near_share**2  # of both directions of the square
    all_near = near**rows
    went = far > 0
    n, none = rows[went], all_near[went]
    mean = n * (near - none) / (1.0 - none)
    square = (n * near * (1.0 - near) + (n * near) ** 2 - n**2 * none) / (1.0 - none)
    visible = (1.0 - all_near).sum()
    return np.array([went.sum(), visible, (n - far[went]).sum(), mean.sum(), (square - mean**2).sum()])


def _count_purchases(totals: Totals, rows: Columns) -> None:
    """Add rows of all profiles to the map of their label."""
    place = rows.is_fraud * totals.homes.size + _map_cells(rows.home_lat + rows.lat, rows.home_long + rows.long)
    # A table this large is not worth a `bincount` of its size for every small batch.
    np.add.at(totals.purchases.reshape(-1), place, 1)


def _map_cells(lat: I64, long: I64) -> I64:
    """Return the cell of the map that each place (microdegrees) lies in; beyond its edge, the nearest."""
    limits = [count * _MAP_CELL // 2 for count in MAP_CELLS]
    row, column = (
        np.clip((degrees + limit) // _MAP_CELL, 0, count - 1)
        for degrees, limit, count in zip((lat, long), limits, MAP_CELLS, strict=True)
    )
    return np.asarray(row * MAP_CELLS[1] + column)
