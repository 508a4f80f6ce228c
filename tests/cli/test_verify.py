"""The commands that check a dataset: what they print, and their exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset
from vecgen.records.receipt import Receipt


def test_digest_prints_every_part(small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", *small, "--output", str(tmp_path / "o")]) == 0
    capsys.readouterr()
    assert main(["digest", str(tmp_path / "o")]) == 0
    expected = [f"{name} {d.rows} rows {d}" for name, d in digest_dataset(tmp_path / "o").items()]
    assert capsys.readouterr().out.splitlines() == expected
    assert [line.split()[0] for line in expected] == ["transactions", "customers", "fraud_cases"]


def test_verify_prints_a_certificate_as_text_or_json(
    parquet: tuple[Path, Receipt], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", str(parquet[0]), "--processes", "1", "--quiet"]
    assert main(words) == 0
    assert "ACCEPTED" in capsys.readouterr().out
    assert main([*words, "--json", "--fraud-rate", "0.9"]) == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "rejected"
