"""The job with a fault: one batch breaks off in the middle of its files, once.

Arguments: `raise`, or `wait` (until it is killed); the number of the batch; a file that takes a line for each attempt,
`batch attempt process`, and one for the fault; then the job's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from pyspark import TaskContext

from vecgen.io.writers import ParquetWriter
from vecgen.plan.batches import Batch
from vecgen.run.run import Run
from vecgen.run.work import Work, do_work
from vecgen.spark.job import main

fault, batch, notes, *options = sys.argv[1:]


def note(text: str) -> None:
    """Append a line, whole even if others append at the same time."""
    with open(notes, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def is_first() -> bool:
    """Return whether nobody has asked before, on any executor; attempts have no such number: stages count anew."""
    try:
        os.close(os.open(f"{notes}.fault", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def break_off(finish: Callable[..., None]) -> Callable[..., None]:
    """Return a function that finishes one file, and breaks off before the end of the next."""
    calls = []

    def finish_one(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            finish(*arguments)
            return
        note(f"{fault} {os.getpid()}")
        if fault == "wait":
            time.sleep(600)
        raise RuntimeError("a task that fails once")

    return finish_one


def write(run: Run, item: Work) -> Any:
    """Write a batch, or half of it."""
    if not isinstance(item, Batch):
        return do_work(run, item)
    context = TaskContext.get()
    assert context is not None
    note(f"{item.number} {context.attemptNumber()} {os.getpid()}")
    if item.number != int(batch) or not is_first():
        return do_work(run, item)
    whole = ParquetWriter.finish
    ParquetWriter.finish = break_off(whole)  # type: ignore[method-assign]
    try:
        return do_work(run, item)
    finally:
        ParquetWriter.finish = whole  # type: ignore[method-assign]


if __name__ == "__main__":
    with patch("vecgen.spark.frames.do_work", write):
        sys.exit(main(options))
