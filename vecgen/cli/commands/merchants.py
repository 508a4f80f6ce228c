"""The command `merchants`: names of merchants, for demographics of one's own."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Final

from vecgen.cli.argument_types import parse_path, parse_whole
from vecgen.cli.console import say
from vecgen.cli.parser import Command, Parser
from vecgen.config.merchants import make_merchants, write_merchants
from vecgen.errors import InputError, setting
from vecgen.plan.request import Request, check_seed

_FILE: Final = Path("merchants.csv")


def _add_options(parser: Parser) -> None:
    parser.add_argument("--seed", type=parse_whole, default=Request.seed, metavar="N", help=f"({Request.seed})")
    parser.add_argument("--per-category", type=parse_whole, default=500, metavar="N", help="names of each (500)")
    parser.add_argument("--output", type=parse_path, default=_FILE, metavar="FILE", help=f"new file ({_FILE})")


def _run(options: Namespace) -> None:
    check_seed(options.seed)
    if options.output.exists():
        raise InputError(setting("output"), "", str(options.output), "a file that does not exist yet")
    write_merchants(make_merchants(options.seed, options.per_category), options.output)
    say(f"{options.output}: {options.per_category} names for each category")


COMMANDS: Final = {
    "merchants": Command(
        ("--per-category 50 --output merchants.csv", "--seed 7 --output more_merchants.csv"), _add_options, _run
    )
}
