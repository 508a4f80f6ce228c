"""The limit: the same tables, already made, written by the same writer. Above it, only encoding can gain.

`python -m bench.contenders.limit --rows N --output DIR` makes a dataset, reads it back row group by row group, with
dictionaries, and times nothing but writing these again, into files of the same content, until N rows are written.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.contenders.commands import customers_for
from bench.harness.stopwatch import Stopwatch, parse_section
from bench.harness.written import OutputKeywords, save_section
from vecgen.io.parquet_layout import Compression
from vecgen.io.schema import TRANSACTION_SCHEMA, TRANSACTIONS
from vecgen.io.writers import open_writer
from vecgen.plan.output import Output
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request
from vecgen.run.local import run_local

MOST_ROWS_MADE = 10_000_000
DICTIONARIES = [field.name for field in TRANSACTION_SCHEMA if pa.types.is_dictionary(field.type)]


def make_dataset(rows: int, directory: Path) -> list[Path]:
    """Write a dataset of about `rows` transactions and return its files."""
    run_local(compile_plan(Request(customers=customers_for(rows))), Output(directory), 1, customers=False)
    return sorted((directory / TRANSACTIONS).rglob("*.parquet"))


def read_row_groups(path: Path) -> Iterator[pa.Table]:
    """Yield the row groups of a file as the assembler made them: repeating text as dictionaries."""
    with pq.ParquetFile(path, read_dictionary=DICTIONARIES) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, columns=TRANSACTION_SCHEMA.names, use_threads=False)
            # Only the same dictionary throughout can be passed on without being rewritten.
            yield table.unify_dictionaries().combine_chunks().cast(TRANSACTION_SCHEMA)


def write_again(path: Path, copy: Path, watch: Stopwatch, compression: Compression = "snappy") -> tuple[int, int]:
    """Write a file's tables once more, timing only that; return rows and bytes, and remove the copy."""
    rows = 0
    watch.start()
    with open_writer(copy, TRANSACTION_SCHEMA, "parquet", compression) as writer:
        watch.stop()
        for table in read_row_groups(path):
            rows += table.num_rows
            batches = table.to_batches()
            watch.start()
            for batch in batches:
                writer.write(batch)
            writer.end_row_group()
            watch.stop()
        watch.start()
    watch.stop()
    size = copy.stat().st_size
    copy.unlink()
    return rows, size


def run_section(rows: int, output: Path) -> None:
    """Time the writing of about `rows` rows and leave the seconds in `output`."""
    files = make_dataset(min(rows, MOST_ROWS_MADE), output / "made")
    done, size, watch = 0, 0, Stopwatch()
    while done < rows:
        for path in files:
            own_rows, own_size = write_again(path, output / "copy.parquet", watch)
            done, size = done + own_rows, size + own_size
            if done >= rows:
                break
    shutil.rmtree(output / "made")
    save_section(output, OutputKeywords(done, size, watch.cpu, watch.wall))


if __name__ == "__main__":
    run_section(*parse_section("bench.contenders.limit"))
