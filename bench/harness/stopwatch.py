"""Sections of a program that time themselves: their stopwatch and their command line."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Stopwatch:
    """CPU and wall seconds of some sections, added up."""

    cpu: float = 0.0
    wall: float = 0.0

    def start(self) -> None:
        """Begin a section."""
        self.cpu -= time.process_time()
        self.wall -= time.perf_counter()

    def stop(self) -> None:
        """End it."""
        self.cpu += time.process_time()
        self.wall += time.perf_counter()

    @contextmanager
    def time(self) -> Iterator[None]:
        """Add the seconds of a block."""
        self.start()
        yield
        self.stop()


def parse_section(module: str) -> tuple[int, Path]:
    """Return the rows to make and the directory for what is left of it."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    return options.rows, options.output
