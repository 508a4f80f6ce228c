"""What commands take, start-up included: in turn, each a process of its own, small work beside the bare imports."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.harness.command import Command, add_names_option, add_number_option, add_repeats_option
from bench.harness.measure import RunError, measure, read_tail
from bench.harness.results import ROOT, merge
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.model.fraud.fraud_type import SPARKOV
from vecgen.model.fraud.load_fraud_types import find_fraud_types

CUSTOMERS: Final = 1_000
_OPTIONS: Final = ("--quiet", "--output", "output")
_GENERATE: Final = (sys.executable, "-m", "vecgen", "generate", *_OPTIONS)
_EIGHT: Final = ",".join(f"{name}=1" for name in find_fraud_types(DEFAULT_PROFILES) if name != SPARKOV)
_TYPES: Final = ("--fraud-types", _EIGHT)
_PROBABILITY: Final = "--with-fraud-probability"
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "imports": (sys.executable, "-c", "import numpy, pyarrow"),
    "version": (sys.executable, "-m", "vecgen", "--version"),
    "generate": _GENERATE,
    "types": (*_GENERATE, *_TYPES),
    "probability": (*_GENERATE, _PROBABILITY),
    "typed-probability": (*_GENERATE, *_TYPES, _PROBABILITY),
    "spark": (str(ROOT / "run_spark_datagen.sh"), *_OPTIONS),
}
"""What is measured by name; the last sets up `.venv` where that has not been done, outside the measurement."""


def measure_starts(
    names: Sequence[str],
    customers: int,
    repeats: int,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
) -> dict[str, Any]:
    """Return the median seconds of each command, and all its runs.

    Commands take turns, so that a slow minute of the machine meets all of them. The first round does not count: caches
    of compiled tables and of files fill, and `.venv` is set up.

    Args:
        customers: Of the commands that write a dataset.
        keep: Receives the result so far after every round.
    """
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    result: dict[str, Any] = {}
    for number in range(repeats + 1):
        found = {name: _run_once(_spell(name, customers)) for name in names}
        if number > 0:
            for name, usage in found.items():
                runs[name].append(usage)
            result = {name: _summarise(own) for name, own in runs.items()}
            keep(result)
    return result


def format_starts(result: Mapping[str, Any]) -> str:
    """Return a line for each command."""
    return "\n".join(
        f"{name:17} {own['wall_seconds']:6.2f} s, {own['cpu_seconds']:6.2f} s of processor time"
        for name, own in result.items()
    )


def _spell(name: str, customers: int) -> Sequence[str]:
    command = COMMANDS[name]
    return [*command, "--customers", str(customers)] if "--output" in command else command


def _run_once(command: Sequence[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        usage = measure(command, Path(scratch), {**os.environ, "PYTHONPATH": str(ROOT)}, log)
        if usage.status != 0:
            raise RunError(f"{command[0]}: {read_tail(log)}")
    return asdict(usage)


def _summarise(runs: Sequence[dict[str, float]]) -> dict[str, Any]:
    medians = {name: statistics.median(run[name] for run in runs) for name in ("wall_seconds", "cpu_seconds")}
    return {**medians, "runs": list(runs)}


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--customers", CUSTOMERS)
    add_names_option(parser, "--only", [*COMMANDS])
    add_repeats_option(parser)


def _run(options: Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        merge("start", f"{options.customers} customers", result, options.results)

    print(format_starts(measure_starts(options.only, options.customers, options.repeats, keep)))


COMMAND: Final = Command(_add_options, _run)
