"""Clusters of separate executors, which see no file of the project but what was shipped to them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from spark_jobs.pack import main
from tests.support.checkout import ROOT, SUPPORT
from tests.support.clusters import (
    HOSTS,
    OPTIONS,
    Cluster,
    Machine,
    check_identical,
    finish,
    list_children,
    stop,
    wait_for,
)
from vecgen.spark.cluster.code import pack

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.mark.parametrize("master", ["standalone", "local-cluster[2,1,1024]"])
def test_a_cluster_writes_what_a_laptop_writes_with_what_was_shipped(
    master: str, machine: Machine, request: pytest.FixtureRequest, undisturbed: Path, tmp_path: Path
) -> None:
    url = request.getfixturevalue("cluster").url if master == "standalone" else master
    arguments = [str(ROOT / "vecgen" / "plan" / "plan.py"), *OPTIONS, "--output", str(tmp_path / "o")]
    flags = ["--master", url, *machine.archives]
    with machine.submit(tmp_path / "job", flags, SUPPORT / "shipped_job.py", *arguments) as job:
        out = finish(job)
    assert "on 2 cores" in out
    check_identical(tmp_path / "o", undisturbed)
    for seen in json.loads(out.splitlines()[-1]):
        assert seen["module"].endswith("/vecgen.zip/vecgen/plan/plan.py")
        assert [Path(path).name for path in seen["on the path"]] == ["vecgen.zip"]
        assert not seen["module"].startswith(str(machine.directory / "vecgen.zip"))  # their own copy
        assert seen["prefix"].endswith("/environment")
        assert not seen["prefix"].startswith(str(machine.directory / "environment"))
        assert not seen["opened"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
def test_a_worker_that_dies_costs_time_only(cluster: Cluster, undisturbed: Path, tmp_path: Path) -> None:
    """A worker is killed with all that runs in it, one batch half written."""
    notes = tmp_path / "notes"
    arguments = ["wait", "5", str(notes), *OPTIONS, "--output", str(tmp_path / "o")]
    flags = ["--master", cluster.url, *cluster.machine.archives]
    with cluster.machine.submit(tmp_path / "job", flags, SUPPORT / "faulty_job.py", *arguments) as job:
        wait_for(lambda: notes.exists() and "wait" in notes.read_text(encoding="utf-8"), job)
        waiting = int(notes.read_text(encoding="utf-8").partition("wait ")[2].split()[0])
        (host,) = (host for host in HOSTS if waiting in list_children(cluster.workers[host].popen.pid))
        try:
            stop(cluster.workers[host])
            finish(job)
        finally:
            cluster.start_worker(host)
    check_identical(tmp_path / "o", undisturbed)


def test_what_is_shipped_is_a_function_of_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a.zip")]) == 0
    names = pack(tmp_path / "b.zip")
    assert capsys.readouterr().out == f"{tmp_path / 'a.zip'}: {len(names)} modules\n"
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {"vecgen/plan/plan.py", "vecgen/spark/source/parts.py"} <= set(archive.namelist())
    assert main([]) == 2
