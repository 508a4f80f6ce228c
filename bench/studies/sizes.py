"""How large files become, and what writing them takes, by format, compression and encoding."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench.contenders.commands import customers_for
from bench.harness.command import Command, add_number_option
from bench.harness.results import save
from bench.harness.written import count_output
from bench.studies.compare import scratch_directory
from bench.studies.verification import run_vecgen

ROWS: Final = 5_000_000
FORMS: Final[dict[str, Sequence[str]]] = {
    "snappy": (),
    "zstd": ("--compression", "zstd"),
    "none": ("--compression", "none"),
    "snappy, compact": ("--encoding", "compact"),
    "zstd, compact": ("--compression", "zstd", "--encoding", "compact"),
    "snappy, normalized": ("--normalized",),
    "csv": ("--format", "csv"),
}
"""Options of each form."""


def measure_sizes(scratch: Path, names: Sequence[str], rows: int) -> dict[str, Any]:
    """Return bytes of the transactions and processor seconds of a whole run by one process, for each form.

    Raises:
        RunError: A command that failed.
    """
    return {name: _measure_one(scratch, FORMS[name], rows) for name in names}


def _measure_one(scratch: Path, options: Sequence[str], rows: int) -> dict[str, Any]:
    with scratch_directory(scratch) as directory:
        output = directory / "output"
        asked = ["--customers", str(customers_for(rows)), "--processes", "1", "--output", str(output), "--quiet"]
        usage = run_vecgen(["generate", *options, *asked], directory, directory / "log")
        written = count_output(output / "transactions")
        figures = {"bytes_a_row": round(written.bytes / written.rows, 1), "cpu_seconds": round(usage.cpu_seconds, 1)}
        return {"rows": written.rows, "bytes": written.bytes, **figures}


def format_sizes(result: Mapping[str, Any]) -> str:
    """Return a line for each form."""
    return "\n".join(
        f"{name:18} {own['bytes_a_row']:6.1f} bytes a row, {own['cpu_seconds']:5.1f} s of processor time"
        for name, own in result.items()
    )


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--rows", ROWS)


def _run(options: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_sizes(Path(scratch), [*FORMS], options.rows)
    save(f"sizes --rows {options.rows}", result, options.results)
    print(format_sizes(result))


COMMAND: Final = Command(_add_options, _run)
