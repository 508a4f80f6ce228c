"""The pieces of a run that are done alone, in any order, by whoever: a process of this machine or a task of Spark."""

from __future__ import annotations

from collections.abc import Sequence

from vecgen.generate import CUSTOMERS, TRANSACTIONS, write_customers, write_single_file, write_transactions
from vecgen.manifest import FileRecord
from vecgen.plan import Batch
from vecgen.progress import Run, once

Work = Batch | tuple[Batch, ...] | range
"""A batch of transactions, all batches for a single file, or a range of customer ids."""


def list_work(run: Run, parts: Sequence[str]) -> list[Work]:
    """Return the pieces of a run, largest first."""
    work: list[Work] = []
    if TRANSACTIONS in parts:
        batches = tuple(batch for batch in run.plan.batches if run.output.selects(batch.number))
        work += [batches] if run.output.single_file else batches
    if CUSTOMERS in parts:
        work += [range(*bounds) for bounds in run.plan.customer_ranges()]
    return work


def name_work(item: Work) -> str:
    """Return the name of the record that finished work leaves."""
    if isinstance(item, range):
        return f"{CUSTOMERS}-{item.start}"
    return f"{TRANSACTIONS}-{item.number}" if isinstance(item, Batch) else TRANSACTIONS


def do_work(run: Run, item: Work) -> list[FileRecord]:
    """Write the files of a piece of work, unless a run that broke off has done it; return their records."""
    plan, output = run.plan, run.output

    def write() -> list[FileRecord]:
        if isinstance(item, range):
            return [write_customers(output, plan.source.table(item.start, item.stop))]
        if isinstance(item, Batch):
            customers = plan.source.table(item.first, item.last, item.profile)
            return write_transactions(plan.tables, plan.request.seed, output, item.number, customers)
        return write_single_file(plan.tables, plan.request.seed, output, plan.groups(item))

    return once(output, name_work(item), write)
