"""The command `compare`, for the command line and the Python API."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import TYPE_CHECKING, Final

from vecgen.cli.argument_types import parse_number, parse_path, parse_place
from vecgen.cli.console import say
from vecgen.cli.options import add_processes_option, add_quiet_option, add_storage_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import list_storage_options
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.stores.filesystem import locate

if TYPE_CHECKING:
    from vecgen.report.comparison.findings import Comparison


def add_comparison_options(parser: ArgumentParser) -> None:
    """Add how two datasets are compared, and where the page goes."""
    help_output = "page with pictures of both and the tests, new or an earlier one; needs Matplotlib"
    parser.add_argument("--output", type=parse_path, metavar="PAGE", help=help_output)
    help_profiles = "whose segments tell profiles by age, sex and city, where the files do not say them (the shipped)"
    parser.add_argument("--profiles", type=parse_path, default=DEFAULT_PROFILES, metavar="DIR", help=help_profiles)
    help_tolerance = "by how much of the shares a difference may exceed chance and count as none (0)"
    parser.add_argument("--tolerance", type=parse_number, default=0.0, metavar="E", help=help_tolerance)
    help_classifier = "let a classifier try to part the rows; needs scikit-learn (yes)"
    parser.add_argument("--classifier", action=BooleanOptionalAction, default=True, help=help_classifier)


def _add_options(parser: Parser) -> None:
    for name in ("one", "other"):
        parser.add_argument(name, type=parse_place, metavar=name.upper(), help="a directory, or a URL")
    add_storage_option(parser)
    add_comparison_options(parser)
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
    add_processes_option(parser)
    add_quiet_option(parser, "the result only")


def run_compare(options: Namespace) -> Comparison:
    """Compare the datasets that the options name, `one` and `other`.

    Raises:
        InputError: A dataset or a value cannot be used.
        OutputError: The page cannot be written, or something else is there.
    """
    from vecgen.report.comparison.compare import compare_datasets
    from vecgen.report.comparison.reading import Reading

    stores = list_storage_options(options)
    one, other = locate(options.one, stores), locate(options.other, stores)
    with show(options.quiet) as report:
        reading = Reading(options.processes, report, options.profiles)
        return compare_datasets(one, other, options.output, options.tolerance, reading, learn=options.classifier)


def _run(options: Namespace) -> int:
    from vecgen.report.comparison.findings import STATUSES, to_json, to_text

    found = run_compare(options)
    say(to_json(found) if options.json else to_text(found))
    return STATUSES[found.outcome]


COMMANDS: Final = {"compare": Command(("theirs mine", "theirs mine --output compared.html"), _add_options, _run)}
