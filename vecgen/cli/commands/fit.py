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
from vecgen.errors import InputError, setting
from vecgen.fit.fit import Fit, check_request, fit_dataset
from vecgen.fit.private.noise import check_epsilon
from vecgen.fit.private.private_fit import PrivateFit, fit_privately
from vecgen.process.workers import Workers
from vecgen.verify.without_model.count_bounded import count_bounded
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
    if options.epsilon is not None:
        check_epsilon(options.epsilon)
    elif options.categories:
        expected, remedy = f"{setting('epsilon')} with it", "leave it out: they are those of the rows"
        raise InputError(setting("categories"), "", ",".join(options.categories), expected, remedy)
    usual = {
        "profiles": options.profiles or DEFAULT_PROFILES,
        "demographics": options.demographics or DEFAULT_DEMOGRAPHICS,
    }
    with show(options.quiet) as report:
        own = workers or Workers(options.processes)
        place, stated = to_dataset(options), {**vars(options), **usual}
        if options.epsilon is not None:
            bounded = count_bounded(place, stated, options.categories or (), own, report)
            how = PrivateFit(options.epsilon, options.least_customers)
            return fit_privately(bounded, usual, options.output, options.dependence, how)
        counted = count_dataset(place, stated, own, report)
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
