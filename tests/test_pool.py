"""Processes that share work: what they do arrives, and Ctrl-C ends them at once."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.clusters import list_children
from tests.datasets import list_tree
from vecgen.cli import main
from vecgen.dataset import digest_dataset
from vecgen.pool import open_pool, submit_all

ROOT = Path(__file__).parent.parent
OPTIONS = ["--customers", "600", "--batch-rows", "10000", "--partition-by", ""]


def start_nothing() -> None:
    """Prepare a worker that needs nothing."""


def test_results_come_in_the_order_of_the_work() -> None:
    with open_pool(2, start_nothing) as pool:
        assert [future.result() for future in submit_all(pool, abs, range(-9, 0))] == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_interrupted_processes_do_not_end_what_they_do() -> None:
    begun = time.monotonic()
    with suppress(KeyboardInterrupt), open_pool(2, start_nothing) as pool:
        assert [future.result() for future in submit_all(pool, abs, (-1, -2))] == [1, 2]
        submit_all(pool, time.sleep, (300.0, 300.0))
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 60


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the dataset of OPTIONS; read only."""
    path = tmp_path_factory.mktemp("undisturbed") / "o"
    assert main(["generate", *OPTIONS, "--processes", "1", "--output", str(path)]) == 0
    return path


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["one process", "all, as a terminal does"])
def test_ctrl_c_stops_a_run_at_once_and_says_how_to_go_on(
    send: Callable[[int, int], None], undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "o"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "vecgen", "generate", *OPTIONS, "--processes", "2", "--output", str(output)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        while not list(output.glob("_progress/transactions-*.json")):
            assert process.poll() is None
            time.sleep(0.02)
        children = list_children(process.pid)
        send(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    stopped, how = err.splitlines()
    assert stopped.startswith("vecgen: stopped; ")
    assert len(children) >= 2
    until = time.monotonic() + 30
    while any(
        is_alive(child) for child in children
    ):  # one of them is Python's own, which sees that the others are gone
        assert time.monotonic() < until
        time.sleep(0.02)
    assert not [path for path in list_tree(output) if Path(path).name.startswith(".")]
    program, *words = shlex.split(how.removeprefix("vecgen: go on with "))
    assert (program, words[-1]) == ("vecgen", "--resume")
    assert main(words) == 0
    assert digest_dataset(output) == digest_dataset(undisturbed)
    assert list_tree(output) == list_tree(undisturbed)


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has asked for its status does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_ctrl_c_while_options_are_read_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vecgen.cli.digest_dataset", stop)
    assert main(["digest", "anything"]) == 130
    assert capsys.readouterr().err == "vecgen: stopped\n"
