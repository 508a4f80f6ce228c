"""One batch of customers to record batches or to files: the function under every engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count, groupby
from typing import Final, Literal, get_args

import pyarrow as pa

from vecgen.arrow import (
    Assembler,
    arrow_schema,
    batch_schema,
    digest_batches,
    locate_customers,
    make_assembler,
    needed_attributes,
)
from vecgen.calendars import Calendar, draw_calendar
from vecgen.customer_source import CustomerSource
from vecgen.dates import Period
from vecgen.digest import Digest
from vecgen.encodings import Compression, Encodings
from vecgen.errors import InputError
from vecgen.ledger import find_cases, list_cases
from vecgen.manifest import FileRecord
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID, FRAUD_CASE_COLUMNS, PARTITION_COLUMNS, Column
from vecgen.storage import Place
from vecgen.tables import ProfileTables, Tables
from vecgen.transactions import Attribute, Rows, draw_rows
from vecgen.writers import ROW_GROUP_ROWS, Format, Writer, open_writer

PartitionKey = Literal["year", "month", "profile_group"]
PARTITION_KEYS: Final[tuple[PartitionKey, ...]] = get_args(PartitionKey)
Table = Literal["delta"]
TABLES: Final[tuple[Table, ...]] = get_args(Table)
Existing = Literal["refuse", "resume", "overwrite"]
"""What to do with an output that holds something: see `progress`."""
TRANSACTIONS: Final = "transactions"
CUSTOMERS: Final = "customers"
FRAUD_CASES: Final = "fraud_cases"
DEFAULT_MAX_FILE_SIZE: Final = 256 * 1024 * 1024
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Output:
    """Where a dataset goes and in which form; nothing here changes a row.

    Attributes:
        partition_by: Directory levels of the transactions, in this order; may be empty.
        max_file_size: Bytes after which a file is closed and the next begun.
        max_records_per_file: Rows a file may hold; None for no limit.
        single_file: All transactions in one file, written by one process; asks for no partitions and no limits.
        batch_rows: Expected rows of a batch; None to let the number of cores decide.
        batches: First and last numbers of the batches to write; empty for all. Customers are not written then.
        only_dates: First and last date of the transactions to write; None for the whole period.
        table: Kind of table that the files are committed to, one of transactions and one of customers.
        append: Add transactions to the dataset that is there, or begin it; see `snapshots`.
        kept: Parts that are there already and are not written again.
        with_customer_id: Whether customers and transactions have a last column `customer_id`.
        load: What the names of files begin with where those of other loads stay; see `snapshots`.
        encoding: Of Parquet: for every reader, or smaller files for new ones; see `encodings`.

    Raises:
        InputError: A partition key named twice, a limit that is none, a single file that would have to be several, or
            a table that cannot be.
    """

    path: Place
    format: Format = "parquet"
    compression: Compression = "snappy"
    partition_by: tuple[PartitionKey, ...] = PARTITION_KEYS
    max_file_size: int = DEFAULT_MAX_FILE_SIZE
    max_records_per_file: int | None = None
    single_file: bool = False
    batch_rows: int | None = None
    batches: tuple[tuple[int, int], ...] = ()
    only_dates: tuple[date, date] | None = None
    table: Table | None = None
    append: bool = False
    with_customer_id: bool = False
    load: str = ""
    kept: tuple[str, ...] = ()
    encoding: Encodings = "portable"

    def __post_init__(self) -> None:
        for name in ("max_file_size", "max_records_per_file", "batch_rows"):
            limit = getattr(self, name)
            if limit is not None and not 1 <= limit < 1 << 63:
                option = f"--{name.replace('_', '-')}"
                raise InputError(option, "", limit, "a whole number from 1 up, below 2**63")
        if self.single_file and (self.partition_by or self.max_records_per_file is not None):
            raise InputError("--single-file", "", "partitions or limits", '--partition-by "" and no limit of records')
        if self.encoding != "portable" and self.format != "parquet":
            raise InputError("--encoding", "", self.format, "--format parquet, whose encodings it chooses")
        if self.table and self.format != "parquet":
            raise InputError("--table", "", self.format, "--format parquet, the files of a table")
        if self.append and self.batches:
            raise InputError(
                "--append", "", "--batches", "--only-dates or a whole period: loads are told by their dates"
            )
        if len(set(self.partition_by)) < len(self.partition_by):
            raise InputError("--partition-by", "", ",".join(self.partition_by), "each key at most once")

    def columns(self, usual: tuple[Column, ...]) -> tuple[Column, ...]:
        """Return the columns of a part, given the usual ones."""
        return (*usual, CUSTOMER_ID) if self.with_customer_id and CUSTOMER_ID not in usual else usual

    def partition_columns(self) -> tuple[Column, ...]:
        """Return the columns whose values stand in the directories of the transactions."""
        known = {column.name: column for column in PARTITION_COLUMNS}
        return tuple(known[key] for key in self.partition_by)

    def selects(self, number: int) -> bool:
        """Return whether the batch of this number is to be written."""
        return not self.batches or any(first <= number <= last for first, last in self.batches)

    def select_days(self, period: Period) -> range:
        """Return the days of the period to be written, counted from its start.

        Raises:
            InputError: Dates of which none, or not all, lie in the period.
        """
        return select_days(period, self.only_dates)


def list_parts(output: Output, *, customers: bool = True, transactions: bool = True) -> list[str]:
    """Return the parts of a dataset that a run writes."""
    people = customers and not output.batches
    wanted = [CUSTOMERS] * people + [TRANSACTIONS, FRAUD_CASES] * transactions
    return [part for part in wanted if part not in output.kept]


@dataclass(frozen=True)
class DaySlice:
    """Consecutive days of the period whose rows share a directory (relative to the transactions)."""

    directory: str
    days: range


@dataclass(frozen=True)
class Chunk:
    """Customers of a group (positions in it) that share dictionaries, and with them a row group of a file."""

    customers: range
    assembler: Assembler


@dataclass(frozen=True)
class Group:
    """Customers of one profile with their dates drawn, ready to yield the rows of any days."""

    tables: Tables
    profile: ProfileTables
    calendar: Calendar
    chunks: tuple[Chunk, ...]
    attributes: frozenset[Attribute]

    def batches(self, days: range, chunk: Chunk, limit: int | None = None) -> Iterator[tuple[pa.RecordBatch, Digest]]:
        """Yield the rows of a chunk on `days` in batches of about 24,000, at most `limit`, each with its digest.

        Every attribute must have been asked for.
        """
        for drawn in self._rows(days, chunk):
            step = limit or len(drawn)
            for part in (drawn.slice(start, start + step) for start in range(0, len(drawn), step)):
                yield chunk.assembler.assemble(part), chunk.assembler.digest(part)

    def all_batches(self, days: range | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows on `days` (None: all) month by month: a writer with a directory for each has one at work."""
        chosen = range(self.tables.law.period.days) if days is None else days
        for part in partition_period(self.tables.law.period, ("year", "month"), self.profile.name):
            own = _intersect(part.days, chosen)
            for chunk in self.chunks if own else ():
                for rows in self._rows(own, chunk):
                    yield chunk.assembler.assemble(rows)

    def _rows(self, days: range, chunk: Chunk) -> Iterator[Rows]:
        for drawn in draw_rows(self.tables, self.calendar, days, chunk.customers, self.attributes):
            yield replace(drawn, customer=drawn.customer - chunk.customers.start)


