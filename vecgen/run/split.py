"""Splits the transactions of a dataset by time into a training and a test part, as evaluations of fraud models do.

A model is tested on days that come after those it has learned from. Between the two lies a gap (the delay period of the
Fraud Detection Handbook and of Dal Pozzolo et al., 2018): the days whose fraud is not known yet when the model is put
to use. Customers can be kept apart, too: then the model has seen none of those it is tested on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.new_file import new_directory, refuse_full
from vecgen.errors import InputError, OutputError, setting
from vecgen.io.digest import hash_rows
from vecgen.io.file_record import name_batch
from vecgen.io.reader import read_batches, read_names, require_transactions
from vecgen.io.schema import ALL_COLUMNS, FRAUD_TYPE, REPORTED_DATE, Column, arrow_schema
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.io.writers import ROW_GROUP_ROWS, Writer, open_writer
from vecgen.model.params import recorded_parameters
from vecgen.process.progress import Report, State, ignore
from vecgen.records.receipt import RECEIPT, read_receipt, refuse_inside, require_complete
from vecgen.stores.filesystem import Place, size_of

TRAIN: Final = "train"
TEST: Final = "test"
STATEMENT: Final = "split.json"
_FILE_BYTES: Final = 256 * 1024 * 1024
_HELD: Final = 1_000_000  # customers' hashes that wait to be sorted: 8 MB
_IS_FRAUD: Final = "is_fraud"
_TELLING: Final = ("customer_id", "ssn", "cc_num", "acct_num")
"""Columns that tell customers apart, the best first."""


@dataclass(frozen=True)
class Cut:
    """Where a dataset is split.

    Attributes:
        train_until: Last day of the training part.
        test_from: First day of the test part; the days between are in neither.
        disjoint_customers: Share of the customers, chosen by a hash of their id, that are in the test part alone, the
            others being in the training part alone; None where all are in both.
        labels_as_of: Day whose knowledge the training labels are; None for the day before `test_from` where the dataset
            has report dates, else for the labels as they are.

    Raises:
        InputError: Days out of order, or a share that leaves a part without customers.
    """

    train_until: date
    test_from: date
    disjoint_customers: float | None = None
    labels_as_of: date | None = None

    @property
    def known_on(self) -> date:
        """The day whose knowledge the training labels are."""
        return self.labels_as_of or self.test_from - timedelta(days=1)

    def __post_init__(self) -> None:
        if self.test_from <= self.train_until:
            expected = f"a date after {setting('train_until')} ({self.train_until})"
            raise InputError(setting("test_from"), "", self.test_from.isoformat(), expected)
        if self.disjoint_customers is not None and not 0.0 < self.disjoint_customers < 1.0:
            expected = "a share above 0 and below 1"
            raise InputError(setting("disjoint_customers"), "", self.disjoint_customers, expected)


@dataclass(frozen=True)
class SplitPart:
    """What one part holds.

    Attributes:
        frauds: Transactions with `is_fraud`; None where the dataset has no such column.
        labels_as_of: Day whose knowledge `is_fraud` is; None for the labels of the dataset.
        customers: Those with transactions in the part; None where no column tells customers apart.
    """

    rows: int
    frauds: int | None
    customers: int | None
    files: int
    labels_as_of: date | None = None


@dataclass(frozen=True)
class Split:
    """Both parts of a split dataset."""

    train: SplitPart
    test: SplitPart


def split_dataset(directory: Place, cut: Cut, output: Path, report: Report = ignore) -> Split:
    """Write OUTPUT/train and OUTPUT/test, Parquet files with the columns of the dataset, and OUTPUT/split.json.

    All appears at once, when it is complete. Memory does not grow with the dataset, but for 8 bytes a customer.

    Args:
        directory: A dataset in any form that vecgen writes.
        output: A new or empty directory of this machine.
        report: Called with how much is read.

    Raises:
        InputError: The dataset cannot be read, lacks a column that the split needs, or leaves a part empty.
        OutputError: The output holds something or cannot be written.
    """
    require_complete(directory)
    _check_labels(directory, cut)
    files = require_transactions(directory)
    source = _open_source(files, cut)
    try:
        refuse_full(output)
        refuse_inside(output)
        with new_directory(output) as complete:
            days = {TRAIN: cut.known_on if source.has_reports else None, TEST: None}
            parts = {name: _PartWriter(complete / name, source, day) for name, day in days.items()}
            _share_out(files, source, cut, parts, report)
            found = Split(*(parts[name].count() for name in (TRAIN, TEST)))
            _refuse_empty(directory, cut, found)
            text = json.dumps({"dataset": str(directory), **asdict(cut), **asdict(found)}, indent=2, default=str)
            (complete / STATEMENT).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{output}: cannot be written ({error.strerror or error})") from error
    return found


def _check_labels(directory: Place, cut: Cut) -> None:
    """Refuse labels of a day in the dataset, and a day before its first for the training part."""
    receipt = read_receipt(directory) if directory.is_dir() else None
    if receipt is None:
        return
    law = recorded_parameters(receipt.request, RECEIPT)
    if law.reporting.labels_as_of is not None:
        remedy = f"write it without {setting('labels_as_of')}, with {setting('with_report_date', True)}"
        day = law.reporting.labels_as_of
        raise InputError(str(directory), "labels", f"those of {day}", "true labels, for the test part", remedy)
    first = min([law.period.start, *(date.fromisoformat(load.start) for load in receipt.loads)])
    if cut.labels_as_of is not None and cut.labels_as_of < first:
        expected = f"{first}, the first day of {directory}, or later"
        raise InputError(setting("labels_as_of"), "", cut.labels_as_of.isoformat(), expected)


@dataclass(frozen=True)
class _Source:
    """The columns of a dataset's transactions.

    Attributes:
        day: What tells the day of a transaction.
        customer: What tells customers apart, if anything does.
    """

    columns: tuple[Column, ...]
    day: Column
    customer: Column | None

    @property
    def has_reports(self) -> bool:
        """Whether the labels of any day can be told."""
        return self.has(_IS_FRAUD) and REPORTED_DATE in self.columns

    def has(self, name: str) -> bool:
        """Return whether there is a column of this name."""
        return any(column.name == name for column in self.columns)


def _open_source(files: Sequence[Place], cut: Cut) -> _Source:
    names = read_names(files[0])
    known = {column.name: column for column in ALL_COLUMNS}
    columns = tuple(known[name] for name in names if name in known)
    for path in files[1:]:
        if differing := {*read_names(path)} ^ {*names}:
            raise InputError(str(path), "columns", min(differing), f"the columns of {files[0]} in all files")
    days = [known[name] for name in ("trans_date", "unix_time") if name in names]
    customers = [known[name] for name in _TELLING if name in names]
    if not days:
        raise InputError(str(files[0]), "columns", "no trans_date", "a dataset with trans_date or unix_time")
    if cut.disjoint_customers is not None and not customers:
        expected = f"a dataset with one of them, by which {setting('disjoint_customers')} tells customers apart"
        raise InputError(str(files[0]), "columns", f"no {', '.join(_TELLING)}", expected)
    source = _Source(columns, days[0], customers[0] if customers else None)
    if cut.labels_as_of is not None and not source.has_reports:
        expected = f"a dataset with it and is_fraud, for {setting('labels_as_of')}"
        remedy = f"write it with {setting('with_report_date', True)}"
        raise InputError(str(files[0]), "columns", f"no {REPORTED_DATE.name}", expected, remedy)
    return source


def _share_out(
    files: Sequence[Place], source: _Source, cut: Cut, parts: dict[str, _PartWriter], report: Report
) -> None:
    """Read all files once and hand each row to its part.

    Raises:
        InputError: A file that cannot be read, or no rows.
    """
    sizes = [size_of(path) for path in files]
    state = State(sum(sizes))
    report(state)
    with ExitStack() as stack:
        for part in parts.values():
            stack.enter_context(part)
        for path, size in zip(files, sizes, strict=True):
            rows = 0
            for batch in read_batches(path, source.columns):
                rows += batch.num_rows
                for name, chosen in _choose_rows(batch, source, cut).items():
                    parts[name].write(batch.filter(pa.array(chosen)))
            state = State(state.total, state.done + size, state.rows + rows, state.bytes + size)
            report(state)
    if state.rows == 0:
        raise InputError(str(files[0]), "", "no rows", "transactions to split", "name a dataset that has some")


def _choose_rows(batch: pa.RecordBatch, source: _Source, cut: Cut) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which rows of a batch each part takes."""
    day = _read_days(batch, source.day)
    train, test = (day <= np.datetime64(cut.train_until)), (day >= np.datetime64(cut.test_from))
    if cut.disjoint_customers is not None and source.customer is not None:
        held_out = hash_rows(batch, [source.customer]) < np.uint64(cut.disjoint_customers * 2.0**64)
        train, test = train & ~held_out, test & held_out
    return {TRAIN: train, TEST: test}


