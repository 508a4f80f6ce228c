"""`python -m bench compare`: all contenders in turn, again and again, each a process of its own; then ratios."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.contenders.commands import CONTENDERS, ORIGINAL_COMMAND, Contender, Setting, environment
from bench.harness.command import Command, add_names_option, add_repeats_option
from bench.harness.measure import RunError, Usage, measure, read_tail
from bench.harness.results import save
from bench.harness.written import OutputKeywords, count_output
from bench.studies.chart import draw_chart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PUBLISHED: Final = 60_500  # rows/s/core of the original's release 1.0, CSV, measured on the machine of the figures
BASELINES: Final = ("row_loop", "original")
PAIRS: Final = (
    ("local_snappy", "tpchgen"),
    ("local_snappy", "limit"),
    ("spark_files", "spark_sql"),
    ("spark_files", "dbldatagen"),
    ("spark_rows", "spark_sql"),
)
_FIGURES: Final = ("rows_per_second_and_core", "rows_per_second", "mb_per_second_and_core", "peak_mb", "peak_python_mb")


def compare(
    contenders: Sequence[Contender],
    setting: Setting,
    rows: Mapping[str, int],
    repeats: int,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
) -> dict[str, Any]:
    """Run every contender `repeats` times, interleaved, and return all runs, medians and ratios.

    Args:
        rows: Rows to ask of each contender, by name.
        keep: Receives the result so far after every round.
    """
    runs: dict[str, list[dict[str, Any]]] = {contender.name: [] for contender in contenders}
    faults = {c.name: {"missing": reason} for c in contenders if (reason := c.lacks(setting))}
    for name, fault in faults.items():
        print(f"{name}: left out, {fault['missing']}", flush=True)
    result: dict[str, Any] = {}
    for repeat in range(repeats):
        for contender in contenders:
            if contender.name in faults:
                continue
            try:
                run = run_once(contender, setting, rows[contender.name])
            except (RunError, OSError) as error:
                faults[contender.name] = {"failed": str(error)}
                print(f"{contender.name}: failed, {error}", flush=True)
                continue
            runs[contender.name].append(run)
            print(
                f"{repeat + 1}/{repeats} {contender.name}: {run['rows_per_second_and_core']:,} rows/s/core", flush=True
            )
        result = summarise(contenders, runs, faults)
        keep(result)
    return result


def run_once(contender: Contender, setting: Setting, rows: int) -> dict[str, Any]:
    """Run a contender once in an empty directory and return its figures.

    Raises:
        RunError: It ended with an error or wrote nothing.
    """
    with scratch_directory(setting.scratch) as directory:
        output, log = directory / "output", directory / "log"
        if contender.prepare is not None:
            prepared = measure(contender.prepare(setting, rows, output), directory, environment(), log)
            _check(prepared, log)
        where = setting.original if contender.name == "original" and setting.original else directory
        usage = measure(contender.command(setting, rows, output), where, environment(contender), log)
        _check(usage, log)
        written = count_output(output)
        if written.rows == 0:
            raise RunError(f"no rows written; {read_tail(log)}")
        return figures(usage, written)


@contextmanager
def scratch_directory(parent: Path) -> Iterator[Path]:
    """Make a directory and remove it with all that was written there."""
    directory = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _check(usage: Usage, log: Path) -> None:
    if usage.status != 0:
        raise RunError(f"exit status {usage.status}: {read_tail(log)}")


def figures(usage: Usage, written: OutputKeywords) -> dict[str, Any]:
    """Return the figures of one run; a section's own seconds count where it has given them."""
    cpu = usage.cpu_seconds if written.cpu_seconds is None else written.cpu_seconds
    wall = usage.wall_seconds if written.wall_seconds is None else written.wall_seconds
    return {
        "rows": written.rows,
        "bytes": written.bytes,
        "cpu_seconds": round(cpu, 3),
        "wall_seconds": round(wall, 3),
        "rows_per_second_and_core": round(written.rows / cpu),
        "rows_per_second": round(written.rows / wall),
        "mb_per_second_and_core": round(written.bytes / 1e6 / cpu, 1),
        "peak_mb": round(usage.peak_mb),
        "peak_python_mb": round(usage.peak_python_mb),
        "command": {key: round(value, 3) for key, value in asdict(usage).items() if key.endswith("_seconds")},
    }


