"""Versions of vecgen against each other: the same command of several checkouts in turn, again and again."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.harness.measure import RunError, measure, read_tail

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
            runs[checkout].append(_run(checkout, options))
        result = {_name(checkout): _summarise(own, runs[checkouts[0]]) for checkout, own in runs.items()}
        keep(result)
    return result


def _run(checkout: Path, options: Sequence[str]) -> dict[str, float]:
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
