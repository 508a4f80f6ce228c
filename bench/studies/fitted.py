"""Is data that is generated from fitted profiles like the data that they were fitted to?

A dataset is written, fitted, and generated again with another seed; `vecgen compare` sets both side by side. A second
dataset of the same profiles, also of another seed, tells what the same figures are where nothing was fitted.
"""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.harness.command import Command, add_number_option, add_processes_option
from bench.harness.results import save
from bench.studies.verification import run_vecgen
from vecgen.report.comparison.compare import compare_pair
from vecgen.report.comparison.findings import Comparison, to_json
from vecgen.report.comparison.overlays import draw_overlays
from vecgen.report.comparison.reading import Reading, read_pair

CUSTOMERS: Final = 1_200
"""Whose transactions of a year are a million."""
_FRAUD_RATE: Final = 0.9
_PICTURE: Final = "rows"


def measure_fitted(scratch: Path, customers: int, learn: int, processes: int) -> tuple[dict[str, Any], bytes]:
    """Return how a fitted dataset, and one of the same profiles, compare with the original, and a picture.

    Args:
        learn: Rows of each that learners see at most.

    Raises:
        RunError: A command that failed.
    """
    original, fitted, again, profiles = (scratch / name for name in ("original", "fitted", "again", "profiles"))
    run = partial(_call, scratch, processes)
    shared = ["--customers", str(customers), "--partition-by", ""]
    for seed, output in enumerate((original, again), 1):
        run("generate", *shared, "--fraud-rate", str(_FRAUD_RATE), "--seed", str(seed), "--output", str(output))
    run("fit", str(original), "--output", str(profiles))
    told = json.loads((profiles / "fit.json").read_text(encoding="utf-8"))["options"]
    told |= {name: profiles / name for name in ("profiles", "demographics")}
    run("generate", *shared, *_spell(told), "--seed", "3", "--output", str(fitted))
    compared = {}
    for name, other in (("fitted", fitted), ("same profiles", again)):
        pair = read_pair(original, other, Reading(processes, most_rows=learn))
        compared[name] = pair, compare_pair(pair)
    charts = draw_overlays(*compared["fitted"])
    picture = next(chart.png for chart in charts if chart.name == _PICTURE)
    return {name: _summarise(comparison) for name, (_, comparison) in compared.items()}, picture


def _call(scratch: Path, processes: int, *command: str) -> None:
    run_vecgen([*command, "--processes", str(processes), "--quiet"], scratch, scratch / "log")


def _spell(options: Mapping[str, object]) -> Iterator[str]:
    for name, value in options.items():
        yield from (f"--{name.replace('_', '-')}", str(value))


def _summarise(comparison: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(comparison))
    for side in ("one", "other"):
        found[side].pop("directory")
    return found


def format_fitted(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    lines = ["| compared with the original | rows | tests failed | classifier | fraud model, precision lost |"]
    lines.append("|---|---|---|---|---|")
    for name, own in result.items():
        rows = own["other"]["rows"]
        failed = sum(finding["verdict"] == "different" for finding in own["findings"])
        parting, transfer = own["parting"], own["transfer"]
        area = f"{parting['auc']:.4f} [{parting['low']:.4f}, {parting['high']:.4f}]"
        lost = _spell_loss(**transfer) if transfer else "too little fraud"
        cells = [name, f"{rows:,}", f"{failed} of {len(own['findings'])}", area, lost]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spell_loss(at_home: float, from_other: float, error: float) -> str:
    return f"{1.0 - from_other / at_home:.2%} ± {1.96 * error / at_home:.2%}"


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--customers", CUSTOMERS)
    add_number_option(parser, "--learn", 2_000_000, "rows of each at most")
    add_processes_option(parser)


def _run(options: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result, picture = measure_fitted(Path(scratch), options.customers, options.learn, options.processes)
    save("fitted", result, options.results)
    (options.results / "fitted.png").write_bytes(picture)
    print(format_fitted(result))


COMMAND: Final = Command(_add_options, _run)
