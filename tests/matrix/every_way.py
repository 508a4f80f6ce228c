"""A small dataset made by one Spark in every way there is; tells as JSON what each way answered.

Arguments: names of ways, the directory for outputs, a directory of customers, a local master or the URL of a Connect
server, and options of the job. Runs in the environment of that Spark, so it imports nothing of the tests.
"""

from __future__ import annotations

import json
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as sf

import vecgen.spark
from vecgen.cli.options import add_customer_options, add_model_options
from vecgen.cli.parser import make_parser
from vecgen.cli.read_options import to_request
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.plan.plan import compile_plan
from vecgen.plan.schedule import cut_again
from vecgen.spark.cluster.jobs import is_connect
from vecgen.spark.cluster.session import open_session

ROWS = 3000
"""Of a batch: some twenty batches."""


def main(names: list[str], directory: Path, people: str, where: str, options: list[str]) -> None:
    """Go the ways that are named."""
    spark = open_session(where) if where.startswith("local") else open_session(remote=where)

    def job(name: str, *more: str) -> int:
        return vecgen.spark.main([*options, "--output", str(directory / name), "--batch-rows", str(ROWS), *more])

    ways: dict[str, Callable[[], object]] = {
        "files": lambda: job("files"),
        "rows": lambda: job("rows", "--output-mode", "rows"),
        "csv": lambda: job("csv", "--output-mode", "rows", "--format", "csv"),
        "listed": lambda: vecgen.spark.main(
            [*_without_customers(options), "--customers-file", people, "--output", str(directory / "listed")]
        ),
        "tasks": lambda: count_batches_of_tasks(spark, options),
        "source": lambda: read_source(spark, directory, options),
        "stream": lambda: read_stream(spark, directory, options),
    }
    answers = {}
    for name in names:
        try:
            answers[name] = ways[name]()
        except Exception as error:
            traceback.print_exc()
            answers[name] = f"{type(error).__name__}: {error}"
    kind = "connect" if is_connect(spark) else "classic"
    print(json.dumps({"version": spark.version, "session": kind, **answers}))
    spark.stop()


def _without_customers(options: list[str]) -> list[str]:
    position = options.index("--customers")
    return options[:position] + options[position + 2 :]


def count_batches_of_tasks(spark: SparkSession, options: list[str]) -> list[int]:
    """Return how many batches each task has completed that has completed any."""
    plan = cut_again(compile_plan(to_request(_parse(options))), ROWS)
    batches = vecgen.spark.customers(spark, plan).select("ssn", "batch")
    rows = vecgen.spark.transactions(spark, plan).select("ssn", sf.spark_partition_id().alias("task"))
    pairs = rows.join(batches, "ssn").groupBy("task").agg(sf.countDistinct("batch").alias("n"))
    return [row["n"] for row in pairs.collect()]


def _parse(options: list[str]) -> Namespace:
    parser = make_parser("test", "")
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    return parser.parse_args(options)


def _source(spark: SparkSession, options: list[str]) -> dict[str, str]:
    source = vecgen.spark.VecgenDataSource
    spark.dataSource.register(source)
    names = [option.removeprefix("--") for option in options[::2]]
    places = {"profiles": str(DEFAULT_PROFILES), "demographics": str(DEFAULT_DEMOGRAPHICS)}  # as a server sees them
    return {**dict(zip(names, options[1::2], strict=True)), **places, "batch_rows": str(ROWS)}


def read_source(spark: SparkSession, directory: Path, options: list[str]) -> int:
    """Write what the data source reads."""
    asked = _source(spark, options)
    for table in ("transactions", "customers"):
        frame = spark.read.format("vecgen").options(**asked, table=table).load()
        frame.write.parquet(str(directory / "source" / table))
    return 0


def read_stream(spark: SparkSession, directory: Path, options: list[str]) -> int:
    """Write what the stream yields, half a month at a time."""
    frame = spark.readStream.format("vecgen").options(**_source(spark, options), days_per_trigger="15").load()
    query = (
        frame.writeStream.format("parquet")
        .option("checkpointLocation", str(directory / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(directory / "stream" / "transactions"))
    )
    query.awaitTermination()
    return 0


if __name__ == "__main__":
    main(sys.argv[1].split(","), Path(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
