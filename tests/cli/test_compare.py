"""The command `compare`: its verdict is its exit status, and bad input is one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.datasets import data_files, list_tree
from vecgen.cli.main import main
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_the_command_prints_the_verdict(
    spring: Path, write_spring: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = write_spring("law", seed=9, dependence="independent")
    assert main(["compare", str(spring), str(spring), "--quiet", "--processes", "1", "--no-classifier"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("ALIKE")
    assert main(["compare", str(spring), str(other), "--quiet", "--processes", "1", "--no-classifier"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("DIFFERENT: ")
    generous = ["--tolerance", "0.9", "--json"]
    assert main(["compare", str(spring), str(other), "--quiet", "--processes", "1", "--no-classifier", *generous]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == "alike"
    assert "tolerated" in {finding["verdict"] for finding in found["findings"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "{data}"], "nowhere: got 'no such directory'"),
        (["{data}", "empty"], "empty: got 'no data files'"),
        (["{data}", "zero"], "zero/rows.csv"),
        (["header", "{data}"], "header/rows.csv: got 'no rows'"),
        (["{data}", "{data}", "--tolerance", "2"], "--tolerance: got 2.0, expected a difference of shares"),
        (["{data}", "{data}", "--processes", "0"], "--processes"),
        (["{data}", "broken"], "an incomplete dataset"),
        (["people", "{data}"], "people: got 'no transactions'"),
        (["strangers", "{data}"], "columns: got 'no customer_id'"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    text: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = data_files(text[0] / "transactions")[0].read_text(encoding="utf-8").splitlines(keepends=True)
    people = data_files(text[0] / "customers")[0].read_text(encoding="utf-8")
    strangers = "profile|category|trans_date\nx.json|home|2023-01-01\n"
    for name, content in (("zero", ""), ("header", lines[0]), ("people", people), ("strangers", strangers)):
        Path(name).mkdir()
        Path(name, "rows.csv").write_text(content, encoding="utf-8")
    Path("empty").mkdir()
    Path("broken", "_progress").mkdir(parents=True)
    Path("broken", "_progress", "run.json").write_text("{}", encoding="utf-8")
    before = list_tree(tmp_path)
    assert main(["compare", *(word.format(data=text[0]) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list_tree(tmp_path) == before


def test_one_customer_decides_nothing(write_spring: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    one = write_spring("one", customers=1)
    assert main(["compare", str(one), str(one), "--quiet"]) == 2
    assert capsys.readouterr().out.splitlines()[-1].startswith("UNDECIDED")
