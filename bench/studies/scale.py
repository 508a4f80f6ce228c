"""How time and memory grow with the customers, with a second process, in Spark and in a cluster: commands in turn."""

from __future__ import annotations

import statistics
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.contenders.commands import CONTENDERS, Contender, Setting, rows_per_customer
from bench.harness.command import Command, add_numbers_option, add_repeats_option, join
from bench.harness.measure import RunError
from bench.harness.results import save
from bench.studies.compare import run_once

CUSTOMERS: Final = (1_000, 3_162, 10_000, 31_623, 100_000)
_BY_NAME: Final = {contender.name: contender for contender in CONTENDERS}
SERIES: Final[dict[str, tuple[Contender, dict[str, Any]]]] = {
    "1 process": (_BY_NAME["local_snappy"], {"processes": 1}),
    "2 processes": (_BY_NAME["local_snappy"], {"processes": 2}),
    "Spark, local[2]": (_BY_NAME["spark_files"], {}),
    "Spark, two executors of one core": (_BY_NAME["spark_files"], {"master": "local-cluster[2,1,2048]"}),
}
"""The contender of each series, and where its setting differs from that of all."""
_FIGURES: Final = ("rows", "wall_seconds", "cpu_seconds", "peak_python_mb")


def measure_scale(
    setting: Setting,
    customers: Sequence[int],
    repeats: int,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
) -> dict[str, Any]:
    """Return the median figures of each series at each number of customers, and what a run costs before its first row.

    Args:
        keep: Receives the result so far after every point.
    """
    result: dict[str, Any] = {}
    for name, (contender, differing) in SERIES.items():
        own = replace(setting, **differing)
        if (reason := contender.lacks(own)) is not None:
            result[name] = {"missing": reason}
            continue
        result[name] = {"points": []}
        for count in customers:
            try:
                point = _measure_point(contender, own, count, repeats)
            except RunError as error:
                result[name]["failed"] = str(error)
                break
            result[name]["points"].append(point)
            print(f"{name}: {format_point(point)}", flush=True)
            keep(result)
        result[name] |= _fit(result[name]["points"])
    return result


def _measure_point(contender: Contender, setting: Setting, customers: int, repeats: int) -> dict[str, Any]:
    rows = round(customers * rows_per_customer())
    runs = [run_once(contender, setting, rows) for _ in range(repeats)]
    return {"customers": customers, **{name: statistics.median(run[name] for run in runs) for name in _FIGURES}}


def _fit(points: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the line through the first and the last point: seconds before the first row, and rows a second after."""
    if len(points) < 2:
        return {}
    ends = (points[0], points[-1])
    slope, start = np.polyfit([p["rows"] for p in ends], [p["wall_seconds"] for p in ends], 1)
    return {"fixed_seconds": round(float(start), 2), "rows_per_second": round(1 / float(slope))}


def format_point(point: dict[str, Any]) -> str:
    """Return a point as a line for people."""
    speed = point["rows"] / point["wall_seconds"]
    return (
        f"{point['customers']:>7,} customers {point['rows']:>11,} rows {point['wall_seconds']:7.2f} s "
        f"{speed:>10,.0f} rows/s, largest Python process {point['peak_python_mb']:.0f} MB"
    )


def format_scale(result: dict[str, Any]) -> str:
    """Return the fits as lines for people."""
    lines = []
    for name, series in result.items():
        if "fixed_seconds" in series:
            lines.append(f"{name}: {series['fixed_seconds']} s, then {series['rows_per_second']:,} rows/s")
        lines += [f"{name}: {kind}, {series[kind]}" for kind in ("missing", "failed") if kind in series]
    return "\n".join(lines)


def _add_options(parser: ArgumentParser) -> None:
    add_numbers_option(parser, "--customers", CUSTOMERS)
    add_repeats_option(parser)


def _run(options: Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        save(f"scale --customers {join(options.customers)} --repeats {options.repeats}", result, options.results)

    with tempfile.TemporaryDirectory() as scratch:
        result = measure_scale(Setting(Path(scratch)), options.customers, options.repeats, keep)
    keep(result)
    print(format_scale(result))


COMMAND: Final = Command(_add_options, _run)
