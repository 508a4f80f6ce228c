"""Counts any number of rows in little memory, for comparison with the model.

Totals of groups of customers add up; `groups.group_counter` counts those of one group.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vecgen.model.exact import AMOUNT_EDGES, ExactModel
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.groups.case_shapes import CaseShapes
from vecgen.scan.groups.mixed_cases import MixedCases, start_cases
from vecgen.scan.row_checks import Columns
from vecgen.scan.row_counts import RowCounts, start_counts
from vecgen.scan.scores import Scores

MAP_CELLS: Final = (360, 720)
"""Cells of the map of the world, half a degree each: from the south pole north, from 180 degrees west east."""

CASE_FIELDS: Final = (
    "holder",
    "profile",
    "frauds",
    "cents",
    "first",
    "last",
    "regular",
    "type",
    "reported",
    "customer",
)
"""What a case shows: hash of the holder, position of the profile, fraudulent rows, their cents, days of the first and
the last of them from the start of the period, regular rows; and, -1 where it is not told: position of the type, day of
the first report, customer id."""

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
class TypeCounts:
    """Counts of fraud of one type against customers of one profile.

    Attributes:
        rows: Of all rows no further from home than the type reaches; their `slots` know one day only.
        customers: The customers who suffer it.
        shapes: What rows of one case share.
        beyond: Rows further from home.
    """

    rows: RowCounts
    customers: CustomerTotals = field(default_factory=CustomerTotals)
    shapes: CaseShapes = field(default_factory=CaseShapes)
    beyond: int = 0

    def add(self, other: TypeCounts) -> None:
        """Add the counts of other customers."""
        self.rows.add(other.rows)
        self.customers.add(other.customers)
        self.shapes.add(other.shapes)
        self.beyond += other.beyond


@dataclass
class Totals:
    """All that is counted; `counts` and `customers` by profile (and label) as in `ExactModel.rows`.

    Attributes:
        frauds: By profile and type as in `ExactModel.frauds`; no types where all fraud is Sparkov's.
        mixed: By profile, cases of several types that nothing tells apart.
        hour_amounts: Rows by (label, category, hour, cell of `AMOUNT_EDGES`).
        purchases: Rows by (label, *MAP_CELLS), where the purchase was.
        homes: Customers by MAP_CELLS.
        rows: Rows read, those with faults included.
        faults: Rows with each fault of `row_checks.FAULTS`.
        untold: Fraudulent rows whose type is not known; where there are types.
        kept_on_fraud_dates: Dates on which a customer has fraudulent rows, and regular ones that should be dropped.
        cases: Per defrauded customer the fields of `CASE_FIELDS`, shape (customers, fields).
        scores: As the best detectors score the rows, where they were scored, too.
    """

    counts: list[tuple[RowCounts, RowCounts]]
    customers: list[CustomerTotals]
    frauds: list[list[TypeCounts]]
    mixed: list[MixedCases]
    hour_amounts: I64
    purchases: I64
    homes: I64
    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    untold: int = 0
    kept_on_fraud_dates: int = 0
    cases: I64 = field(default_factory=lambda: np.zeros((0, len(CASE_FIELDS)), dtype=np.int64))
    scores: Scores = field(default_factory=Scores)

    def add(self, other: Totals) -> None:
        """Add the totals of other customers."""
        for mine, theirs in zip(self.counts, other.counts, strict=True):
            for label in (0, 1):
                mine[label].add(theirs[label])
        for own, more in zip(self.customers, other.customers, strict=True):
            own.add(more)
        for kinds, others in zip(self.frauds, other.frauds, strict=True):
            for kind, same in zip(kinds, others, strict=True):
                kind.add(same)
        for cases, more_cases in zip(self.mixed, other.mixed, strict=True):
            cases.add(more_cases)
        self.hour_amounts += other.hour_amounts
        self.purchases += other.purchases
        self.homes += other.homes
        self.rows += other.rows
        self.faults.update(other.faults)
        self.untold += other.untold
        self.kept_on_fraud_dates += other.kept_on_fraud_dates
        self.cases = np.concatenate([self.cases, other.cases])
        self.scores.add(other.scores)


def start_totals(model: ExactModel) -> Totals:
    """Return the totals of no rows."""
    return Totals(
        [(start_counts(model), start_counts(model)) for _ in model.rows],
        [CustomerTotals() for _ in model.rows],
        [[TypeCounts(start_counts(model, 1)) for _ in own if model.is_typed] for own in model.frauds],
        [start_cases(len(model.categories)) for _ in model.rows if len(model.law.types) > 1],
        np.zeros((2, len(model.categories), 24, len(AMOUNT_EDGES) + 1), dtype=np.int64),
        np.zeros((2, *MAP_CELLS), dtype=np.int64),
        np.zeros(MAP_CELLS, dtype=np.int64),
    )


def count_purchases(totals: Totals, rows: Columns) -> None:
    """Add rows of all profiles to the map of their label."""
    place = rows.is_fraud * totals.homes.size + map_cells(rows.home_lat + rows.lat, rows.home_long + rows.long)
    # A table this large is not worth a `bincount` of its size for every small batch.
    np.add.at(totals.purchases.reshape(-1), place, 1)


def map_cells(lat: I64, long: I64) -> I64:
    """Return the cell of the map that each place (microdegrees) lies in; beyond its edge, the nearest."""
    limits = [count * _MAP_CELL // 2 for count in MAP_CELLS]
    row, column = (
        np.clip((degrees + limit) // _MAP_CELL, 0, count - 1)
        for degrees, limit, count in zip((lat, long), limits, MAP_CELLS, strict=True)
    )
    return np.asarray(row * MAP_CELLS[1] + column)
