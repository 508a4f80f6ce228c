"""Outputs under attack: a small dataset on disk or in a store, runs that write it, and what has to be there then."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests.attacks.hasty_run import hasty, spell_run
from tests.support.checkout import ROOT
from tests.support.datasets import data_files
from tests.support.object_store import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectStore
from vecgen.cli.main import main
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import PROGRESS, RECEIPT, SUCCESS
from vecgen.run.replacement import remove_broken
from vecgen.stores.changes import create, remove_tree
from vecgen.stores.filesystem import Place, locate

KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
SMALL = (
    *("--customers", "30", "--start", "2023-12-20", "--end", "2024-01-20"),
    *("--batch-rows", "500", "--partition-by", "month"),
)
OLD = 1
"""Seed of the dataset that stands where another is written, if any."""
Contents = dict[str, bytes]


@dataclass(frozen=True)
class Target:
    """An output.

    Attributes:
        output: As `--output` spells it.
        root: Where its files are, those of a store too.
        request: Options of every run on it, those of the store among them.
        scratch: TMPDIR of these runs.
    """

    output: str
    root: Path
    request: tuple[str, ...]
    scratch: Path

    def ask(self, seed: int, *more: str, processes: int = 1) -> list[str]:
        """Spell a command that writes the dataset of a seed."""
        own = ["--seed", str(seed), "--processes", str(processes), "--quiet", "--output", self.output]
        return ["generate", *self.request, *own, *more]

    def start(self, arguments: list[str], speed: float = 1.0) -> subprocess.Popen[str]:
        """Start a run in a session of its own."""
        return subprocess.Popen(
            spell_run(arguments, speed=speed),
            cwd=ROOT,
            env={**os.environ, **KEYS, "TMPDIR": str(self.scratch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, arguments: list[str], speed: float = 1.0) -> tuple[int, str]:
        """Run a command in this process; return its status and what it says."""
        said = io.StringIO()
        with (
            hasty(speed),
            patch.dict(os.environ, KEYS),
            patch.object(tempfile, "tempdir", str(self.scratch)),
            contextlib.redirect_stderr(said),
            contextlib.redirect_stdout(said),
        ):
            return main(arguments), said.getvalue()

    def discard(self) -> None:
        """Remove the output's files, which many targets would fill a disk with."""
        shutil.rmtree(self.root)

    def wait_for_hold(self, process: subprocess.Popen[str]) -> None:
        """Wait until a run holds the output, or has ended."""
        while process.poll() is None and not (self.root / PROGRESS).exists():
            time.sleep(0.001)

    def wait_for_release(self, process: subprocess.Popen[str]) -> None:
        """Wait until a run no longer holds the output, or has ended."""
        while process.poll() is None and (self.root / PROGRESS).exists():
            time.sleep(0.001)


@dataclass(frozen=True)
class Range:
    """Where targets are made.

    Attributes:
        directory: For those on disk, and for scratch.
        request: Options of every run.
        store: Where they are in one.
        spans: See `find_span`.
    """

    directory: Path
    request: tuple[str, ...]
    store: ObjectStore | None = None
    spans: dict[tuple[bool, int], float] = field(default_factory=dict)

    def make(self, name: str) -> Target:
        """Return a target that is not there yet."""
        scratch = self.directory / f"scratch-{name}"
        scratch.mkdir()
        if self.store is None:
            return Target(str(self.directory / name), self.directory / name, self.request, scratch)
        own = f"{self.directory.name}-{name}"  # others use the store, too
        return Target(f"s3://{BUCKET}/{own}", self.store.root / own, (*self.request, *self.store.arguments), scratch)

    def copy_old(self, target: Target) -> None:
        """Put the dataset of the seed OLD there; it is written once."""
        if not (old := self.directory / "old").exists():
            first = self.make("first")
            assert first.run(first.ask(OLD))[0] == 0
            shutil.copytree(first.root, old)
        for name, content in read_contents(old).items():
            with create(self._locate(target) / name) as file:
                file.write(content)

    def find_span(self, replaces: bool, processes: int) -> float:
        """Return how many seconds an undisturbed run holds its output; measured once for each kind of run."""
        if (replaces, processes) not in self.spans:
            target = self.make(f"span-{replaces}-{processes}")
            if replaces:
                self.copy_old(target)
            command = target.ask(OLD + 1, *["--overwrite"] * replaces, processes=processes)
            with ending(target.start(command)) as process:
                target.wait_for_hold(process)
                begun = time.monotonic()
                target.wait_for_release(process)
                self.spans[replaces, processes] = time.monotonic() - begun
        return self.spans[replaces, processes]

    def remove(self, target: Target) -> None:
        """Remove an output as a user does."""
        remove_tree(self._locate(target))

    def clear_broken(self, target: Target) -> None:
        """Remove what a run has left that was to replace a dataset and was stopped, as the next run does."""
        remove_broken(self._locate(target) / PROGRESS)

    def _locate(self, target: Target) -> Place:
        return locate(target.output, self.store.options if self.store else ())


