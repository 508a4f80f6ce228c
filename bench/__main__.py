"""`python -m bench COMMAND`: measure, print, and keep the raw result beside the code."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.draws import measure_draws
from vecgen import __version__

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run one measurement and save it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("command", choices=["draws"])
    parser.add_argument("--repeats", type=int, default=7, metavar="N")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    options = parser.parse_args()
    save(options.command, measure_draws(options.repeats), options.results)
    return 0


def save(name: str, result: dict[str, Any], directory: Path) -> None:
    """Print a result and write it with what it was measured on."""
    text = json.dumps({"command": f"python -m bench {name}", "on": describe_machine(), "result": result}, indent=2)
    print(text)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def describe_machine() -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "vecgen": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
        "machine": platform.machine(),
    }


if __name__ == "__main__":
    sys.exit(main())
