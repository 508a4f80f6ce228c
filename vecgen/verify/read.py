"""One pass over the files of a dataset: rows counted, customers read, digests summed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from vecgen.errors import InputError
from vecgen.io.digest import Digest, digest_batches
from vecgen.io.file_record import find_batch
from vecgen.io.reader import read_batches, read_names, recognise_part, require_files
from vecgen.io.schema import (
    COLUMNS,
    CUSTOMER_COLUMNS,
    CUSTOMER_ID,
    FRAUD_CASES,
    FRAUD_TYPE,
    PART_COLUMNS,
    REPORTED_DATE,
    TRANSACTIONS,
    Column,
    arrow_schema,
)
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.model.customers import Segmenter
from vecgen.model.exact import ExactModel
from vecgen.model.odds.posterior import Posterior
from vecgen.model.params import Period
from vecgen.process.progress import Report, State
from vecgen.process.scratch import scratch_directory
from vecgen.process.workers import RunAll, run_all
from vecgen.records.receipt import written_columns
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.counts import Totals, start_totals
from vecgen.scan.dataset_counts import CustomerCounts
from vecgen.scan.groups.copies import CopyCounts, CopyReader
from vecgen.scan.groups.group_counter import GroupCounter
from vecgen.scan.missing import TELLABLE, WHOLE, Scope, complete
from vecgen.scan.reports import ReportCounts, ReportReader, start_counts
from vecgen.scan.row_checks import Columns, inspect, read_moments
from vecgen.scan.scores import GroupScorer, Scores
from vecgen.scan.time_zone import TimeZone, fit_time_zone, thin_out
from vecgen.scan.uniqueness import Spill, count_repeats
from vecgen.stores.filesystem import Place, size_of
from vecgen.verify.customer_checks import IDENTIFIERS, count_unsafe, read_identifiers
from vecgen.verify.expectation import Expectation

_BUNDLES_PER_PROCESS: Final = 4
UNSAFE: Final = "numbers that no person can have"
_MOMENTS: Final = tuple(c for c in COLUMNS if c.name in {"trans_date", "trans_time", "unix_time"})
_SAMPLED_ROWS: Final = 100_000
"""Rows, of as many files as that takes, in which a time zone is looked for."""


def find_time_zone(files: Sequence[Place], period: Period) -> TimeZone | None:
    """Return the time zone that rows fit, None for UTC and where no zone does.

    A sample shows whether it is another than UTC. Where it comes from few days, as of files in the order of time, all
    rows are looked at: clocks change twice a year.
    """
    moments = [np.zeros((3, 0), dtype=np.int64)]
    for path in files:
        moments += islice(_read_lags(path, period), 1)
        if sum(own.shape[1] for own in moments) >= _SAMPLED_ROWS:
            break
    day, second, ahead = np.concatenate(moments, axis=1)
    if ahead.any() and 2 * len(np.unique(day)) < period.days:
        thinned = (np.stack(thin_out(*own)) for path in files for own in _read_lags(path, period))
        for own in thinned:
            moments = [np.stack(thin_out(*np.concatenate([*moments, own], axis=1)))]
            if moments[0].shape[1] > _SAMPLED_ROWS:  # of no zone has a day so many lags
                return None
        day, second, ahead = moments[0]
    return fit_time_zone(day, second, day * SECONDS_PER_DAY + second - ahead, period)


def _read_lags(path: Place, period: Period) -> Iterator[I64]:
    """Yield days (from 1970), seconds and how far they are ahead of `unix_time`, of each batch's usable rows."""
    for batch in read_batches(path, _MOMENTS):
        day, second, good = read_moments(batch)
        good &= (day >= period.first_day) & (day < period.first_day + period.days)
        ahead = day * SECONDS_PER_DAY + second - batch.column("unix_time").to_numpy()
        yield np.stack([day, second, ahead])[:, good]


def read_again(
    files: Sequence[Place], model: ExactModel, time_zone: TimeZone | None, scope: Scope
) -> Iterator[Columns]:
    """Yield the columns of transactions that were read before."""
    for path in files:
        for batch in read_batches(path, scope.columns):
            whole = complete(batch, model, segments=scope.segments)[0]
            yield inspect(whole, model, time_zone, scope.untested)[0]


def find_parts(directory: Place, written: Sequence[Column] = COLUMNS) -> tuple[list[Place], list[Place]]:
    """Return the files of transactions and those of customers below a directory (or a file), told apart by columns.

    Args:
        written: Columns of the transactions; with fewer than usual, parts are told apart by their directories.

    Raises:
        InputError: There are no data files.
    """
    parts: tuple[list[Place], list[Place]] = ([], [])
    for path in require_files(directory):
        names = read_names(path)
        place = path.parts[len(directory.parts) :][:1]
        part = place[0] if written != COLUMNS and place and place[0] in PART_COLUMNS else recognise_part(names)
        if part == FRAUD_CASES:
            continue
        is_customers = part == "customers"
        columns = CUSTOMER_COLUMNS if is_customers else written
        missing = [column.name for column in columns if column.name not in names]
        if missing:
            raise InputError(str(path), "columns", missing[0], "a file with this column", "see the README's schema")
        parts[is_customers].append(path)
    return parts


