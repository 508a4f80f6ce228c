"""The options of a run as its parser reads them."""

from __future__ import annotations

from argparse import Namespace

from vecgen.cli.options import (
    add_customer_options,
    add_model_options,
    add_output_options,
    add_processes_option,
    add_slice_options,
)
from vecgen.cli.parser import make_parser


def parse(*arguments: str) -> Namespace:
    """Return the options that arguments of `vecgen generate` stand for."""
    parser = make_parser("test", "")
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    add_processes_option(parser)
    return parser.parse_args(arguments)
