"""Versions of vecgen against each other: the same command of several checkouts in turn, again and again."""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.harness.command import Command, add_repeats_option
from bench.harness.measure import RunError, measure, read_tail
from bench.harness.results import save

_OUTPUT: Final = "output"


def measure_versions(
    checkouts: Sequence[Path],
    options: Sequence[str],
    repeats: int,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
) -> dict[str, Any]:
    """Return what `vecgen generate OPTIONS` takes in each checkout: every run, and CPU time relative to the first.

    Checkouts take turns, so that a slow minute of the machine meets all of them. Each runs on this Python.

    Args:
        keep: Receives the result so far after every round.
    """
    runs: dict[Path, list[dict[str, float]]] = {checkout: [] for checkout in checkouts}
    result: dict[str, Any] = {}
    for _ in range(repeats):
        for checkout in checkouts:
            runs[checkout].append(_generate(checkout, options))
        result = {_name(checkout): _summarise(own, runs[checkouts[0]]) for checkout, own in runs.items()}
        keep(result)
    return result


def _generate(checkout: Path, options: Sequence[str]) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        log = directory / "log"
        output = str(directory / _OUTPUT)
        command = [sys.executable, "-m", "vecgen", "generate", "--quiet", *options, "--output", output]
        usage = measure(command, directory, environment, log)
        if usage.status != 0:
            raise RunError(f"{checkout}: {read_tail(log)}")
    return asdict(usage)


def _name(checkout: Path) -> str:
    """Return the commit of a checkout, or the directory's name where it has none."""
    command = ["git", "-C", str(checkout), "log", "-1", "--format=%h %s"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or checkout.name


def _summarise(runs: Sequence[dict[str, float]], first: Sequence[dict[str, float]]) -> dict[str, Any]:
    seconds = statistics.median(run["cpu_seconds"] for run in runs)
    return {
        "cpu_seconds": seconds,
        "wall_seconds": statistics.median(run["wall_seconds"] for run in runs),
        "cpu_of_first": round(seconds / statistics.median(run["cpu_seconds"] for run in first), 3),
        "runs": list(runs),
    }


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("checkouts", type=Path, nargs="+", metavar="DIR", help="the first is what others are held to")
    parser.add_argument("--options", default="--customers 20000 --processes 1", metavar="TEXT", help="of the run")
    add_repeats_option(parser)


def _run(options: Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        save(f"versions --options '{options.options}' --repeats {options.repeats}", result, options.results)

    result = measure_versions(options.checkouts, shlex.split(options.options), options.repeats, keep)
    for name, own in result.items():
        print(f"{own['cpu_of_first']:.2f} x CPU time, {own['wall_seconds']:.2f} s: {name}")


COMMAND: Final = Command(_add_options, _run)
