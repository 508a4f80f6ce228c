"""Writes one batch of customers to files; every engine calls this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from vecgen.io.digest import Digest, digest_batches
from vecgen.io.file_record import FileRecord, name_batch, name_range, name_slice
from vecgen.io.schema import (
    CUSTOMER_COLUMNS,
    CUSTOMERS,
    FRAUD_CASE_COLUMNS,
    FRAUD_CASES,
    MORE_CASE_COLUMNS,
    TRANSACTIONS,
    Column,
    arrow_schema,
    batch_schema,
)
from vecgen.io.writers import Writer, open_writer
from vecgen.model.tables import Tables
from vecgen.plan.customer_source import CustomerSource
from vecgen.plan.form import Form
from vecgen.plan.output import Target, has_case_files
from vecgen.plan.slices import DaySlice, intersect, partition_period
from vecgen.run.batch import Group, start_group
from vecgen.run.fraud_cases import find_cases, list_cases, list_columns
from vecgen.stores.filesystem import Place

if TYPE_CHECKING:
    from vecgen.model.odds.posterior import Posterior

_EPOCH: Final = date(1970, 1, 1)


def write_transactions(
    tables: Tables, target: Target, number: int, customers: pa.Table, posterior: Posterior | None = None
) -> list[FileRecord]:
    """Write the transactions of the customers of batch `number` (of one profile, ascending by id), and its fraud cases.

    Names and bytes of the files are a function of the arguments: a retried task replaces each file by itself.

    Args:
        posterior: As of `start_group`.
    """
    if customers.num_rows == 0:
        return []
    output, name = target.output, customers.column("profile")[0].as_py()
    slices = partition_period(tables.law.period, output.form.partition_by, name)
    wanted = output.selection.select_days(tables.law.period)
    columns = output.form.columns_of(TRANSACTIONS)
    group = start_group(tables, customers, _find_most_days(slices, wanted), columns, posterior)
    records: list[FileRecord] = []
    for position, part in enumerate(slices):
        if days := intersect(part.days, wanted):
            stem = f"{TRANSACTIONS}/{part.directory}{target.load}"
            records += _write_slice(group, target, stem, (number, position), days)
    if has_case_files(output):
        return records
    return records + _write_cases(target, name_batch(number), list_cases(tables, group.calendar, customers))


def _find_most_days(slices: Sequence[DaySlice], wanted: range) -> int:
    """Return the most days of a file, which row groups are sized for.

    Where a directory is written whole, its files are those of the whole dataset, byte by byte.
    """
    written = [(part.days, days) for part in slices if (days := intersect(part.days, wanted))]
    if any(days == own for own, days in written):
        return max(len(part.days) for part in slices)
    return max(len(days) for _, days in written)


def write_single_file(
    tables: Tables, target: Target, parts: Iterable[pa.Table], posterior: Posterior | None = None
) -> list[FileRecord]:
    """Write the transactions of several batches' customers, one batch after the other, as one file, and their cases.

    Args:
        posterior: As of `start_group`.
    """
    form = target.output.form
    name = f"{TRANSACTIONS}/{target.load}transactions.{form.format}"
    path = target.directory / name
    digest = Digest()
    cases = [arrow_schema(list_columns(tables.law)).empty_table()]
    columns = form.columns_of(TRANSACTIONS)
    days = target.output.selection.select_days(tables.law.period)
    with _open(form, path, batch_schema(columns)) as writer:
        for customers in parts:
            group = start_group(tables, customers, len(days), columns, posterior)
            cases.append(list_cases(tables, group.calendar, customers))
            for batch, batch_digest, ends_chunk in _mark_last(group, days, None):
                writer.write(batch)
                digest += batch_digest
                if ends_chunk:
                    writer.end_row_group()
    period = tables.law.period
    rows = _record(name, writer, digest, period.start, period.end)
    return [rows, *_write_cases(target, "fraud_cases", pa.concat_tables(cases).sort_by("customer_id"))]


def write_cases(tables: Tables, target: Target, source: CustomerSource, first: int, last: int) -> FileRecord:
    """Write the fraud cases among customers first..last-1 as one file; names sort like the ids in them."""
    cases = find_cases(tables, source, first, last)
    return _write_table(target, FRAUD_CASES, name_range(first), cases, FRAUD_CASE_COLUMNS)


def _write_cases(target: Target, name: str, cases: pa.Table) -> list[FileRecord]:
    """Write the cases of the whole period, whatever the dates; its next load finds them written."""
    return [] if FRAUD_CASES in target.kept else [_write_table(target, FRAUD_CASES, name, cases, FRAUD_CASE_COLUMNS)]


def write_customers(target: Target, customers: pa.Table) -> FileRecord:
    """Write customers (with `customer_id`, ascending) as one file; names sort like the ids in them."""
    first: int = customers.column("customer_id")[0].as_py()
    return _write_table(target, CUSTOMERS, name_range(first), customers, CUSTOMER_COLUMNS)


def _write_table(target: Target, part: str, name: str, table: pa.Table, columns: tuple[Column, ...]) -> FileRecord:
    """Write a table as one file of its part's columns, and those that cases have more; its digest is of `columns`."""
    form = target.output.form
    more = [column for column in MORE_CASE_COLUMNS if column.name in table.column_names]
    schema = arrow_schema([*form.columns_of(part), *more])
    name = f"{part}/{target.load}{name}.{form.format}"
    path = target.directory / name
    with _open(form, path, schema) as writer:
        for batch in table.select(schema.names).cast(schema).to_batches():
            writer.write(batch)
    digest = digest_batches(table.to_batches(), columns)
    return _record(name, writer, digest)


