"""The Spark session of a job; settings of spark-submit, spark-defaults or a notebook are kept."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import suppress

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.utils import is_remote

from vecgen.errors import InputError, setting
from vecgen.spark.cluster.code import send_code
from vecgen.spark.cluster.environment import (
    CORE_SETTINGS,
    DEFAULTS,
    Environment,
    Setting,
    check_start,
    choose_settings,
    count_cores,
    describe,
    find_starter,
    recognise,
)
from vecgen.spark.cluster.jobs import is_connect
from vecgen.spark.cluster.versions import Feature, require

_MANY = 1 << 16
"""Rows that Spark spreads over all cores."""


def add_session_options(parser: ArgumentParser) -> None:
    """Add what a start without spark-submit has no other place for."""
    about = "for a start by plain python; refused under spark-submit, which has --master and --name of its own"
    group = parser.add_argument_group("Spark", about)
    group.add_argument("--master", metavar="URL", help="such as local[4] (of spark-defaults, or local[*])")
    group.add_argument("--app-name", metavar="NAME", help="(of spark-defaults, or pyspark-shell)")
    group.add_argument("--remote", metavar="URL", help="of a Spark Connect server, such as sc://host:15002")


def open_session(
    master: str | None = None, app_name: str | None = None, remote: str | None = None, *, quiet: bool = False
) -> SparkSession:
    """Return the session that runs already, or a new one; set `DEFAULTS` only where they are unset.

    What was found and set is said on stderr, unless `quiet`. A Connect server gets the code of vecgen.

    Raises:
        InputError: A Spark before 3.5; a master or a name, although plain Python has not started the job.
    """
    require(Feature.ALL)
    running = SparkSession.getActiveSession() if is_remote() else None
    starter = find_starter(os.environ, running=running is not None or _has_context())
    check_start(starter, master, app_name, remote)
    spark = running or _start(master, app_name, remote)
    require(Feature.ALL, spark)
    url = _read_settings(spark, CORE_SETTINGS).get("spark.master", "unknown master")
    place = recognise(os.environ, spark.version, url)
    if is_connect(spark):
        send_code(spark)
        place += " through Spark Connect"
    elif starter == "python" and url.startswith("local") and "PYSPARK_PYTHON" not in os.environ:
        spark.sparkContext.pythonExec = sys.executable  # not whatever python3 is on PATH
    chosen = _set_defaults(spark)
    if not quiet:
        environment = Environment(spark.version, place, url, registered_cores(spark), starter)
        print(describe(environment, chosen), file=sys.stderr)
    return spark


def _start(master: str | None, app_name: str | None, remote: str | None) -> SparkSession:
    if master is not None and (remote or "SPARK_REMOTE" in os.environ):
        raise InputError(
            setting("master"), "", master, "no master for a Connect server, which has its own", "leave it out"
        )
    builder = SparkSession.builder
    for method, value in ((builder.master, master), (builder.appName, app_name), (builder.remote, remote)):
        if value is not None:
            builder = method(value)
    return builder.getOrCreate()


def registered_cores(spark: SparkSession) -> int:
    """Return the task slots that Spark has at present, at least two on a cluster."""
    if not is_connect(spark):
        return int(spark.sparkContext.defaultParallelism)
    # Connect has no context to ask; Spark cuts a range for as many tasks as it has slots.
    return int(spark.range(_MANY).select(sf.spark_partition_id()).distinct().count())


def promised_cores(spark: SparkSession) -> int:
    """Return the task slots to cut work for: executors register while a job runs, on a cluster most after its start."""
    settings = _read_settings(spark, CORE_SETTINGS)
    return count_cores(settings.get("spark.master", ""), registered_cores(spark), settings)


def _has_context() -> bool:
    try:
        from pyspark import SparkContext
    except ImportError:  # of a PySpark that holds the Connect client alone
        return False
    return SparkContext._active_spark_context is not None


def _set_defaults(spark: SparkSession) -> tuple[Setting, ...]:
    chosen = choose_settings(_read_settings(spark, [default.name for default in DEFAULTS]))
    for own in chosen:
        if own.mine:
            with suppress(PySparkException):  # serverless Sparks do not let everything be set
                spark.conf.set(own.name, own.value)
    return chosen


def _read_settings(spark: SparkSession, names: Iterable[str]) -> dict[str, str]:
    """Return those of the settings that are set."""
    values: dict[str, str] = {}
    for name in names:
        with suppress(PySparkException):  # nor be read
            if (value := spark.conf.get(name, None)) is not None:
                values[name] = value
    return values