def _read_days(batch: pa.RecordBatch, column: Column) -> npt.NDArray[np.datetime64]:
    values = batch.column(column.name).to_numpy(zero_copy_only=False)
    if column.type != "date":
        values = (values // SECONDS_PER_DAY).astype("datetime64[D]")
    return values.astype("datetime64[D]")  # type: ignore[no-any-return]


def _forget(batch: pa.RecordBatch, day: date) -> pa.RecordBatch:
    """Return rows with the reports until the end of a day, the labels by these, and types of known frauds alone."""
    reported, label = batch.column(REPORTED_DATE.name), batch.schema.get_field_index(_IS_FRAUD)
    known = pc.fill_null(pc.less_equal(reported, day), False)
    batch = batch.set_column(label, batch.schema.field(label), known.cast(pa.int8()))
    for column in {REPORTED_DATE.name, FRAUD_TYPE.name} & {*batch.schema.names}:
        place, values = batch.schema.get_field_index(column), batch.column(column)
        kept = pc.if_else(known, values, pa.scalar(None, values.type))
        batch = batch.set_column(place, batch.schema.field(place), kept)
    return batch


class _PartWriter:
    """Writes one part as files of limited size, and counts it; a context that closes the last file."""

    def __init__(self, directory: Path, source: _Source, known_on: date | None) -> None:
        self._directory, self._source, self._known_on = directory, source, known_on
        self._schema = arrow_schema(source.columns)
        self._customers = _Distinct()
        self._rows = self._frauds = self._files = self._waiting = 0
        self._open = ExitStack()
        self._writer: Writer | None = None

    def __enter__(self) -> _PartWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        if batch.num_rows == 0:
            return
        if self._known_on is not None:
            batch = _forget(batch, self._known_on)
        writer = self._writer or self._start_file()
        writer.write(batch.cast(self._schema))
        self._rows += batch.num_rows
        self._waiting += batch.num_rows
        if self._source.has(_IS_FRAUD):
            self._frauds += pc.sum(batch.column(_IS_FRAUD)).as_py()
        if self._source.customer is not None:
            self._customers.add(hash_rows(batch, [self._source.customer]))
        if self._waiting >= ROW_GROUP_ROWS:
            writer.end_row_group()
            self._waiting = 0
            if writer.bytes_written >= _FILE_BYTES:
                self._open.close()
                self._writer = None

    def _start_file(self) -> Writer:
        path = self._directory / f"{name_batch(self._files)}.parquet"
        self._writer = self._open.enter_context(open_writer(path, self._schema, "parquet", "snappy"))
        self._files += 1
        return self._writer

    def count(self) -> SplitPart:
        """Return what was written."""
        return SplitPart(
            rows=self._rows,
            frauds=self._frauds if self._source.has(_IS_FRAUD) else None,
            customers=self._customers.count() if self._source.customer else None,
            files=self._files,
            labels_as_of=self._known_on,
        )


class _Distinct:
    """Counts distinct hashes."""

    def __init__(self) -> None:
        self._known: npt.NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)
        self._waiting: list[npt.NDArray[np.uint64]] = []

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Take the hashes of a batch."""
        self._waiting.append(np.unique(hashes))
        if sum(map(len, self._waiting)) > _HELD:
            self.count()

    def count(self) -> int:
        """Return how many different ones there were."""
        self._known = np.unique(np.concatenate([self._known, *self._waiting]))
        self._waiting.clear()
        return len(self._known)


def _refuse_empty(directory: Place, cut: Cut, found: Split) -> None:
    for part, name, day in ((found.train, "train_until", cut.train_until), (found.test, "test_from", cut.test_from)):
        if part.rows == 0:
            expected = f"a day that leaves transactions of {directory} on its side"
            raise InputError(setting(name), "", day.isoformat(), expected)
