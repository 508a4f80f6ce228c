"""The Spark job that writes a dataset and its receipt.

Run it with spark-submit (options as `vecgen generate`), or import `transactions(spark, plan)` into a job of your own.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from vecgen.cli.console import print_error, printing_notes
from vecgen.cli.messages import describe_stop, note_lists
from vecgen.cli.options import (
    add_customer_options,
    add_model_options,
    add_output_options,
    add_plan_option,
    add_quiet_option,
    add_slice_options,
)
from vecgen.cli.parser import make_parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_existing, to_output, to_request
from vecgen.cli.steps import spell_step
from vecgen.cli.summary import describe_plan, hint_at_receipt, summarise
from vecgen.errors import InputError, OutputError, Step, VecgenError, setting
from vecgen.io.file_record import FileRecord
from vecgen.io.schema import CUSTOMERS, FRAUD_CASES, TRANSACTIONS
from vecgen.plan.output import Existing, Output, list_parts
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.schedule import estimate, expect_rows
from vecgen.process.interrupts import exit_status
from vecgen.process.progress import Report, State, ignore
from vecgen.records.receipt import Part, Receipt
from vecgen.run.checkpoint import read_finished
from vecgen.run.publish import sum_records
from vecgen.run.run import Run, close_run, open_run
from vecgen.run.work import list_work
from vecgen.spark.cluster.environment import name_program
from vecgen.spark.cluster.failure import name_failure
from vecgen.spark.cluster.jobs import Jobs
from vecgen.spark.cluster.session import add_session_options, open_session, promised_cores, registered_cores
from vecgen.spark.cluster.stderr import speak_on_stderr
from vecgen.spark.cluster.watch import count_done, watch
from vecgen.spark.frames import (
    customers,
    fraud_cases,
    list_drawn,
    read_records,
    transactions,
    write_rows,
    written_files,
)
from vecgen.spark.stored import store_customers

__all__ = ["customers", "main", "run", "transactions"]


def run(
    spark: SparkSession,
    plan: Plan,
    output: Output,
    output_mode: str = "files",
    existing: Existing = "refuse",
    report: Report = ignore,
    stopping: Callable[[], None] = lambda: None,
) -> Receipt:
    """Write customers, transactions and the receipt below an output directory; see `run.run` for what it may contain.

    Args:
        report: Called with the progress of the run about every second.
        stopping: Called at Ctrl-C, before anything is cancelled.
    """
    if output_mode == "rows" and existing == "resume":
        raise InputError(
            setting("resume"),
            "",
            "output_mode rows",
            f"{setting('output_mode', 'files')}, whose batches can be resumed",
        )
    if output_mode == "rows" and (
        output.selection.batches
        or output.selection.only_dates
        or output.table
        or output.append
        or output.form.encoding == "compact"
    ):
        told = ", ".join(map(setting, ("batches", "only_dates", "table", "append")))
        expected = f"files, if {told} or {setting('encoding', 'compact')} are given"
        raise InputError(setting("output_mode"), "", "rows", expected)
    started = time.perf_counter()
    output = replace(output, path=output.path.absolute())  # executors have working directories of their own
    names = list_parts(output)
    with open_run(plan, output, promised_cores(spark), names, existing) as run:
        if run.receipt:
            return run.receipt
        if output_mode == "rows":
            parts, records = _run_rows(spark, run, report, stopping), None
        else:
            records = _run_files(spark, run, run.parts, report, stopping)
            parts = sum_records(records)
        return close_run(run, parts, time.perf_counter() - started, registered_cores(spark), records)


def _run_files(
    spark: SparkSession, run: Run, names: Sequence[str], report: Report, stopping: Callable[[], None]
) -> list[FileRecord]:
    """Let tasks write files; the records that they leave show the progress, also of retried tasks."""
    expected = expect_rows(run.plan, run.output, names)
    known: set[str] = set()
    state = State(sum(expected.values()))

    def look(_: Jobs) -> None:
        nonlocal state
        with suppress(OutputError):  # of a store that does not answer: the next look may tell
            for name, records in read_finished(run.target.directory, known).items():
                known.add(name)
                state = state.add(expected.get(name, 0), records)
        report(state)

    frame = written_files(spark, store_customers(run), list_work(run, names))
    return watch(spark, lambda: read_records(frame), look, stopping)


def _run_rows(spark: SparkSession, run: Run, report: Report, stopping: Callable[[], None]) -> dict[str, Part]:
    """Let Spark's writer write; its tasks leave no records, so Spark tells how many are finished."""
    plan, output = run.plan, run.output
    makers: dict[str, Callable[[], DataFrame]] = {
        CUSTOMERS: lambda: customers(spark, plan).select([c.name for c in output.form.columns_of(CUSTOMERS)]),
        TRANSACTIONS: lambda: transactions(spark, plan, list_drawn(output)),
        FRAUD_CASES: lambda: fraud_cases(spark, plan),
    }
    rows = [batch.rows for batch in plan.batches]

    def look(name: str, jobs: Jobs) -> None:
        done = count_done(jobs, rows) if name == TRANSACTIONS else sum(rows) * (name == FRAUD_CASES)
        report(State(sum(rows), done, done))

    def write(name: str) -> Part:
        return write_rows(makers[name](), run.target, name)

    return {name: watch(spark, partial(write, name), partial(look, name), stopping) for name in makers}


def main(arguments: list[str]) -> int:
    """Write a dataset with Spark; return the exit status: 0; 2 after an error, 130 after Ctrl-C, 143 after SIGTERM."""
    speak_on_stderr()
    examples = ("--customers 5000 --seed 7 --output cards", "--fraud-rate 0.98 --output-mode rows --output cards")
    parser = make_parser("spark_jobs/generate.py", "Write customers and their transactions with Spark.", examples)
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    add_plan_option(parser)
    modes = "files: each task writes its own; rows: Spark's writer does, for any sink (files)"
    parser.add_argument("--output-mode", choices=["files", "rows"], default="files", help=modes)
    add_quiet_option(parser)
    add_session_options(parser)
    spell = partial(spell_step, name_program(os.environ), arguments)
    try:
        with printing_notes():
            return _generate(parser.parse_args(arguments), spell)
    except VecgenError as error:
        print_error(error, spell)
        return 2
    except (PySparkException, Py4JError) as error:  # before a run
        return _say_failed(f"vecgen: {name_failure(error)}", error)
    except KeyboardInterrupt as stop:  # of a run, `say_stopped` has said more
        return exit_status(stop)


def _generate(options: Namespace, spell: Callable[[Step], str]) -> int:
    plan, output = compile_plan(to_request(options)), to_output(options)
    note_lists(plan)
    spark = open_session(options.master, options.app_name, options.remote, quiet=options.quiet)
    if options.plan:
        print(describe_plan(estimate(plan, output, promised_cores(spark)), output))
        return 0

    def say_stopped() -> None:
        print(describe_stop(output.path, spell), file=sys.stderr, flush=True)

    try:
        with show(options.quiet) as report:
            receipt = run(spark, plan, output, options.output_mode, to_existing(options), report, say_stopped)
    except (PySparkException, Py4JError) as error:
        return _say_failed(describe_stop(output.path, spell, name_failure(error)), error)
    if not options.quiet:
        print(summarise(receipt))
        if hint := hint_at_receipt(receipt):
            print(hint)
    return 0


def _say_failed(summary: str, error: Exception) -> int:
    print(f"{summary}\nvecgen: Spark's own words:\n{error}", file=sys.stderr)
    return 2
