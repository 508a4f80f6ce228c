"""Every Spark that people have makes the dataset of the plain command, in every way it can, Connect among them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clusters import ROOT, start, stop, wait_for
from tests.matrix.environments import matrix_directory
from tests.matrix.sparks import SPARKS, spark_environment
from vecgen.cli import main
from vecgen.dataset import digest_dataset

pytestmark = pytest.mark.matrix

OPTIONS: Final = ["--customers", "60", "--start", "2023-12-20", "--end", "2024-01-20", "--fraud-rate", "0.5"]
SCRIPT: Final = Path(__file__).parent / "every_way.py"
CONNECT: Final = "org.apache.spark.sql.connect.service.SparkConnectServer"
SERVERS: Final = {"3.5": "org.apache.spark:spark-connect_2.12:3.5.7"}
"""Servers of Connect that are fetched for Sparks that come without one; of 3.5, the newest that was published."""
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
    check(version, go_every_way(python, tmp_path, plain, "local[2]"), tmp_path, plain)


@pytest.mark.parametrize("version", ["3.5", "4.0", "4.3"])
def test_through_connect(version: str, plain: Path, tmp_path: Path) -> None:
    python = spark_environment(version)
    with run_connect_server(version, python, tmp_path) as url:
        check(version, go_every_way(python, tmp_path, plain, url), tmp_path, plain)


def go_every_way(python: Path, directory: Path, plain: Path, where: str) -> dict[str, Any]:
    """Return what each way answered."""
    command = [str(word) for word in (python, SCRIPT, directory, plain / "customers", where, *OPTIONS)]
    done = subprocess.run(command, env=environ(python), capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    sys.stderr.write(done.stderr[-3000:])  # pytest shows it where a test fails
    return answers


def check(version: str, answers: dict[str, Any], directory: Path, plain: Path) -> None:
    """Hold what was answered and written against the plain command's dataset."""
    assert answers["version"] == SPARKS[version]
    expected = digest_dataset(plain)
    ways = ["files", "rows", "csv", "listed"]
    assert {way: answers[way] for way in ways} == dict.fromkeys(ways, 0)
    assert {way: digest_dataset(directory / way) for way in ways} == dict.fromkeys(ways, expected)
    assert set(answers["tasks"]) == {1}  # batches of a task
    if answers["session"] == "connect" and version >= "4.0":
        # What a session has sent does not reach the Python of its streams: the server must hold vecgen itself.
        assert "No module named 'vecgen'" in answers.pop("stream")
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
    return {**kept, "PATH": path, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT), **more}


@contextmanager
def run_connect_server(version: str, python: Path, directory: Path) -> Iterator[str]:
    """Yield the URL of a Connect server whose Python holds no code of ours."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = Path(next(python.parents[1].glob("lib/python*/site-packages/pyspark")))
    settings = {
        "spark.ui.enabled": "false",
        "spark.connect.grpc.binding.port": str(port),
        "spark.jars.ivy": str(matrix_directory() / "ivy"),
    }
    flags = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    if version in SERVERS:
        flags += ["--packages", SERVERS[version]]
    command = [str(home / "bin" / "spark-submit"), "--master", "local[2]", "--class", CONNECT, *flags, "spark-internal"]
    variables = environ(python, PYTHONPATH="", SPARK_HOME=str(home), PYSPARK_PYTHON=str(python))
    server = start(command, directory, variables)
    try:
        wait_for(lambda: listens(port), server)
        yield f"sc://127.0.0.1:{port}"
    finally:
        stop(server)


def listens(port: int) -> bool:
    """Return whether there is a server on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
