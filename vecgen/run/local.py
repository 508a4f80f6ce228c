"""Writes datasets with the processors of this machine, without a JVM."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import replace
from functools import partial

from vecgen.io.file_record import FileRecord
from vecgen.io.schema import CUSTOMERS, TRANSACTIONS
from vecgen.plan.output import Existing, Output, list_parts
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import expect_rows
from vecgen.process.memory import keep_freed_memory
from vecgen.process.progress import Report, State, ignore
from vecgen.process.workers import check_processes, open_pool, submit_all
from vecgen.records.receipt import Receipt
from vecgen.run.batch import compile_wanted
from vecgen.run.publish import sum_records
from vecgen.run.run import Run, close_run, open_run
from vecgen.run.work import Work, do_work, list_work, name_work


def run_local(
    plan: Plan,
    output: Output,
    processes: int,
    *,
    customers: bool = True,
    transactions: bool = True,
    existing: Existing = "refuse",
    report: Report = ignore,
) -> Receipt:
    """Write the parts of a dataset with `processes` processes, its receipt last.

    Memory does not grow with the dataset: a process holds one batch at a time. More than one process are started
    afresh (spawned), without the script that calls this.

    Args:
        existing: What to do with an output that holds something: see `run.open_run`.
        report: Called with the progress of the run whenever a batch is finished.

    Raises:
        InputError: Fewer than one process, or other values than those of the run to be resumed.
        OutputError: The output holds something else or cannot be written; what is finished can be resumed.
    """
    check_processes(processes)
    started = time.perf_counter()
    parts = list_parts(output, customers=customers, transactions=transactions)
    with open_run(plan, output, processes, parts, existing) as run:
        if run.receipt:
            return run.receipt
        expected = expect_rows(run.plan, run.output, run.parts)
        state = State(sum(expected.values()), part=TRANSACTIONS if transactions else CUSTOMERS)
        report(state)
        records: list[FileRecord] = []

        def note(item: Work, written: list[FileRecord]) -> None:
            nonlocal state, records
            records += written
            state = state.add(expected[name_work(item)], written)
            report(state)

        work = list_work(run, run.parts)
        _run_all(run, work, min(processes, len(work)), note)
        return close_run(run, sum_records(records), time.perf_counter() - started, processes, records)


Note = Callable[[Work, list[FileRecord]], None]


def _run_all(run: Run, work: Sequence[Work], processes: int, note: Note) -> None:
    if processes == 1:
        keep_freed_memory()
        for item in work:
            note(item, do_work(run, item))
        return
    if TRANSACTIONS in run.parts:  # once, not in each worker
        run = replace(run, posterior=compile_wanted(run.plan.tables, run.output.form.columns_of(TRANSACTIONS)))
    with open_pool(processes, _start_worker, run) as pool:
        items = dict(zip(submit_all(pool, _run_in_worker, work), work, strict=True))
        for future in as_completed(items):
            note(items[future], future.result())


# A worker receives the plan once, when it starts, instead of 10 MB with every batch.
_worker: Callable[[Work], list[FileRecord]]


def _start_worker(run: Run) -> None:
    global _worker  # noqa: PLW0603 - set once in a worker process, before its first task
    keep_freed_memory()
    _worker = partial(do_work, run)


def _run_in_worker(item: Work) -> list[FileRecord]:
    return _worker(item)
