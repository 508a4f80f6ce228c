"""Every Spark that people have makes the dataset of the plain command, in every way it can, Connect among them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.matrix.environments import matrix_directory
from tests.matrix.sparks import SPARKS, spark_environment
from tests.support.checkout import ROOT, SUPPORT
from tests.support.clusters import Process, finish, start, stop, wait_for
from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset

pytestmark = pytest.mark.matrix

OPTIONS: Final = ["--customers", "60", "--start", "2023-12-20", "--end", "2024-01-20", "--fraud-rate", "0.5"]
CONF: Final = Path(__file__).parent / "spark_conf"
SCRIPT: Final = Path(__file__).parent / "every_way.py"
JOB: Final = SUPPORT / "faulty_job.py"
CONNECT: Final = "org.apache.spark.sql.connect.service.SparkConnectServer"
SERVERS: Final = {"3.5": "org.apache.spark:spark-connect_2.12:3.5.7"}
"""Servers of Connect that are fetched for Sparks that come without one; of 3.5, the newest that was published."""
WRITTEN: Final = ("files", "rows", "csv", "listed")
ALL: Final = (*WRITTEN, "tasks", "source", "stream")
FEW: Final = ("files", "rows", "source", "stream")
"""For versions that few have; what the others would show, their neighbours show."""
LIMIT: Final = 600  # seconds
PYTHONS: Final = {"3.5": "3.10", "4.0": "3.13"}
"""The oldest and the newest Python that we promise, where these Sparks have them; else 3.11."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the dataset of the plain command."""
    path = tmp_path_factory.mktemp("plain") / "o"
    assert main(["generate", *OPTIONS, "--processes", "1", "--quiet", "--output", str(path)]) == 0
    return path


@pytest.mark.parametrize("version", SPARKS)
def test_a_session_of_its_own(version: str, plain: Path, tmp_path: Path) -> None:
    python = spark_environment(version, PYTHONS.get(version, "3.11"))
    ways = FEW if version in ("4.1", "4.2") else ALL
    check(version, go(ways, python, tmp_path, plain, "local[2]"), tmp_path, plain)


@dataclass(frozen=True)
class Server:
    """A Connect server.

    Attributes:
        python: What its clients run, too.
        modules: An empty directory on the path of its Python.
    """

    version: str
    python: Path
    url: str
    modules: Path
    process: Process


