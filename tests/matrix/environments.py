"""Python environments of other versions, each made once and kept: `environment("spark-3.5", "pyspark==3.5.9")`.

They are below `$VECGEN_MATRIX`, else `.venv-matrix` in the checkout. Tests that start at the same time may ask for the
same one: the first makes it, the others wait.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NoReturn

import pytest
from filelock import FileLock

CHECKOUT: Final = Path(__file__).parents[2]
_OUTPUT_LINES: Final = 25  # of an installer that failed: its reason stands at the end
_INSTALL_SECONDS: Final = 1200
_STAMP: Final = "requirements.json"


class InstallError(Exception):
    """An installer failed; the message ends with what it said last."""


def matrix_directory() -> Path:
    """Return the directory that keeps environments and tools of the matrix."""
    return Path(os.environ.get("VECGEN_MATRIX") or CHECKOUT / ".venv-matrix").absolute()


def environment(name: str, *requirements: str, python: str | None = None) -> Path:
    """Return the Python of an environment that holds `requirements` and nothing else.

    Args:
        name: The environment's directory; other requirements under the same name replace it.
        requirements: As pip's command line takes them.
        python: A version such as "3.12"; None for the version that runs the tests. One that the machine does not have
            skips the test, and fails it in continuous integration.

    Raises:
        InstallError: The environment could not be made.
    """
    base = sys.executable if python is None else find_python(python)
    target = matrix_directory() / name
    stamp = {"python": [base, _version(base)], "requirements": list(requirements)}
    matrix_directory().mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f"{name}.lock")):
        if not _holds(target, stamp):
            shutil.rmtree(target, ignore_errors=True)
            _install(base, target, requirements)
            # Last: an interrupted installation has none.
            (target / _STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    return _python_of(target)


def find_python(version: str) -> str:
    """Return the path of Python `version` ("3.12"), or skip the test: see `missing`."""
    if version == _version(sys.executable):
        return sys.executable
    # pyenv's commands run only the versions that this variable names; other Pythons do not look at it.
    environ = {**os.environ, "PYENV_VERSION": version}
    command = [f"python{version}", "-c", "import sys; print(sys.executable)"]
    try:
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        missing(f"python{version}")


def find_tool(name: str) -> str:
    """Return the path of a command, or skip the test: see `missing`."""
    path = shutil.which(name)
    return path or missing(name)


def missing(command: str) -> NoReturn:
    """Skip the test for want of a command; fail it in continuous integration, whose machine has all of them."""
    reason = f"no {command} on PATH: install it to run this part of the matrix"
    if "CI" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


def run_installer(command: Sequence[str | Path], directory: Path | None = None) -> None:
    """Run a command that installs something, in `directory`.

    Raises:
        InstallError: It failed, or did not end within 20 minutes.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=directory,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"{' '.join(words)}: not done after {_INSTALL_SECONDS} seconds") from None
    if done.returncode:
        last = done.stdout.splitlines()[-_OUTPUT_LINES:]
        raise InstallError("\n".join([f"{' '.join(words)}: exit status {done.returncode}", *last]))


def _install(base: str, target: Path, requirements: Sequence[str]) -> None:
    uv = shutil.which("uv")
    if uv:
        run_installer([uv, "venv", "--python", base, target])
        command: list[str | Path] = [uv, "pip", "install", "--python", _python_of(target)]
    else:
        run_installer([base, "-m", "venv", target])
        command = [_python_of(target), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if requirements:
        run_installer([*command, *requirements])


def _holds(target: Path, stamp: dict[str, list[str]]) -> bool:
    """Return whether an environment is what a stamp says, whichever checkout's Python of that version made it."""
    path = target / _STAMP
    if not (path.exists() and _python_of(target).exists()):
        return False
    there = json.loads(path.read_text(encoding="utf-8"))
    return bool(there["requirements"] == stamp["requirements"] and there["python"][-1] == stamp["python"][-1])


def _python_of(target: Path) -> Path:
    return target / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@cache
def _version(python: str) -> str:
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
