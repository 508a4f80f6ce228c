"""Turns one batch of customers into record batches of their transactions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import numpy as np
import pyarrow as pa

from vecgen.io.assembler import Assembler, make_assembler, needed_attributes
from vecgen.io.digest import Digest
from vecgen.io.schema import COLUMNS, PROBABILITY_COLUMNS, REPORTED_DATE, Column
from vecgen.io.writers import ROW_GROUP_ROWS
from vecgen.model.rows import Attribute, Rows
from vecgen.model.tables import ProfileTables, Tables
from vecgen.model.transaction_dates import Calendar, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.plan.customer_source import locate_customers
from vecgen.plan.slices import intersect, partition_period

if TYPE_CHECKING:
    from vecgen.model.odds.likelihood import Seen
    from vecgen.model.odds.posterior import Posterior

T = TypeVar("T")

_POSTERIOR_ROWS: Final = 120_000  # at once, about: fewer cost more calls, more do not fit the cache


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
    posterior: Posterior | None = None
    tells_reports: bool = False

    def batches(self, days: range, chunk: Chunk, limit: int | None = None) -> Iterator[tuple[pa.RecordBatch, Digest]]:
        """Yield the rows of a chunk on `days` in batches of about 24,000, at most `limit`, each with its digest.

        Every attribute must have been requested.
        """

        def digest(rows: Rows) -> list[Digest]:
            step = limit or len(rows)
            return [chunk.assembler.digest(rows.slice(start, start + step)) for start in range(0, len(rows), step)]

        for batch, digests in self._assemble(days, chunk, digest):
            step = limit or batch.num_rows
            for number, own in enumerate(digests):
                yield batch.slice(number * step, step), own

    def all_batches(self, days: range | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows on `days` (None: all) month by month: a writer with a directory for each has one at work."""
        chosen = range(self.tables.law.period.days) if days is None else days
        for part in partition_period(self.tables.law.period, ("year", "month"), self.profile.name):
            own = intersect(part.days, chosen)
            for chunk in self.chunks if own else ():
                for batch, _ in self._assemble(own, chunk, len):
                    yield batch

    def _assemble(self, days: range, chunk: Chunk, note: Callable[[Rows], T]) -> Iterator[tuple[pa.RecordBatch, T]]:
        """Yield the rows of a chunk on `days` in batches, each with what is noted of them."""
        if self.posterior is None:
            for rows in self._rows(days, chunk):
                yield chunk.assembler.assemble(rows), note(rows)
            return
        homes = self.calendar.customers.slice(chunk.customers.start, chunk.customers.stop)
        profile = self.tables.profiles.index(self.profile)
        # Assembled when they are drawn: while rows wait for their probabilities, they leave the cache.
        drawn = [
            _Drawn(
                chunk.assembler.assemble(rows),
                note(rows),
                self.posterior.see(rows, homes, profile, self.tables.categories),
            )
            for rows in self._rows(days, chunk)
        ]
        for some in _gather(drawn, _POSTERIOR_ROWS):
            probabilities = self.posterior.list_probabilities([own.seen for own in some])
            for own, probability in zip(some, probabilities, strict=True):
                yield chunk.assembler.complete(own.batch, probability), own.noted

    def _rows(self, days: range, chunk: Chunk) -> Iterator[Rows]:
        for rows in draw_rows(self.tables, self.calendar, days, chunk.customers, self.attributes):
            yield self._add_reports(replace(rows, customer=rows.customer - chunk.customers.start))

    def _add_reports(self, rows: Rows) -> Rows:
        """Return rows with the days of their reports if these are wanted, and the labels that are asked for."""
        if not self.tells_reports:
            return rows
        law = self.tables.law
        reported = self.tables.reports.find_days(rows.number, rows.day, rows.is_fraud, rows.fraud_type)
        if law.reporting.labels_as_of is None:
            return replace(rows, reported=reported)
        last = (law.reporting.labels_as_of - law.period.start).days
        known = (reported >= 0) & (reported <= last)
        return replace(rows, reported=reported, is_fraud=known.astype(np.int8))


def start_group(
    tables: Tables,
    customers: pa.Table,
    slice_days: int | None = None,
    columns: Sequence[Column] = COLUMNS,
    posterior: Posterior | None = None,
) -> Group:
    """Draw the dates of customers of one profile (columns of a customer and `customer_id`; at least one row).

    Args:
        slice_days: The most days that will be requested at once (None: the whole period); it sets the size of chunks.
        columns: What batches will hold; of other columns nothing is drawn.
        posterior: What probabilities of fraud come from; None to compile it where `columns` have some.
    """
    name = customers.column("profile")[0].as_py()
    profile = next(profile for profile in tables.profiles if profile.file == name)
    calendar = draw_calendar(tables, profile, locate_customers(customers))
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
    posterior = compile_wanted(tables, columns) if posterior is None else posterior
    tells_reports = REPORTED_DATE in columns or tables.law.reporting.labels_as_of is not None
    attributes = needed_attributes((*columns, REPORTED_DATE) if tells_reports else columns)
    return Group(tables, profile, calendar, chunks, attributes, posterior, tells_reports)


@dataclass(frozen=True)
class _Drawn(Generic[T]):
    """Assembled rows, whole days of customers, what is noted of them, and what detectors see."""

    batch: pa.RecordBatch
    noted: T
    seen: Seen

    def __len__(self) -> int:
        return len(self.seen)


def _gather(drawn: Sequence[_Drawn[T]], rows: int) -> Iterator[list[_Drawn[T]]]:
    """Yield batches together, evenly, so that each time there are about so many rows or fewer."""
    total = sum(map(len, drawn))
    times = max(1, math.ceil(total / rows))
    some: list[_Drawn[T]] = []
    for batch in drawn:
        some.append(batch)
        if sum(map(len, some)) >= total / times:
            yield some
            some = []
    if some:
        yield some


def compile_wanted(tables: Tables, columns: Sequence[Column]) -> Posterior | None:
    """Return what probabilities of fraud come from, None where columns have none."""
    if not any(column in columns for column in PROBABILITY_COLUMNS):
        return None
    from vecgen.model.odds.posterior import compile_posterior  # few want it; all would wait for its import

    return compile_posterior(tables.written, tables.law)
