"""Scratch files below TMPDIR, named by their process, so that a later run removes what a dead one left."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"vecgen-(\d+)-(\d+)-[0-9a-f]{32}")


def scratch_path() -> Path:
    """Return a path below TMPDIR that no other process uses; nothing is made there."""
    pid = os.getpid()
    return Path(tempfile.gettempdir()) / f"vecgen-{pid}-{_start_time(pid)}-{uuid.uuid4().hex}"


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Yield a new directory below TMPDIR that only this user can read; it is removed when the block ends."""
    remove_dead_scratch()
    path = scratch_path()
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def remove_dead_scratch() -> None:
    """Remove what processes that have ended left below TMPDIR; what other users own stays."""
    with suppress(OSError):
        for entry in list(Path(tempfile.gettempdir()).iterdir()):
            name = _NAME.fullmatch(entry.name)
            if name and not _is_alive(int(name[1]), int(name[2])):
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    with suppress(OSError):
                        entry.unlink()


def _is_alive(pid: int, start: int) -> bool:
    """Return whether the process runs that had this id and start time; ids are given again, start times are not."""
    try:
        os.kill(pid, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    state, began = _read_state(pid)
    return state != "Z" and began == start  # a dead process stays as Z until its parent, or the system, asks for it


def _start_time(pid: int) -> int:
    """Return when a process has started, in clock ticks since the machine has; 0 where there is no /proc."""
    return _read_state(pid)[1]


def _read_state(pid: int) -> tuple[str, int]:
    """Return the letter that says what a process does, and its start time; "" and 0 where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", 0
    fields = stat.rpartition(")")[2].split()
    return fields[0], int(fields[19])  # fields 3 and 22; the second, a name, may hold spaces
