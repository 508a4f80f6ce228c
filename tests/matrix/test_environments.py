"""Environments of the matrix: made once, made anew for other requirements, and an installer's error is shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.matrix.environments import InstallError, environment, find_python, missing, run_installer

pytestmark = pytest.mark.matrix


@pytest.fixture(autouse=True)
def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let environments be made in an empty directory."""
    monkeypatch.setenv("VECGEN_MATRIX", str(tmp_path))
    return tmp_path


def test_an_environment_is_made_once_and_holds_nothing_of_ours(matrix: Path) -> None:
    python = environment("a")
    assert python.is_relative_to(matrix)
    assert _run(python, "import numpy") != 0
    made = (matrix / "a" / "requirements.json").stat().st_mtime_ns
    assert environment("a") == python
    assert (matrix / "a" / "requirements.json").stat().st_mtime_ns == made


def test_an_interrupted_installation_is_made_anew(matrix: Path) -> None:
    (matrix / "a" / "bin").mkdir(parents=True)
    (matrix / "a" / "bin" / "python").touch()
    assert _run(environment("a"), "") == 0


def test_an_error_shows_the_end_of_what_the_installer_said(tmp_path: Path) -> None:
    script = "import sys\nfor number in range(99): print('line', number)\nsys.exit('no such package')"
    with pytest.raises(InstallError, match="exit status 1") as caught:
        run_installer([sys.executable, "-u", "-c", script])
    assert "no such package" in str(caught.value).splitlines()[-1]
    assert "line 5\n" not in str(caught.value)


def test_what_is_missing_skips_on_a_machine_of_a_users_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no python9\.9 on PATH"):
        find_python("9.9")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no mvn on PATH"):
        missing("mvn")


def _run(python: Path, code: str) -> int:
    return subprocess.run([python, "-I", "-c", code], check=False, stderr=subprocess.DEVNULL).returncode
