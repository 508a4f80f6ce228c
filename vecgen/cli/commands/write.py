"""The commands that write datasets, or only their customers or transactions."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Final

from vecgen.cli.console import say
from vecgen.cli.messages import describe_stop, note_lists
from vecgen.cli.options import (
    add_customer_options,
    add_model_options,
    add_output_options,
    add_plan_option,
    add_processes_option,
    add_quiet_option,
    add_slice_options,
    count_processors,
)
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_existing, to_output, to_request
from vecgen.cli.summary import describe_plan, hint_at_frauds, hint_at_receipt, summarise
from vecgen.plan.plan import compile_plan
from vecgen.plan.schedule import choose_processes, estimate
from vecgen.run.local import run_local


def _add_options(parser: Parser, *, with_transactions: bool = True) -> None:
    add_customer_options(parser, with_file=with_transactions)
    add_model_options(parser)
    add_output_options(parser, with_columns=with_transactions)
    if with_transactions:
        add_slice_options(parser)
    add_processes_option(parser, by_size=True)
    add_plan_option(parser)
    add_quiet_option(parser)


def _write(options: Namespace, *, customers: bool = True, transactions: bool = True) -> None:
    plan, output = compile_plan(to_request(options)), to_output(options)
    note_lists(plan)
    processes = options.processes
    if processes is None:
        processes = choose_processes(plan.rows if transactions else plan.source.count, count_processors())
    if options.plan:
        say(describe_plan(estimate(plan, output, processes), output))
        return
    existing = to_existing(options)
    try:
        with show(options.quiet) as report:
            receipt = run_local(
                plan,
                output,
                processes,
                customers=customers,
                transactions=transactions,
                existing=existing,
                report=report,
            )
    except KeyboardInterrupt as stop:
        stop.args = (describe_stop(output.path, options.spell),)
        raise
    if not options.quiet:
        say(summarise(receipt))
        for hint in filter(None, (hint_at_frauds(receipt, output.path), hint_at_receipt(receipt))):
            say(hint)


COMMANDS: Final = {
    "generate": Command(
        (
            "--customers 5000 --seed 7 --output cards",
            "--start 2024-01-01 --fraud-rate 0.98 --format csv --output sparkov",
        ),
        _add_options,
        _write,
    ),
    "customers": Command(
        ("--customers 1000000 --output people", "--customers 300 --safe-identifiers --format csv"),
        partial(_add_options, with_transactions=False),
        partial(_write, transactions=False),
    ),
    "transactions": Command(
        (
            "--customers-file people/customers --output rows",
            "--customers 1000000 --batch-rows 4000000 --batches 0-9 --output slice",
        ),
        _add_options,
        partial(_write, customers=False),
    ),
}
