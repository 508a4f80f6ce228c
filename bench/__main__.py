"""`python -m bench COMMAND`: measure, print, and keep the raw result beside the code.

Each study describes what its command takes; only the one that is asked for is imported.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.harness.command import Command
from bench.harness.measure import RunError
from bench.harness.results import RESULTS
from vecgen.errors import VecgenError

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "draws": ("draws", "transactions and customers drawn by one core"),
    "compare": ("compare", "all contenders in turn, each a process of its own"),
    "scale": ("scale", "time and memory by customers, processes and engine"),
    "stages": ("stages", "ns a row by stage (draw, assemble, encode, write) and by column"),
    "verify": ("verification", "time and memory of `vecgen verify` by rows"),
    "ceiling": ("ceiling", "how well fraud can be detected at best, by rate, stealth or type"),
    "boosting": ("boosting", "a tuned gradient boosting beside the ceilings"),
    "common-points": ("common_points", "how well compromised merchants are found by their customers"),
    "fitted": ("fitted", "a dataset beside one of the profiles that were fitted to it"),
    "privacy": ("privacy", "errors of what is fitted with differential privacy"),
    "simulate": ("simulate", "the balance of a plan's batches on many cores"),
    "reading": ("reading", "time and memory of the commands that read a dataset"),
    "sizes": ("sizes", "bytes a row by format, compression and encoding"),
    "power": ("power", "which differences `vecgen compare` finds, by size, and false alarms"),
    "versions": ("versions", "the same run of several checkouts of vecgen"),
    "start": ("start", "what commands take, start-up included"),
    "bits": ("bits", "the random bits under TestU01's batteries"),
}
"""By name: the module of `studies` that knows the command, and what it measures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement and save it."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _make_parser(words).parse_args(words)
    try:
        options.run(options)
    except (RunError, VecgenError) as error:
        print(f"python -m bench: {error}", file=sys.stderr)
        return 2
    return 0


def _make_parser(words: Sequence[str]) -> ArgumentParser:
    """Return the parser of a command line; of its commands only the one that is asked for has options."""
    parser = ArgumentParser(prog="python -m bench", description="Measure, print, and keep the raw result.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, (module, summary) in _COMMANDS.items():
        own = commands.add_parser(name, help=summary, description=summary)
        if name == asked:
            _complete(own, import_module(f"bench.studies.{module}").COMMAND)
    return parser


def _complete(parser: ArgumentParser, command: Command) -> None:
    command.add_options(parser)
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="of raw results (bench/results)")
    parser.set_defaults(run=command.run)


if __name__ == "__main__":
    sys.exit(main())