def start_group(
    tables: Tables,
    seed: int,
    customers: pa.Table,
    slice_days: int | None = None,
    columns: Sequence[Column] = COLUMNS,
) -> Group:
    """Draw the dates of customers of one profile (columns of a customer and `customer_id`; at least one row).

    Args:
        slice_days: The most days that will be asked for at once (None: the whole period); it sets the size of chunks.
        columns: What batches will hold; of other columns nothing is drawn.
    """
    name = customers.column("profile")[0].as_py()
    profile = next(profile for profile in tables.profiles if f"{profile.name}.json" == name)
    calendar = draw_calendar(tables, profile, seed, locate_customers(customers))
    period = tables.law.period
    rows_per_customer = int(calendar.regular.kept.sum()) / len(calendar.customers)
    rows_per_slice = rows_per_customer * (slice_days or period.days) / period.days
    # Chunks of one size: a small one at the end would store its dictionaries for few rows.
    number = max(1, round(customers.num_rows * rows_per_slice / ROW_GROUP_ROWS))
    starts = range(0, customers.num_rows, math.ceil(customers.num_rows / number))
    chunks = tuple(
        Chunk(
            range(start, min(start + starts.step, customers.num_rows)),
            make_assembler(tables, customers.slice(start, starts.step), columns),
        )
        for start in starts
    )
    return Group(tables, profile, calendar, chunks, needed_attributes(columns))


