"""Scratch files: each names its process, and goes once that process has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from vecgen.process.scratch import remove_dead_scratch, scratch_directory, scratch_path


@pytest.fixture(autouse=True)
def _own_tmpdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_directory_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch_directory() as path:
        assert path.parent == tmp_path
        assert path.stat().st_mode & 0o777 == 0o700
        (path / "spill").write_bytes(b"x")
    assert not list(tmp_path.iterdir())


def test_what_a_dead_process_left_is_removed_and_what_lives_stays(tmp_path: Path) -> None:
    code = "from vecgen.process.scratch import scratch_path as s; d = s(); d.mkdir(); (d / 'a').touch(); s().touch()"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert len(list(tmp_path.iterdir())) == 2
    mine = scratch_path()
    mine.touch()
    foreign = tmp_path / "vecgen-notes"
    foreign.touch()
    remove_dead_scratch()
    assert set(tmp_path.iterdir()) == {mine, foreign}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="states are read from /proc")
def test_what_a_process_left_that_nobody_has_waited_for_is_removed(tmp_path: Path) -> None:
    """As where the first process of a container waits for none."""
    code = "from vecgen.process.scratch import scratch_path as s; s().touch()"
    child = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    while Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert len(list(tmp_path.iterdir())) == 1
    remove_dead_scratch()
    assert not list(tmp_path.iterdir())
    assert child.wait() == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="start times are read from /proc")
def test_an_id_that_was_given_again_is_another_process(tmp_path: Path) -> None:
    left = tmp_path / f"vecgen-{os.getpid()}-1-{'0' * 32}"
    left.touch()
    remove_dead_scratch()
    assert not left.exists()


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    link = tmp_path / f"vecgen-{2**22 + 1}-1-{'0' * 32}"  # no process has so large an id
    link.symlink_to(kept)
    remove_dead_scratch()
    assert not link.is_symlink()
    assert (kept / "file").exists()
