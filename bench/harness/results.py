"""Where measurements are kept, and what they were measured on."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results"
_PACKAGES = ("vecgen", "numpy", "pyarrow", "pyspark", "pandas", "dbldatagen", "tpchgen-cli")


def save(command: str, result: dict[str, Any], directory: Path) -> Path:
    """Write the result of `python -m bench COMMAND` with what it was measured on; return the file."""
    content = {"command": f"python -m bench {command}", "on": describe_machine(), "result": result}
    path = directory / f"{command.split(maxsplit=1)[0]}.json"
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def merge(command: str, key: str, result: dict[str, Any], directory: Path) -> Path:
    """Save one of several results of a command under `key`, beside those that stand there already."""
    path = directory / f"{command}.json"
    held = json.loads(path.read_text(encoding="utf-8"))["result"] if path.exists() else {}
    return save(command, {**held, key: result}, directory)


def describe_machine() -> dict[str, str | int | None]:
    """Return what figures depend on; names of machines and people are left out."""
    return {
        "processor": _read_field("/proc/cpuinfo", "model name") or platform.machine(),
        "processors": os.cpu_count(),
        "memory": _read_field("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "java": _java_version(),
        **{name: _package_version(name) for name in _PACKAGES},
    }


def _package_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _read_field(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def _java_version() -> str | None:
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    try:
        found = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stderr.partition("\n")[0] or None
