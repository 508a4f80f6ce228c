"""Runs a Spark action in a thread of its own, so that the caller can show its progress and cancel it.

The caller waits in Python, not in a call of the JVM, so Ctrl-C reaches it at once and where it can still speak to the
JVM. (Spark's own handler cancels every job of the application, those of others too.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from itertools import accumulate
from typing import Final, TypeVar

from pyspark.sql import SparkSession

from vecgen.process.interrupts import raising_interrupts
from vecgen.spark.cluster.jobs import Jobs, watch_jobs

T = TypeVar("T")
_EVERY: Final = 1.0
"""Seconds between two looks, more where a look takes more than a tenth of that."""
_PATIENCE: Final = 20
"""Half seconds in which tasks that are cancelled must end; Spark kills their Python after two seconds."""


def watch(
    spark: SparkSession, action: Callable[[], T], look: Callable[[Jobs], None], stopping: Callable[[], None]
) -> T:
    """Return what an action returns; call `look` with its jobs every second or so meanwhile.

    Args:
        stopping: Called at Ctrl-C, before anything is cancelled: under spark-submit, the JVM through which all is
            said gets it too and ends within a second.

    Raises:
        KeyboardInterrupt: Ctrl-C; the action's jobs are cancelled then, and their tasks have ended.
    """
    jobs = watch_jobs(spark)
    result: Future[T] = Future()

    def act() -> None:
        try:
            result.set_result(action())
        except BaseException as error:
            result.set_exception(error)

    with raising_interrupts():
        jobs.start(act)
        pause = _EVERY
        try:
            while not wait([result], pause).done:
                begun = time.monotonic()
                look(jobs)
                pause = max(_EVERY, 9 * (time.monotonic() - begun))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                stopping()
            _cancel(jobs, result)
            raise
        finally:
            jobs.close()
    return result.result()


def _cancel(jobs: Jobs, action: Future[T]) -> None:
    """Cancel jobs until the action and its tasks have ended: they would write where the caller clears away."""
    with suppress(Exception):  # the JVM may be ending too
        for _ in range(_PATIENCE):
            if not action.done():
                jobs.cancel()  # repeatedly: the action may have started another job
            time.sleep(0.5)
            if action.done() and not jobs.have_tasks():
                return


def count_done(jobs: Jobs, rows: Sequence[int]) -> int:
    """Return the expected rows of the finished tasks of a stage that has a task for each of `rows`.

    Spark does not tell which tasks are finished; they start in this order.
    """
    return [0, *accumulate(rows)][min(jobs.count_tasks(len(rows)), len(rows))]
