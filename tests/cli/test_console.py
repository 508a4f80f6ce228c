"""How commands end: whoever reads, or nobody; the status says what happened, and no traceback ever does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from vecgen.cli.console import run_command
from vecgen.errors import OutputError
from vecgen.records.receipt import Receipt

SHORT = "--customers 5 --end 2023-01-14 --processes 1"


def shell(line: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `vecgen` is the command; a pipe ends with the status of `vecgen`."""
    script = f'vecgen() {{ {sys.executable} -m vecgen "$@"; }}\nset -o pipefail\n{line}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["bash", "-c", script]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=directory, timeout=120, check=False
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs bash and /dev/full")
@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("vecgen generate {short} --output {new} | true", 0),
        ("vecgen generate {short} --output {new} 2>&-", 0),
        ("vecgen generate {short} --output {new} >&-", 0),
        ("vecgen generate {short} --output {new} > /dev/full", 2),
        ("vecgen generate {short} --output {new} 2> /dev/full", 0),
        ("vecgen verify {old} --processes 1 | head -1", 0),
        ("vecgen verify {old} --processes 1 --fraud-days 2 | head -1", 1),
        ("vecgen verify {old} --processes 1 > /dev/full", 2),
        ("vecgen generate --fraud-rate 2 2>&-", 2),
        ("vecgen generate --help > /dev/full", 0),
    ],
)
def test_nobody_reads(line: str, status: int, parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    done = shell(line.format(short=SHORT, new="o", old=parquet[0]), tmp_path)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.count("\n") <= 1
    if "generate {short}" in line:
        assert (tmp_path / "o" / "_SUCCESS").exists()


def test_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(error: BaseException) -> None:
        raise error

    assert run_command(lambda: None) == run_command(lambda: 0) == 0
    assert [run_command(lambda status=status: status) for status in (1, 2)] == [1, 2]  # type: ignore[misc]
    assert run_command(lambda: fail(OutputError("x\n\x1b[2J"))) == 2
    assert capsys.readouterr().err == "vecgen: x\\n\\x1b[2J\n"
    assert run_command(lambda: fail(KeyboardInterrupt("vecgen: interrupted\x07"))) == 130
    assert capsys.readouterr().err == "vecgen: interrupted\\x07\n"
    assert run_command(lambda: fail(ZeroDivisionError())) == 2  # a fault of ours is no verdict
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_readme_has_a_table_of_them() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Exit status")[2].partition("\n## ")[0]
    assert [int(text) for text in re.findall(r"^\| `(\d+)`", table, re.MULTILINE)] == [0, 1, 2, 130, 143, 129]
