"""Counts the rows of one group of customers, in any order, and sums its customers up once all are there.

Within a group each customer is remembered; afterwards, only counts and the defrauded remain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa

from vecgen.model.exact import ExactModel, FraudDistribution, RowDistribution
from vecgen.model.fraud.reporting import NEVER
from vecgen.model.rows import HONEST
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.counts import CustomerTotals, Totals, count_purchases, map_cells, start_totals
from vecgen.scan.groups.case_shapes import CaseRows, no_rows, sum_up_cases
from vecgen.scan.groups.mixed_cases import count_cases
from vecgen.scan.reports import ReportReader, Told
from vecgen.scan.row_checks import Columns, inspect
from vecgen.scan.row_counts import HALF_DAY, RowCounter, find_far
from vecgen.scan.time_zone import TimeZone

_UNREPORTED: Final = 1 << 40  # days


class GroupCounter:
    """Counts the rows of one group of customers, in any order.

    Args:
        reports: What tells types and reports of fraudulent rows; None where nothing does.
    """

    def __init__(
        self,
        model: ExactModel,
        time_zone: TimeZone | None = None,
        untested: Collection[str] = (),
        reports: ReportReader | None = None,
    ) -> None:
        self._model, self._time_zone, self._untested, self._reports = model, time_zone, untested, reports
        self._totals = start_totals(model)
        self._customers = _Customers(model.law.period.days)
        self._counters: dict[tuple[int, int], RowCounter] = {}
        self._types: dict[tuple[int, int], RowCounter] = {}
        self._shared: dict[tuple[int, int], CaseRows] = {}  # rows of cases that share something, by profile and type
        self._mixed: dict[int, list[tuple[I64, Columns]]] = {}  # rows of cases that nothing tells the type of

    def add(self, batch: pa.RecordBatch) -> Columns:
        """Count the rows of a batch (all columns of `COLUMNS`) and return those without fault."""
        columns, faults = inspect(batch, self._model, self._time_zone, self._untested)
        self._totals.rows += batch.num_rows
        self._totals.faults.update(faults)
        count_purchases(self._totals, columns)
        codes = self._customers.find(columns)
        for (profile, label), places in _part_kinds(columns):
            law = self._model.rows[profile][label]
            rows, own = (columns, codes) if places is None else (columns.take(places), codes.take(places))
            far = find_far(rows, law)
            if (profile, label) not in self._counters:
                self._counters[profile, label] = RowCounter(self._model, law)
            self._counters[profile, label].add(rows, far)
            self._customers.add(own, rows, label, far)
            if label:
                self._add_frauds(profile, rows, own)
        return columns

    def close(self) -> Totals:
        """Return the totals of all rows; customers are summed up."""
        totals, law = self._totals, self._model.law
        for (profile, label), counter in self._counters.items():
            counts, hour_amounts = counter.close()
            totals.counts[profile][label].add(counts)
            totals.hour_amounts[label] += hour_amounts
        totals.kept_on_fraud_dates = self._customers.sum_up(totals, self._model)
        totals.cases = self._customers.list_cases()
        for (profile, place), counter in self._types.items():
            totals.frauds[profile][place].rows.add(counter.close()[0])
        for (profile, place), rows in self._shared.items():
            fraud = self._model.frauds[profile][place]
            totals.frauds[profile][place].shapes = sum_up_cases(rows, fraud, law.fraud_stealth)
        for profile, parts in self._mixed.items():
            reach = self._model.rows[profile][1].far_radius
            totals.mixed[profile].add(count_cases(parts, len(self._model.categories), reach))
        np.add.at(totals.homes.reshape(-1), self._customers.home[: len(self._customers.codes)], 1)
        return totals

    def _add_frauds(self, profile: int, rows: Columns, codes: I64) -> None:
        """Count fraudulent rows of a profile by type, where it is told."""
        told = self._reports.tell(rows.number, rows.day) if self._reports else None
        if told:
            self._customers.tell(codes, told)
        kinds = self._totals.frauds[profile]
        if not kinds:
            return
        if told is None and len(self._model.law.types) > 1:
            self._mixed.setdefault(profile, []).append((codes, rows))
        known = np.zeros(len(rows), dtype=np.bool_)
        for place, fraud in enumerate(self._model.frauds[profile]):
            own = told.kind == fraud.position if told else np.full(len(rows), len(self._model.law.types) == 1)
            known |= own
            if own.any():
                self._add_type(profile, place, rows.where(own), codes[own])
        self._totals.untold += int(np.count_nonzero(~known))

    def _add_type(self, profile: int, place: int, rows: Columns, codes: I64) -> None:
        """Count fraudulent rows of one profile and type."""
        fraud = self._model.frauds[profile][place]
        law = _around_home(fraud)
        inside = np.maximum(np.abs(rows.lat), np.abs(rows.long)) <= fraud.reach
        self._totals.frauds[profile][place].beyond += int(np.count_nonzero(~inside))
        rows, codes = rows.where(inside), codes[inside]
        far = find_far(rows, law)
        if (profile, place) not in self._types:
            self._types[profile, place] = RowCounter(self._model, law, days=1)
        self._types[profile, place].add(rows, far)
        self._customers.add_far(codes, 1, far)
        if fraud.kind.burst_seconds or fraud.kind.remote_degrees:
            before = self._shared.get((profile, place), no_rows())
            self._shared[profile, place] = before.join(CaseRows(codes, rows.day, rows.second, rows.lat, rows.long))


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


def _around_home(fraud: FraudDistribution) -> RowDistribution:
    """Return the distribution of a type's rows; of one at a remote place, with one square that holds all of them."""
    if fraud.reach == fraud.shown.far_radius:
        return fraud.shown
    return replace(fraud.shown, home_radius=fraud.reach, travel_share=0.0)


