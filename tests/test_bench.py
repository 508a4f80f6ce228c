"""The measurements run and yield their figures; how large these are is nothing a test should say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.__main__ import main


def test_draws(tmp_path: Path) -> None:
    assert main(["draws", "--customers", "20", "--people", "100", "--repeats", "1", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "draws.json").read_text())["result"]
    assert result["customers"]["count"] == 100
    assert result["transactions"]["count"] > 20
    assert result["transactions"]["per_second"] > 0


def test_compare_reports_who_ran_and_who_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = "row_loop,original,draws,local_snappy"
    assert main(["compare", "--rows", "20000", "--only", only, "--repeats", "1", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "compare.json").read_text())["result"]
    assert result["baseline"] == "row_loop"
    for name in ("row_loop", "draws", "local_snappy"):
        assert result["contenders"][name]["runs"][0]["rows"] > 1000
        assert result["contenders"][name]["rows_per_second_and_core"] > 0
    assert result["contenders"]["original"]["runs"] == []
    assert "missing" in result["contenders"]["original"]
    assert "original" in capsys.readouterr().out