def summarise(
    contenders: Sequence[Contender], runs: Mapping[str, list[dict[str, Any]]], faults: Mapping[str, dict[str, str]]
) -> dict[str, Any]:
    """Return medians and ratios of what has run so far."""
    summary: dict[str, dict[str, Any]] = {}
    for contender in contenders:
        own = runs[contender.name]
        entry: dict[str, Any] = {"label": contender.label, "kind": contender.kind, "scope": contender.scope}
        if own:
            entry |= {"rows": own[0]["rows"], "bytes": own[0]["bytes"]}
            entry |= {name: statistics.median(run[name] for run in own) for name in _FIGURES}
        summary[contender.name] = entry | faults.get(contender.name, {}) | {"runs": own}
    speeds = {name: entry["rows_per_second_and_core"] for name, entry in summary.items() if entry["runs"]}
    baseline = max((name for name in BASELINES if name in speeds), key=lambda name: speeds[name], default=None)
    for name, speed in speeds.items():
        summary[name]["times_published"] = round(speed / PUBLISHED, 2)
        if baseline is not None:
            summary[name]["times_baseline"] = round(speed / speeds[baseline], 2)
    pairs = {f"{a} / {b}": round(speeds[a] / speeds[b], 2) for a, b in PAIRS if a in speeds and b in speeds}
    return {
        "baseline": baseline,
        "published_rows_per_second_and_core": PUBLISHED,
        "pairs": pairs,
        "contenders": summary,
    }


def format_table(result: Mapping[str, Any]) -> str:
    """Return the comparison as a table for people."""
    header = ("", "rows", "rows/s/core", "rows/s", "MB/s/core", "peak MB", "worker MB", "x base", "x published")
    lines = [header]
    for entry in result["contenders"].values():
        if not entry["runs"]:
            continue
        times = f"{entry['times_baseline']:.1f}" if "times_baseline" in entry else "-"
        speeds = [f"{entry[name]:,.0f}" for name in ("rows", "rows_per_second_and_core", "rows_per_second")]
        sizes = [f"{entry[name]:,.0f}" for name in ("mb_per_second_and_core", "peak_mb", "peak_python_mb")]
        lines.append((entry["label"], *speeds, *sizes, times, f"{entry['times_published']:.1f}"))
    widths = [max(len(line[position]) for line in lines) for position in range(len(header))]
    rows = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rows += [f"{name}: {times:.1f}" for name, times in result["pairs"].items()]
    for name, entry in result["contenders"].items():
        rows += [f"{name}: {kind}, {entry[kind]}" for kind in ("missing", "failed") if kind in entry]
    return "\n".join([*rows, f"base: {result['baseline']}; published: {PUBLISHED:,} rows/s/core (release 1.0)"])


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=50_000_000, metavar="N", help="slow contenders get fewer (5e7)")
    parser.add_argument("--spark-rows", type=int, metavar="N", help="of Spark files, whose start must pay (as --rows)")
    add_names_option(parser, "--only", [contender.name for contender in CONTENDERS])
    parser.add_argument("--original", type=Path, metavar="DIR", help="a checkout of the original, run as it stands")
    parser.add_argument("--original-command", default=ORIGINAL_COMMAND, metavar="COMMAND")
    add_repeats_option(parser)


def _run(options: Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        spark = f" --spark-rows {options.spark_rows}" if options.spark_rows else ""
        save(f"compare --rows {options.rows}{spark} --repeats {options.repeats}", result, options.results)

    chosen = [contender for contender in CONTENDERS if contender.name in options.only]
    asked = {"spark_files": options.spark_rows or options.rows}
    rows = {contender.name: min(asked.get(contender.name, options.rows), contender.most) for contender in chosen}
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting(Path(scratch), original=options.original, original_command=options.original_command)
        result = compare(chosen, setting, rows, options.repeats, keep)
    print(format_table(result))
    try:
        draw_chart(result, options.results / "compare.png")
    except ImportError:
        print("no chart: Matplotlib is not installed (pip install matplotlib)")


COMMAND: Final = Command(_add_options, _run)
