"""Where the nanoseconds of a row go: every stage of a file alone, and the encoding of every column alone."""

from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from bench.harness.command import Command, add_number_option
from bench.harness.results import save
from bench.harness.stopwatch import Stopwatch
from vecgen.io.parquet_layout import choose_layout
from vecgen.io.schema import TRANSACTION_SCHEMA
from vecgen.io.writers import ParquetWriter, Writer, open_writer
from vecgen.model.rows import Rows
from vecgen.model.transactions import draw_rows
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.plan.slices import PARTITION_KEYS, DaySlice, partition_period
from vecgen.process.memory import keep_freed_memory
from vecgen.run.batch import Group, start_group

CUSTOMERS: Final = 20_000
STAGES: Final = ("customers", "dates", "rows", "assemble", "digest", "encode", "write")
_REPEATS: Final = 5
_COMPRESSION: Final = "snappy"
_ENCODINGS: Final = "portable"


def measure_stages(customers: int) -> dict[str, Any]:
    """Return ns of CPU time a row, by stage and by column, of a dataset written by one process.

    `write` is what a file costs beyond the same encoding sent to nowhere.
    """
    keep_freed_memory()
    plan = compile_plan(Request(customers=customers))
    run_stages(compile_plan(Request(customers=200)))  # first touches: imports, tables, memory
    watches, rows = run_stages(plan)
    stages = {stage: round(watches[stage].cpu / rows * 1e9, 1) for stage in STAGES}
    return {
        "rows": rows,
        "ns_a_row": {**stages, "total": round(sum(stages.values()), 1)},
        "columns": list_columns(plan),
    }


def run_stages(plan: Plan) -> tuple[dict[str, Stopwatch], int]:
    """Take a plan's batches through all stages, timing each; return the watches and the rows."""
    watches: dict[str, Stopwatch] = defaultdict(Stopwatch)
    rows = 0
    for batch in plan.batches:
        with watches["customers"].time():
            people = plan.source.table(batch.first, batch.last, batch.profile)
        with watches["dates"].time():
            group = start_group(plan.tables, people, 31)
        for part in partition_period(plan.tables.law.period, PARTITION_KEYS, "any"):
            rows += _run_slice(group, part, watches)
    watches["write"].cpu -= watches["encode"].cpu
    return watches, rows


def _run_slice(group: Group, part: DaySlice, watches: dict[str, Stopwatch]) -> int:
    """Take the rows of some days through the stages; `write` is timed with its encoding."""
    batches: list[list[pa.RecordBatch]] = []
    for chunk in group.chunks:
        batches.append([])
        for rows in _timed(draw_rows(group.tables, group.calendar, part.days, chunk.customers), watches["rows"]):
            rows.customer[:] -= chunk.customers.start
            with watches["assemble"].time():
                batches[-1].append(chunk.assembler.assemble(rows))
            with watches["digest"].time():
                chunk.assembler.digest(rows)
    with watches["encode"].time(), pa.OSFile(os.devnull, "wb") as nowhere:
        _write(ParquetWriter(nowhere, TRANSACTION_SCHEMA, _COMPRESSION), batches).finish()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "part.parquet"
        with (
            watches["write"].time(),
            open_writer(path, TRANSACTION_SCHEMA, "parquet", _COMPRESSION) as writer,
        ):
            _write(writer, batches)
    return sum(batch.num_rows for chunk in batches for batch in chunk)


def _timed(iterator: Iterator[Rows], watch: Stopwatch) -> Iterator[Rows]:
    while True:
        with watch.time():
            rows = next(iterator, None)
        if rows is None:
            return
        yield rows


def _write(writer: Writer, chunks: list[list[pa.RecordBatch]]) -> Writer:
    for batches in chunks:
        for batch in batches:
            writer.write(batch)
        writer.end_row_group()
    return writer


def list_columns(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return each column's encoding, its ns and its bytes a row, written alone: one month of the largest batch."""
    largest = max(plan.batches, key=lambda batch: batch.rows)
    people = plan.source.table(largest.first, largest.last, largest.profile)
    group = start_group(plan.tables, people, 31)
    table = pa.Table.from_batches([batch for batch, _ in group.batches(range(31), group.chunks[0])])
    return {name: _measure_column(table.select([name])) for name in table.column_names}


def _measure_column(table: pa.Table) -> dict[str, Any]:
    """Return the best of several runs: a column takes a millisecond, and any interruption shows."""
    seconds, size = [], 0
    for _ in range(_REPEATS):
        watch = Stopwatch()
        with watch.time(), pa.BufferOutputStream() as sink:
            _write(ParquetWriter(sink, table.schema, _COMPRESSION), [table.to_batches()]).finish()
            size = sink.tell()
        seconds.append(watch.cpu)
    return {
        "encoding": choose_layout(table.column_names[0], _ENCODINGS).encoding,
        "ns_a_row": round(min(seconds) / table.num_rows * 1e9, 1),
        "bytes_a_row": round(size / table.num_rows, 2),
    }


def format_stages(result: dict[str, Any]) -> str:
    """Return the stages and columns as a table for people."""
    lines = [f"{stage:>12} {ns:7.1f} ns a row" for stage, ns in result["ns_a_row"].items()]
    lines += ["", f"{'column':>12}  ns a row  bytes a row  encoding"]
    for name, column in result["columns"].items():
        lines.append(f"{name:>12}  {column['ns_a_row']:8.1f}  {column['bytes_a_row']:11.2f}  {column['encoding']}")
    return "\n".join(lines)


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--customers", CUSTOMERS)


def _run(options: Namespace) -> None:
    result = measure_stages(options.customers)
    print(format_stages(result))
    save(f"stages --customers {options.customers}", result, options.results)


COMMAND: Final = Command(_add_options, _run)
