"""Runs that are paused, as a suspended machine pauses them, while another takes their output: one dataset remains."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.datasets import data_files
from tests.object_store import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectStore, free_port, slow
from tests.paused_run import BEAT
from vecgen.checkpoints import PROGRESS
from vecgen.cli import main
from vecgen.errors import OutputError
from vecgen.lease import HOLDER, LOCK, LostError, hold, is_held
from vecgen.receipt import RECEIPT, SUCCESS
from vecgen.recorded import FILE_LIST
from vecgen.replacement import remove_broken
from vecgen.storage import RemotePath, locate, remove_tree, write_text

SMALL = ["--customers", "12", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1", "--batch-rows", "500"]
SMALL += ["--partition-by", ""]
KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

pytestmark = pytest.mark.skipif(not hasattr(os, "WUNTRACED"), reason="stops processes")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    store = ObjectStore(tmp_path_factory.mktemp("s3"), free_port())
    store.start()
    yield store
    store.stop()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.lease.BEAT", BEAT)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


Ask = Callable[..., list[str]]
Wholes = dict[int, dict[str, bytes]]


@pytest.fixture(scope="session")
def ask(profiles: Path, demographics: Path) -> Ask:
    """Return a function that spells the command of a small dataset."""
    small = [*SMALL, "--profiles", str(profiles), "--demographics", str(demographics)]

    def spell(output: str, seed: int, *more: str) -> list[str]:
        return ["generate", *small, "--seed", str(seed), "--quiet", "--output", output, *more]

    return spell


@pytest.fixture(scope="session")
def wholes(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> Wholes:
    """Return the data files of an undisturbed run by its seed."""
    found = {}
    for seed in (1, 2, 3):
        path = tmp_path_factory.mktemp("whole") / "o"
        assert main(ask(str(path), seed)) == 0
        found[seed] = {str(file.relative_to(path)): file.read_bytes() for file in data_files(path)}
    return found


@contextmanager
def paused(stage: str, number: int, arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Yield a run that has paused itself; when the block ends, it goes on and has to end with one line."""
    command = [sys.executable, "-m", "tests.paused_run", stage, str(number), *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **KEYS}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), process.communicate()
        yield process
    finally:
        process.kill()
        process.communicate()


def go_on(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGCONT)
    _, error = process.communicate(timeout=120)
    return process.returncode, error


def check_lost(process: subprocess.Popen[str], output: str) -> None:
    status, error = go_on(process)
    assert (status, error.count("\n")) == (2, 1), error
    assert error.startswith(f"vecgen: --output: another run has taken {output}; ")


def place(store: ObjectStore, name: str) -> tuple[str, Path]:
    """Return an output of the test's own: its URL, and where its objects lie."""
    return f"s3://{BUCKET}/{name}", store.root / name


