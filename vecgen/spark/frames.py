"""Turns a plan into Spark frames of customers, transactions and fraud cases, or files written by tasks.

Rows: customers are grouped into batches, each completed by `applyInPandas` in a task of its own. Files: a task is the
number of a piece of work; it draws its own customers, so nothing is shuffled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.io.file_record import FileRecord, from_json, to_json
from vecgen.io.parquet_layout import choose_layout
from vecgen.io.reader import find_files
from vecgen.io.schema import COLUMNS, FRAUD_CASE_COLUMNS, FRAUD_CASES, TRANSACTIONS, Column, arrow_schema
from vecgen.plan.customer_source import ListedCustomers
from vecgen.plan.output import Output, Target
from vecgen.plan.plan import Plan, index_batches
from vecgen.plan.slices import PartitionKey
from vecgen.process.memory import keep_freed_memory
from vecgen.records.receipt import Part
from vecgen.run.export.arrow_tables import list_group
from vecgen.run.fraud_cases import find_cases, list_columns
from vecgen.run.run import Run
from vecgen.run.work import Work, do_work
from vecgen.spark.cluster.versions import complete_batches
from vecgen.spark.payload import make_payload
from vecgen.stores.filesystem import size_of

_CHUNK: Final = 20_000  # customers of a file that travel together, some 3 MB


def customers(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the customers of a plan: `customer_id`, the sixteen columns, and the number of their `batch`."""
    schema = CUSTOMER_SCHEMA.append(pa.field("batch", pa.int32(), nullable=False))
    index, source = index_batches(plan), plan.source
    if isinstance(source, ListedCustomers):
        chunks = [_to_bytes(source.table(first, first + _CHUNK)) for first in range(0, source.count, _CHUNK)]

        def unpack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for (chunk,) in _rows(batches):
                yield from index.append_number(pa.ipc.open_stream(chunk).read_all()).to_batches()

        frame = spark.createDataFrame([(chunk,) for chunk in chunks], "chunk binary")
        return frame.mapInArrow(unpack, from_arrow_schema(schema))

    ranges, payload = list(plan.customer_ranges()), make_payload(source)

    def draw(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for (number,) in _rows(batches):
            yield from index.append_number(payload.open().table(*ranges[number])).to_batches()

    return _number_tasks(spark, len(ranges)).mapInArrow(draw, from_arrow_schema(schema))


def transactions(spark: SparkSession, plan: Plan, columns: Sequence[Column] = COLUMNS) -> DataFrame:
    """Return these columns of the transactions of a plan lazily; one task per batch of whole customers."""
    payload, schema = make_payload(plan.tables), arrow_schema(columns)

    def draw(frames: Iterator[pd.DataFrame]) -> Iterator[pa.RecordBatch]:
        keep_freed_memory()
        tables = payload.open()
        for batch in list_group(tables, _to_arrow(frames), range(tables.law.period.days), columns):
            yield batch.cast(schema)

    return complete_batches(customers(spark, plan), len(plan.batches), draw, from_arrow_schema(schema))


def fraud_cases(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the defrauded customers of a plan lazily, columns of `list_columns`."""
    schema = from_arrow_schema(arrow_schema(list_columns(plan.tables.law)))
    payload, ranges = make_payload(replace(plan, batches=())), list(plan.case_ranges())

    def draw(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for (number,) in _rows(batches):
            own = payload.open()
            yield from find_cases(own.tables, own.source, *ranges[number]).to_batches()

    return _number_tasks(spark, len(ranges)).mapInArrow(draw, schema)


def written_files(spark: SparkSession, run: Run, work: Sequence[Work]) -> DataFrame:
    """Write the files of each piece of work in a task of its own; return their records, see `read_records`."""
    payload = make_payload(replace(run, plan=replace(run.plan, batches=())))  # a task has its own piece, and no other
    pieces = list(work)

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_freed_memory()
        for (number,) in _rows(batches):
            records = [json.dumps(to_json(record)) for record in do_work(payload.open(), pieces[number])]
            yield pa.record_batch([pa.array(records, pa.string())], ["record"])

    return _number_tasks(spark, len(pieces)).mapInArrow(write, "record string")


def read_records(frame: DataFrame) -> list[FileRecord]:
    """Let `written_files` be written; return their records."""
    return [from_json(json.loads(row["record"])) for row in frame.collect()]


def _number_tasks(spark: SparkSession, count: int) -> DataFrame:
    """Return the numbers 0..count-1, each in a task of its own, in this order."""
    return spark.range(0, count, 1, count)


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*batch.to_pydict().values(), strict=True)


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _to_arrow(frames: Iterator[pd.DataFrame]) -> pa.Table:
    names = CUSTOMER_SCHEMA.names
    return pa.concat_tables(pa.Table.from_pandas(f[names], CUSTOMER_SCHEMA) for f in frames).sort_by("customer_id")


_KEY_COLUMNS: Final[Mapping[PartitionKey, str]] = {
    "year": "trans_date",
    "month": "trans_date",
    "profile_group": "profile",
}
"""What the keys of directories are made of."""


def list_drawn(output: Output) -> tuple[Column, ...]:
    """Return the columns of transactions that `write_rows` needs: those of the files and of their keys."""
    written = output.form.columns_of(TRANSACTIONS)
    needed = {_KEY_COLUMNS[key] for key in output.form.partition_by} - {column.name for column in written}
    return (*written, *(column for column in COLUMNS if column.name in needed))


def write_rows(frame: DataFrame, target: Target, name: str) -> Part:
    """Write a frame as the part `name` of a dataset."""
    spark, output = frame.sparkSession, target.output
    keys = output.form.partition_by if name == TRANSACTIONS else ()
    own = {column.name for column in output.form.columns_of(name)}
    extra = set() if name == FRAUD_CASES else set(frame.columns) - own
    makers = {"year": sf.year, "month": sf.month, "profile_group": sf.col}
    values = {key: makers[key](_KEY_COLUMNS[key]) for key in keys}
    if output.form.format == "csv":
        frame = _as_text(frame)
    for key in keys:  # Connect refuses to add no columns at once
        frame = frame.withColumn(key, values[key])
    if extra:
        frame = frame.drop(*extra)
    writer = frame.write.mode("append").partitionBy(*keys)
    path = target.directory.absolute() / name
    if output.form.format == "csv":
        writer.csv(str(path), sep="|", header=True, quote="", emptyValue="")
        written = spark.read.csv(str(path), sep="|", header=True, quote="")
    else:
        writer.options(**_choose_plain(own)).parquet(str(path), compression=output.form.compression)
        written = spark.read.parquet(str(path))
    sizes = [size_of(file) for file in find_files(path)]
    return Part(int(written.count()), len(sizes), sum(sizes), None)  # observations: Connect has none before Spark 4.0


def _choose_plain(columns: Iterable[str]) -> dict[str, str]:
    """Return the options by which Spark's writer looks for no repetitions in columns that our own leaves plain."""
    plain = (name for name in columns if choose_layout(name, "portable").encoding == "PLAIN")
    return {f"parquet.enable.dictionary#{name}": "false" for name in plain}


def _as_text(frame: DataFrame) -> DataFrame:
    """Print numbers with the decimals of the original's text format."""
    columns = (*COLUMNS, *FRAUD_CASE_COLUMNS)
    types = {column.name: f"decimal(18,{column.decimals})" for column in columns if column.decimals is not None}
    # In one step, and `columns` asked for once: before Spark 4.0, Connect sends all that tasks need with each question.
    names = frame.columns
    return frame.select([sf.col(name).cast(types[name]).alias(name) if name in types else name for name in names])
