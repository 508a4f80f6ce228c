"""The dataset as a Spark job: customers, grouped into batches, completed by `applyInPandas`, written by Spark.

Run it with spark-submit (same options as `vecgen generate`), or import `transactions(spark, plan)` into a job of your own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from spark_jobs.session import open_session
from vecgen.arrow import arrow_schema
from vecgen.customer_source import ListedCustomers
from vecgen.customer_table import CUSTOMER_SCHEMA
from vecgen.dataset import find_files
from vecgen.errors import VecgenError
from vecgen.generate import CUSTOMERS, TRANSACTIONS, Output, start_group
from vecgen.options import add_customer_options, add_law_options, add_output_options, make_parser, to_output, to_request
from vecgen.plan import Plan, compile_plan, index_batches
from vecgen.receipt import Part, Receipt, clear_output, prepare_output, summarise, write_receipt
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS


def customers(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the customers of a plan: `customer_id`, the sixteen columns, and the number of their `batch`."""
    source, index = plan.source, index_batches(plan)
    if isinstance(source, ListedCustomers):
        return spark.createDataFrame(index.append_number(source.customers))

    def draw(chunks: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for chunk in chunks:
            for row in chunk.to_pylist():
                yield from index.append_number(source.table(row["first"], row["last"])).to_batches()

    ranges = list(plan.customer_ranges())
    schema = CUSTOMER_SCHEMA.append(pa.field("batch", pa.int32(), nullable=False))
    frame = spark.createDataFrame(ranges, "first long, last long").repartitionByRange(len(ranges), "first")
    return frame.mapInArrow(draw, from_arrow_schema(schema))


def transactions(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the transactions of a plan, 26 columns, lazily; one task per batch of whole customers."""
    tables, seed = plan.tables, plan.request.seed
    names, schema = CUSTOMER_SCHEMA.names, arrow_schema(COLUMNS)

    def complete(key: tuple[Any, ...], frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        people = pa.concat_tables(pa.Table.from_pandas(frame[names], CUSTOMER_SCHEMA) for frame in frames)
        group = start_group(tables, seed, people.sort_by("customer_id"))
        for batch in group.batches(range(tables.law.period.days)):
            yield batch.cast(schema).to_pandas(types_mapper=pd.ArrowDtype)

    grouped = customers(spark, plan).repartitionById(len(plan.batches), F.col("batch")).groupBy("batch")
    return grouped.applyInPandas(complete, from_arrow_schema(schema))


def write(frame: DataFrame, output: Output, name: str) -> Part:
    """Write a frame as the part `name` of a dataset."""
    observed = Observation()
    frame = frame.observe(observed, F.count(F.lit(1)).alias("rows"))
    keys = output.partition_by if name == TRANSACTIONS else ()
    values = {
        "year": F.date_format("trans_date", "yyyy"),
        "month": F.date_format("trans_date", "MM"),
        "profile_group": F.col("profile"),
    }
    if output.format == "csv":
        frame = _as_text(frame)
    writer = frame.withColumns({key: values[key] for key in keys}).write.mode("append").partitionBy(*keys)
    path = output.path.absolute() / name
    if output.format == "csv":
        writer.csv(str(path), sep="|", header=True, quote="", emptyValue="")
    else:
        writer.parquet(str(path), compression=output.compression)
    sizes = [file.stat().st_size for file in find_files(path)]
    return Part(observed.get["rows"], len(sizes), sum(sizes), None)


def _as_text(frame: DataFrame) -> DataFrame:
    """Print numbers with the decimals of the original's text format."""
    columns = [c for c in COLUMNS if c.name in frame.columns and c.decimals is not None]
    return frame.withColumns({c.name: F.col(c.name).cast(f"decimal(18,{c.decimals})") for c in columns})


def main(arguments: list[str]) -> int:
    """Write a dataset with Spark; return the exit status: 0, or 2 after an error of the user's."""
    parser = make_parser("spark_jobs/generate.py", "Write customers and their transactions with Spark.")
    add_customer_options(parser, with_file=True)
    add_law_options(parser)
    add_output_options(parser)
    try:
        options = parser.parse_args(arguments)
        plan, output = compile_plan(to_request(options)), to_output(options)
        print(summarise(run(open_session(), plan, output)))
    except VecgenError as error:
        print(f"vecgen: {error}", file=sys.stderr)
        return 2
    return 0


def run(spark: SparkSession, plan: Plan, output: Output) -> Receipt:
    """Write customers, transactions and the receipt below an empty output directory."""
    started = time.perf_counter()
    prepare_output(output.path)
    try:
        people = customers(spark, plan).select([c.name for c in CUSTOMER_COLUMNS])
        parts = {
            CUSTOMERS: write(people, output, CUSTOMERS),
            TRANSACTIONS: write(transactions(spark, plan), output, TRANSACTIONS),
        }
        seconds = time.perf_counter() - started
        return write_receipt(plan, output, parts, seconds, spark.sparkContext.defaultParallelism)
    except BaseException:
        clear_output(output.path)
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
