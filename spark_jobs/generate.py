"""The dataset as a Spark job: frames of customers and transactions, written, and their receipt.

Run it with spark-submit (options as `vecgen generate`), or import `transactions(spark, plan)` into a job of your own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import SparkSession

from spark_jobs.frames import customer_files, customers, fraud_cases, transaction_files, transactions, write_rows
from spark_jobs.session import add_session_options, open_session
from vecgen.errors import InputError, VecgenError
from vecgen.generate import CUSTOMERS, FRAUD_CASES, TRANSACTIONS, Existing, Output, list_parts
from vecgen.manifest import FileRecord, from_manifest
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
from vecgen.plan import Plan, compile_plan
from vecgen.progress import close_run, open_run
from vecgen.receipt import Part, Receipt, sum_records, summarise
from vecgen.schedule import describe_estimate, estimate
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS

__all__ = ["customers", "main", "run", "transactions"]


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
        print(f"vecgen: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    if status := main(sys.argv[1:]):
        sys.exit(status)  # Databricks takes any exit for a failure, even of status 0
