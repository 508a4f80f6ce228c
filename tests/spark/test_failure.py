"""The cause of a failure of Spark's in one line, from texts as Spark words them."""

from __future__ import annotations

import pytest

pytest.importorskip("pyspark")

from vecgen.spark.cluster.failure import find_cause

PYTHON = """Job aborted due to stage failure: Task 3 in stage 1.0 failed 4 times, most recent failure:
Lost task 3.3 in stage 1.0: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "work.py", line 44, in do_work
    raise OutputError("full")
vecgen.errors.OutputError: /lake/part-0: cannot be written (No space left on device)

\tat org.apache.spark.api.python.BasePythonRunner.handlePythonException(PythonRunner.scala:1)
Driver stacktrace:"""
RESULTS = "Job aborted due to stage failure: Total size of serialized results of 9 tasks is bigger than maxResultSize"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (PYTHON, "vecgen.errors.OutputError: /lake/part-0: cannot be written (No space left on device)"),
        ("Traceback (most recent call last):\n  File x\nMemoryError\n\tat org.apache", "MemoryError"),
        (RESULTS + "\nDriver stacktrace:", RESULTS),
        ("failed\nCaused by: java.io.IOException: disk\n\tat x", "java.io.IOException: disk"),
        ("", "no reason given"),
        ("x" * 500, "x" * 220 + "..."),
    ],
)
def test_the_innermost_cause(text: str, cause: str) -> None:
    assert find_cause(text) == cause
