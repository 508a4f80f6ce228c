"""The commands that write datasets: their options reach the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.datasets import data_files, list_tree, read_customers, read_rows
from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset


def test_generate_is_customers_and_transactions(small: list[str], tmp_path: Path) -> None:
    for command in ("generate", "customers", "transactions"):
        assert main([command, *small, "--output", str(tmp_path / command)]) == 0
    whole = digest_dataset(tmp_path / "generate")
    for name, parts in (("customers", {"customers"}), ("transactions", {"transactions", "fraud_cases"})):
        assert {path.name for path in (tmp_path / name).iterdir() if path.is_dir()} == parts
        assert digest_dataset(tmp_path / name) == {part: whole[part] for part in parts}


def test_options_reach_the_dataset(small: list[str], tmp_path: Path) -> None:
    output = tmp_path / "o"
    options = [
        "--fraud-rate",
        "1",
        "--seed",
        "7",
        "--as-of",
        "01-31-2020",
        "--format",
        "csv",
        "--partition-by",
        "month",
    ]
    assert main(["generate", *small, *options, "--max-file-size", "1", "--output", str(output)]) == 0
    receipt = json.loads((output / "_vecgen.json").read_text(encoding="utf-8"))
    assert receipt["request"]["law"]["fraud_rate"] == 1.0
    assert (receipt["request"]["seed"], receipt["request"]["as_of"]) == (7, "2020-01-31")
    assert receipt["output"]["partition_by"] == ["month"]
    rows = read_rows(output)
    frauds = rows.filter(rows["is_fraud"].cast("bool"))
    assert set(rows["ssn"].to_pylist()) == set(frauds["ssn"].to_pylist())
    assert {path.parent.name for path in data_files(output / "transactions")} == {"month=12", "month=1"}


@pytest.mark.parametrize("command", ["customers", "transactions"])
def test_safe_identifiers_reach_the_dataset(command: str, small: list[str], tmp_path: Path) -> None:
    assert main([command, *small, "--safe-identifiers", "--output", str(tmp_path / "o")]) == 0
    rows = (read_customers if command == "customers" else read_rows)(tmp_path / "o")
    assert all(number[:3] in ("000", "666") or number[0] == "9" for number in rows["ssn"].to_pylist())
    assert all(number.startswith("99") for number in rows["cc_num"].to_pylist())


@pytest.mark.parametrize(("rate", "told"), [("0.4", True), ("0", False), ("1", False)])
def test_few_frauds_are_told(
    rate: str, told: bool, small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "o"
    assert main(["generate", *small, "--fraud-rate", rate, "--format", "csv", "--output", str(output)]) == 0
    frauds = sum(read_rows(output)["is_fraud"].to_pylist())
    line = f"{frauds} transactions fraudulent; --fraud-rate 0.98 is Sparkov's published figure"
    assert (line in capsys.readouterr().out.splitlines()[5:]) is told


def test_a_dry_run_writes_nothing(small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", *small, "--plan", "--output", str(tmp_path / "o")]) == 0
    assert capsys.readouterr().out
    assert list_tree(tmp_path) == []
