"""What a word of `python -m bench` takes and does, and the kinds of options that several of them have."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """What a word of the command line takes and does.

    Attributes:
        add_options: Adds all that it takes to its parser, but for `--results`, which every command has.
        run: Measures, prints and saves.
    """

    add_options: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], None]


def add_number_option(parser: ArgumentParser, name: str, default: int, of: str = "") -> None:
    """Add a whole number; its help is `of` and the default."""
    parser.add_argument(name, type=int, default=default, metavar="N", help=f"{of} ({default})".strip())


def add_numbers_option(parser: ArgumentParser, name: str, default: Sequence[int]) -> None:
    """Add whole numbers in rising order."""
    parser.add_argument(name, type=parse_numbers, default=default, metavar="NUMBERS", help=f"({join(default)})")


def add_names_option(parser: ArgumentParser, name: str, known: Sequence[str]) -> None:
    """Add some of several names, by default all."""
    help_names = f"some of {','.join(known)}"
    parser.add_argument(name, type=_some_of(known), default=list(known), metavar="NAMES", help=help_names)


def add_processes_option(parser: ArgumentParser) -> None:
    """Add the number of processes of a command of vecgen."""
    add_number_option(parser, "--processes", 2)


def add_repeats_option(parser: ArgumentParser) -> None:
    """Add how often a measurement is repeated."""
    add_number_option(parser, "--repeats", 3, "of which the median counts")


def join(numbers: Sequence[int]) -> str:
    """Return numbers as `parse_numbers` reads them."""
    return ",".join(map(str, numbers))


def parse_numbers(text: str) -> list[int]:
    """Return the numbers of a list such as "10,400", in rising order."""
    try:
        numbers = sorted(int(number) for number in text.split(","))
    except ValueError:
        numbers = []
    if not numbers or numbers[0] < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected whole numbers from 1, separated by commas")
    return numbers


def _some_of(names: Sequence[str]) -> Callable[[str], list[str]]:
    """Return the parser of a list of some of these names."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := [name for name in chosen if name not in names]:
            raise argparse.ArgumentTypeError(f"got {unknown[0]!r}, expected some of {','.join(names)}")
        return chosen

    return parse
