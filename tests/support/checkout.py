"""The checkout as a user has it, and a PATH with nothing but what its scripts may use."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SUPPORT: Final = Path(__file__).resolve().parent
PYTHONS: Final = ("3.10", "3.11", "3.12", "3.13")  # as README.md and pyproject.toml promise

# What the scripts may use of the system; everything else they must bring along or ask for.
SYSTEM_TOOLS: Final = ("basename", "bash", "cat", "cksum", "dirname", "env", "flock", "grep", "ls", "mv", "rm", "sed")


def link_system_tools(directory: Path) -> Path:
    """Make a directory that holds the system's tools alone, so neither Java nor uv nor Go, and return it."""
    directory.mkdir()
    for name in SYSTEM_TOOLS:
        if found := shutil.which(name):
            (directory / name).symlink_to(found)
    return directory


def copy_checkout(target: Path) -> Path:
    """Copy the files of the checkout, without environments, caches and outputs, and return the copy."""
    ignored = shutil.ignore_patterns(".git", ".venv*", ".*_cache", "__pycache__", ".hypothesis", "output", "artifacts")
    return Path(shutil.copytree(ROOT, target, ignore=ignored))
