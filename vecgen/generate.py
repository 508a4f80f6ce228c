"""One batch of customers to record batches or to files: the function under every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Final, Literal, get_args

import pyarrow as pa

from vecgen.arrow import TRANSACTION_SCHEMA, Assembler, arrow_schema, digest_batches, locate_customers, make_assembler
from vecgen.dates import Period
from vecgen.digest import Digest
from vecgen.errors import InputError
from vecgen.plan import Batch, Plan
from vecgen.schema import CUSTOMER_COLUMNS
from vecgen.tables import ProfileTables, Tables
from vecgen.transactions import Calendar, draw_calendar, draw_rows
from vecgen.writers import Compression, Format, open_writer

PartitionKey = Literal["year", "month", "profile_group"]
PARTITION_KEYS: Final[tuple[PartitionKey, ...]] = get_args(PartitionKey)
TRANSACTIONS: Final = "transactions"
CUSTOMERS: Final = "customers"
DEFAULT_MAX_FILE_SIZE: Final = 256 * 1024 * 1024
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Output:
    """Where a dataset goes and in which form; nothing here changes a row.

    Attributes:
        partition_by: Directory levels of the transactions, in this order; may be empty.
        max_file_size: Bytes after which a file is closed and the next begun.

    Raises:
        InputError: A partition key named twice.
    """

    path: Path
    format: Format = "parquet"
    compression: Compression = "snappy"
    partition_by: tuple[PartitionKey, ...] = PARTITION_KEYS
    max_file_size: int = DEFAULT_MAX_FILE_SIZE

    def __post_init__(self) -> None:
        if len(set(self.partition_by)) < len(self.partition_by):
            raise InputError("--partition-by", "", ",".join(self.partition_by), "each key at most once")


@dataclass(frozen=True)
class FileRecord:
    """One written file: `path` relative to the output, size in bytes, dates of its first and last transactions."""

    path: str
    rows: int
    bytes: int
    digest: Digest
    first_date: date | None = None
    last_date: date | None = None


@dataclass(frozen=True)
class DaySlice:
    """Consecutive days of the period whose rows share a directory (relative to the transactions)."""

    directory: str
    days: range


@dataclass(frozen=True)
class Group:
    """Customers of one profile with their dates drawn, ready to yield the rows of any days."""

    tables: Tables
    profile: ProfileTables
    calendar: Calendar
    assembler: Assembler

    def batches(self, days: range) -> Iterator[pa.RecordBatch]:
        """Yield the rows on `days` (from the start of the period) as record batches of about 16,000 rows."""
        for rows in draw_rows(self.tables, self.calendar, days):
            yield self.assembler.assemble(rows)

    def digested_batches(self, days: range) -> Iterator[tuple[pa.RecordBatch, Digest]]:
        """Yield record batches with their digests."""
        for rows in draw_rows(self.tables, self.calendar, days):
            yield self.assembler.assemble(rows), self.assembler.digest(rows)


def start_group(tables: Tables, seed: int, customers: pa.Table) -> Group:
    """Draw the dates of customers of one profile (columns of a customer and `customer_id`; at least one row)."""
    name = customers.column("profile")[0].as_py()
    profile = next(profile for profile in tables.profiles if f"{profile.name}.json" == name)
    calendar = draw_calendar(tables, profile, seed, locate_customers(customers))
    return Group(tables, profile, calendar, make_assembler(tables, customers))


def partition_period(period: Period, partition_by: Sequence[PartitionKey], profile_name: str) -> list[DaySlice]:
    """Cut a period into the longest runs of days that share a directory."""
    days = [(offset, period.start + timedelta(days=offset)) for offset in range(period.days)]
    slices = []
    for directory, run in groupby(days, lambda day: _directory(day[1], partition_by, profile_name)):
        offsets = [offset for offset, _ in run]
        slices.append(DaySlice(directory, range(offsets[0], offsets[-1] + 1)))
    return slices


def write_transactions(plan: Plan, output: Output, batch: Batch) -> list[FileRecord]:
    """Write the transactions of one batch; names and bytes of its files are a function of plan and output alone."""
    customers = plan.source.table(batch.first, batch.last, batch.profile)
    if customers.num_rows == 0:
        return []
    group = start_group(plan.tables, plan.request.seed, customers)
    slices = partition_period(plan.tables.law.period, output.partition_by, group.profile.name)
    records = []
    for number, part in enumerate(slices):
        stem = f"{TRANSACTIONS}/{part.directory}part-{batch.number:05d}-{number:02d}"
        records += _write_slice(group, output, stem, part.days)
    return records


def write_customers(plan: Plan, output: Output, first: int, last: int) -> FileRecord:
    """Write the customers first..last-1 as one file, ascending by id."""
    schema = arrow_schema(CUSTOMER_COLUMNS)
    table = plan.source.table(first, last).select(schema.names).cast(schema)
    name = f"{CUSTOMERS}/part-{first:012d}.{output.format}"
    path = output.path / name
    digest = Digest()
    with open_writer(path, schema, output.format, output.compression) as writer:
        for batch in table.to_batches():
            digest += digest_batches([batch], CUSTOMER_COLUMNS)
            writer.write(batch)
    return FileRecord(name, table.num_rows, path.stat().st_size, digest)


def _write_slice(group: Group, output: Output, stem: str, days: range) -> list[FileRecord]:
    """Write the rows on `days` into as many files as their size asks for."""
    batches = group.digested_batches(days)
    batch = next(batches, None)
    records: list[FileRecord] = []
    for number in count():
        if batch is None:
            break
        name = f"{stem}-{number:03d}.{output.format}"
        path = output.path / name
        digest = Digest()
        with open_writer(path, TRANSACTION_SCHEMA, output.format, output.compression) as writer:
            while batch is not None and (digest.rows == 0 or writer.bytes_written < output.max_file_size):
                writer.write(batch[0])
                digest += batch[1]
                batch = next(batches, None)
        start = _EPOCH + timedelta(days=group.tables.law.period.first_day)
        bounds = start + timedelta(days=days.start), start + timedelta(days=days.stop - 1)
        records.append(FileRecord(name, digest.rows, path.stat().st_size, digest, *bounds))
    return records


def _directory(day: date, partition_by: Sequence[PartitionKey], profile_name: str) -> str:
    values = {"year": f"{day.year}", "month": f"{day.month:02d}", "profile_group": f"{profile_name}.json"}
    return "".join(f"{key}={values[key]}/" for key in partition_by)