def _group(files: Iterable[Place]) -> list[list[Place]]:
    """Return files in groups that hold all rows of their customers."""
    found = [(find_batch(path.name), path) for path in files]
    loads = {own and own[0] for own, _ in found}
    if not all(own for own, _ in found) or len(loads) > 1:  # several loads: batches may be cut otherwise in each
        return [[path for _, path in found]]
    numbered = sorted(((own[1], path) for own, path in found if own), key=lambda i: (i[0], i[1].parts))
    return [[path for _, path in group] for _, group in groupby(numbered, key=lambda item: item[0])]


@dataclass(frozen=True)
class Work:
    """What reading transactions needs; picklable. `scratch` takes the transaction numbers.

    Attributes:
        customers: Files of the customers that rows are joined with, if they are.
        posterior: What scores the rows, if they are.
        one_in: Of so many customers one is scored.
        stated: Columns of probabilities that are compared with it.
        reports: What reads labels and report dates, where a receipt says how fraud becomes known.
        copies: What reads where cards were copied, where a type of fraud has compromised merchants.
    """

    model: ExactModel
    scratch: Path
    safe_identifiers: bool
    time_zone: TimeZone | None
    scope: Scope = WHOLE
    customers: tuple[Place, ...] = ()
    posterior: Posterior | None = None
    stated: tuple[Column, ...] = ()
    one_in: int = 1
    reports: ReportReader | None = None
    copies: CopyReader | None = None

    @property
    def read(self) -> tuple[Column, ...]:
        """The columns of the files that are read."""
        dates = (REPORTED_DATE,) if self.reports and self.reports.has_dates else ()
        types = (FRAUD_TYPE,) if self.reports and self.reports.has_types else ()
        return (*self.scope.columns, *self.stated, *dates, *types)

    def start_reports(self) -> ReportCounts:
        """Return the counts of no reports."""
        return start_counts(self.model.law)


def choose_scope(columns: tuple[Column, ...], customers: Sequence[Place], segments: Segmenter | None = None) -> Scope:
    """Return what can be looked at of transactions with these columns, given the files of their customers.

    Args:
        segments: What tells profiles, should no column do so.
    """
    can_join = CUSTOMER_ID in columns and customers
    joined = can_join and all(CUSTOMER_ID.name in read_names(path) for path in customers)
    told = not joined and "profile" not in {column.name for column in columns}
    return Scope(columns, bool(joined), segments if told else None)


def open_parts(directory: Place, expectation: Expectation) -> tuple[list[Place], list[Place], Scope]:
    """Return the files of transactions and of customers, and what can be looked at of the transactions.

    Raises:
        InputError: There are no data files, or they lack columns.
    """
    if expectation.receipt:
        columns, segments = written_columns(expectation.receipt), None
    else:
        columns = list_columns(directory)
        segments = Segmenter(expectation.profiles, expectation.as_of or expectation.law.period.start)
    transactions, customers = find_parts(directory, columns)
    return transactions, customers, choose_scope(columns, customers, segments)


def list_columns(directory: Place) -> tuple[Column, ...]:
    """Return the columns that transactions without receipt must have: all, but those that others can stand for."""
    files = map(read_names, require_files(directory))
    names = [own for own in files if recognise_part(own) == TRANSACTIONS]
    lacking = set(TELLABLE).difference(*names) if names and all("cc_num" in own for own in names) else set()
    return tuple(column for column in COLUMNS if column.name not in lacking)


def read_transactions(
    files: Sequence[Place], work: Work, processes: int, report: Report
) -> tuple[Totals, Digest, ReportCounts, CopyCounts]:
    """Count the rows of files, in processes of this machine, their reports and copies; return their digest, too."""
    total, digest, reports, copies = (
        start_totals(work.model),
        Digest(),
        work.start_reports(),
        CopyCounts.start(work.copies),
    )
    for size, (totals, part, more, copied) in share_out(files, partial(_read_bundle, work), processes, report):
        total.add(totals)
        digest += part
        reports.add(more)
        copies.add(copied)
        report(replace(size, rows=total.rows))
    return total, digest, reports, copies


def read_scores(files: Sequence[Place], work: Work, processes: int, report: Report) -> Scores:
    """Score the rows of files, in processes of this machine, and count nothing else; rows with faults are left out."""
    total = Scores()
    for size, scores in share_out(files, partial(_score_bundle, work), processes, report):
        total.add(scores)
        report(replace(size, rows=int(total.rows[0].sum())))
    return total


R = TypeVar("R")


