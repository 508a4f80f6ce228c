"""An argument parser that reports errors in one line and suggests the likely word; what a command is."""

from __future__ import annotations

import argparse
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from vecgen.errors import VecgenError, shorten, suggest
from vecgen.version import __version__

_MAX_MESSAGE = 500  # argparse repeats whatever was typed


class Parser(ArgumentParser):
    """An argument parser whose errors are one line that names the likely word, without a usage page."""

    def __init__(self, *, examples: Sequence[str] = (), **options: Any) -> None:
        """Make a parser; `examples`: command lines without the program, shown below its options."""
        options.setdefault("allow_abbrev", False)  # abbreviations would change their meaning with every new option
        super().__init__(**options, formatter_class=RawDescriptionHelpFormatter)
        self.show_examples(examples)

    def show_examples(self, examples: Sequence[str]) -> None:
        """Show command lines, without the program, below the options."""
        if examples:
            self.epilog = "\n".join(["examples:", *(f"  {self.prog} {example}".rstrip() for example in examples)])

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found."""
        short = message if len(message) <= _MAX_MESSAGE else f"{message[:_MAX_MESSAGE]}..."
        raise UsageError(short if short.endswith("?") else f"{short}; see {self.prog} --help")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; refuse the first that is not known, of a sub-command by its own parser."""
        words = sys.argv[1:] if args is None else list(args)
        for word in words:
            name, _, value = word.partition("=")
            if name.startswith("--") and value == "--":  # argparse would make an empty list of it
                self.error(f"argument {name}: got '--', expected a value")
        parsed, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self._refuse(unknown[0])
        return parsed, unknown

    def _refuse(self, word: str) -> NoReturn:
        name = shorten(word.partition("=")[0])  # the value may be a secret
        if not word.startswith("-"):
            self.error(f"got {name!r}, which belongs to no option")
        advice = suggest(name, self._option_string_actions)
        self.error(f"unknown option {name}{advice and '; ' + advice}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        advice = suggest(value, known)
        message = f"got {shorten(value)!r}, expected one of {', '.join(known)}{advice and '; ' + advice}"
        raise argparse.ArgumentError(action, message)


@dataclass(frozen=True)
class Command:
    """What a word of the command line takes and does.

    Attributes:
        examples: Command lines, without the program and that word.
        add_options: Adds all that it takes to its parser.
        run: Does it, and returns the exit status, None for 0; None where the actions of the command say what they do.
        planned: The command instead of this one where `--plan` is among the words; None if it is the same.
    """

    examples: Sequence[str]
    add_options: Callable[[Parser], None]
    run: Callable[[Namespace], int | None] | None = None
    planned: Command | None = None


class UsageError(VecgenError):
    """Options that do not fit together or do not exist."""


def make_parser(prog: str, description: str, examples: Sequence[str] = ()) -> Parser:
    """Return a parser with the options every command has."""
    parser = Parser(prog=prog, description=description, examples=examples)
    parser.add_argument("--version", action="version", version=f"vecgen {__version__}")
    return parser