def select_days(period: Period, only_dates: tuple[date, date] | None) -> range:
    """Return the days of `period` from the first to the last of two dates (None: all), counted from its start.

    Raises:
        InputError: Dates of which none, or not all, lie in the period.
    """
    if only_dates is None:
        return range(period.days)
    first, last = ((day - period.start).days for day in only_dates)
    if not 0 <= first <= last < period.days:
        text = "..".join(day.isoformat() for day in only_dates)
        raise InputError("--only-dates", "", text, f"dates of the period, {period.start}..{period.end}, in order")
    return range(first, last + 1)


def partition_period(period: Period, partition_by: Sequence[PartitionKey], profile: str) -> list[DaySlice]:
    """Cut a period into the longest runs of days that share a directory. `profile`: the `profile_group`."""
    days = [(offset, period.start + timedelta(days=offset)) for offset in range(period.days)]
    slices = []
    for directory, run in groupby(days, lambda day: _directory(day[1], partition_by, profile)):
        offsets = [offset for offset, _ in run]
        slices.append(DaySlice(directory, range(offsets[0], offsets[-1] + 1)))
    return slices


def write_transactions(tables: Tables, seed: int, output: Output, number: int, customers: pa.Table) -> list[FileRecord]:
    """Write the transactions of the customers of batch `number` (of one profile, ascending by id), and its fraud cases.

    Names and bytes of the files are a function of the arguments: a retried or twin task replaces each file by itself.
    """
    if customers.num_rows == 0:
        return []
    name = customers.column("profile")[0].as_py()
    slices = partition_period(tables.law.period, output.partition_by, name)
    wanted = output.select_days(tables.law.period)
    group = start_group(tables, seed, customers, _find_most_days(slices, wanted), output.columns(COLUMNS))
    records: list[FileRecord] = []
    for position, part in enumerate(slices):
        if days := _intersect(part.days, wanted):
            stem = f"{TRANSACTIONS}/{part.directory}{output.load}part-{number:05d}-{position:02d}"
            records += _write_slice(group, output, stem, days)
    if has_case_files(output):
        return records
    return records + _write_ledger(output, f"part-{number:05d}", list_cases(tables, group.calendar, customers))


def _find_most_days(slices: Sequence[DaySlice], wanted: range) -> int:
    """Return the most days of a file, which row groups are sized for.

    Where a directory is written whole, its files are those of the whole dataset, byte by byte.
    """
    written = [(part.days, days) for part in slices if (days := _intersect(part.days, wanted))]
    if any(days == own for own, days in written):
        return max(len(part.days) for part in slices)
    return max(len(days) for _, days in written)


