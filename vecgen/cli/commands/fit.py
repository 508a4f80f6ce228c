"""The command `fit`, for the command line and the Python API: a dataset is counted, then fitted."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from vecgen.cli.argument_types import parse_date, parse_map, parse_names, parse_number, parse_path, parse_whole
from vecgen.cli.console import say
from vecgen.cli.options import add_dataset_argument, add_processes_option, add_quiet_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.cli.summary import describe_fit
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.errors import InputError, setting
from vecgen.fit.estimate import LEAST_CUSTOMERS
from vecgen.fit.fit import Fit, check_request, fit_dataset
from vecgen.fit.private.noise import check_epsilon
from vecgen.fit.private.private_fit import PrivateFit, fit_privately
from vecgen.model.params import DEPENDENCES
from vecgen.process.workers import Workers
from vecgen.verify.without_model.count_bounded import count_bounded
from vecgen.verify.without_model.count_dataset import count_dataset


def add_fit_options(parser: ArgumentParser) -> None:
    """Add what a fit is told instead of finding it out, and where it goes."""
    parser.add_argument("--output", type=parse_path, default=Path("fitted"), metavar="DIR", help="new (fitted)")
    group = parser.add_argument_group("what the data is (as it shows)")
    group.add_argument("--law", choices=DEPENDENCES, dest="dependence", help="joint model (as the rows show)")
    group.add_argument("--start", type=parse_date, metavar="DATE", help="first day (of the receipt, else of the rows)")
    group.add_argument("--end", type=parse_date, metavar="DATE", help="last day (of the receipt, else of the rows)")
    group.add_argument("--as-of", type=parse_date, metavar="DATE", help="reference date for ages (the first day)")
    help_profiles = "for segments, and for what the data does not show (the shipped)"
    group.add_argument("--profiles", type=parse_path, metavar="DIR", help=help_profiles)
    help_demographics = "for what the data does not show (the shipped)"
    group.add_argument("--demographics", type=parse_path, metavar="DIR", help=help_demographics)
    help_least = f"customers below which a figure is merged, or kept as it was, for privacy ({LEAST_CUSTOMERS})"
    group.add_argument("--least-customers", type=parse_whole, default=LEAST_CUSTOMERS, metavar="K", help=help_least)
    group = parser.add_argument_group("differential privacy")
    help_epsilon = "add noise that hides each customer: the smaller E, the better; wants --start and --end (no noise)"
    group.add_argument("--epsilon", type=parse_number, metavar="E", help=help_epsilon)
    help_categories = "with --epsilon: categories beside those of --profiles, which the rows are not asked for"
    group.add_argument("--categories", type=parse_names, metavar="NAME,...", help=help_categories)
    _add_table_options(parser)


def _add_table_options(parser: ArgumentParser) -> None:
    """Add which columns of a table that is no dataset hold what, and how its values are spelled."""
    group = parser.add_argument_group("a table of other columns, in Parquet or CSV")
    help_map = (
        "its columns by what they are: customer, time, category, amount, and if there are any merchant, label, lat, "
        "long, merch_lat, merch_long, birth_date, sex, city_pop"
    )
    group.add_argument("--map", type=parse_map, metavar="OURS=THEIRS,...", help=help_map)
    help_zone = "where stamps with a zone, and Unix times, are told as local times (UTC); others are local already"
    group.add_argument("--time-zone", metavar="NAME", help=help_zone)
    help_format = "of stamps that are text, such as %%d/%%m/%%Y %%H:%%M (ISO 8601)"
    group.add_argument("--date-format", metavar="FORMAT", help=help_format)
    group.add_argument("--merchant-prefix", metavar="TEXT", help="what merchants' names begin with, to be cut")
    group.add_argument(
        "--amount-unit", choices=("units", "cents"), help="of amounts: the currency's units or its cents (units)"
    )


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