def share_out(
    files: Sequence[Place], read: Callable[[Bundle], R], processes: int, report: Report, run: RunAll = run_all
) -> Iterator[tuple[State, R]]:
    """Yield what `read` returns of each bundle of groups of files, and how far the work is then."""
    groups = _group(files)
    count = max(1, min(len(groups), processes * _BUNDLES_PER_PROCESS))
    bundles = [groups[number::count] for number in range(count)]
    sizes = [sum(size_of(path) for group in bundle for path in group) for bundle in bundles]
    done = 0
    report(State(sum(sizes)))
    for size, result in zip(sizes, run(bundles, read, min(processes, count)), strict=True):
        done += size
        yield State(sum(sizes), done=done, bytes=done), result


Bundle = list[list[Place]]


def _read_bundle(work: Work, bundle: Bundle) -> tuple[Totals, Digest, ReportCounts, CopyCounts]:
    total, digest, reports, copies = (
        start_totals(work.model),
        Digest(),
        work.start_reports(),
        CopyCounts.start(work.copies),
    )
    spill = Spill(work.scratch, str(os.getpid()))
    customers = load_customers(work.customers) if work.scope.joined else None
    untested = work.scope.untested
    for files in bundle:
        group = GroupCounter(work.model, work.time_zone, untested, work.reports)
        scorer = GroupScorer(work.posterior, work.scratch, work.one_in) if work.posterior else None
        for path in files:
            for written in read_batches(path, work.read):
                digest += digest_batches([written], work.scope.columns)
                whole = batch = work.reports.read(written, reports) if work.reports else written
                if work.scope.columns != COLUMNS:
                    whole, strangers = complete(batch, work.model, customers, work.scope.segments)
                    total.faults[CUSTOMER_ID.name] += strangers
                rows = group.add(whole)
                if work.copies:
                    work.copies.read(rows, copies)
                spill.add(rows.number)
                if scorer:
                    scorer.add(rows, _list_stated(batch, work.stated, len(rows)))
                total.faults[UNSAFE] += count_unsafe(whole) if work.safe_identifiers else 0
        total.add(group.close())
        if scorer:
            total.scores.add(scorer.close())
    spill.flush()
    return total, digest, reports, copies


def _list_stated(batch: pa.RecordBatch, columns: Sequence[Column], rows: int) -> dict[str, F64]:
    """Return the stated probabilities of a batch; of one with faulty rows, which are left out, none are known."""
    if rows < batch.num_rows:
        return {column.name: np.full(rows, np.nan) for column in columns}
    return {column.name: batch.column(column.name).to_numpy(zero_copy_only=False) for column in columns}


def _score_bundle(work: Work, bundle: Bundle) -> Scores:
    assert work.posterior is not None
    total = Scores()
    customers = load_customers(work.customers) if work.scope.joined else None
    for files in bundle:
        scorer = GroupScorer(work.posterior, work.scratch)
        for path in files:
            for written in read_batches(path, work.read):
                batch = work.reports.read(written, work.start_reports()) if work.reports else written
                segments = work.scope.segments
                whole = batch if work.scope.columns == COLUMNS else complete(batch, work.model, customers, segments)[0]
                scorer.add(inspect(whole, work.model, work.time_zone, work.scope.untested)[0])
        total.add(scorer.close())
    return total


def load_customers(files: Sequence[Place]) -> pa.Table:
    """Return the customers of files with their ids, ascending."""
    columns = (CUSTOMER_ID, *CUSTOMER_COLUMNS)
    schema = arrow_schema(columns)
    batches = (batch for path in files for batch in read_batches(path, columns))
    tables = [pa.Table.from_batches([batch]).cast(schema) for batch in batches]
    return pa.concat_tables([schema.empty_table(), *tables]).sort_by(CUSTOMER_ID.name).combine_chunks()


def read_customers(
    files: Sequence[Place], expectation: Expectation, as_of: date
) -> tuple[CustomerCounts, Digest, dict[str, int]]:
    """Count the customers of files; return their digest, and how often each kind of identifier repeats."""
    totals, digest = CustomerCounts(), Digest()
    segments = Segmenter(expectation.profiles, as_of)
    with scratch_directory() as scratch:
        directories = {name: scratch / name for name in IDENTIFIERS}
        for directory in directories.values():
            directory.mkdir()
        spills = {name: Spill(directory, "all") for name, directory in directories.items()}
        for path in files:
            for batch in read_batches(path, CUSTOMER_COLUMNS):
                totals.add(batch, segments)
                totals.unsafe += count_unsafe(batch) if expectation.safe_identifiers else 0
                digest += digest_batches([batch], CUSTOMER_COLUMNS)
                for name, values in read_identifiers(batch).items():
                    spills[name].add(values)
        for spill in spills.values():
            spill.flush()
        return totals, digest, {name: count_repeats(directory) for name, directory in directories.items()}