def read_contents(root: Path) -> Contents:
    """Return the bytes of all files below a directory, hidden ones too, by their paths."""
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def read_data(root: Path) -> Contents:
    """Return the bytes of the data files of a dataset by their paths."""
    return {str(file.relative_to(root)): file.read_bytes() for file in data_files(root)}


def list_differences(root: Path, whole: Contents) -> list[str]:
    """Return what is there that a complete dataset does not hold, and what of it is missing or other."""
    found, expected = read_contents(root), {*whole, FILE_LIST, RECEIPT, SUCCESS}
    faults = [f"{name} is left" for name in found.keys() - expected]
    faults += [f"{name} is missing" for name in expected - found.keys()]
    return faults + [f"{name} is other" for name in whole if name in found and found[name] != whole[name]]


def check_whole(root: Path, whole: Contents) -> None:
    """Accept a complete dataset and nothing beside it."""
    assert list_differences(root, whole) == []


def list_printed_keys(*texts: str) -> list[str]:
    """Return which keys of the store are printed."""
    return [f"the key {key} is printed" for key in KEYS.values() if any(key in text for text in texts)]


def list_secrets(directory: Path) -> list[str]:
    """Return which files hold a key of the store."""
    files = read_contents(directory)
    return [f"{name} holds a key" for name, data in files.items() if any(key.encode() in data for key in KEYS.values())]


def list_shared_memory(target: Target) -> list[str]:
    """Return the names of shared memory, which outlives processes, that holds what a target's run has handed on."""
    begun, found = target.scratch.stat().st_ctime, []
    for file in Path("/dev/shm").glob("*"):
        with contextlib.suppress(OSError):  # another's that has just gone
            if file.stat().st_mtime >= begun and target.output.encode() in file.read_bytes():
                found.append(file.name)
    return found


def list_session(leader: int) -> list[int]:
    """Return the processes of a session, whatever their parent is now, the oldest first."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append((int(fields[19]), int(stat.parent.name)))
    return [pid for _, pid in sorted(found)]


def outlives(leader: int, seconds: float = 20.0) -> bool:
    """Return whether a process of a session still runs after some time."""
    until = time.monotonic() + seconds
    while list_session(leader):
        if time.monotonic() > until:
            return True
        time.sleep(0.005)
    return False


@contextlib.contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Yield a process; what is left of its session is killed when the block ends."""
    try:
        yield process
    finally:
        signal_all(list_session(process.pid), signal.SIGKILL)
        process.communicate()


def signal_all(processes: list[int], number: int) -> None:
    """Send a signal to processes, some of which may have ended."""
    for each in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, number)


@contextlib.contextmanager
def paused(stage: str, number: int, arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Yield a run that has paused itself; when the block ends, it goes on and has to end with one line."""
    command, environment = spell_run(arguments, stage, number), {**os.environ, **KEYS}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), process.communicate()
        yield process
    finally:
        process.kill()
        process.communicate()


def go_on(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Let a paused run go on; return its status and what it says."""
    process.send_signal(signal.SIGCONT)
    _, error = process.communicate(timeout=120)
    return process.returncode, error
