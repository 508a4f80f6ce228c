"""The command `export`, for the command line and the Python API."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vecgen.cli.argument_types import parse_date, parse_path
from vecgen.cli.console import say
from vecgen.cli.options import add_dataset_argument, add_quiet_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.io.writers import FORMATS
from vecgen.run.export.public_files import LAYOUTS, Exported, export_dataset

_FORMAT: Final = "csv"


def add_export_options(parser: ArgumentParser) -> None:
    """Add where the files of another layout go, and what they hold."""
    parser.add_argument("--output", type=parse_path, default=Path("export"), metavar="DIR", help="new (export)")
    help_layout = f"kaggle: fraudTrain and fraudTest, of Sparkov's widely used public dataset ({LAYOUTS[0]})"
    parser.add_argument("--layout", choices=LAYOUTS, default=LAYOUTS[0], help=help_layout)
    help_split = "first date of the test (the one that leaves about 70 percent of the rows before it)"
    parser.add_argument("--split-date", type=parse_date, metavar="DATE", help=help_split)
    help_format = f"csv with an index that counts the rows of each file, or parquet without ({_FORMAT})"
    parser.add_argument("--format", choices=FORMATS, default=_FORMAT, help=help_format)


def run_export(options: Namespace) -> tuple[Exported, ...]:
    """Write what the options ask for.

    Raises:
        InputError: The dataset or a value cannot be used.
        OutputError: The output holds something or cannot be written.
    """
    with show(options.quiet) as report:
        return export_dataset(to_dataset(options), options.output, options.split_date, options.format, report)


def _describe(files: Sequence[Exported]) -> str:
    return "\n".join(f"{own.path}: {own.rows:,} transactions, {own.first}..{own.last}" for own in files)


def _add_options(parser: Parser) -> None:
    add_dataset_argument(parser)
    add_export_options(parser)
    add_quiet_option(parser)


def _run(options: Namespace) -> None:
    files = run_export(options)
    if not options.quiet:
        say(_describe(files))


COMMANDS: Final = {
    "export": Command(("cards --output public", "cards --split-date 2023-10-01 --format parquet"), _add_options, _run)
}
