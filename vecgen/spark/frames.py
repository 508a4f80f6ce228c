"""What Spark makes lazily of a plan: customers, transactions and fraud cases as frames, or a manifest of files written.

Customers are grouped into batches, each completed by `applyInPandas` in a task of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial, reduce
from operator import or_
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, GroupedData, Observation, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from vecgen.arrow import arrow_schema
from vecgen.customer_source import ListedCustomers
from vecgen.customer_table import CUSTOMER_SCHEMA
from vecgen.dataset import find_files
from vecgen.generate import (
    CUSTOMERS,
    TRANSACTIONS,
    Output,
    start_group,
    write_customers,
    write_single_file,
    write_transactions,
)
from vecgen.ledger import list_cases
from vecgen.manifest import MANIFEST_SCHEMA, FileRecord, to_manifest
from vecgen.memory import keep_freed_memory
from vecgen.plan import Plan, index_batches
from vecgen.progress import once
from vecgen.receipt import Part
from vecgen.schema import COLUMNS, FRAUD_CASE_COLUMNS, Column
from vecgen.storage import size_of


def customers(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the customers of a plan: `customer_id`, the sixteen columns, and the number of their `batch`."""
    return _customers(spark, plan, list(plan.customer_ranges()))


def _customers(spark: SparkSession, plan: Plan, ranges: list[tuple[int, int]]) -> DataFrame:
    source, index = plan.source, index_batches(plan)
    if isinstance(source, ListedCustomers):
        return spark.createDataFrame(index.append_number(source.customers))

    def draw(chunks: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for first, last in _pairs(chunks):
            yield from index.append_number(source.table(first, last)).to_batches()

    schema = CUSTOMER_SCHEMA.append(pa.field("batch", pa.int32(), nullable=False))
    return _distribute(spark, ranges).mapInArrow(draw, from_arrow_schema(schema))


def transactions(spark: SparkSession, plan: Plan, columns: Sequence[Column] = COLUMNS) -> DataFrame:
    """Return the transactions of a plan lazily, what `columns` ask for; one task per batch of whole customers."""
    tables, seed, schema = plan.tables, plan.request.seed, arrow_schema(columns)

    def complete(key: tuple[Any, ...], frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        keep_freed_memory()
        for batch in start_group(tables, seed, _to_arrow(frames), 31, columns).all_batches():
            yield batch.cast(schema).to_pandas(types_mapper=pd.ArrowDtype)

    return _group(spark, plan).applyInPandas(complete, from_arrow_schema(schema))


def fraud_cases(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the defrauded customers of a plan lazily, columns of `FRAUD_CASE_COLUMNS`."""
    tables, seed = plan.tables, plan.request.seed

    def complete(key: tuple[Any, ...], frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        people = _to_arrow(frames)
        yield list_cases(tables, start_group(tables, seed, people).calendar, people).to_pandas(
            types_mapper=pd.ArrowDtype
        )

    return _group(spark, plan).applyInPandas(complete, from_arrow_schema(arrow_schema(FRAUD_CASE_COLUMNS)))


def transaction_files(spark: SparkSession, plan: Plan, output: Output) -> DataFrame:
    """Let every batch write its own files; return the manifest, one row per file."""
    tables, seed = plan.tables, plan.request.seed
    if output.single_file:
        return _single_file(spark, plan, output)

    def complete(key: tuple[Any, ...], frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        keep_freed_memory()
        number, people = int(key[0]), _to_arrow(frames)
        name = f"{TRANSACTIONS}-{number}"
        records = once(output, name, lambda: write_transactions(tables, seed, output, number, people))
        yield to_manifest(records).to_pandas(types_mapper=pd.ArrowDtype)

    return _group(spark, plan, output).applyInPandas(complete, from_arrow_schema(MANIFEST_SCHEMA))


def _single_file(spark: SparkSession, plan: Plan, output: Output) -> DataFrame:
    def complete(chunks: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_freed_memory()
        if sum(chunk.num_rows for chunk in chunks):
            groups = plan.groups(batch for batch in plan.batches if output.selects(batch.number))
            records = once(
                output, TRANSACTIONS, lambda: write_single_file(plan.tables, plan.request.seed, output, groups)
            )
            yield from to_manifest(records).to_batches()

    return spark.range(1).coalesce(1).mapInArrow(complete, from_arrow_schema(MANIFEST_SCHEMA))


def customer_files(spark: SparkSession, plan: Plan, output: Output) -> DataFrame:
    """Let every range of ids write its own customers file; return the manifest, one row per file."""
    source = plan.source

    def complete(chunks: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for first, last in _pairs(chunks):
            people = source.table(first, last)
            records = once(output, f"{CUSTOMERS}-{first}", partial(_write_customers, output, people))
            yield from to_manifest(records).to_batches()

    ranges = list(plan.customer_ranges())
    return _distribute(spark, ranges).mapInArrow(complete, from_arrow_schema(MANIFEST_SCHEMA))


def _write_customers(output: Output, people: pa.Table) -> list[FileRecord]:
    return [write_customers(output, people)]


def _group(spark: SparkSession, plan: Plan, output: Output | None = None) -> GroupedData:
    people, count = customers(spark, plan), len(plan.batches)
    if output and output.batches:
        wanted = [batch for batch in plan.batches if output.selects(batch.number)]
        chosen = (sf.col("batch").between(first, last) for first, last in output.batches)
        people, count = _customers(spark, plan, plan.ranges_of(wanted)).filter(reduce(or_, chosen)), len(wanted)
    # A partition per batch, by number and not by hash: no two batches share a task by accident.
    return people.repartitionById(count, sf.col("batch")).groupBy("batch")


def _to_arrow(frames: Iterator[pd.DataFrame]) -> pa.Table:
    names = CUSTOMER_SCHEMA.names
    return pa.concat_tables(pa.Table.from_pandas(f[names], CUSTOMER_SCHEMA) for f in frames).sort_by("customer_id")


def _distribute(spark: SparkSession, ranges: list[tuple[int, int]]) -> DataFrame:
    return spark.createDataFrame(ranges, "first long, last long").repartitionByRange(len(ranges), "first")


def _pairs(chunks: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, int]]:
    for chunk in chunks:
        yield from zip(*chunk.to_pydict().values(), strict=True)


def write_rows(frame: DataFrame, output: Output, name: str) -> Part:
    """Write a frame as the part `name` of a dataset."""
    observed = Observation()
    frame = frame.observe(observed, sf.count(sf.lit(1)).alias("rows"))
    keys = output.partition_by if name == TRANSACTIONS else ()
    values = {
        "year": sf.year("trans_date"),
        "month": sf.month("trans_date"),
        "profile_group": sf.col("profile"),
    }
    if output.format == "csv":
        frame = _as_text(frame)
    writer = frame.withColumns({key: values[key] for key in keys}).write.mode("append").partitionBy(*keys)
    path = output.path.absolute() / name
    if output.format == "csv":
        writer.csv(str(path), sep="|", header=True, quote="", emptyValue="")
    else:
        writer.parquet(str(path), compression=output.compression)
    sizes = [size_of(file) for file in find_files(path)]
    return Part(observed.get["rows"], len(sizes), sum(sizes), None)


def _as_text(frame: DataFrame) -> DataFrame:
    """Print numbers with the decimals of the original's text format."""
    columns = [c for c in (*COLUMNS, *FRAUD_CASE_COLUMNS) if c.name in frame.columns and c.decimals is not None]
    return frame.withColumns({c.name: sf.col(c.name).cast(f"decimal(18,{c.decimals})") for c in columns})
