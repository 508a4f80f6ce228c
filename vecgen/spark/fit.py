"""The Spark job that fits profiles to a dataset: tasks count, the driver adds and fits as `vecgen fit` does."""

from __future__ import annotations

import os
import pickle
import zlib
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from vecgen.cli.commands.fit import add_fit_options, run_fit
from vecgen.cli.console import print_error, printing_notes
from vecgen.cli.options import add_dataset_argument, add_quiet_option
from vecgen.cli.parser import make_parser
from vecgen.cli.steps import spell_step
from vecgen.cli.summary import describe_fit
from vecgen.errors import VecgenError
from vecgen.process.interrupts import exit_status
from vecgen.process.memory import keep_freed_memory
from vecgen.process.workers import Workers
from vecgen.spark.cluster.environment import name_program
from vecgen.spark.cluster.failure import name_failure
from vecgen.spark.cluster.session import add_session_options, open_session, promised_cores
from vecgen.spark.cluster.stderr import speak_on_stderr
from vecgen.spark.cluster.watch import watch
from vecgen.spark.payload import make_payload
from vecgen.stores.filesystem import is_remote

T = TypeVar("T")
R = TypeVar("R")


def run_tasks(spark: SparkSession, pieces: Sequence[T], work: Callable[[T], R], _: int = 0) -> Iterator[R]:
    """Yield what `work` returns of each piece, in their order, each done by a task.

    Raises:
        VecgenError: What `work` raises.
    """
    payload = make_payload((work, list(pieces)))

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_freed_memory()
        for batch in batches:
            for number in batch.column(0).to_pylist():
                own_work, own_pieces = payload.open()
                try:
                    found: object = own_work(own_pieces[number])
                except VecgenError as error:  # Spark would pass on its text alone
                    found = error
                packed = zlib.compress(pickle.dumps(found, protocol=5), 1)
                yield pa.record_batch([pa.array([number]), pa.array([packed], pa.binary())], ["number", "found"])

    frame = spark.range(0, len(pieces), 1, len(pieces)).mapInArrow(run, "number long, found binary")
    rows = watch(spark, frame.collect, lambda _: None, lambda: None)
    for row in sorted(rows, key=lambda row: int(row["number"])):
        found = pickle.loads(zlib.decompress(row["found"]))
        if isinstance(found, VecgenError):
            raise found
        yield found


def main(arguments: list[str]) -> int:
    """Fit with Spark; return the exit status: 0; 2 after an error, 130 after Ctrl-C, 143 after SIGTERM."""
    speak_on_stderr()
    summary = "Write profiles and demographics from which data like a dataset is generated; Spark counts its rows."
    parser = make_parser("spark_jobs/fit.py", summary, ("s3://lake/cards --output mine",))
    for add in (add_dataset_argument, add_fit_options, add_quiet_option, add_session_options):
        add(parser)
    spell = partial(spell_step, name_program(os.environ), arguments)
    try:
        with printing_notes():
            return _fit(parser.parse_args(arguments))
    except VecgenError as error:
        print_error(error, spell)
        return 2
    except (PySparkException, Py4JError) as error:
        print_error(VecgenError(f"Spark failed: {name_failure(error)}"), spell)
        return 2
    except KeyboardInterrupt as stop:
        return exit_status(stop)


def _fit(options: Namespace) -> int:
    if not is_remote(options.directory):  # executors have working directories of their own
        options.directory = os.path.abspath(options.directory)
    spark = open_session(options.master, options.app_name, options.remote, quiet=options.quiet)
    fit = run_fit(options, Workers(promised_cores(spark), partial(run_tasks, spark), share_disk=False))
    if not options.quiet:
        print(describe_fit(fit, options.output))
    return 0
