"""The command `split`, for the command line and the Python API: a part to train on, and a later one for tests."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from vecgen.cli.argument_types import parse_date, parse_number, parse_path
from vecgen.cli.console import say
from vecgen.cli.options import add_dataset_argument, add_quiet_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.cli.summary import spell_count
from vecgen.errors import InputError, setting
from vecgen.run.split import Cut, Split, SplitPart, split_dataset


def add_split_options(parser: ArgumentParser) -> None:
    """Add where a dataset is split, and where its parts go."""
    parser.add_argument("--output", type=parse_path, default=Path("split"), metavar="DIR", help="new (split)")
    group = parser.add_argument_group("parts")
    help_train = "last day of the training part"
    group.add_argument("--train-until", type=parse_date, metavar="DATE", help=help_train)
    help_test = "first day of the test part; the days between, whose fraud is not known yet, are left out"
    group.add_argument("--test-from", type=parse_date, metavar="DATE", help=help_test)
    help_share = "share of customers that are in the test part alone, the others in the training part (all in both)"
    help_day = "day whose knowledge the training labels are (with reported_date: the day before --test-from)"
    group.add_argument("--labels-as-of", type=parse_date, metavar="DATE", help=help_day)
    group.add_argument("--disjoint-customers", type=parse_number, metavar="SHARE", help=help_share)


def _to_cut(options: Namespace) -> Cut:
    for name in ("train_until", "test_from"):
        if getattr(options, name) is None:
            raise InputError(setting(name), "", None, "a date, YYYY-MM-DD")
    return Cut(options.train_until, options.test_from, options.disjoint_customers, options.labels_as_of)


def run_split(options: Namespace) -> Split:
    """Write the parts that the options ask for.

    Raises:
        InputError: The dataset cannot be used; a day is missing, or a value outside its range.
        OutputError: The output holds something or cannot be written.
    """
    with show(options.quiet) as report:
        return split_dataset(to_dataset(options), _to_cut(options), options.output, report)


def _describe(split: Split, output: Path) -> str:
    """Return what each part of a split dataset holds, a line a part."""
    return "\n".join(f"{output / name}: {_describe_part(part)}" for name, part in vars(split).items())


def _describe_part(part: SplitPart) -> str:
    known = "" if part.labels_as_of is None else f" as known on {part.labels_as_of}"
    frauds = "" if part.frauds is None else f", {part.frauds:,} of them fraudulent{known}"
    customers = "" if part.customers is None else f", of {spell_count(part.customers, 'customer')}"
    return f"{spell_count(part.rows, 'transaction')}{frauds}{customers}"


def _add_options(parser: Parser) -> None:
    add_dataset_argument(parser)
    add_split_options(parser)
    add_quiet_option(parser)


def _run(options: Namespace) -> None:
    split = run_split(options)
    if not options.quiet:
        say(_describe(split, options.output))


COMMANDS: Final = {
    "split": Command(
        (
            "cards --train-until 2023-09-30 --test-from 2023-10-15 --output parts",
            "cards --train-until 2023-09-30 --test-from 2023-10-01 --disjoint-customers 0.3",
        ),
        _add_options,
        _run,
    )
}
