"""The command line: commands translate options into calls; an error is one line and exit status 2.

Only the module of the command that is asked for is imported: `generate` starts in less time without the others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from vecgen.cli.console import run_command
from vecgen.cli.parser import Command, Parser, make_parser
from vecgen.errors import Step
from vecgen.process.memory import leave_pandas_out

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "generate": ("write", "write customers and their transactions"),
    "customers": ("write", "write customers only"),
    "transactions": ("write", "write transactions and fraud cases, no customers"),
    "merchants": ("merchants", "write a merchants file for --demographics"),
    "verify": ("verify", "check a dataset against its model; exit status 1 if a check fails"),
    "report": ("report", "write a page about a dataset: charts, certificate, how hard its fraud is to find"),
    "ceiling": (
        "ceiling",
        "print how well fraud can be detected at best: in a dataset, or in one that is only planned",
    ),
    "fit": ("fit", "write profiles and demographics from which data like a dataset is generated"),
    "split": ("split", "write the transactions of a dataset as two parts: for training, and later ones for tests"),
    "export": ("export", "write transactions as other layouts have them: by time, a file to train, one to test"),
    "digest": ("verify", "print an order-independent digest of a dataset's content"),
    "compare": ("compare", "test whether two datasets are alike; exit status 1 if not"),
    "sparkov": ("sparkov", "write files as Sparkov's own command does, by its options"),
    "profiles": ("profiles", "show, check and create behaviour profiles"),
}
"""By name: the module of `commands` that knows the command, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; see `console`."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:  # a process of its own, not a caller's
        leave_pandas_out()

    def spell(step: Step) -> str:
        from vecgen.cli.steps import spell_step  # it imports what most commands need, but `--help` does not

        return spell_step("vecgen", words, step)

    def run() -> int | None:
        options = make_command_parser(words).parse_args(words)
        options.spell = spell
        status: int | None = options.run(options)
        return status

    return run_command(run, spell)


def make_command_parser(words: Sequence[str]) -> Parser:
    """Return the parser of a command line; of its commands only the one that is asked for has options."""
    parser = make_parser(
        "vecgen",
        "Labelled synthetic card transactions: the patterns of Sparkov, vectorised.",
        ("generate --customers 1000 --output cards", "verify cards"),
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, (module, summary) in _COMMANDS.items():
        own: Parser = commands.add_parser(name, help=summary, description=summary)
        if name == asked:
            _complete(own, _find(module, name, words))
    return parser


def _find(module: str, name: str, words: Sequence[str]) -> Command:
    command: Command = import_module(f"vecgen.cli.commands.{module}").COMMANDS[name]
    return command.planned if command.planned and "--plan" in words else command


def _complete(parser: Parser, command: Command) -> None:
    parser.show_examples(command.examples)
    parser.set_defaults(run=command.run)
    command.add_options(parser)
