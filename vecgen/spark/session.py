"""The Spark session of a job: what spark-submit, spark-defaults or a notebook have set is left as it is."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser

from pyspark import SparkContext
from pyspark.sql import SparkSession

from vecgen.spark.environment import (
    Environment,
    check_start,
    choose_settings,
    count_cores,
    describe,
    find_starter,
    recognise,
)


def add_session_options(parser: ArgumentParser) -> None:
    """Add what a start without spark-submit has no other place for."""
    about = "for a start by plain python; refused under spark-submit, which has --master and --name of its own"
    group = parser.add_argument_group("Spark", about)
    group.add_argument("--master", metavar="URL", help="such as local[4] (of spark-defaults, or local[*])")
    group.add_argument("--app-name", metavar="NAME", help="(of spark-defaults, or pyspark-shell)")


def open_session(master: str | None = None, app_name: str | None = None, *, quiet: bool = False) -> SparkSession:
    """Return the session that runs already, or a new one; set `DEFAULTS` only where nobody has.

    What was found and set is said on stderr, unless `quiet`.

    Raises:
        InputError: A master or a name, although plain Python has not started the job; Spark Connect.
    """
    starter = find_starter(os.environ, running=SparkContext._active_spark_context is not None)
    check_start(starter, master, app_name)
    builder = SparkSession.builder
    if master is not None:
        builder = builder.master(master)
    if app_name is not None:
        builder = builder.appName(app_name)
    spark = builder.getOrCreate()
    context, url = spark.sparkContext, str(spark.sparkContext.master)
    if starter == "python" and url.startswith("local") and "PYSPARK_PYTHON" not in os.environ:
        context.pythonExec = sys.executable  # not whatever python3 is on PATH
    chosen = choose_settings(spark.conf.getAll)
    for setting in chosen:
        if setting.mine:
            spark.conf.set(setting.name, setting.value)
    place = recognise(os.environ, context.version, url)
    environment = Environment(context.version, place, url, context.defaultParallelism, starter)
    if not quiet:
        print(describe(environment, chosen), file=sys.stderr)
    return spark


def promised_cores(context: SparkContext) -> int:
    """Return the task slots to cut work for: executors register while a job runs, on a cluster most after its start."""
    return count_cores(str(context.master), context.defaultParallelism, dict(context.getConf().getAll()))
