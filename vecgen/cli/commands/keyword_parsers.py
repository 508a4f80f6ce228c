"""Parsers of the options that the functions of the Python API take as keywords."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any, Final

from vecgen.cli.argument_types import parse_place
from vecgen.cli.keywords import Directory, read_keywords, read_value
from vecgen.cli.options import (
    add_customer_options,
    add_expectation_options,
    add_model_options,
    add_output_options,
    add_processes_option,
    add_quiet_option,
    add_slice_options,
    add_storage_option,
)
from vecgen.cli.parser import Parser


def make_keyword_parser(*adding: Callable[[Parser], None]) -> Parser:
    """Return the parser of what a function takes beside its dataset."""
    parser = Parser(prog="vecgen", add_help=False)
    for add in adding:
        add(parser)
    return parser


def _add_request_options(parser: Parser) -> None:
    add_customer_options(parser, with_file=True)
    add_model_options(parser)


ASKED: Final = make_keyword_parser(_add_request_options)
"""Of requests."""
WRITTEN: Final = make_keyword_parser(
    _add_request_options, add_output_options, add_slice_options, add_processes_option, add_quiet_option
)
"""Of requests and outputs."""
STATED: Final = make_keyword_parser(add_storage_option, add_expectation_options, add_processes_option, add_quiet_option)
"""Of expected datasets."""


def read_dataset_keywords(parser: Parser, directory: Directory, given: Mapping[str, Any]) -> Namespace:
    """Return the options that keywords stand for, and the dataset as `directory`; see `read_keywords`."""
    options = read_keywords(parser, given)
    options.directory = read_value("directory", parse_place, directory)
    return options
