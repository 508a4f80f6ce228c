"""Parsers of the options that the functions of the Python API take as keywords."""

from __future__ import annotations

from collections.abc import Callable

from vecgen.cli.commands.compare import add_comparison_options
from vecgen.cli.commands.export import add_export_options
from vecgen.cli.commands.fit import add_fit_options
from vecgen.cli.commands.split import add_split_options
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


def _make_parser(*adding: Callable[[Parser], None]) -> Parser:
    """Return the parser of what a command takes beside its dataset."""
    parser = Parser(prog="vecgen", add_help=False)
    for add in adding:
        add(parser)
    return parser


ASKED, WRITTEN, STATED = _make_parsers()
FITTED = _make_parser(add_storage_option, add_fit_options, add_processes_option, add_quiet_option)
SPLIT = _make_parser(add_storage_option, add_split_options, add_quiet_option)
COMPARED = _make_parser(add_storage_option, add_comparison_options, add_processes_option, add_quiet_option)
EXPORTED = _make_parser(add_storage_option, add_export_options, add_quiet_option)