@pytest.fixture(scope="module", params=["3.5", "4.0", "4.3"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server of each version; no two run at the same time."""
    with run_connect_server(request.param, tmp_path_factory.mktemp("server")) as server:
        yield server


def test_through_connect(server: Server, plain: Path, tmp_path: Path) -> None:
    check(server.version, go(ALL, server.python, tmp_path, plain, server.url), tmp_path, plain)


def test_a_stream_through_connect(server: Server, plain: Path, tmp_path: Path) -> None:
    """From a server that holds vecgen itself."""
    ours = server.modules / "vecgen"
    ours.symlink_to(ROOT / "vecgen")
    try:
        answers = go(["stream"], server.python, tmp_path, plain, server.url)
    finally:
        ours.unlink()
    check_source(server.version, answers, tmp_path, plain)


def test_ctrl_c_through_connect(server: Server, plain: Path, tmp_path: Path) -> None:
    """A batch hangs half way; the server's tasks end with the client, and the same command and --resume go on."""
    notes, output = tmp_path / "notes", tmp_path / "o"
    options = [*OPTIONS, "--batch-rows", "300", "--output", str(output), "--remote", server.url]
    command = [str(server.python), str(JOB), "wait", "9", str(notes), *options]
    job = start(command, tmp_path, environ(server.python))
    try:
        wait_for(lambda: notes.exists() and "wait" in notes.read_text(encoding="utf-8"), job)
        os.killpg(job.popen.pid, signal.SIGINT)
        assert job.popen.wait(60) == 130, job.tail()
    finally:
        stop(job)
    said = job.err.read_text(encoding="utf-8")
    assert "Traceback" not in said
    (told,) = re.findall("vecgen: .*interrupted.*", said)
    assert told.endswith(f" are finished in {output}")
    assert re.search(r"vecgen: resume with .* --resume$", said, re.MULTILINE)
    (worker,) = re.findall("^wait (.*)$", notes.read_text(encoding="utf-8"), re.MULTILINE)
    wait_for(lambda: not is_running(int(worker)), server.process)
    (tmp_path / "again").mkdir()
    finish(start([*command, "--resume"], tmp_path / "again", environ(server.python)))
    assert digest_dataset(output) == digest_dataset(plain)


def is_running(process: int) -> bool:
    """Return whether a process of this machine lives."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def go(ways: Sequence[str], python: Path, directory: Path, plain: Path, where: str) -> dict[str, Any]:
    """Return what each way answered."""
    words = (python, SCRIPT, ",".join(ways), directory, plain / "customers", where, *OPTIONS)
    command = [str(word) for word in words]
    done = subprocess.run(command, env=environ(python), capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    sys.stderr.write(done.stderr[-3000:])  # pytest shows it where a test fails
    return answers


def check(version: str, answers: dict[str, Any], directory: Path, plain: Path) -> None:
    """Hold what was answered and written against the plain command's dataset."""
    assert answers["version"] == SPARKS[version]
    expected = digest_dataset(plain)
    ways = [way for way in WRITTEN if way in answers]
    assert {way: answers[way] for way in ways} == dict.fromkeys(ways, 0)
    assert {way: digest_dataset(directory / way) for way in ways} == dict.fromkeys(ways, expected)
    assert set(answers.get("tasks", [1])) == {1}  # batches of a task
    if answers["session"] == "connect" and version >= "4.0":
        # What a session has sent does not reach the Python of its streams: the server must hold vecgen itself.
        assert "No module named 'vecgen'" in answers.pop("stream")
    check_source(version, answers, directory, plain)


def check_source(version: str, answers: dict[str, Any], directory: Path, plain: Path) -> None:
    """The same for the data source and its stream, or the sentence that says which version has them."""
    expected = digest_dataset(plain)
    for way, missing in {"source": "4.0", "stream": "4.0" if version < "4.0" else "4.2"}.items():
        if way not in answers:
            continue
        if version < missing:
            assert f"expected {missing} or newer" in answers[way]
        else:
            assert answers[way] == 0
            assert digest_dataset(directory / way)["transactions"] == expected["transactions"]


def environ(python: Path, **more: str) -> dict[str, str]:
    """Return the environment of a Spark: nothing of the one that runs the tests but our code."""
    kept = {name: value for name, value in os.environ.items() if "SPARK" not in name and name != "PYTHONPATH"}
    path = f"{python.parent}{os.pathsep}{kept['PATH']}"
    spark = {"SPARK_CONF_DIR": str(CONF), "SPARK_LOCAL_IP": "127.0.0.1"}
    return {**kept, **spark, "PATH": path, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def run_connect_server(version: str, directory: Path) -> Iterator[Server]:
    """Yield a Connect server whose Python holds no code of ours."""
    python, modules = spark_environment(version), directory / "modules"
    modules.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = Path(next(python.parents[1].glob("lib/python*/site-packages/pyspark")))
    settings = {
        "spark.connect.grpc.binding.port": str(port),
        "spark.jars.ivy": str(matrix_directory() / "ivy"),
    }
    flags = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    if version in SERVERS:
        flags += ["--packages", SERVERS[version]]
    command = [str(home / "bin" / "spark-submit"), "--master", "local[2]", "--class", CONNECT, *flags, "spark-internal"]
    variables = environ(python, PYTHONPATH=str(modules), SPARK_HOME=str(home), PYSPARK_PYTHON=str(python))
    process = start(command, directory, variables)
    try:
        wait_for(lambda: listens(port), process)
        yield Server(version, python, f"sc://127.0.0.1:{port}", modules, process)
    finally:
        stop(process)


def listens(port: int) -> bool:
    """Return whether there is a server on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
