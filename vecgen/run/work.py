"""The independent pieces of a run, done in any order, by processes of this machine or tasks of Spark."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from vecgen.io.file_record import FileRecord
from vecgen.io.schema import CUSTOMERS, FRAUD_CASES, TRANSACTIONS
from vecgen.plan.batches import Batch
from vecgen.plan.output import has_case_files
from vecgen.run.checkpoint import once
from vecgen.run.run import Run
from vecgen.run.write import write_cases, write_customers, write_single_file, write_transactions
from vecgen.stores.permission import asking


@dataclass(frozen=True)
class Cases:
    """The fraud cases among customers first..last-1."""

    first: int
    last: int


Work = Batch | tuple[Batch, ...] | Cases | range
"""A batch of transactions, all batches for a single file, fraud cases, or a range of customer ids."""


def list_work(run: Run, parts: Sequence[str]) -> list[Work]:
    """Return the pieces of a run, largest first."""
    work: list[Work] = []
    if TRANSACTIONS in parts:
        batches = tuple(batch for batch in run.plan.batches if run.output.selection.selects(batch.number))
        work += [batches] if run.output.form.single_file else batches
    if FRAUD_CASES in parts and has_case_files(run.output):
        work += [Cases(*bounds) for bounds in run.plan.case_ranges()]
    if CUSTOMERS in parts:
        work += [range(*bounds) for bounds in run.plan.customer_ranges()]
    return work


def name_work(item: Work) -> str:
    """Return the name of the record that finished work leaves."""
    if isinstance(item, range):
        return f"{CUSTOMERS}-{item.start}"
    if isinstance(item, Cases):
        return f"{FRAUD_CASES}-{item.first}"
    return f"{TRANSACTIONS}-{item.number}" if isinstance(item, Batch) else TRANSACTIONS


def do_work(run: Run, item: Work) -> list[FileRecord]:
    """Write the files of a piece of work, unless an interrupted run has done it; return their records."""
    plan, target = run.plan, run.target

    def write() -> list[FileRecord]:
        if isinstance(item, range):
            return [write_customers(target, plan.source.table(item.start, item.stop))]
        if isinstance(item, Cases):
            return [write_cases(plan.tables, target, plan.source, item.first, item.last)]
        if isinstance(item, Batch):
            customers = plan.source.table(item.first, item.last, item.profile)
            return write_transactions(plan.tables, target, item.number, customers, run.posterior)
        return write_single_file(plan.tables, target, plan.groups(item), run.posterior)

    with asking(run.permit.check) if run.permit else nullcontext():
        return once(target.directory, name_work(item), write)
