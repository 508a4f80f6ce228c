"""How well fraud can be detected at best, by the fraud rate: in a dataset, and as its plan expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.studies.compare import scratch_directory
from bench.studies.verification import run_vecgen

CUSTOMERS: Final = 11_500
"""Whose transactions of a year are ten million."""
RATES: Final = (0.01, 0.2, 0.5)


def measure_ceilings(scratch: Path, customers: int, processes: int) -> dict[str, Any]:
    """Return the ceiling of a dataset of each fraud rate, its expectation, and what reading the dataset took.

    Raises:
        RunError: A command that failed.
    """
    return {f"{rate}": _measure_one(scratch, customers, rate, processes) for rate in RATES}


def format_ceilings(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    lines = ["| fraud rate | | rows | frauds | one row | a customer's day |", "|---|---|---|---|---|---|"]
    for rate, own in result.items():
        for name, found in (("dataset", own["found"]), ("plan", own["expected"])):
            cells = (_spell(detector["average_precision"]) for detector in found["detectors"])
            lines.append(f"| {rate} | {name} | {found['rows']:,} | {found['frauds']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spell(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.4f} ± {1.96 * figure['error']:.4f}"


def _measure_one(scratch: Path, customers: int, rate: float, processes: int) -> dict[str, Any]:
    with scratch_directory(scratch) as directory:
        output, log = directory / "output", directory / "log"
        options = ["--customers", str(customers), "--fraud-rate", str(rate)]
        run_vecgen(["generate", *options, "--output", str(output), "--quiet"], directory, log)
        usage = run_vecgen(["ceiling", str(output), "--processes", str(processes), "--json", "--quiet"], directory, log)
        found = json.loads(log.read_text(encoding="utf-8"))
        run_vecgen(["ceiling", "--plan", *options, "--json", "--quiet"], directory, log)
        expected = json.loads(log.read_text(encoding="utf-8"))
        figures = {name: round(value, 1) for name, value in asdict(usage).items() if name != "status"}
        return {"processes": processes, **figures, "found": found, "expected": expected}
