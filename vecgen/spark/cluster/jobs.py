"""Marks, counts and cancels the jobs of an action, through the driver's context or Spark Connect."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from vecgen.spark.cluster.versions import Feature, version_of

if TYPE_CHECKING:
    from pyspark import SparkContext, SparkStageInfo
    from pyspark.sql import SparkSession

_GRACE: Final = 2.5
"""Seconds after which no task of a cancelled job runs: Spark kills their Python after two."""


class Jobs(Protocol):
    """The jobs that one action starts."""

    def start(self, action: Callable[[], None]) -> None:
        """Start the action in a thread of its own; the jobs that it starts are these."""

    def cancel(self) -> None:
        """Cancel those that run."""

    def have_tasks(self) -> bool:
        """Return whether a task may still run."""

    def count_tasks(self, tasks: int) -> int:
        """Return how many tasks are finished of the last stage that has this number of tasks."""

    def close(self) -> None:
        """Stop listening."""


def watch_jobs(spark: SparkSession) -> Jobs:
    """Return the jobs of an action that is about to start."""
    return ConnectJobs(spark) if is_connect(spark) else ContextJobs(spark.sparkContext)


def is_connect(spark: SparkSession) -> bool:
    """Return whether a session speaks to its Spark through Connect; it has no context then."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


class ContextJobs:
    """Jobs of a driver in this process: a job group."""

    def __init__(self, context: SparkContext) -> None:
        self._context, self._group = context, f"vecgen-{uuid.uuid4().hex}"

    def start(self, action: Callable[[], None]) -> None:
        """See `Jobs`."""
        from pyspark import InheritableThread

        def act() -> None:
            self._context.setJobGroup(self._group, "vecgen")
            action()

        InheritableThread(target=act, daemon=True).start()

    def cancel(self) -> None:
        """See `Jobs`."""
        self._context.cancelJobGroup(self._group)

    def have_tasks(self) -> bool:
        """See `Jobs`."""
        return any(stage.numActiveTasks for stage in self._list_stages())

    def count_tasks(self, tasks: int) -> int:
        """See `Jobs`."""
        stages = [stage for stage in self._list_stages() if stage.numTasks == tasks]
        return max(stages, key=lambda stage: stage.stageId).numCompletedTasks if stages else 0

    def close(self) -> None:
        """See `Jobs`."""

    def _list_stages(self) -> list[SparkStageInfo]:
        tracker = self._context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(self._group)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        return [stage for stage in stages if stage]


class ConnectJobs:
    """Operations of a session of Spark Connect: a tag. Before Spark 4.0, their progress is unknown."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark, self._tag = spark, f"vecgen-{uuid.uuid4().hex}"
        self._cancelled = 0.0
        self._lock, self._finished = threading.Lock(), dict[int, int]()
        self._handler = cast(Any, self._note) if version_of(spark) >= Feature.PROGRESS.since else None
        if self._handler:
            spark.registerProgressHandler(self._handler)

    def start(self, action: Callable[[], None]) -> None:
        """See `Jobs`."""

        def act() -> None:
            self._spark.addTag(self._tag)  # tags are a thread's own
            action()

        threading.Thread(target=act, daemon=True).start()

    def cancel(self) -> None:
        """See `Jobs`."""
        self._cancelled = time.monotonic()
        self._spark.interruptTag(self._tag)

    def have_tasks(self) -> bool:
        """See `Jobs`; Connect does not tell."""
        return time.monotonic() - self._cancelled < _GRACE

    def count_tasks(self, tasks: int) -> int:
        """See `Jobs`."""
        with self._lock:
            return self._finished.get(tasks, 0)

    def close(self) -> None:
        """See `Jobs`."""
        if self._handler:
            self._spark.removeProgressHandler(self._handler)

    def _note(self, stages: Iterable[Any] | None, **_: object) -> None:
        with self._lock:
            for stage in sorted(stages or (), key=lambda stage: stage.stage_id):
                self._finished[stage.num_tasks] = stage.num_completed_tasks
