"""The command `export`: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.cli.main import main
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_the_command_names_files_rows_and_dates(
    parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "public"
    arguments = ["export", str(parquet[0]), "--layout", "kaggle", "--output", str(output)]
    assert main([*arguments, "--split-date", "2024-01-01"]) == 0
    train, test = capsys.readouterr().out.splitlines()
    texts = [(output / f"{name}.csv").read_text(encoding="utf-8") for name in ("fraudTrain", "fraudTest")]
    rows = [text.count("\n") - 1 for text in texts]
    assert sum(rows) == parquet[1].parts["transactions"].rows
    assert train == f"{output / 'fraudTrain.csv'}: {rows[0]:,} transactions, 2023-12-20..2023-12-31"
    assert test.startswith(f"{output / 'fraudTest.csv'}: {rows[1]:,} transactions, 2024-01-01..")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: got 'no such directory'"),
        (["{data}", "--layout", "kagle"], "got 'kagle', expected one of kaggle; did you mean 'kaggle'?"),
        (
            ["{data}", "--split-date", "2030-01-01"],
            "--split-date: got '2030-01-01', expected a date from 2023-12-21 to",
        ),
        (["{data}", "--output", "{data}"], "already exists; remove it or name another directory"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: list[str],
    message: str,
    parquet: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *(word.format(data=parquet[0]) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list_tree(tmp_path) == []
