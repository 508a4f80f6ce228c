"""Datasets written by this process, or estimated before they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecgen.cli.commands.keyword_parsers import WRITTEN
from vecgen.cli.keywords import OutputKeywords, read_keywords, takes
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_existing, to_output, to_request
from vecgen.plan.plan import compile_plan
from vecgen.plan.schedule import Estimate, estimate
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on


@takes(WRITTEN, OutputKeywords, processes=1)
def write_dataset(**written: Unpack[OutputKeywords]) -> Receipt:
    """Write customers, transactions and fraud cases, as `vecgen generate` does; return the receipt.

    Raises:
        InputError: A value or file that cannot be used.
        OutputError: The output holds something else or cannot be written.
    """
    return _write(written, customers=True, transactions=True)


@takes(WRITTEN, OutputKeywords, processes=1)
def write_customers(**written: Unpack[OutputKeywords]) -> Receipt:
    """Write customers only; see `write_dataset`."""
    return _write(written, customers=True, transactions=False)


@takes(WRITTEN, OutputKeywords, processes=1)
def write_transactions(**written: Unpack[OutputKeywords]) -> Receipt:
    """Write transactions and fraud cases only; see `write_dataset`."""
    return _write(written, customers=False, transactions=True)


@takes(WRITTEN, OutputKeywords, processes=1)
def estimate_dataset(**written: Unpack[OutputKeywords]) -> Estimate:
    """Return rows, bytes, files, memory and time of what `write_dataset` would write; write nothing."""
    options = read_keywords(WRITTEN, written)
    return estimate(compile_plan(to_request(options)), to_output(options), options.processes)


def _write(written: OutputKeywords, *, customers: bool, transactions: bool) -> Receipt:
    options = read_keywords(WRITTEN, written)
    plan, output = compile_plan(to_request(options)), to_output(options)
    with show(options.quiet) as progress:
        return run_local(
            plan,
            output,
            options.processes,
            customers=customers,
            transactions=transactions,
            existing=to_existing(options),
            report=progress,
        )
