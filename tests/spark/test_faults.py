"""Tasks that run more than once: each run ends in the undisturbed dataset, byte for byte, with nothing beside it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.checkout import ROOT, SUPPORT
from tests.support.clusters import (
    OPTIONS,
    Cluster,
    Machine,
    check_identical,
    finish,
    list_children,
    stop,
    wait_for,
)
from vecgen.records.receipt import SUCCESS

pytestmark = [pytest.mark.spark, pytest.mark.slow]
JOB = SUPPORT / "faulty_job.py"
BATCH = "5"


def read_attempts(notes: Path) -> list[int]:
    """Return the numbers of the attempts at BATCH."""
    lines = [line.split() for line in notes.read_text(encoding="utf-8").splitlines()]
    return [int(line[1]) for line in lines if line[0] == BATCH]


def arguments(fault: str, tmp_path: Path) -> list[str]:
    return [fault, BATCH, str(tmp_path / "notes"), *OPTIONS, "--output", str(tmp_path / "o")]


def test_a_task_that_fails_half_way_is_repeated(machine: Machine, undisturbed: Path, tmp_path: Path) -> None:
    with machine.submit(tmp_path / "job", ["--master", "local[2,4]"], JOB, *arguments("raise", tmp_path)) as job:
        finish(job)
    assert read_attempts(tmp_path / "notes") == [0, 1]
    check_identical(tmp_path / "o", undisturbed)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
def test_a_python_worker_that_is_killed_half_way_is_replaced(
    machine: Machine, undisturbed: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    with machine.submit(tmp_path / "job", ["--master", "local[2,4]"], JOB, *arguments("wait", tmp_path)) as job:
        wait_for(lambda: notes.exists() and "wait" in notes.read_text(encoding="utf-8"), job)
        worker = int(notes.read_text(encoding="utf-8").partition("wait ")[2].split()[0])
        assert worker in list_children(job.popen.pid)
        os.kill(worker, signal.SIGKILL)
        finish(job)
    assert read_attempts(notes) == [0, 1]
    check_identical(tmp_path / "o", undisturbed)


def test_a_speculative_twin_overtakes_a_slow_task(cluster: Cluster, undisturbed: Path, tmp_path: Path) -> None:
    """The first attempt stays half way; its twin on the other host ends the job."""
    eager = {"": "true", ".interval": "100ms", ".multiplier": "1.1", ".quantile": "0.1"}
    flags = [flag for name, value in eager.items() for flag in ("--conf", f"spark.speculation{name}={value}")]
    flags += ["--master", cluster.url, *cluster.machine.archives]
    with cluster.machine.submit(tmp_path / "job", flags, JOB, *arguments("wait", tmp_path)) as job:
        finish(job)
    assert read_attempts(tmp_path / "notes") == [0, 1]
    check_identical(tmp_path / "o", undisturbed)


def test_a_driver_that_is_killed_is_gone_on_from(machine: Machine, undisturbed: Path, tmp_path: Path) -> None:
    """With all its processes, one batch half written; the same job with --resume does the rest."""
    notes, flags = tmp_path / "notes", ["--master", "local[2]"]
    with machine.submit(tmp_path / "job", flags, JOB, *arguments("wait", tmp_path)) as job:
        wait_for(lambda: notes.exists() and "wait" in notes.read_text(encoding="utf-8"), job)
        stop(job)
    assert not (tmp_path / "o" / SUCCESS).exists()
    options = [*OPTIONS, "--output", str(tmp_path / "o"), "--resume"]
    with machine.submit(tmp_path / "again", flags, ROOT / "spark_jobs" / "generate.py", *options) as job:
        finish(job)
    check_identical(tmp_path / "o", undisturbed)
