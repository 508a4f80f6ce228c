"""Counts the rows of a dataset, or of somebody's table, of which no model is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from vecgen.io.foreign.table import read_header, read_table
from vecgen.io.reader import read_batches
from vecgen.io.schema import CUSTOMER_ID
from vecgen.model.exact import ExactModel
from vecgen.process.progress import Report, State
from vecgen.process.workers import Workers
from vecgen.sampling.rng import mix
from vecgen.scan.column_map import ColumnMap, check_columns
from vecgen.scan.counts import CustomerTotals, Totals, start_totals
from vecgen.scan.dataset_counts import CustomerCounts
from vecgen.scan.groups.group_counter import GroupCounter
from vecgen.scan.mapped_rows import MappedRows, map_rows, take_share
from vecgen.scan.missing import Scope, complete
from vecgen.stores.filesystem import Place, size_of
from vecgen.verify.read import Bundle, load_customers, share_out
from vecgen.verify.without_model.kept_rows import KeptRows

SHARE_BYTES: Final = 1 << 26
"""What a share of the work must have to pay: of a table, each share of its customers is a pass over its files."""
_MOST_FRAUDS: Final = 1 << 32  # of a customer on a day
_TELLING_AGES: Final = frozenset({"dob", "gender"})


@dataclass(frozen=True)
class Source:
    """How rows are read to be counted, no more; picklable.

    Attributes:
        scope: What can be looked at of them.
        customers: Files of the customers that rows are joined with, if they are.
        column_map: Of somebody's table; None for a dataset.
        share: Of so many shares (the second) of a table's customers, the number (from 0) of this.
        kept: Rows that were read before, if they were kept.
    """

    scope: Scope
    customers: tuple[Place, ...] = ()
    column_map: ColumnMap | None = None
    share: tuple[int, int] = (0, 1)
    kept: KeptRows | None = None


Counts = tuple[Totals, CustomerCounts]
R = TypeVar("R")


def count_transactions(
    files: Sequence[Place], model: ExactModel, source: Source, workers: Workers, report: Report
) -> Counts:
    """Count the rows of files, whatever their transaction numbers and digest.

    Without files of customers, also those whose ages rows tell. Customers of a table may have rows in any of its files.
    """
    total, customers = start_totals(model), CustomerCounts()
    for state, (own, seen) in run_shares(files, source, partial(count_bundle, model), workers, report):
        total.add(own)
        customers.add_counted(seen)
        report(replace(state, rows=total.rows))
    total.customers = [arrange(own) for own in total.customers]
    return total, customers


def arrange(customers: CustomerTotals) -> CustomerTotals:
    """Return the same customers in an order that only depends on them.

    Sums of fractions depend on the order of their terms; whoever counts, the fit is the same to the last bit.
    """
    who, day, frauds = customers.fraud_dates.T
    words = np.zeros(len(customers.defrauded), dtype=np.uint64)
    np.add.at(words, who, mix((day * _MOST_FRAUDS + frauds).astype(np.uint64)))
    order = np.lexsort((words, *customers.defrauded.T))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    dates = np.column_stack([place[who], day, frauds])
    return replace(
        customers,
        rows=Counter(dict(sorted(customers.rows.items()))),
        defrauded=customers.defrauded[order],
        fraud_dates=dates[np.lexsort((dates[:, 1], dates[:, 0]))],
    )


def run_shares(
    files: Sequence[Place], source: Source, count: Callable[[Source, Bundle], R], workers: Workers, report: Report
) -> Iterator[tuple[State, R]]:
    """Yield what `count`, which is picklable, returns of each share of the work, and how far it is then."""
    if source.column_map is None:
        yield from share_out(files, partial(count, source), workers.number, report, workers.run)
        return
    size = sum(map(size_of, files))
    report(State(size))
    shares = count_shares(files, workers)
    tasks = [replace(source, share=(number, shares)) for number in range(shares)]
    for number, counts in enumerate(workers.run(tasks, partial(_count_share, count, list(files)), shares), 1):
        done = size * number // shares
        yield State(size, done=done, bytes=done), counts


def count_shares(files: Sequence[Place], workers: Workers) -> int:
    """Return in how many shares of the customers a table is counted."""
    return min(workers.number, 1 + sum(map(size_of, files)) // SHARE_BYTES)


def _count_share(count: Callable[[Source, Bundle], R], files: list[Place], source: Source) -> R:
    return count(source, [files])


def count_bundle(model: ExactModel, source: Source, bundle: Bundle) -> Counts:
    """Count the rows of groups of files, each of which holds all rows of its customers."""
    total, customers = start_totals(model), CustomerCounts()
    scope = source.scope
    joined = load_customers(source.customers) if scope.joined else None
    tells_ages = {column.name for column in scope.columns} >= _TELLING_AGES and not source.customers
    for files in bundle:
        group, seen = GroupCounter(model, untested=scope.untested), set[int]()
        for path in files:
            for batch, left_out in read_rows(path, source):
                whole, strangers = complete(batch, model, joined, scope.segments)
                group.add(whole)
                total.rows += sum(left_out.values()) + strangers
                total.faults.update({**left_out, CUSTOMER_ID.name: strangers})
                if scope.segments and tells_ages:
                    customers.add_new(whole, scope.segments, seen)
        total.add(group.close())
    return total, customers


def read_rows(path: Place, source: Source) -> Iterator[tuple[pa.RecordBatch, Counter[str]]]:
    """Yield the rows of a file that are to be counted, and how many of its own were left out."""
    if source.kept and path in source.kept:
        yield from source.kept.read(path, source.share[0])
        return
    if source.column_map is None:
        yield from ((batch, Counter[str]()) for batch in read_batches(path, source.scope.columns))
        return
    for mapped in read_mapped(path, source.column_map, source.share):
        yield mapped.batch, mapped.left_out


def read_mapped(path: Place, column_map: ColumnMap, share: tuple[int, int] = (0, 1)) -> Iterator[MappedRows]:
    """Yield the rows of a file of somebody's table as transactions.

    Args:
        share: As of `Source`.

    Raises:
        InputError: The file cannot be read, lacks a column, or has a value that its column cannot have.
    """
    check_columns(str(path), read_header(path)[0], column_map)
    for batch in read_table(path, column_map.types):
        yield map_rows(str(path), take_share(batch, column_map, *share), column_map)
