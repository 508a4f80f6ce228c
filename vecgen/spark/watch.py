"""An action of Spark's that is watched: it runs in a thread of its own while the caller looks on, and can be stopped.

The caller waits in Python, not in a call of the JVM, so Ctrl-C reaches it at once and where it can still speak to the
JVM. (Spark's own handler cancels every job of the application, those of others too.)
"""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from itertools import accumulate
from typing import Final, TypeVar

from pyspark import InheritableThread, SparkContext, SparkStageInfo, StatusTracker

T = TypeVar("T")
_EVERY: Final = 1.0
"""Seconds between two looks, more where a look takes more than a tenth of that."""
_PATIENCE: Final = 20
"""Half seconds in which tasks that are cancelled must end; Spark kills their Python after two seconds."""


def watch(
    context: SparkContext, action: Callable[[], T], look: Callable[[str], None], stopping: Callable[[], None]
) -> T:
    """Return what an action returns; call `look` with its job group every second or so meanwhile.

    Args:
        stopping: Is called at Ctrl-C, before anything is cancelled: under spark-submit, the JVM through which all is
            said gets it too and ends within a second.

    Raises:
        KeyboardInterrupt: Ctrl-C; the action's jobs are cancelled then, and their tasks have ended.
    """
    group = f"vecgen-{uuid.uuid4().hex}"
    result: Future[T] = Future()

    def act() -> None:
        try:
            context.setJobGroup(group, "vecgen")
            result.set_result(action())
        except BaseException as error:
            result.set_exception(error)

    with _plain_interrupts():
        InheritableThread(target=act, daemon=True).start()
        pause = _EVERY
        try:
            while not wait([result], pause).done:
                begun = time.monotonic()
                look(group)
                pause = max(_EVERY, 9 * (time.monotonic() - begun))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                stopping()
            _cancel(context, group, result)
            raise
    return result.result()


@contextmanager
def _plain_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt and do nothing else."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cancel(context: SparkContext, group: str, action: Future[T]) -> None:
    """Cancel jobs until the action and its tasks have ended: they would write where the caller clears away."""
    with suppress(Exception):  # the JVM may be ending too
        for _ in range(_PATIENCE):
            if not action.done():
                context.cancelJobGroup(group)  # again and again: the action may have begun another job
            time.sleep(0.5)
            if action.done() and not any(
                stage.numActiveTasks for stage in _list_stages(context.statusTracker(), group)
            ):
                return


def count_done(context: SparkContext, group: str, rows: Sequence[int]) -> int:
    """Return the expected rows of the finished tasks of a group's last stage that has a task for each of `rows`.

    Which tasks are finished is not told; they begin in this order.
    """
    stages = _list_stages(context.statusTracker(), group)
    own = [stage for stage in stages if stage.numTasks == len(rows)]
    finished = max(own, key=lambda stage: stage.stageId).numCompletedTasks if own else 0
    return [0, *accumulate(rows)][min(finished, len(rows))]


def _list_stages(tracker: StatusTracker, group: str) -> list[SparkStageInfo]:
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    return [stage for stage in stages if stage]
