"""How long `vecgen verify` takes and what it holds, by the size of what it reads."""

from __future__ import annotations

import json
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.contenders.commands import customers_for, environment
from bench.harness.command import Command, add_numbers_option, add_processes_option, join
from bench.harness.measure import RunError, Usage, measure, read_tail
from bench.harness.results import save
from bench.studies.compare import scratch_directory

ROWS: Final = (10_000_000, 100_000_000)


def measure_verification(scratch: Path, rows: Sequence[int], processes: int) -> dict[str, Any]:
    """Return the figures of each size, its certificate's verdict and smallest p-value with them.

    Raises:
        RunError: A command that failed.
    """
    return {f"{number}": _measure_one(scratch, number, processes) for number in rows}


def _measure_one(scratch: Path, rows: int, processes: int) -> dict[str, Any]:
    with scratch_directory(scratch) as directory:
        output, log = directory / "output", directory / "log"
        options = ["--customers", str(customers_for(rows)), "--output", str(output)]
        run_vecgen(["generate", *options], directory, log)
        usage = run_vecgen(["verify", str(output), "--processes", str(processes), "--json", "--quiet"], directory, log)
        certificate = json.loads(log.read_text(encoding="utf-8"))
        figures = {name: round(value, 1) for name, value in asdict(usage).items() if name != "status"}
        return {
            "rows": certificate["rows"],
            "processes": processes,
            **figures,
            "holds": certificate["holds"],
            "laws": len(certificate["findings"]),
            "smallest_p": min(finding["p"] for finding in certificate["findings"]),
        }


def run_vecgen(command: Sequence[str], directory: Path, log: Path) -> Usage:
    """Run a command of vecgen and return what it took.

    Raises:
        RunError: It failed.
    """
    usage = measure([sys.executable, "-m", "vecgen", *command], directory, environment(), log)
    if usage.status != 0:
        raise RunError(f"vecgen {command[0]}: exit status {usage.status}: {read_tail(log)}")
    return usage


def _add_options(parser: ArgumentParser) -> None:
    add_numbers_option(parser, "--rows", ROWS)
    add_processes_option(parser)


def _run(options: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_verification(Path(scratch), options.rows, options.processes)
    print(json.dumps(result, indent=2))
    save(f"verify --rows {join(options.rows)} --processes {options.processes}", result, options.results)


COMMAND: Final = Command(_add_options, _run)