@dataclass
class _Customers:
    """A group's customers: rows by label and day part, days with regular rows, fraudulent rows by day.

    Attributes:
        kind, reported, id: Of the defrauded, position of the type, day of the first report, customer id; -1 where it is
            not told, and _UNREPORTED where nothing is reported.
    """

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
    kind: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    reported: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    id: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

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
        self.home[runs] = map_cells(columns.home_lat[heads], columns.home_long[heads])
        return np.repeat(runs, np.diff(heads, append=len(words)))

    def add(self, codes: I64, rows: Columns, label: int, far: Bools | None) -> None:
        """Count rows of one label and profile, of which some may be far."""
        assert self.regular_days is not None
        size = len(self.codes)
        part = rows.second // HALF_DAY
        self.rows[:size, label] += np.bincount(2 * codes + part, minlength=2 * size).reshape(-1, 2)
        self.add_far(codes, label, far)
        if label:
            self.fraud_cells.append(codes * self.days + rows.day)
            np.add.at(self.fraud_cents, codes, rows.cents)
        else:
            self.regular_days.reshape(-1)[codes * self.days + rows.day] = True

    def add_far(self, codes: I64, label: int, far: Bools | None) -> None:
        """Count rows of one label that are far from home."""
        if far is not None:
            self.far[: len(self.codes), label] += np.bincount(codes[far], minlength=len(self.codes))

    def tell(self, codes: I64, told: Told) -> None:
        """Note what is told of fraudulent rows."""
        self.kind[codes], self.id[codes] = told.kind, told.customer
        np.minimum.at(self.reported, codes, np.where(told.reported == NEVER, _UNREPORTED, told.reported))

    def sum_up(self, totals: Totals, model: ExactModel) -> int:
        """Add the customers to the totals; return on how many fraud dates regular rows were kept that should not be."""
        if self.regular_days is None:
            return 0
        size = len(self.codes)
        # Customer and day as one number: distinct pairs are found by one sort.
        cells = np.concatenate([np.zeros(0, dtype=np.int64), *self.fraud_cells])
        fraud_cells, fraud_rows = np.unique(cells, return_counts=True)
        who, day = np.divmod(fraud_cells, self.days)
        for profile in np.unique(self.profile[:size]).tolist():
            own = self.profile[:size] == profile
            dates = np.stack([who, day, fraud_rows], axis=1)
            totals.customers[profile].add(self._sum_up(own, dates, model.rows[profile]))
            for counts, fraud in zip(totals.frauds[profile], model.frauds[profile], strict=False):
                theirs = own & self._suffers(fraud, model)
                laws = model.rows[profile][0], _around_home(fraud)
                counts.customers.add(self._sum_up(theirs, dates, laws))
        drops = self._find_dropping(model)
        return int((self.regular_days[who, day] & drops[who]).sum())

    def _suffers(self, fraud: FraudDistribution, model: ExactModel) -> Bools:
        """Return which customers are defrauded in one way; of the only one, nothing needs to be told."""
        size = len(self.codes)
        told = self.kind[:size] == fraud.position
        defrauded: Bools = self.rows[:size, 1].sum(axis=1) > 0
        return defrauded if len(model.law.types) == 1 else defrauded & told

    def _find_dropping(self, model: ExactModel) -> Bools:
        """Return which customers have no regular rows on the dates of fraudulent ones."""
        drops = np.full(len(self.codes), model.keeps_own_rows <= {False})
        if len(model.keeps_own_rows) > 1:
            positions = [number for number, own in enumerate(model.law.types) if not own.type.keeps_own_rows]
            drops = np.isin(self.kind[: len(drops)], positions)
        return drops

    def list_cases(self) -> I64:
        """Return the defrauded customers as in `Totals.cases`."""
        cells = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self.fraud_cells]))
        who, day = np.divmod(cells, self.days)
        who, starts = np.unique(who, return_index=True)
        last = np.append(starts, len(day))[1:] - 1
        reported = np.where(self.reported == _UNREPORTED, NEVER, self.reported)
        rows = self.rows.sum(axis=2)
        before = (self.holder.view(np.int64), self.profile, rows[:, 1], self.fraud_cents)
        behind = (rows[:, 0], self.kind, reported, self.id)
        dates = (day[starts], day[last])
        return np.column_stack([*(own[who] for own in before), *dates, *(own[who] for own in behind)])

    def _sum_up(self, own: Bools, dates: I64, model: tuple[RowDistribution, RowDistribution]) -> CustomerTotals:
        """Sum up the customers among `own`; `dates` are those of all: customer, day, rows."""
        size = len(own)
        rows, far = self.rows[:size][own], self.far[:size][own]
        totals = rows.sum(axis=2)
        defrauded = totals[:, 1] > 0
        position = np.full(size, -1)
        position[np.flatnonzero(own)[defrauded]] = np.arange(defrauded.sum())
        dates = dates[own[dates[:, 0]]]
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
        for name, unknown in (("kind", HONEST), ("reported", _UNREPORTED), ("id", -1)):
            setattr(self, name, np.append(getattr(self, name), np.full(extra, unknown)))
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
