"""The dataset as a Spark job: customers, grouped into batches, completed by `applyInPandas`.

Run it with spark-submit (options as `vecgen generate`), or import `transactions(spark, plan)` into a job of your own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import or_
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, GroupedData, Observation, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from spark_jobs.session import add_session_options, open_session
from vecgen.arrow import arrow_schema
from vecgen.customer_source import ListedCustomers
from vecgen.customer_table import CUSTOMER_SCHEMA
from vecgen.dataset import find_files
from vecgen.errors import InputError, VecgenError, to_line
from vecgen.generate import (
    CUSTOMERS,
    FRAUD_CASES,
    TRANSACTIONS,
    Existing,
    Output,
    list_parts,
    start_group,
    write_customers,
    write_single_file,
    write_transactions,
)
from vecgen.ledger import list_cases
from vecgen.manifest import MANIFEST_SCHEMA, FileRecord, from_manifest, to_manifest
from vecgen.memory import keep_freed_memory
from vecgen.options import (
    add_customer_options,
    add_law_options,
    add_output_options,
    add_plan_option,
    add_slice_options,
    make_parser,
    to_existing,
    to_output,
    to_request,
)
from vecgen.plan import Plan, compile_plan, index_batches
from vecgen.progress import close_run, once, open_run
from vecgen.receipt import Part, Receipt, sum_records, summarise
from vecgen.schedule import describe_estimate, estimate
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS, FRAUD_CASE_COLUMNS, Column
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
        "year": sf.year("trans_date").cast("string"),
        "month": sf.lpad(sf.month("trans_date").cast("string"), 2, "0"),  # date_format takes six times as long
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


def run(
    spark: SparkSession, plan: Plan, output: Output, output_mode: str = "files", existing: Existing = "refuse"
) -> Receipt:
    """Write customers, transactions and the receipt below an output directory; see `progress` for what it may hold."""
    if output_mode == "rows" and existing == "resume":
        raise InputError("--resume", "", "--output-mode rows", "--output-mode files, whose batches can be resumed")
    if output_mode == "rows" and (output.batches or output.only_dates or output.table):
        expected = "files, if --batches or --only-dates select some of the rows, or --table commits files"
        raise InputError("--output-mode", "", "rows", expected)
    started = time.perf_counter()
    cores = spark.sparkContext.defaultParallelism
    output = replace(output, path=output.path.absolute())  # executors have working directories of their own
    names = list_parts(output)
    with open_run(plan, output, cores, names, existing) as run:
        if run.receipt:
            return run.receipt
        if output_mode == "rows":
            parts, records = _run_rows(spark, run.plan, run.output), []
        else:
            records = _run_files(spark, run.plan, run.output, names)
            parts = sum_records(records)
        return close_run(run, parts, time.perf_counter() - started, cores, records)


def _run_files(spark: SparkSession, plan: Plan, output: Output, names: Sequence[str]) -> list[FileRecord]:
    frames = [transaction_files(spark, plan, output)]
    if CUSTOMERS in names:
        frames.insert(0, customer_files(spark, plan, output))
    return [record for frame in frames for record in from_manifest(frame.toArrow())]


def _run_rows(spark: SparkSession, plan: Plan, output: Output) -> dict[str, Part]:
    frames = {
        CUSTOMERS: customers(spark, plan).select([c.name for c in output.columns(CUSTOMER_COLUMNS)]),
        TRANSACTIONS: transactions(spark, plan, output.columns(COLUMNS)),
        FRAUD_CASES: fraud_cases(spark, plan),
    }
    return {name: write_rows(frame, output, name) for name, frame in frames.items()}


def main(arguments: list[str]) -> int:
    """Write a dataset with Spark; return the exit status: 0, or 2 after an error of the user's."""
    parser = make_parser("spark_jobs/generate.py", "Write customers and their transactions with Spark.")
    add_customer_options(parser, with_file=True)
    add_law_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    add_plan_option(parser)
    modes = "files: each task writes its own; rows: Spark's writer does, for any sink (files)"
    parser.add_argument("--output-mode", choices=["files", "rows"], default="files", help=modes)
    add_session_options(parser)
    try:
        options = parser.parse_args(arguments)
        plan, output = compile_plan(to_request(options)), to_output(options)
        spark = open_session(options.master, options.app_name)
        if options.plan:
            print(describe_estimate(estimate(plan, output, spark.sparkContext.defaultParallelism)))
        else:
            print(summarise(run(spark, plan, output, options.output_mode, to_existing(options))))
    except VecgenError as error:
        print(f"vecgen: {to_line(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    if status := main(sys.argv[1:]):
        sys.exit(status)  # Databricks takes any exit for a failure, even of status 0
