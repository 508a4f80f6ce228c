"""How well fraud can be detected at best, by options of the model: in a dataset, and as its plan expects."""

from __future__ import annotations

import json
import shlex
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any, Final

from bench.harness.command import Command, add_number_option, add_processes_option
from bench.harness.results import merge
from bench.studies.compare import scratch_directory
from bench.studies.verification import run_vecgen

CUSTOMERS: Final = 11_500
"""Whose transactions of a year are ten million."""
_STEALTHS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_TYPES: Final = ("sparkov", "account_takeover", "authorised_scam", "bust_out", "card_not_present", "card_testing")
_MORE_TYPES: Final = ("counterfeit", "friendly_fraud", "lost_or_stolen_card")
SERIES: Final = {
    "rate": [f"--fraud-rate {rate}" for rate in (0.01, 0.2, 0.5)],
    "stealth": [f"--fraud-rate {rate} --fraud-stealth {share}" for rate, share in product((0.01, 0.2), _STEALTHS)],
    "type": [
        f"--fraud-rate 0.2 --fraud-types {names}"
        for names in (*_TYPES, *_MORE_TYPES, ",".join(f"{name}=1" for name in (*_TYPES[1:], *_MORE_TYPES)))
    ],
}
"""What is varied, and the options of each dataset."""


def measure_ceilings(scratch: Path, series: str, customers: int, processes: int) -> dict[str, Any]:
    """Return, by its options, the ceiling of each dataset of a series, its expectation, and what reading it took.

    Raises:
        RunError: A command that failed.
    """
    return {options: _measure_one(scratch, options, customers, processes) for options in SERIES[series]}


def format_ceilings(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    varied = [word.removeprefix("--fraud-") for word in shlex.split(next(iter(result)))[::2]]
    head = [*(f"fraud {name}" for name in varied), "", "rows", "frauds", "one row", "a customer's day"]
    lines = [_to_line(head), _to_line(["---"] * len(head)).replace(" ", "")]
    for options, own in result.items():
        for name, found in (("dataset", own["found"]), ("plan", own["expected"])):
            numbers = [f"{found[what]:,}" for what in ("rows", "frauds")]
            cells = [_spell(detector["average_precision"]) for detector in found["detectors"]]
            lines.append(_to_line([*shlex.split(options)[1::2], name, *numbers, *cells]))
    return "\n".join(lines)


def _to_line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _spell(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.4f} ± {1.96 * figure['error']:.4f}"


def _measure_one(scratch: Path, asked: str, customers: int, processes: int) -> dict[str, Any]:
    with scratch_directory(scratch) as directory:
        output, log = directory / "output", directory / "log"
        options = ["--customers", str(customers), *shlex.split(asked)]
        run_vecgen(["generate", *options, "--output", str(output), "--quiet"], directory, log)
        usage = run_vecgen(["ceiling", str(output), "--processes", str(processes), "--json", "--quiet"], directory, log)
        found = json.loads(log.read_text(encoding="utf-8"))
        run_vecgen(["ceiling", "--plan", *options, "--json", "--quiet"], directory, log)
        expected = json.loads(log.read_text(encoding="utf-8"))
        figures = {name: round(value, 1) for name, value in asdict(usage).items() if name != "status"}
        return {"processes": processes, **figures, "found": found, "expected": expected}


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--by", choices=SERIES, default="rate", help="(rate)")
    add_number_option(parser, "--customers", CUSTOMERS)
    add_processes_option(parser)


def _run(options: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_ceilings(Path(scratch), options.by, options.customers, options.processes)
    merge("ceiling", options.by, result, options.results)
    print(format_ceilings(result))


COMMAND: Final = Command(_add_options, _run)
