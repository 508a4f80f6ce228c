"""Whole datasets on this machine's processors, without a JVM."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from vecgen.errors import InputError
from vecgen.generate import Output, write_customers, write_single_file, write_transactions
from vecgen.manifest import FileRecord
from vecgen.memory import keep_freed_memory
from vecgen.plan import Batch, Plan
from vecgen.receipt import Receipt, clear_output, prepare_output, sum_records, write_receipt
from vecgen.schedule import schedule

Work = Batch | tuple[Batch, ...] | range
"""A batch of transactions, all batches for a single file, or a range of customer ids."""


def run_local(
    plan: Plan, output: Output, processes: int, *, customers: bool = True, transactions: bool = True
) -> Receipt:
    """Write the asked parts of a dataset with `processes` processes, its receipt last.

    Memory does not grow with the dataset: a process holds one batch at a time. More than one process are started
    afresh (spawned), so a script that calls this needs the usual `if __name__ == "__main__":`.

    Raises:
        InputError: Fewer than one process.
        OutputError: The output holds something already or cannot be written; nothing is left behind.
    """
    if processes < 1:
        raise InputError("--processes", "", processes, "a whole number from 1 up")
    started = time.perf_counter()
    prepare_output(output.path)
    plan = schedule(plan, output, processes)
    work: list[Work] = []
    if transactions:
        work += [plan.batches] if output.single_file else plan.batches
    if customers:
        work += [range(*bounds) for bounds in plan.customer_ranges()]
    try:
        parts = sum_records(_run_all(plan, output, work, min(processes, len(work))))
        return write_receipt(plan, output, parts, time.perf_counter() - started, processes)
    except BaseException:
        clear_output(output.path)
        raise


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
        return [write_customers(output, plan.source.table(item.start, item.stop))]
    if isinstance(item, Batch):
        customers = plan.source.table(item.first, item.last, item.profile)
        return write_transactions(plan.tables, plan.request.seed, output, item.number, customers)
    return [write_single_file(plan.tables, plan.request.seed, output, plan.groups(item))]


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
