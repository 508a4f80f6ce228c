"""Writes the transactions of a dataset as the files of the widely used public one: by time, split at a date.

Its readers expect `fraudTrain.csv` and `fraudTest.csv`, each in the order of time. That is an order of all rows, while
datasets are written customer by customer, in pieces that may be made on many machines. So this is a step of its own,
which reads a complete dataset, whoever wrote it. Memory is that of a piece of the time; scratch files take the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.new_file import new_directory, refuse_full
from vecgen.errors import InputError, OutputError, setting
from vecgen.io.csv_encoder import join_quoted
from vecgen.io.reader import read_batches, read_names, require_transactions
from vecgen.io.schema import COLUMNS, PUBLIC_MOMENT, PUBLIC_NAMES, PUBLIC_PREFIX, arrow_schema
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.io.writers import Format, open_writer
from vecgen.process.progress import Report, State, ignore
from vecgen.process.scratch import scratch_directory
from vecgen.records.receipt import refuse_inside, require_complete
from vecgen.run.export.time_order import TimeOrder, cut_time
from vecgen.stores.filesystem import Place

Layout = Literal["kaggle"]
LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)
TRAIN: Final = "fraudTrain"
TEST: Final = "fraudTest"

_TRAIN_SHARE: Final = 0.7  # of the rows; the public files are split within a day, here the nearest day begins the test
_READ: Final = tuple(c for c in COLUMNS if c.name in (*PUBLIC_NAMES, "trans_date", "trans_time"))
_SCHEMA: Final = pa.schema(
    [
        pa.field(PUBLIC_MOMENT, pa.timestamp("s"), nullable=False),
        *(arrow_schema(_READ).field(name) for name in PUBLIC_NAMES[1:]),
    ]
)
_PIECES: Final = 200
_LEAST_PIECE: Final = 250_000  # rows, which take some hundred megabytes
_SHARED_OUT: Final = 250_000  # rows that are shared out to the pieces at once
_LINES: Final = 100_000  # rows that are encoded at once
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Exported:
    """A written file: its rows, and the dates of the first and the last of them."""

    path: Path
    rows: int
    first: date
    last: date


def export_dataset(
    directory: Place,
    output: Path,
    split_date: date | None = None,
    file_format: Format = "csv",
    report: Report = ignore,
) -> tuple[Exported, ...]:
    """Write `fraudTrain` and `fraudTest` of a dataset into a new directory; return what they hold.

    The same rows give the same bytes, in whichever files and order they come.

    Args:
        directory: A dataset with all columns, or files of the original.
        split_date: First date of the test; None for the one that leaves about 70 % of the rows before it.
        report: Called with how much is read and written.

    Raises:
        InputError: The dataset cannot be read, lacks columns, or has no rows on one side of the date.
        OutputError: The output holds something, or it or scratch files (below TMPDIR) cannot be written.
    """
    require_complete(directory)
    refuse_full(output)
    refuse_inside(output)
    files = require_transactions(directory)
    _require_columns(files)
    rows = _count_days(files)
    split = _choose_split(str(directory), rows, split_date)
    most = max(_LEAST_PIECE, sum(rows.values()) // _PIECES)
    starts = sorted({*cut_time(rows, most), split * SECONDS_PER_DAY})
    progress = _Progress(sum(rows.values()), report)
    with scratch_directory() as scratch, TimeOrder(scratch, starts, _SCHEMA, (PUBLIC_MOMENT, "trans_num")) as order:
        for table in _gather(files):
            order.add(table)
            progress.add(table.num_rows)
        parts = groupby(order.drain(), lambda piece: TRAIN if piece[0] < split * SECONDS_PER_DAY else TEST)
        try:
            with new_directory(output) as complete:
                written = [
                    _write_part(complete / f"{name}.{file_format}", (table for _, table in pieces), progress)
                    for name, pieces in parts
                ]
        except OSError as error:
            raise OutputError(f"{output}: cannot be written ({error.strerror or error})") from error
    return tuple(Exported(output / own.path.name, own.rows, own.first, own.last) for own in written)


class _Progress:
    """Reports rows, each of which is read once and written once."""

    def __init__(self, rows: int, report: Report) -> None:
        self._rows, self._done, self._report = rows, 0, report
        self.add(0)

    def add(self, rows: int) -> None:
        """Count rows that were read or written."""
        self._done += rows
        self._report(State(2 * self._rows, self._done, self._done // 2))


def _require_columns(files: Sequence[Place]) -> None:
    for path in files:
        names = read_names(path)
        if missing := [column.name for column in _READ if column.name not in names]:
            remedy = "export a dataset that was written with all columns"
            raise InputError(str(path), "columns", f"no {', '.join(missing)}", "the columns of the layout", remedy)


def _count_days(files: Sequence[Place]) -> Mapping[int, int]:
    """Return the rows by day from 1970."""
    dates = [column for column in _READ if column.name == "trans_date"]
    rows: Counter[int] = Counter()
    for path in files:
        for batch in read_batches(path, dates):
            days, numbers = np.unique(batch.column(0).cast(pa.int32()).to_numpy(), return_counts=True)
            rows.update(dict(zip(days.tolist(), numbers.tolist(), strict=True)))
    return rows


def _choose_split(where: str, rows: Mapping[int, int], stated: date | None) -> int:
    """Return the day from 1970 that begins the test."""
    days = sorted(rows)
    if len(days) < 2:
        raise InputError(where, "", "transactions of one day" if days else "no transactions", "those of two days")
    if stated is None:
        before = np.cumsum([rows[day] for day in days])[:-1] / sum(rows.values())
        return days[1 + int(np.argmin(np.abs(before - _TRAIN_SHARE)))]
    split = (stated - _EPOCH).days
    if not days[0] < split <= days[-1]:
        first, last = (_EPOCH + timedelta(days=day) for day in (days[0] + 1, days[-1]))
        expected = f"a date from {first} to {last}, which leaves transactions on both sides"
        raise InputError(setting("split_date"), "", stated.isoformat(), expected)
    return split


def _gather(files: Sequence[Place]) -> Iterator[pa.Table]:
    """Yield the rows of all files in the layout's columns, many at once."""
    waiting: list[pa.RecordBatch] = []
    for path in files:
        for batch in read_batches(path, _READ):
            waiting.append(_translate(str(path), batch))
            if sum(own.num_rows for own in waiting) >= _SHARED_OUT:
                yield pa.Table.from_batches(waiting)
                waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _translate(where: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows in the columns of the layout."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    dates, times = (columns[name].cast(pa.string()) for name in ("trans_date", "trans_time"))
    try:
        columns[PUBLIC_MOMENT] = pc.binary_join_element_wise(dates, times, " ").cast(pa.timestamp("s"))
    except pa.ArrowInvalid as error:
        raise InputError(where, "column trans_time", str(error).splitlines()[0], "times as HH:MM:SS") from None
    merchants = columns["merchant"].cast(pa.string()).dictionary_encode()
    columns["merchant"] = _mark(merchants.dictionary).take(merchants.indices)
    arrays = [columns[field.name].cast(field.type) for field in _SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def _mark(names: pa.Array) -> pa.Array:
    """Return names of merchants with the prefix that the public ones have; the original's have it already."""
    marked = pc.binary_join_element_wise(PUBLIC_PREFIX, names, "")
    return pc.if_else(pc.starts_with(names, PUBLIC_PREFIX), names, marked)


def _write_part(path: Path, tables: Iterable[pa.Table], progress: _Progress) -> Exported:
    """Write rows that come in their order as one file."""
    write = _write_csv if path.suffix == ".csv" else _write_parquet
    rows = 0
    bounds: list[date] = []

    def count(tables: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for table in tables:
            moments = table.column(PUBLIC_MOMENT)
            bounds.extend(moments[place].as_py().date() for place in (0, -1))
            for batch in table.combine_chunks().to_batches(_LINES):
                yield batch
                rows += batch.num_rows
                progress.add(batch.num_rows)

    write(path, count(tables))
    return Exported(path, rows, bounds[0], bounds[-1])


def _write_csv(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    """Write lines that begin with their number; the header leaves that column without a name."""
    number = 0
    with path.open("wb") as file:
        file.write(f",{','.join(PUBLIC_NAMES)}\n".encode())
        for batch in batches:
            file.write(join_quoted(batch, number))
            number += batch.num_rows


def _write_parquet(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    with open_writer(path, _SCHEMA, "parquet", "snappy") as writer:
        for batch in batches:
            writer.write(batch)