def _open(form: Form, path: Place, schema: pa.Schema) -> AbstractContextManager[Writer]:
    return open_writer(path, schema, form.format, form.compression, form.encoding)


def _record(
    name: str, writer: Writer, digest: Digest, first: date | None = None, last: date | None = None
) -> FileRecord:
    """Return the record of a file that was just written."""
    return FileRecord(
        path=name,
        rows=digest.rows,
        bytes=writer.stamp.bytes,
        checksum=writer.stamp.checksum,
        digest=digest,
        first_date=first,
        last_date=last,
    )


def _write_slice(group: Group, target: Target, stem: str, place: tuple[int, int], days: range) -> list[FileRecord]:
    """Write the rows on `days` into as many files as their size asks for.

    Args:
        stem: Directory of the files, and their load.
        place: Numbers of the batch and of the slice in it.
    """
    form = target.output.form
    batches = _mark_last(group, days, form.max_records_per_file)
    batch = next(batches, None)
    first = _EPOCH + timedelta(days=group.tables.law.period.first_day + days.start)
    last = first + timedelta(days=len(days) - 1)
    records: list[FileRecord] = []
    # A file is opened only when there is a row for it: dates without rows leave no empty files.
    for number in count():
        if batch is None:
            break
        name = f"{stem}{name_slice(*place, number)}.{form.format}"
        path = target.directory / name
        digest = Digest()
        with _open(form, path, batch_schema(form.columns_of(TRANSACTIONS))) as writer:
            # At least one batch a file, however small the limit: else nothing would ever be written.
            while batch is not None and (digest.rows == 0 or _has_room(form, writer, digest, batch[1])):
                rows, rows_digest, ends_chunk = batch
                writer.write(rows)
                digest += rows_digest
                if ends_chunk:
                    writer.end_row_group()
                batch = next(batches, None)
        records.append(_record(name, writer, digest, first, last))
    return records


def _has_room(form: Form, writer: Writer, written: Digest, batch: Digest) -> bool:
    limit = form.max_records_per_file
    return writer.bytes_written < form.max_file_size and (limit is None or written.rows + batch.rows <= limit)


def _mark_last(group: Group, days: range, limit: int | None) -> Iterator[tuple[pa.RecordBatch, Digest, bool]]:
    """Yield the rows on `days` of all chunks, and whether a batch is the last of its chunk."""
    for chunk in group.chunks:
        batches = group.batches(days, chunk, limit)
        current = next(batches, None)
        while current is not None:
            following = next(batches, None)
            yield *current, following is None
            current = following