def contents(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def check_whole(root: Path, whole: dict[str, bytes]) -> None:
    """Accept a complete dataset of one request and nothing beside it."""
    found = contents(root)
    assert set(found) - set(whole) == {FILE_LIST, RECEIPT, SUCCESS}
    assert {name: found[name] for name in whole} == whole


@pytest.mark.parametrize(("stage", "number"), [("working", 2), ("closing", 1), ("failing", 1)])
def test_the_same_request_twice(stage: str, number: int, store: ObjectStore, ask: Ask, wholes: Wholes) -> None:
    """As a scheduler does that believes the first one dead: one ends well, the other says so."""
    output, root = place(store, f"twice-{stage}")
    with paused(stage, number, ask(output, 1, *store.arguments)) as first:
        assert main(ask(output, 1, "--resume", *store.arguments)) == 0
        check_whole(root, wholes[1])
        check_lost(first, output)
    check_whole(root, wholes[1])


@pytest.mark.parametrize(
    ("stage", "number"),
    [("working", 2), ("closing", 1), ("moving", 2), ("removing", 1), ("failing", 1)],
)
def test_an_overwriting_run_that_is_overtaken(
    stage: str, number: int, store: ObjectStore, ask: Ask, wholes: Wholes
) -> None:
    output, root = place(store, f"overwrite-{stage}-{number}")
    assert main(ask(output, 1, *store.arguments)) == 0
    with paused(stage, number, ask(output, 2, "--overwrite", *store.arguments)) as first:
        assert main(ask(output, 3, "--overwrite", *store.arguments)) == 0
        check_whole(root, wholes[3])
        check_lost(first, output)
    check_whole(root, wholes[3])


@pytest.mark.parametrize(
    ("remote", "stage", "number"),
    [(False, "writing", 5), (False, "closing", 1), (True, "writing", 5), (True, "closing", 1)],
)
def test_an_output_removed_by_hand(
    remote: bool, stage: str, number: int, store: ObjectStore, ask: Ask, wholes: Wholes, tmp_path: Path
) -> None:
    """And written by another request, while the first is paused."""
    output, root = place(store, f"removed-{stage}") if remote else (str(tmp_path / "o"), tmp_path / "o")
    options = store.arguments if remote else []
    with paused(stage, number, ask(output, 1, *options)) as first:
        remove_tree(locate(output, store.options if remote else ()))
        assert main(ask(output, 2, *options)) == 0
        check_lost(first, output)
    check_whole(root, wholes[2])


def test_on_disk_a_paused_run_is_waited_for(
    ask: Ask, wholes: Wholes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "o")
    with paused("working", 2, ask(output, 1)) as first:
        for more in ([], ["--resume"], ["--overwrite"]):
            assert main(ask(output, 1, *more)) == 2
        assert go_on(first) == (0, "")
    check_whole(tmp_path / "o", wholes[1])
    lines = capsys.readouterr().err.splitlines()
    told = f"vecgen: --output: another run (process {first.pid} on {platform.node()}) is writing {output}; wait for it"
    assert [line.partition(", or")[0] for line in lines[::2]] == [told] * 3
    assert all(line.startswith("vecgen: once it has ended, go on with vecgen generate ") for line in lines[1::2])


def test_a_paused_run_that_nobody_overtakes_goes_on(store: ObjectStore, ask: Ask, wholes: Wholes) -> None:
    output, root = place(store, "alone")
    with paused("writing", 5, ask(output, 1, *store.arguments)) as only:
        time.sleep(60 * BEAT)  # longer than anybody believes in a lease
        assert go_on(only) == (0, "")
    check_whole(root, wholes[1])


def test_a_move_that_was_killed_is_completed_by_the_next_run(
    store: ObjectStore, ask: Ask, wholes: Wholes, capsys: pytest.CaptureFixture[str]
) -> None:
    output, root = place(store, "killed")
    assert main(ask(output, 1, *store.arguments)) == 0
    with paused("moving", 2, ask(output, 2, "--overwrite", *store.arguments)):
        pass
    assert SUCCESS not in contents(root)
    assert main(ask(output, 2, "--resume", *store.arguments)) == 0  # finds it complete
    check_whole(root, wholes[2])


def lock_of(store: ObjectStore, name: str) -> RemotePath:
    found = locate(f"s3://{BUCKET}/{name}/{PROGRESS}/{LOCK}", (*store.options,))
    assert isinstance(found, RemotePath)
    return found


def test_of_runs_that_come_at_once_one_holds(store: ObjectStore) -> None:
    """Though every request of theirs is slow, and reaches the store when it likes."""
    with slow(store, 0.3) as late:
        lock, held, refused = lock_of(late, "race"), [], []
        begin = threading.Barrier(6)

        def run() -> None:
            begin.wait()
            try:
                with hold(lock, lock) as lease:
                    held.append(lease.permit.token)
                    time.sleep(1)
                    lease.prove()
            except OutputError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(held) == 1
    assert len(refused) == 5


def test_a_lease_is_lost_for_ever(store: ObjectStore) -> None:
    lock = lock_of(store, "lost")
    with hold(lock, lock.parent) as lease:
        lease.prove()
        assert is_held(lock)
        write_text(lock, "another 1")
        time.sleep(20 * BEAT)
        for text in ("another 2", f"{lease.permit.token} 1"):
            write_text(lock, text)
            with pytest.raises(LostError, match="another run has taken"):
                lease.prove()
    assert lock.exists()  # it is not removed by who has lost it


def test_a_lock_on_disk_says_whose_it_is(tmp_path: Path) -> None:
    lock = tmp_path / PROGRESS / LOCK
    with hold(lock, tmp_path) as lease:
        lease.permit.check()
        assert is_held(lock)
        (lock.parent / HOLDER).write_text("another", encoding="utf-8")
        with pytest.raises(LostError, match="touches nothing there"):
            lease.prove()
    assert not is_held(lock)


@pytest.mark.heavy
def test_sixty_holders_paused_at_any_moment(store: ObjectStore, ask: Ask, wholes: Wholes) -> None:
    """At sixty moments, between a proof and its request too; what is left is whole, whoever wins."""
    outcomes = {"lost": 0, "done": 0}
    for number in range(int(os.environ.get("VECGEN_HOLDERS", "60"))):
        output, root = place(store, f"random-{number}")
        assert main(ask(output, 1, *store.arguments)) == 0
        arguments = ask(output, 2, "--overwrite", *store.arguments)
        command = [sys.executable, "-m", "tests.paused_run", "working", "100000", *arguments]
        first = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **KEYS}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            while not (root / PROGRESS).exists():
                time.sleep(0.001)
            time.sleep(3 * number * 0.618 % 3)
            first.send_signal(signal.SIGSTOP)
            assert main(ask(output, 3, "--overwrite", *store.arguments)) == 0
            status, error = go_on(first)
        finally:
            first.kill()
        lost = status != 0
        assert not lost or (status == 2 and error.count("\n") == 1), error
        outcomes["lost" if lost else "done"] += 1
        remove_broken(locate(f"{output}/{PROGRESS}", store.options))  # a request under way may have left one file
        check_whole(root, wholes[3])
    sys.stdout.write(f"{outcomes}\n")
    assert outcomes["lost"]
