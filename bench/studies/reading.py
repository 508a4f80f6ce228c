"""What the commands that read a dataset take: time and memory of each, on the same rows."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.contenders.commands import customers_for
from bench.harness.command import Command, add_names_option, add_number_option, add_processes_option
from bench.harness.results import save
from bench.harness.written import count_output
from bench.studies.verification import run_vecgen

ROWS: Final = 10_000_000
_PARALLEL: Final = ("--processes", "{processes}", "--quiet")
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "digest": ("digest", "one"),
    "verify": ("verify", "one", *_PARALLEL),
    "report": ("report", "one", "--output", "page", *_PARALLEL),
    "ceiling": ("ceiling", "one", *_PARALLEL),
    "compare": ("compare", "one", "other", *_PARALLEL),
    "fit": ("fit", "one", "--output", "profiles", *_PARALLEL),
    "split": ("split", "one", "--train-until", "2023-09-30", "--test-from", "2023-10-15", "--output", "parts"),
    "export": ("export", "one", "--layout", "kaggle", "--output", "public"),
    "export to Parquet": ("export", "one", "--layout", "kaggle", "--format", "parquet", "--output", "public_parquet"),
}
"""By name; `one` is the dataset, and `other` one of as many customers and another seed."""
_FIGURES: Final = ("wall_seconds", "cpu_seconds", "peak_python_mb")


def measure_reading(
    scratch: Path,
    names: Sequence[str],
    rows: int,
    processes: int,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
    columns: str = "",
) -> dict[str, Any]:
    """Return what each command took; `processes` are those of the commands that can have several.

    Args:
        scratch: An empty directory.
        keep: Receives the result so far after every command.
        columns: Of the transactions, as `--columns` takes them; "" for all.

    Raises:
        RunError: A command that failed.
    """
    log, result = scratch / "log", dict[str, Any]()
    datasets = ("one", "other") if "compare" in names else ("one",)
    for seed, name in enumerate(datasets, 1):
        asked = ["--customers", str(customers_for(rows)), "--fraud-rate", "0.2", "--seed", str(seed)]
        asked += ["--columns", columns] if columns else []
        run_vecgen(["generate", *asked, "--output", name, "--quiet"], scratch, log)
    written = count_output(scratch / "one")
    for name in names:
        words = [word.format(processes=processes) for word in COMMANDS[name]]
        taken = asdict(run_vecgen(words, scratch, log))
        figures = {figure: round(taken[figure], 1) for figure in _FIGURES}
        own = processes if "--processes" in words else 1
        result[name] = {"rows": written.rows, "bytes": written.bytes, "processes": own, **figures}
        keep(result)
    return result


def format_reading(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    lines = [
        "| command | rows | processes | seconds | processor seconds | largest process |",
        "|---|---|---|---|---|---|",
    ]
    for name, own in result.items():
        times = " | ".join(f"{own[figure]:,.0f}" for figure in ("wall_seconds", "cpu_seconds"))
        lines.append(
            f"| {name} | {own['rows'] / 1e6:.1f} M | {own['processes']} | {times} | {own['peak_python_mb']:,.0f} MB |"
        )
    return "\n".join(lines)


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--rows", ROWS)
    add_names_option(parser, "--only", [*COMMANDS])
    add_processes_option(parser)
    parser.add_argument("--columns", default="", metavar="NAMES", help="of the transactions (all)")


def _run(options: Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        words = f" --only {','.join(options.only)}" if options.only != [*COMMANDS] else ""
        words += f" --columns {options.columns}" if options.columns else ""
        save(f"reading --rows {options.rows} --processes {options.processes}{words}", result, options.results)

    with tempfile.TemporaryDirectory() as scratch:
        asked = options.only, options.rows, options.processes
        result = measure_reading(Path(scratch), *asked, keep, options.columns)
    print(format_reading(result))


COMMAND: Final = Command(_add_options, _run)
