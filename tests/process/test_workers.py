"""Processes that share work: what they do arrives, and Ctrl-C ends them at once."""

from __future__ import annotations

import multiprocessing
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.clusters import list_children
from tests.support.datasets import list_tree
from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset
from vecgen.process.workers import ALONE, Workers, open_pool, run_all, submit_all

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
OPTIONS = ["--customers", "600", "--batch-rows", "10000", "--partition-by", ""]


def start_nothing() -> None:
    """Prepare a worker that needs nothing."""


def test_results_come_in_the_order_of_the_work() -> None:
    with open_pool(2, start_nothing) as pool:
        assert [future.result() for future in submit_all(pool, abs, range(-9, 0))] == [9, 8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("workers", [ALONE, Workers(2), Workers(3, lambda pieces, work, _: map(work, pieces[::-1]))])
def test_workers_yield_results_in_the_order_in_which_they_run_pieces(workers: Workers) -> None:
    expected = [3, 2, 1] if workers.run is run_all else [1, 2, 3]
    assert list(workers.run((-3, -2, -1), abs, workers.number)) == expected


def test_interrupted_processes_do_not_end_what_they_do() -> None:
    begun = time.monotonic()
    with suppress(KeyboardInterrupt), open_pool(2, start_nothing) as pool:
        assert [future.result() for future in submit_all(pool, abs, (-1, -2))] == [1, 2]
        submit_all(pool, time.sleep, (300.0, 300.0))
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 60


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="stops processes")
@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_that_is_killed_at_the_end_keeps_nobody_waiting(victim: int) -> None:
    """One of two idle processes holds the lock of the queue; whichever it is, it is killed while both shall end."""
    begun = time.monotonic()
    with open_pool(2, start_nothing) as pool:
        futures = submit_all(pool, time.sleep, (0.5, 0.5))
        assert [future.result() for future in futures] == [None, None]
        time.sleep(0.5)
        workers = sorted(process.pid or 0 for process in multiprocessing.active_children())
        assert len(workers) == 2
        for worker in workers:
            send(worker, signal.SIGSTOP)
        threading.Timer(1, send, (workers[victim], signal.SIGKILL)).start()
        threading.Timer(2, send, (workers[1 - victim], signal.SIGCONT)).start()
        rescue = threading.Timer(60, send, (workers[1 - victim], signal.SIGKILL))
        rescue.start()
    rescue.cancel()
    assert time.monotonic() - begun < 40


def send(process: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(process, number)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the dataset of OPTIONS; read only."""
    path = tmp_path_factory.mktemp("undisturbed") / "o"
    assert main(["generate", *OPTIONS, "--processes", "1", "--output", str(path)]) == 0
    return path


@contextmanager
def running(output: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Yield a run of two workers that has finished a batch, and the ids of its children."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "vecgen", "generate", *OPTIONS, "--processes", "2", "--output", str(output)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        while not list(output.glob("_progress/transactions-*.json")):
            assert process.poll() is None
            time.sleep(0.02)
        children = list_children(process.pid)
        assert len(children) >= 2  # one of them is Python's own, which sees that the others are gone
        yield process, children
    wait_for_end(children)


def wait_for_end(processes: list[int]) -> None:
    """Wait until none of some processes runs."""
    until = time.monotonic() + 30
    while any(is_alive(process) for process in processes):
        assert time.monotonic() < until
        time.sleep(0.02)


@needs_proc
@pytest.mark.parametrize(
    ("number", "send"),
    [(signal.SIGINT, os.kill), (signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill), (signal.SIGHUP, os.killpg)],
    ids=["Ctrl-C to one process", "Ctrl-C to all, as a terminal does", "SIGTERM", "a terminal that closes"],
)
def test_a_run_that_is_told_to_end_ends_at_once_and_says_how_to_go_on(
    number: int, send: Callable[[int, int], None], undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "o"
    with running(output) as (process, _):
        send(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, "")
    stopped, how = err.splitlines()[-2:]  # a slow machine says before how far it is
    assert stopped.startswith("vecgen: interrupted; ")
    assert not [path for path in list_tree(output) if Path(path).name.startswith(".")]
    program, *words = shlex.split(how.removeprefix("vecgen: resume with "))
    assert (program, words[-1]) == ("vecgen", "--resume")
    assert main(words) == 0
    assert digest_dataset(output) == digest_dataset(undisturbed)
    assert list_tree(output) == list_tree(undisturbed)


@needs_proc
def test_workers_end_with_a_run_that_is_killed(undisturbed: Path, tmp_path: Path) -> None:
    output = tmp_path / "o"
    with running(output) as (process, children):
        process.kill()
        process.communicate(timeout=60)  # which ends when nobody holds its pipes any more
        wait_for_end(children)
    left = list_tree(output)
    time.sleep(1.0)
    assert list_tree(output) == left  # nobody writes
    assert main(["generate", *OPTIONS, "--processes", "1", "--output", str(output), "--resume"]) == 0
    assert digest_dataset(output) == digest_dataset(undisturbed)


@needs_proc
def test_a_worker_that_is_killed_is_one_line_and_what_is_finished_stays(undisturbed: Path, tmp_path: Path) -> None:
    output = tmp_path / "o"
    with running(output) as (process, children):
        os.kill(max(children), signal.SIGKILL)  # the youngest: Python's own is started first
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    reason, how = err.splitlines()[-2:]  # a slow machine says before how far it is
    assert reason.startswith("vecgen: a worker process was killed: ")
    assert how.startswith("vecgen: resume with vecgen generate ")
    assert main(["generate", *OPTIONS, "--processes", "1", "--output", str(output), "--resume"]) == 0
    assert digest_dataset(output) == digest_dataset(undisturbed)


@pytest.mark.parametrize("reads", ["a file", "standard input"])
def test_a_script_without_a_guard(reads: str, tmp_path: Path) -> None:
    """Its processes do not run it again; what it says and does, it says and does once."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, *(["-W", "error", str(script)] if reads == "a file" else ["-"])]
    done = subprocess.run(
        command,
        input=SCRIPT if reads == "standard input" else "",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "begun\n2 accepted 0\n"
    assert digest_dataset(tmp_path / "api") == digest_dataset(tmp_path / "cli")


SCRIPT = """
import vecgen
from vecgen.cli.main import main

print("begun")
receipt = vecgen.write_dataset(customers=10, end="2023-02-10", batch_rows=500, output="api", processes=2, quiet=True)
certificate = vecgen.verify_dataset("api", processes=2, quiet=True)
words = "generate --customers 10 --end 2023-02-10 --batch-rows 500 --output cli --processes 2 --quiet"
status = main(words.split())
print(receipt.cores, certificate.outcome, status)
"""


@pytest.mark.parametrize("memory", ["_memory_file", "_shared_memory"])
def test_what_workers_are_handed_is_on_no_disk(memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if memory == "_shared_memory":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    elif not hasattr(os, "memfd_create"):
        pytest.skip("the system has no files in memory without names")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open_pool(1, check_secret, "key-of-a-store") as pool:
        assert submit_all(pool, abs, [-1])[0].result() == 1
        assert not list(tmp_path.rglob("*"))


def check_secret(secret: str) -> None:
    """Accept what a worker is handed."""
    assert secret == "key-of-a-store"


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

    monkeypatch.setattr("vecgen.cli.commands.verify.digest_complete", stop)
    assert main(["digest", "anything"]) == 130
    assert capsys.readouterr().err == "vecgen: interrupted\n"
