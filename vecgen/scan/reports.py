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

from vecgen.errors import InputError, setting
from vecgen.io.schema import REPORTED_DATE
from vecgen.io.text import number_halves
from vecgen.model.fraud.reporting import LONGEST, ReportTables
from vecgen.model.params import ModelParameters
from vecgen.model.transaction_dates import draw_fraud_types
from vecgen.model.transactions import read_numbers
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.sampling.categorical import Categorical

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
    """

    delays: I64
    days: I64
    wrong_dates: int = 0
    wrong_labels: int = 0

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


def start_counts(law: ModelParameters) -> ReportCounts:
    """Return the counts of no rows."""
    types = len(law.types)
    delays, days = np.zeros((1 + types, LONGEST + 2), np.int64), np.zeros((types, law.period.days), np.int64)
    return ReportCounts(delays, days)


@dataclass(frozen=True)
class ReportReader:
    """Reads labels and report dates of a dataset; picklable.

    Attributes:
        tables: When transactions are reported.
        law: Its period, and the day whose knowledge the labels are.
        seed: Of the dataset, by which true labels are told.
        choice: The type of fraud of a customer, as of `Tables.fraud_choice`.
        has_dates: Whether there is a column of report dates.
    """

    tables: ReportTables
    law: ModelParameters
    seed: int
    has_dates: bool
    choice: Categorical | None = None

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
