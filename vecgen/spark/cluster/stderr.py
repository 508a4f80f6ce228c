"""Restores standard error under spark-submit, which merges both streams of its Python into standard output."""

from __future__ import annotations

import io
import os
import stat
import sys


def speak_on_stderr() -> None:
    """Let standard error be spark-submit's where that has started this process."""
    if "PYSPARK_GATEWAY_PORT" in os.environ and not _join_parent():
        sys.stderr = _JavaError()


def _join_parent() -> bool:
    """Write to the terminal or pipe of the process above, as /proc names it; return whether that can be done."""
    try:
        stream = os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY)
    except OSError:
        return False
    try:
        if stat.S_ISREG(os.fstat(stream).st_mode):  # opened twice, it has two positions
            return False
        sys.stderr.flush()
        os.dup2(stream, 2)
        return True
    finally:
        os.close(stream)


class _JavaError(io.TextIOBase):
    """The error stream of spark-submit's Java; the merged stream once that has ended."""

    def __init__(self) -> None:
        self._merged = sys.stderr

    def write(self, text: str) -> int:
        """Print a text."""
        from py4j.protocol import Py4JError
        from pyspark import SparkContext

        try:
            SparkContext._ensure_initialized()
            assert SparkContext._jvm is not None
            SparkContext._jvm.System.err.print(text)
        except (Py4JError, OSError):
            return self._merged.write(text)
        return len(text)

    def flush(self) -> None:
        """Java has printed all that it was given."""
