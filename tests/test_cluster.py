"""A standalone cluster on this machine: executors see no file of the project but what was shipped to them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from spark_jobs.pack import main, pack
from tests.datasets import data_files
from vecgen.dataset import digest_dataset
from vecgen.generate import Output
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.local import run_local
from vecgen.plan import Request, compile_plan
from vecgen.receipt import SUCCESS

ROOT = Path(__file__).parent.parent
CUSTOMERS = 2_000  # two batches a profile or so

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.xdist_group("spark")]


@dataclass
class Cluster:
    """A master and two workers of one core, each a process group of its own."""

    master: str
    workers: list[subprocess.Popen[bytes]]
    directory: Path

    def submit(self, *arguments: str, configuration: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start the job from a directory that holds nothing of the project."""
        command = [str(spark_home() / "bin" / "spark-submit"), "--master", self.master, *configuration]
        command += ["--conf", "spark.driver.memory=1g", "--conf", "spark.executor.memory=1g"]
        command += ["--py-files", str(self.directory / "vecgen.zip"), str(ROOT / "spark_jobs" / "generate.py")]
        command += ["--profiles", str(DEFAULT_PROFILES), "--demographics", str(DEFAULT_DEMOGRAPHICS), *arguments]
        return subprocess.Popen(
            command, cwd=self.directory, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


def spark_home() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent


def environment() -> dict[str, str]:
    """Return an environment in which Python finds nothing of the project by itself but by its installation."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SPARK_HOME")}
    local = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false"}
    return {**kept, **local, "SPARK_HOME": str(spark_home()), "PYSPARK_PYTHON": sys.executable}


def start(log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [str(spark_home() / "bin" / "spark-class"), *arguments]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=log.parent, env=environment(), stdout=output, stderr=output, start_new_session=True
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, log.read_text(encoding="utf-8", errors="replace")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    package = "org.apache.spark.deploy"
    log = directory / "master.log"
    master = start(log, f"{package}.master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", "0")
    url, workers = f"spark://127.0.0.1:{port}", []
    try:
        wait_for(lambda: "New state: ALIVE" in log.read_text(encoding="utf-8"), log)
        for number in range(2):
            options = ["--cores", "1", "--memory", "2g", "--host", "127.0.0.1", "--webui-port", "0"]
            own = directory / f"worker{number}"
            own.mkdir()
            workers.append(
                start(own / "log", f"{package}.worker.Worker", *options, "--work-dir", str(own / "work"), url)
            )
        wait_for(lambda: log.read_text(encoding="utf-8").count("Registering worker") == 2, log)
        pack(directory / "vecgen.zip")
        yield Cluster(url, workers, directory)
    finally:
        for process in (*workers, master):
            stop(process)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the dataset as one process writes it."""
    path = tmp_path_factory.mktemp("local") / "o"
    run_local(compile_plan(Request(customers=CUSTOMERS)), Output(path), 1)
    return path


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-5000:]
    return out


def test_a_cluster_writes_what_a_laptop_writes(cluster: Cluster, local: Path, tmp_path: Path) -> None:
    out = finish(cluster.submit("--customers", str(CUSTOMERS), "--output", str(tmp_path / "o")))
    assert "on 2 cores" in out
    assert digest_dataset(tmp_path / "o") == digest_dataset(local)


def test_executors_run_the_code_that_was_shipped(cluster: Cluster, tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text(
        "from pyspark.sql import SparkSession\n"
        "def where(_):\n"
        "    import vecgen.plan\n"
        "    return vecgen.plan.__file__\n"
        "context = SparkSession.builder.getOrCreate().sparkContext\n"
        "print(sorted(set(context.parallelize(range(4), 4).map(where).collect())))\n",
        encoding="utf-8",
    )
    command = [str(spark_home() / "bin" / "spark-submit"), "--master", cluster.master]
    command += ["--py-files", str(cluster.directory / "vecgen.zip"), str(job)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "['./vecgen.zip/vecgen/plan.py']"  # in the directory of the application


def test_a_worker_that_dies_costs_time_only(cluster: Cluster, local: Path, tmp_path: Path) -> None:
    """The last test of the cluster: one of its workers is killed with all that runs in it."""
    job = cluster.submit("--customers", str(CUSTOMERS), "--output", str(tmp_path / "o"))
    wait_for(lambda: len(data_files(tmp_path / "o" / "transactions")) > 20, cluster.directory / "master.log")
    assert not (tmp_path / "o" / SUCCESS).exists()
    stop(cluster.workers[0])
    finish(job)
    assert digest_dataset(tmp_path / "o") == digest_dataset(local)


def test_what_is_shipped_is_a_function_of_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a.zip")]) == 0
    names = pack(tmp_path / "b.zip")
    assert capsys.readouterr().out == f"{tmp_path / 'a.zip'}: {len(names)} modules\n"
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {"vecgen/plan.py", "spark_jobs/generate.py"} <= set(archive.namelist())
    assert main([]) == 2
