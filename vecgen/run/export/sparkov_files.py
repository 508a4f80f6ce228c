"""Writes a dataset as the original's command line does: `customers.csv`, and a CSV file for each profile and chunk."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from vecgen.config.new_file import new_directory, refuse_full
from vecgen.errors import OutputError
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, TRANSACTION_SCHEMA, arrow_schema
from vecgen.io.writers import Writer, open_writer
from vecgen.plan.plan import Plan
from vecgen.process.memory import keep_freed_memory
from vecgen.process.progress import Report, State, ignore
from vecgen.process.workers import check_processes, open_pool, submit_all
from vecgen.run.batch import start_group
from vecgen.run.export.arrow_tables import list_customers

CUSTOMERS_FILE: Final = "customers.csv"
_AT_ONCE: Final = 2_000  # customers whose dates are drawn at once
_CHUNK: Final = 1_000  # customers, as of the original


@dataclass(frozen=True)
class Piece:
    """The customers first..last-1 of one profile (a position in the plan's), and the name of their file."""

    profile: int
    first: int
    last: int
    name: str


@dataclass(frozen=True)
class Written:
    """What was written; files without a row are left out."""

    customers: int
    rows: int
    files: int


def list_pieces(plan: Plan, processes: int) -> Iterator[Piece]:
    """Yield the files of a plan by profile, then chunk; sizes and names of chunks follow the original's rule."""
    count = plan.source.count
    step = max(1, min(count // 5, _CHUNK), _CHUNK * (count // (_CHUNK * processes)))
    width = len(str(count - 1))
    for position, profile in enumerate(plan.tables.profiles):
        for first in range(0, count, step):
            last = min(first + step, count)
            yield Piece(position, first, last, f"{profile.name}_{first:0{width}}-{last - 1:0{width}}.csv")


def write_sparkov(plan: Plan, output: Path, processes: int = 1, report: Report = ignore) -> Written:
    """Write customers, unless they come from a file, and their transactions into a new directory, all or nothing.

    Raises:
        InputError: Fewer than one process, or a customer's text that such files cannot hold.
        OutputError: The output holds something or cannot be written.
    """
    check_processes(processes)
    refuse_full(output)
    plan.source.check_lines()
    drawn = plan.request.customers_file is None
    state = State(plan.rows)
    report(state)
    try:
        with new_directory(output) as complete:
            if drawn:
                _write_customers(plan, complete / CUSTOMERS_FILE)
            rows = []
            for number in _write_all(plan, complete, processes):
                rows.append(number)
                state = State(max(plan.rows, sum(rows)), done=sum(rows), rows=sum(rows))
                report(state)
    except OSError as error:
        raise OutputError(f"{output}: cannot be written ({error.strerror or error})") from error
    return Written(plan.source.count, sum(rows), sum(map(bool, rows)) + drawn)


def _write_customers(plan: Plan, path: Path) -> None:
    schema = arrow_schema(CUSTOMER_COLUMNS)
    with open_writer(path, schema, "csv", "none") as writer:
        for batch in list_customers(plan, schema):
            writer.write(batch)


def _write_all(plan: Plan, directory: Path, processes: int) -> Iterator[int]:
    """Yield the rows of each file once it is written."""
    pieces = list(list_pieces(plan, processes))
    write = partial(_write_piece, plan, directory)
    if processes == 1:
        yield from map(write, pieces)
        return
    with open_pool(min(processes, len(pieces)), keep_freed_memory) as pool:
        for future in as_completed(submit_all(pool, write, pieces)):
            yield future.result()


def _write_piece(plan: Plan, directory: Path, piece: Piece) -> int:
    """Write a file, customer by customer, unless it would have no row; return its rows."""
    path = directory / piece.name
    rows = 0
    with open_writer(path, TRANSACTION_SCHEMA, "csv", "none") as writer:
        for first in range(piece.first, piece.last, _AT_ONCE):
            rows += _write_rows(plan, piece.profile, first, min(first + _AT_ONCE, piece.last), writer)
    if not rows:
        path.unlink()
    return rows


def _write_rows(plan: Plan, profile: int, first: int, last: int, writer: Writer) -> int:
    customers = plan.source.table(first, last, profile)
    if not customers.num_rows:
        return 0
    group = start_group(plan.tables, customers, columns=COLUMNS)
    rows = 0
    for chunk in group.chunks:
        for batch, digest in group.batches(range(plan.tables.law.period.days), chunk):
            writer.write(batch)
            rows += digest.rows
    return rows
