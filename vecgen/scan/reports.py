"""Reports of fraud: the dates of a dataset compared with those that follow from transaction numbers, and counted.

Labels as of a day hide frauds, and show false ones: transaction numbers say which rows are fraudulent in truth.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import InputError, setting
from vecgen.io.schema import FRAUD_TYPE, REPORTED_DATE
from vecgen.io.text import number_halves
from vecgen.model.fraud.reporting import LONGEST, NEVER, ReportTables, compile_reports
from vecgen.model.params import ModelParameters
from vecgen.model.rows import HONEST
from vecgen.model.transaction_dates import draw_fraud_types
from vecgen.model.transactions import read_numbers
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.sampling.categorical import Categorical, compile_categorical

IS_FRAUD: Final = "is_fraud"
_NONE: Final = -1


@dataclass
class ReportCounts:
    """What is known of the reports of a dataset.

    Attributes:
        delays: Rows by kind (0 for honest ones, 1 and more for the types of fraud in their order) and days from the
            transaction to its report; the last cell counts those without report, the one before all later reports.
        days: Fraudulent rows by type and day of the period.
        wrong_dates: Rows with another report date than the one that follows from their number.
        wrong_labels: Rows whose label is not the one known on the day that was asked for.
        wrong_types: Rows with another type of fraud than the one that follows from their number.
    """

    delays: I64
    days: I64
    wrong_dates: int = 0
    wrong_labels: int = 0
    wrong_types: int = 0

    @property
    def known(self) -> F64 | None:
        """Share of the fraud that is reported after 0, 1, 2, ... days; None where no report dates were read."""
        fraud = self.delays[1:].sum(axis=0)
        return np.cumsum(fraud[:-1]) / fraud.sum() if fraud.any() else None

    def add(self, other: ReportCounts) -> None:
        """Add the counts of other rows."""
        self.delays += other.delays
        self.days += other.days
        self.wrong_dates += other.wrong_dates
        self.wrong_labels += other.wrong_labels
        self.wrong_types += other.wrong_types


def start_counts(law: ModelParameters) -> ReportCounts:
    """Return the counts of no rows."""
    types = len(law.types)
    delays, days = np.zeros((1 + types, LONGEST + 2), np.int64), np.zeros((types, law.period.days), np.int64)
    return ReportCounts(delays, days)


@dataclass(frozen=True)
class Told:
    """What the numbers of fraudulent rows tell, as columns of one length.

    Attributes:
        customer: Customer ids; -1 for what is no number of fraud of the dataset.
        kind: Positions of the types of fraud in `ModelParameters.types`; -1 there.
        reported: Days of their reports, from the start of the period, or NEVER.
    """

    customer: I64
    kind: I64
    reported: I64


@dataclass(frozen=True)
class ReportReader:
    """Reads labels and report dates of a dataset; picklable.

    Attributes:
        tables: When transactions are reported.
        law: Its period, and the day whose knowledge the labels are.
        seed: Of the dataset, by which true labels are told.
        choice: The type of fraud of a customer, as of `Tables.fraud_choice`.
        has_dates: Whether there is a column of report dates.
        has_types: Whether there is a column of fraud types.
    """

    tables: ReportTables
    law: ModelParameters
    seed: int
    has_dates: bool
    choice: Categorical | None = None
    has_types: bool = False

    def tell(self, number: U64, day: I64) -> Told:
        """Return what the numbers of fraudulent rows tell.

        Args:
            number: Halves, shape (rows, 2).
            day: Of the rows, from the start of the period.
        """
        halves = np.ascontiguousarray(number[:, 0]), np.ascontiguousarray(number[:, 1])
        ids, labels = read_numbers(halves, self.seed, self.law.period)
        ids = np.where(labels == 1, ids, -1)
        kind = draw_fraud_types(self.choice, self.seed, np.maximum(ids, 0), self.law.period)
        reported = self.tables.find_days(halves, day, labels, kind)
        return Told(ids, np.where(ids >= 0, kind, -1), np.where(ids >= 0, reported, NEVER))

    def read(self, batch: pa.RecordBatch, counts: ReportCounts) -> pa.RecordBatch:
        """Count the reports of a batch and return it with the true labels."""
        known_on = self.law.reporting.labels_as_of
        number = _read_numbers(batch)
        stated = batch.column(IS_FRAUD).to_numpy(zero_copy_only=False)
        ids, told = read_numbers(number, self.seed, self.law.period)
        labels = stated if known_on is None else np.where(ids >= 0, told, stated).astype(np.int8)
        day = _read_days(batch, "trans_date")
        kind = draw_fraud_types(self.choice, self.seed, np.maximum(ids, 0), self.law.period)
        _count_days(counts.days, kind[labels == 1], day[labels == 1] - self.law.period.first_day)
        if self.has_types:
            counts.wrong_types += int((self._read_types(batch) != np.where(labels == 1, kind, HONEST)).sum())
        expected = self.tables.find_days(number, day, labels, kind)
        if self.has_dates:
            reported = _read_days(batch, REPORTED_DATE.name)
            counts.wrong_dates += int((reported != expected).sum())
            _count_delays(counts.delays, np.where(labels == 1, 1 + kind, labels), day, reported)
        if known_on is None:
            return batch
        counts.wrong_labels += int((stated != _is_known(expected, known_on)).sum())
        place = batch.schema.get_field_index(IS_FRAUD)
        return batch.set_column(place, batch.schema.field(place), pa.array(labels, pa.int8()))

    def _read_types(self, batch: pa.RecordBatch) -> I64:
        """Return the positions of types that are stated, HONEST where none is, and another number for a strange one."""
        stated = batch.column(FRAUD_TYPE.name).cast(pa.string())
        names = pa.array([own.type.name for own in self.law.types])
        found = pc.index_in(stated, names).fill_null(len(names))
        return np.asarray(pc.if_else(stated.is_null(), HONEST, found).to_numpy(zero_copy_only=False).astype(np.int64))


def make_reader(law: ModelParameters, seed: int, *, has_dates: bool = False, has_types: bool = False) -> ReportReader:
    """Return the reader of a dataset that was drawn by a seed."""
    tables = compile_reports(law.reporting, [own.type.report for own in law.types])
    choice = compile_categorical(law.type_shares) if law.fraud_rate > 0 and len(law.types) > 1 else None
    return ReportReader(tables, law, seed, has_dates, choice, has_types)


def require_numbers(where: str, known: Collection[str], law: ModelParameters) -> None:
    """Accept columns of transactions that tell true labels where those written are of a day.

    Raises:
        InputError: They have no numbers.
    """
    if law.reporting.labels_as_of is not None and not {"trans_num", "trans_date", IS_FRAUD} <= {*known}:
        expected = "trans_num, trans_date and is_fraud, which tell true labels"
        remedy = f"write it without {setting('labels_as_of')}"
        raise InputError(where, "columns", f"labels as of {law.reporting.labels_as_of}", expected, remedy)


def _read_numbers(batch: pa.RecordBatch) -> tuple[U64, U64]:
    """Return the halves of the transaction numbers; zeros where some are no numbers, which another check tells."""
    halves = number_halves(batch.column("trans_num"))
    if halves is None:
        halves = np.zeros((batch.num_rows, 2), dtype=np.uint64)
    return np.ascontiguousarray(halves[:, 0]), np.ascontiguousarray(halves[:, 1])


def _read_days(batch: pa.RecordBatch, name: str) -> I64:
    """Return dates as days since 1970, or NEVER's."""
    days = batch.column(name).view(pa.int32()).cast(pa.int64())
    return np.asarray(days.fill_null(_NONE).to_numpy())


def _is_known(reported: I64, day: date) -> Bools:
    return np.asarray((reported != _NONE) & (reported <= (day - date(1970, 1, 1)).days))


def _count_days(days: I64, kind: I64, day: I64) -> None:
    inside = (day >= 0) & (day < days.shape[1])
    np.add.at(days, (kind[inside], day[inside]), 1)


def _count_delays(delays: I64, kind: I64, day: I64, reported: I64) -> None:
    late = np.where(reported == _NONE, LONGEST + 1, np.minimum(reported - day, LONGEST))
    seen = (late >= 0) & (kind >= 0) & (kind < len(delays))  # what is reported before it happens has a wrong date
    cells = kind[seen].astype(np.int64) * delays.shape[1] + late[seen]
    delays += np.bincount(cells, minlength=delays.size).reshape(delays.shape)
