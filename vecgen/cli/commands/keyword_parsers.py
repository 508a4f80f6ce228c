"""Parsers of the options that the functions of the Python API take as keywords."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

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


def _make_parsers() -> tuple[Parser, Parser, Parser]:
    """Return the parsers of requests, outputs and expected datasets."""
    asked, written, stated = (Parser(prog="vecgen", add_help=False) for _ in range(3))
    for parser in (asked, written):
        add_customer_options(parser, with_file=True)
        add_model_options(parser)
    add_output_options(written)
    add_slice_options(written)
    add_storage_option(stated)
    add_expectation_options(stated)
    for parser in (written, stated):
        add_processes_option(parser)
        add_quiet_option(parser)
    return asked, written, stated


ASKED, WRITTEN, STATED = _make_parsers()


def make_keyword_parser(*adding: Callable[[Parser], None]) -> Parser:
    """Return the parser of what a function takes beside its dataset."""
    parser = Parser(prog="vecgen", add_help=False)
    for add in adding:
        add(parser)
    return parser


def read_dataset_keywords(parser: Parser, directory: Directory, given: Mapping[str, Any]) -> Namespace:
    """Return the options that keywords stand for, and the dataset as `directory`; see `read_keywords`."""
    options = read_keywords(parser, given)
    options.directory = read_value("directory", parse_place, directory)
    return options
