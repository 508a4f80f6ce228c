"""The command `report`: a page about a dataset."""

from __future__ import annotations

from argparse import Namespace
from typing import Final

from vecgen.cli.argument_types import parse_path
from vecgen.cli.console import say
from vecgen.cli.options import add_dataset_argument, add_expectation_options, add_processes_option, add_quiet_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.report.build import PAGE, default_output, write_report
from vecgen.verify.certificate import SENTENCES
from vecgen.verify.expectation import read_expectation


def _add_options(parser: Parser) -> None:
    add_dataset_argument(parser)
    help_output = "directory of the page and its pictures, new or an earlier report (DIR/_report)"
    parser.add_argument("--output", type=parse_path, metavar="DIR", help=help_output)
    add_expectation_options(parser)
    add_processes_option(parser)
    add_quiet_option(parser, "the result only")


def _run(options: Namespace) -> None:
    directory = to_dataset(options)
    output = options.output or default_output(directory)
    with show(options.quiet) as report:
        certificate = write_report(
            directory, read_expectation(directory, vars(options)), output, options.processes, report
        )
    say(f"{output / PAGE}: {certificate.rows:,} transactions, {SENTENCES[certificate.outcome]}")


COMMANDS: Final = {"report": Command(("cards", "s3://bucket/cards --output report"), _add_options, _run)}
