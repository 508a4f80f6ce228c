"""The commands that check a dataset: `verify` against its model, `digest` against another's content."""

from __future__ import annotations

from argparse import Namespace
from typing import Final

from vecgen.cli.console import say
from vecgen.cli.options import add_dataset_argument, add_expectation_options, add_processes_option, add_quiet_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.errors import spell_options
from vecgen.verify.certificate import STATUSES, spell_certificate, to_json, to_text
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation
from vecgen.verify.file_check import digest_complete


def _add_options(parser: Parser) -> None:
    add_dataset_argument(parser)
    add_expectation_options(parser)
    parser.add_argument("--fast", action="store_true", help="do not read files for the checksums of their bytes")
    parser.add_argument("--json", action="store_true", help="print the certificate as JSON")
    add_processes_option(parser)
    add_quiet_option(parser, "the result only")


def _verify(options: Namespace) -> int:
    directory = to_dataset(options)
    with show(options.quiet) as report:
        expectation = read_expectation(directory, vars(options))
        found = verify_dataset(directory, expectation, options.processes, report=report, fast=options.fast)
    certificate = spell_certificate(found, spell_options)
    say(to_json(certificate) if options.json else to_text(certificate))
    return STATUSES[certificate.outcome]


def _digest(options: Namespace) -> None:
    for name, digest in digest_complete(to_dataset(options)).items():
        say(f"{name} {digest.rows} rows {digest}")


COMMANDS: Final = {
    "verify": Command(
        ("cards", "sparkov_csv --start 2023-01-01 --end 2023-12-31 --fraud-rate 0.98"), _add_options, _verify
    ),
    "digest": Command(("cards", "cards/transactions"), add_dataset_argument, _digest),
}
