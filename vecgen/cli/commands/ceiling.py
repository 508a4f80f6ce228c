"""The command `ceiling`: how well fraud can be detected at best, in a dataset or in one that is only planned."""

from __future__ import annotations

from argparse import Namespace
from typing import Final

from vecgen.cli.console import say
from vecgen.cli.options import (
    add_customer_options,
    add_dataset_argument,
    add_expectation_options,
    add_model_options,
    add_processes_option,
    add_quiet_option,
)
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset, to_request
from vecgen.report.ceiling import Ceiling, measure_ceiling, to_json, to_text
from vecgen.report.expected_ceiling import expect_ceiling
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import score_dataset


def _add_options_of_dataset(parser: Parser) -> None:
    _add_plan_option(parser)
    add_dataset_argument(parser)
    add_expectation_options(parser)
    add_processes_option(parser)
    _add_result_options(parser)


def _add_options_of_plan(parser: Parser) -> None:
    _add_plan_option(parser)
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    _add_result_options(parser)


def _add_plan_option(parser: Parser) -> None:
    help_plan = "in place of DIR, options of generate: expect it before a row is made; see ceiling --plan --help"
    parser.add_argument("--plan", action="store_true", help=help_plan)


def _add_result_options(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_quiet_option(parser, "the result only")


def _measure(options: Namespace) -> None:
    directory = to_dataset(options)
    with show(options.quiet) as report:
        expectation = read_expectation(directory, vars(options))
        rows = score_dataset(directory, expectation, options.processes, report).rows
    _say(measure_ceiling(rows), options)


def _expect(options: Namespace) -> None:
    _say(expect_ceiling(to_request(options)), options)


def _say(found: Ceiling, options: Namespace) -> None:
    say(to_json(found) if options.json else to_text(found))


_EXAMPLES: Final = ("cards", "--plan --customers 100000 --fraud-days 3")
COMMANDS: Final = {
    "ceiling": Command(
        _EXAMPLES, _add_options_of_dataset, _measure, planned=Command(_EXAMPLES, _add_options_of_plan, _expect)
    )
}
