"""Real disks, small enough to fill; only root can mount them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def mount(directory: Path, options: str) -> bool:
    """Mount a file system in memory; return whether that was allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
    return os.geteuid() == 0 and subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """Yield a new directory that is a file system of a megabyte; skip where nothing can be mounted."""
    directory.mkdir()
    if not mount(directory, "size=1m"):
        assert "CI" not in os.environ, "continuous integration can mount"
        pytest.skip("cannot mount a tmpfs here")
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)
