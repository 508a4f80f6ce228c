"""The command line of the contenders that time a section of themselves."""

from __future__ import annotations

import argparse
from pathlib import Path


def parse_section(module: str) -> tuple[int, Path]:
    """Return the rows to make and the directory for what is left of it."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    return options.rows, options.output
