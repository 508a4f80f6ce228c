"""`python -m bench COMMAND`: measure, print, and keep the raw result beside the code."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.compare import compare, format_table
from bench.contenders import CONTENDERS, ORIGINAL_COMMAND, Setting
from bench.draws import measure_draws
from bench.results import RESULTS, save


def main(arguments: list[str] | None = None) -> int:
    """Run one measurement and save it."""
    options = _make_parser().parse_args(arguments)
    options.run(options)
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    draws = commands.add_parser("draws", help="transactions and customers drawn by one core")
    draws.add_argument("--customers", type=int, default=5_000, metavar="N", help="whose transactions are drawn (5000)")
    draws.add_argument("--people", type=int, default=100_000, metavar="N", help="customers drawn (100000)")
    draws.set_defaults(run=_draws)
    against = commands.add_parser("compare", help="all contenders in turn, each a process of its own")
    names = ",".join(contender.name for contender in CONTENDERS)
    against.add_argument("--rows", type=int, default=50_000_000, metavar="N", help="slow contenders get fewer (5e7)")
    against.add_argument("--only", default=names, metavar="NAMES", help=f"some of {names}")
    against.add_argument("--original", type=Path, metavar="DIR", help="a checkout of the original, run as it stands")
    against.add_argument("--original-command", default=ORIGINAL_COMMAND, metavar="COMMAND")
    against.set_defaults(run=_compare)
    for command in (draws, against):
        command.add_argument("--repeats", type=int, default=3, metavar="N", help="of which the median counts (3)")
        command.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    return parser


def _draws(options: argparse.Namespace) -> None:
    result = measure_draws(options.repeats, options.customers, options.people)
    print(json.dumps(result, indent=2))
    save("draws", result, options.results)


def _compare(options: argparse.Namespace) -> None:
    wanted = options.only.split(",")
    chosen = [contender for contender in CONTENDERS if contender.name in wanted]
    rows = {contender.name: min(options.rows, contender.most) for contender in chosen}
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting(Path(scratch), original=options.original, original_command=options.original_command)
        result = compare(
            chosen, setting, rows, options.repeats, keep=lambda so_far: _keep(options.rows, so_far, options.results)
        )
    print(format_table(result))


def _keep(rows: int, result: dict[str, object], directory: Path) -> None:
    save(f"compare --rows {rows}", result, directory)


if __name__ == "__main__":
    sys.exit(main())