def _intersect(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def write_single_file(tables: Tables, seed: int, output: Output, parts: Iterable[pa.Table]) -> list[FileRecord]:
    """Write the transactions of several batches' customers, one batch after the other, as one file, and their cases."""
    name = f"{TRANSACTIONS}/{output.load}transactions.{output.format}"
    path = output.path / name
    digest = Digest()
    cases = [arrow_schema(FRAUD_CASE_COLUMNS).empty_table()]
    columns = output.columns(COLUMNS)
    days = output.select_days(tables.law.period)
    with _open(output, path, batch_schema(columns)) as writer:
        for customers in parts:
            group = start_group(tables, seed, customers, len(days), columns)
            cases.append(list_cases(tables, group.calendar, customers))
            for batch, batch_digest, ends_chunk in _mark_last(group, days, None):
                writer.write(batch)
                digest += batch_digest
                if ends_chunk:
                    writer.end_row_group()
    period = tables.law.period
    rows = _record(name, writer, digest, period.start, period.end)
    return [rows, *_write_ledger(output, "fraud_cases", pa.concat_tables(cases).sort_by("customer_id"))]


def write_cases(tables: Tables, seed: int, output: Output, source: CustomerSource, first: int, last: int) -> FileRecord:
    """Write the fraud cases among customers first..last-1 as one file; names sort like the ids in them."""
    cases = find_cases(tables, seed, source, first, last)
    return _write_table(output, FRAUD_CASES, f"part-{first:013d}", cases, FRAUD_CASE_COLUMNS)


def has_case_files(output: Output) -> bool:
    """Return whether fraud cases have files of their own, by ranges of customers, whatever the batches.

    Else each batch, or the single file, brings a file of its own cases: a slice by batches knows no other customers.
    """
    return not output.batches and not output.single_file


def _write_ledger(output: Output, name: str, cases: pa.Table) -> list[FileRecord]:
    """Write the cases of the whole period, whatever the dates; its next load finds them written."""
    return [] if FRAUD_CASES in output.kept else [_write_table(output, FRAUD_CASES, name, cases, FRAUD_CASE_COLUMNS)]


def write_customers(output: Output, customers: pa.Table) -> FileRecord:
    """Write customers (with `customer_id`, ascending) as one file; names sort like the ids in them."""
    name = f"part-{customers.column('customer_id')[0].as_py():013d}"
    return _write_table(output, CUSTOMERS, name, customers, CUSTOMER_COLUMNS)


def _write_table(output: Output, part: str, name: str, table: pa.Table, columns: tuple[Column, ...]) -> FileRecord:
    """Write a table as one file of these columns, which its digest is of."""
    schema = arrow_schema(output.columns(columns))
    name = f"{part}/{output.load}{name}.{output.format}"
    path = output.path / name
    with _open(output, path, schema) as writer:
        for batch in table.select(schema.names).cast(schema).to_batches():
            writer.write(batch)
    digest = digest_batches(table.to_batches(), columns)
    return _record(name, writer, digest)


def _open(output: Output, path: Place, schema: pa.Schema) -> AbstractContextManager[Writer]:
    return open_writer(path, schema, output.format, output.compression, output.encoding)


def _record(
    name: str, writer: Writer, digest: Digest, first: date | None = None, last: date | None = None
) -> FileRecord:
    """Return the record of a file that was just written."""
    return FileRecord(name, digest.rows, writer.stamp.bytes, writer.stamp.checksum, digest, first, last)


def _write_slice(group: Group, output: Output, stem: str, days: range) -> list[FileRecord]:
    """Write the rows on `days` into as many files as their size asks for."""
    batches = _mark_last(group, days, output.max_records_per_file)
    batch = next(batches, None)
    first = _EPOCH + timedelta(days=group.tables.law.period.first_day + days.start)
    last = first + timedelta(days=len(days) - 1)
    records: list[FileRecord] = []
    for number in count():
        if batch is None:
            break
        name = f"{stem}-{number:03d}.{output.format}"
        path = output.path / name
        digest = Digest()
        with _open(output, path, batch_schema(output.columns(COLUMNS))) as writer:
            while batch is not None and (digest.rows == 0 or _has_room(output, writer, digest, batch[1])):
                rows, rows_digest, ends_chunk = batch
                writer.write(rows)
                digest += rows_digest
                if ends_chunk:
                    writer.end_row_group()
                batch = next(batches, None)
        records.append(_record(name, writer, digest, first, last))
    return records


def _has_room(output: Output, writer: Writer, written: Digest, batch: Digest) -> bool:
    limit = output.max_records_per_file
    return writer.bytes_written < output.max_file_size and (limit is None or written.rows + batch.rows <= limit)


def _mark_last(group: Group, days: range, limit: int | None) -> Iterator[tuple[pa.RecordBatch, Digest, bool]]:
    """Yield the rows on `days` of all chunks, and whether a batch is the last of its chunk."""
    for chunk in group.chunks:
        batches = group.batches(days, chunk, limit)
        current = next(batches, None)
        while current is not None:
            following = next(batches, None)
            yield *current, following is None
            current = following


def _directory(day: date, partition_by: Sequence[PartitionKey], profile: str) -> str:
    values = {"year": day.year, "month": day.month, "profile_group": profile}
    return "".join(f"{key}={values[key]}/" for key in partition_by)
