"""The cause of a failure of Spark's in one line, from texts as Spark words them and from real failures."""

from __future__ import annotations

import os
import re
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

pytest.importorskip("pyspark")

from tests.support.clusters import OPTIONS, check_identical
from tests.support.disks import mount, small_disk
from vecgen.io.file_record import FileRecord
from vecgen.run.run import Run
from vecgen.run.work import Work, do_work
from vecgen.spark.cluster.failure import find_cause

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PYTHON = """Job aborted due to stage failure: Task 3 in stage 1.0 failed 4 times, most recent failure:
Lost task 3.3 in stage 1.0: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "work.py", line 44, in do_work
    raise OutputError("full")
vecgen.errors.OutputError: /lake/part-0: cannot be written (No space left on device)

\tat org.apache.spark.api.python.BasePythonRunner.handlePythonException(PythonRunner.scala:1)
Driver stacktrace:"""
DEAD = "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed). Consider setting"
LARGE = "org.apache.spark.SparkException: Job aborted: Total size is bigger than spark.driver.maxResultSize (1 GiB)"
RESULTS = "Job aborted due to stage failure: Total size of serialized results of 9 tasks is bigger than maxResultSize"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (PYTHON, "vecgen.errors.OutputError: /lake/part-0: cannot be written (No space left on device)"),
        ("Traceback (most recent call last):\n  File x\nMemoryError\n\tat org.apache", "MemoryError"),
        (RESULTS + "\nDriver stacktrace:", RESULTS),
        ("failed\nCaused by: java.io.IOException: disk\n\tat x", "java.io.IOException: disk"),
        ("", "no reason given"),
        ("x" * 130 + "y" * 500 + "z" * 90, "x" * 130 + " … " + "z" * 90),
        (f"An error occurred while calling o1.collectToPython.\n: {LARGE}\n\tat x", LARGE),
        (
            f"failed\n: java.lang.Error: x\n\tat x\nCaused by: {DEAD}\n\tat x\nCaused by: java.io.EOFException",
            DEAD,
        ),
        (": java.io.EOFException\n\tat x", "java.io.EOFException"),
    ],
)
def test_the_innermost_cause(text: str, cause: str) -> None:
    assert find_cause(text) == cause


def write_and_die(run: Run, item: Work) -> list[FileRecord]:
    if getattr(item, "number", None) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return do_work(run, item)


def write_without_memory(run: Run, item: Work) -> list[FileRecord]:
    if getattr(item, "number", None) == 5:
        bytearray(1 << 60)
    return do_work(run, item)


@contextmanager
def limiting_results(spark: SparkSession) -> Iterator[None]:
    """Let the driver take a thousand bytes of results; Spark reads the limit for each job."""
    conf = spark.sparkContext._jsc.sc().conf()
    conf.set("spark.driver.maxResultSize", "1000b")
    try:
        yield
    finally:
        conf.remove("spark.driver.maxResultSize")


@pytest.mark.spark
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("killed", "Python worker exited unexpectedly .*; the system kills processes when memory is short: give each"),
        ("memory", "MemoryError; give each executor more memory"),
        ("results", r"Total size of serialized results of \d+ tasks .*; raise spark\.driver\.maxResultSize"),
        ("disk", "OutputError: .*No space left on device\\); make room"),
    ],
)
def test_real_failures_are_one_line_and_gone_on_from(
    fault: str,
    said: str,
    spark: SparkSession,
    undisturbed: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from vecgen.spark.job import main

    with small_disk(tmp_path / "disk") if fault == "disk" else nullcontext(tmp_path) as directory:
        output = directory / "o"
        writing = {"killed": write_and_die, "memory": write_without_memory}.get(fault, do_work)
        with (
            patch("vecgen.spark.frames.do_work", writing),
            limiting_results(spark) if fault == "results" else nullcontext(),
        ):
            assert main([*OPTIONS, "--quiet", "--output", str(output)]) == 2
        first, second, third, *_ = capsys.readouterr().err.splitlines()
        assert re.fullmatch(f"vecgen: Spark failed: .*{said}.*; [0-9,]+ rows in [0-9]+ files are finished in .*", first)
        assert third == "vecgen: Spark's own words:"
        if fault == "disk":
            assert mount(directory, "remount,size=100m")
        python, _, *words = shlex.split(second.removeprefix("vecgen: resume with "))
        assert (python, main(words)) == ("python", 0)
        check_identical(output, undisturbed)
