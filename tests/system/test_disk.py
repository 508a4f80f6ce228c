"""Disks that are full or read only: real ones, small enough to fill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.datasets import list_tree
from tests.support.disks import mount, small_disk
from vecgen.io.reader import digest_dataset
from vecgen.records.receipt import PROGRESS, SUCCESS
from vecgen.run.checkpoint import read_finished


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def generate(output: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vecgen", "generate", "--customers", "80", "--processes", "2", *more]
    command += ["--batch-rows", "3000", "--output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_full_disk_is_gone_on_from_when_there_is_room(disk: Path, tmp_path: Path) -> None:
    failed = generate(disk / "o")
    assert failed.returncode == 2
    assert "No space left on device" in failed.stderr
    reason, how = failed.stderr.splitlines()
    assert "what is finished stays" in reason
    assert how.startswith("vecgen: resume with vecgen generate --customers 80 ")
    assert not (disk / "o" / SUCCESS).exists()
    finished = [record.path for records in read_finished(disk / "o").values() for record in records]
    moments = {name: (disk / "o" / name).stat().st_mtime_ns for name in finished}
    assert finished
    assert mount(disk, "remount,size=100m")
    assert generate(disk / "o", "--resume").returncode == 0
    assert {name: (disk / "o" / name).stat().st_mtime_ns for name in finished} == moments
    assert generate(tmp_path / "o").returncode == 0
    assert digest_dataset(disk / "o") == digest_dataset(tmp_path / "o")
    assert list_tree(disk / "o") == list_tree(tmp_path / "o")
    assert not (disk / "o" / PROGRESS).exists()


def test_a_disk_that_is_read_only_is_one_line(disk: Path) -> None:
    assert generate(disk / "begun").returncode == 2  # the disk is full
    assert mount(disk, "remount,size=100m")
    assert generate(disk / "whole").returncode == 0
    before = list_tree(disk)
    assert mount(disk, "remount,ro")
    for name, more in (("new", ()), ("begun", ("--resume",)), ("whole", ("--overwrite",))):
        failed = generate(disk / name, *more)
        assert failed.returncode == 2
        assert failed.stderr.count("\n") == 1
        assert "Read-only file system" in failed.stderr
    assert list_tree(disk) == before
