"""Runs that are paused, as a suspended machine pauses them, while another takes their output: one dataset remains."""

from __future__ import annotations

import os
import platform
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.attacks.hasty_run import BEAT
from tests.attacks.targets import KEYS, Contents, Range, Target, check_whole, go_on, paused, read_contents
from tests.support.object_store import BUCKET, ObjectStore, slow
from vecgen.cli.main import main
from vecgen.errors import OutputError
from vecgen.records.receipt import PROGRESS, SUCCESS
from vecgen.stores.changes import write_text
from vecgen.stores.filesystem import RemotePath, locate
from vecgen.stores.lock import HOLDER, LOCK, LostError, hold, is_held

Wholes = dict[int, Contents]
pytestmark = pytest.mark.skipif(not hasattr(os, "WUNTRACED"), reason="stops processes")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.stores.lock.BEAT", BEAT)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def check_lost(process: subprocess.Popen[str], target: Target) -> None:
    status, error = go_on(process)
    assert (status, error.count("\n")) == (2, 1), error
    assert error.startswith(f"vecgen: --output: another run has taken {target.output}; ")


@pytest.mark.parametrize(("stage", "number"), [("working", 2), ("closing", 1), ("failing", 1)])
def test_the_same_request_twice(stage: str, number: int, far: Range, wholes: Wholes) -> None:
    """As a scheduler does that believes the first one dead: one ends well, the other says so."""
    target = far.make(f"twice-{stage}")
    with paused(stage, number, target.ask(1)) as first:
        assert main(target.ask(1, "--resume")) == 0
        check_whole(target.root, wholes[1])
        check_lost(first, target)
    check_whole(target.root, wholes[1])


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        *(("working", 2), ("uploading", 5), ("closing", 1), ("moving", 2), ("removing", 1), ("failing", 1)),
        *(("deleting", 1), ("deleting", 2)),
    ],
)
def test_an_overwriting_run_that_is_overtaken(stage: str, number: int, far: Range, wholes: Wholes) -> None:
    target = far.make(f"overwrite-{stage}-{number}")
    assert main(target.ask(1)) == 0
    with paused(stage, number, target.ask(2, "--overwrite")) as first:
        assert main(target.ask(3, "--overwrite")) == 0
        check_whole(target.root, wholes[3])
        check_lost(first, target)
    check_whole(target.root, wholes[3])


@pytest.mark.parametrize(
    ("remote", "stage", "number"),
    [
        *((False, "writing", 5), (False, "closing", 1), (True, "writing", 5), (True, "closing", 1)),
        *((True, "uploading", number) for number in (2, 3, 4)),  # the record of the run, a data file, its record
    ],
)
def test_an_output_removed_by_hand(
    remote: bool, stage: str, number: int, near: Range, far: Range, wholes: Wholes
) -> None:
    """And written by another request, while the first is paused."""
    range_ = far if remote else near
    target = range_.make(f"removed-{stage}-{number}")
    with paused(stage, number, target.ask(1)) as first:
        range_.remove(target)
        assert main(target.ask(2)) == 0
        check_lost(first, target)
    check_whole(target.root, wholes[2])


def test_on_disk_a_paused_run_is_waited_for(near: Range, wholes: Wholes, capsys: pytest.CaptureFixture[str]) -> None:
    target = near.make("o")
    with paused("working", 2, target.ask(1)) as first:
        for more in ([], ["--resume"], ["--overwrite"]):
            assert main(target.ask(1, *more)) == 2
        assert go_on(first) == (0, "")
    check_whole(target.root, wholes[1])
    lines = capsys.readouterr().err.splitlines()
    holder = f"process {first.pid} on {platform.node()}"
    told = f"vecgen: --output: another run ({holder}) is writing {target.output}; wait for it"
    assert [line.partition(", or")[0] for line in lines[::2]] == [told] * 3
    assert all(line.startswith("vecgen: once it has ended, resume with vecgen generate ") for line in lines[1::2])


def test_a_paused_run_that_nobody_overtakes_goes_on(far: Range, wholes: Wholes) -> None:
    target = far.make("alone")
    with paused("writing", 5, target.ask(1)) as only:
        time.sleep(60 * BEAT)  # longer than anybody believes in a lease
        assert go_on(only) == (0, "")
    check_whole(target.root, wholes[1])


def test_a_move_that_was_killed_is_completed_by_the_next_run(
    far: Range, wholes: Wholes, capsys: pytest.CaptureFixture[str]
) -> None:
    target = far.make("killed")
    assert main(target.ask(1)) == 0
    with paused("moving", 2, target.ask(2, "--overwrite")):
        pass
    assert SUCCESS not in read_contents(target.root)
    assert main(target.ask(2, "--resume")) == 0  # finds it complete
    check_whole(target.root, wholes[2])


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
        with pytest.raises(LostError, match="touches none of its files"):
            lease.prove()
    assert not is_held(lock)
