"""The command `fit`, for the command line and the Python API: a dataset is counted, then fitted."""

from __future__ import annotations

from argparse import Namespace
from typing import Final

from vecgen.cli.console import say
from vecgen.cli.options import (
    add_dataset_argument,
    add_fit_options,
    add_processes_option,
    add_quiet_option,
    add_table_options,
)
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.cli.summary import describe_fit
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.fit.fit import Fit, check_request, fit_dataset
from vecgen.process.workers import Workers
from vecgen.verify.without_model.count_dataset import count_dataset


def run_fit(options: Namespace, workers: Workers | None = None) -> Fit:
    """Write what the options ask for.

    Args:
        workers: What counts; by default, as many processes as the options say.

    Raises:
        InputError: The dataset, a value or a file cannot be read.
        OutputError: The output holds something or cannot be written.
    """
    check_request(options.output, options.least_customers)
    usual = {
        "profiles": options.profiles or DEFAULT_PROFILES,
        "demographics": options.demographics or DEFAULT_DEMOGRAPHICS,
    }
    with show(options.quiet) as report:
        own = workers or Workers(options.processes)
        counted = count_dataset(to_dataset(options), {**vars(options), **usual}, own, report)
        return fit_dataset(counted, usual, options.output, options.dependence, options.least_customers)


def _add_options(parser: Parser) -> None:
    add_dataset_argument(parser)
    add_fit_options(parser)
    add_table_options(parser)
    add_processes_option(parser)
    add_quiet_option(parser)


def _run(options: Namespace) -> None:
    fit = run_fit(options)
    if not options.quiet:
        say(describe_fit(fit, options.output))


COMMANDS: Final = {
    "fit": Command(
        ("cards --output mine", "bank.csv --map customer=card,time=stamp,category=mcc,amount=value --output mine"),
        _add_options,
        _run,
    )
}
