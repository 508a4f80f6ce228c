"""Whole datasets on this machine's processors, without a JVM."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from vecgen.errors import InputError
from vecgen.generate import (
    CUSTOMERS,
    TRANSACTIONS,
    Existing,
    Output,
    list_parts,
    write_customers,
    write_single_file,
    write_transactions,
)
from vecgen.manifest import FileRecord
from vecgen.memory import keep_freed_memory
from vecgen.plan import Batch, Plan
from vecgen.progress import Run, close_run, once, open_run
from vecgen.receipt import Receipt, sum_records

Work = Batch | tuple[Batch, ...] | range
"""A batch of transactions, all batches for a single file, or a range of customer ids."""


def run_local(
    plan: Plan,
    output: Output,
    processes: int,
    *,
    customers: bool = True,
    transactions: bool = True,
    existing: Existing = "refuse",
) -> Receipt:
    """Write the asked parts of a dataset with `processes` processes, its receipt last.

    Memory does not grow with the dataset: a process holds one batch at a time. More than one process are started
    afresh (spawned), so a script that calls this needs the usual `if __name__ == "__main__":`.

    Args:
        existing: What to do with an output that holds something: see `progress.open_run`.

    Raises:
        InputError: Fewer than one process, or other values than those of the run to be resumed.
        OutputError: The output holds something else or cannot be written; what is finished can be resumed.
    """
    if processes < 1:
        raise InputError("--processes", "", processes, "a whole number from 1 up")
    started = time.perf_counter()
    parts = list_parts(output, customers=customers, transactions=transactions)
    with open_run(plan, output, processes, parts, existing) as run:
        if run.receipt:
            return run.receipt
        work = _list_work(run, parts)
        records = _run_all(run.plan, run.output, work, min(processes, len(work)))
        return close_run(run, sum_records(records), time.perf_counter() - started, processes, records)


def _list_work(run: Run, parts: Sequence[str]) -> list[Work]:
    work: list[Work] = []
    if TRANSACTIONS in parts:
        batches = tuple(batch for batch in run.plan.batches if run.output.selects(batch.number))
        work += [batches] if run.output.single_file else batches
    if CUSTOMERS in parts:
        work += [range(*bounds) for bounds in run.plan.customer_ranges()]
    return work


def _run_all(plan: Plan, output: Output, work: Sequence[Work], processes: int) -> list[FileRecord]:
    if processes == 1:
        keep_freed_memory()
        return [record for item in work for record in _run(plan, output, item)]
    # Not fork: Arrow and NumPy run threads, whose locks a forked child would inherit in any state.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start_worker, (plan, output)) as pool:
        futures = [pool.submit(_run_in_worker, item) for item in work]
        try:
            return [record for future in as_completed(futures) for record in future.result()]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _run(plan: Plan, output: Output, item: Work) -> list[FileRecord]:
    if isinstance(item, range):
        return once(
            output,
            f"{CUSTOMERS}-{item.start}",
            lambda: [write_customers(output, plan.source.table(item.start, item.stop))],
        )
    seed = plan.request.seed
    if isinstance(item, Batch):
        batch = item

        def write() -> list[FileRecord]:
            customers = plan.source.table(batch.first, batch.last, batch.profile)
            return write_transactions(plan.tables, seed, output, batch.number, customers)

        return once(output, f"{TRANSACTIONS}-{batch.number}", write)
    batches = item
    return once(output, TRANSACTIONS, lambda: write_single_file(plan.tables, seed, output, plan.groups(batches)))


# A worker receives the plan once, when it starts, instead of 10 MB with every batch.
_worker: Callable[[Work], list[FileRecord]]


def _start_worker(plan: Plan, output: Output) -> None:
    global _worker  # noqa: PLW0603 - set once in a worker process, before its first task
    keep_freed_memory()

    def run(item: Work) -> list[FileRecord]:
        return _run(plan, output, item)

    _worker = run


def _run_in_worker(item: Work) -> list[FileRecord]:
    return _worker(item)
