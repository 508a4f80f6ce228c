"""Actions of Spark's under watch: their results and errors arrive, looks see tasks finish, Ctrl-C ends them at once."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import set_batch_rows
from tests.support.checkout import SUPPORT
from tests.support.clusters import OPTIONS, Machine, check_identical, wait_for
from vecgen.cli.main import main
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.process.progress import State

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from vecgen.spark.cluster.jobs import Jobs

pytestmark = pytest.mark.spark
JOB = SUPPORT / "faulty_job.py"


def test_results_and_errors_arrive(spark: SparkSession) -> None:
    from vecgen.spark.cluster.watch import watch

    def fail() -> None:
        raise ValueError("of the action")

    before = signal.getsignal(signal.SIGINT)
    assert watch(spark, lambda: 7, print, print) == 7
    with pytest.raises(ValueError, match="of the action"):
        watch(spark, fail, print, print)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_cancels_the_jobs_and_nothing_is_left(spark: SparkSession, tmp_path: Path) -> None:
    from vecgen.spark.cluster.watch import count_done, watch

    context = spark.sparkContext

    def sleep(number: int) -> int:
        import time

        time.sleep(600 if number > 1 else 0)
        return number

    seen: list[int] = []

    def look(jobs: Jobs) -> None:
        seen.append(count_done(jobs, [40, 30, 20, 10]))
        if seen[-1] == 70:  # the first two
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(spark, lambda: context.parallelize(range(4), 4).map(sleep).collect(), look, lambda: seen.append(-1))
    assert seen == [*sorted(seen[:-1]), -1]
    assert not context.statusTracker().getActiveJobsIds()
    assert context.parallelize(range(2), 2).map(sleep).collect() == [0, 1]


@pytest.mark.parametrize("mode", ["files", "rows"])
def test_a_job_reports(
    mode: str, spark: SparkSession, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vecgen.spark.job import run

    set_batch_rows(monkeypatch, 500)
    monkeypatch.setattr("vecgen.spark.cluster.watch._EVERY", 0.05)
    states: list[State] = []
    receipt = run(spark, plan, Output(tmp_path / "o"), mode, report=states.append)
    assert len({state.total for state in states}) == 1
    assert [state.done for state in states] == sorted(state.done for state in states)
    assert 0 < states[-1].done <= states[-1].total
    assert states[-1].rows <= 1.1 * sum(part.rows for part in receipt.parts.values())
    assert (states[-1].bytes > 0) is (mode == "files")


@pytest.mark.slow
def test_ctrl_c_stops_a_job_at_once_and_says_how_to_go_on(machine: Machine, undisturbed: Path, tmp_path: Path) -> None:
    """A batch hangs half way; the signal goes to all, as from a terminal. Another engine completes what was begun."""
    notes, output = tmp_path / "notes", tmp_path / "o"
    arguments = ["wait", "5", str(notes), *OPTIONS, "--output", str(output)]
    with machine.submit(tmp_path / "job", ["--master", "local[2]"], JOB, *arguments) as job:
        wait_for(lambda: notes.exists() and "wait" in notes.read_text(encoding="utf-8"), job)
        wait_for(lambda: len(list(output.glob("_progress/transactions-*.json"))) > 1, job)
        os.killpg(job.popen.pid, signal.SIGINT)
        assert job.popen.wait(60) == 130
        said = job.out.read_text(encoding="utf-8") + job.err.read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert "vecgen: interrupted; " in said
    assert re.search(r"vecgen: resume with spark-submit … \S+ .* --resume$", said, re.MULTILINE)
    assert main(["generate", *OPTIONS, "--resume", "--output", str(output)]) == 0
    check_identical(output, undisturbed)
