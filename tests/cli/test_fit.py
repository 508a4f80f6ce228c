"""The command `fit`: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import data_files, list_tree
from vecgen.cli.main import main
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


@pytest.fixture
def options(profiles: Path, demographics: Path) -> list[str]:
    """Return options for small directories and one process."""
    return ["--profiles", str(profiles), "--demographics", str(demographics), "--processes", "1"]


def test_the_command_says_how_data_is_generated(
    parquet: Dataset, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(parquet[0]), "--output", str(tmp_path / "mine"), *options]) == 0
    first, command = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{tmp_path / 'mine'}: fitted to ")
    words = command.split()
    assert words[:2] == ["vecgen", "generate"]
    assert "--dependence=v0.5" in words
    assert main([*words[1:], "--customers", "5", "--plan", "--output", str(tmp_path / "o")]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: got 'no such directory'"),
        (["{data}", "--least-customers", "0"], "--least-customers: got 0, expected a whole number from 1 to 512"),
        (["{data}", "--output", "{data}"], "already exists; remove it or name another directory"),
        (["{data}", "--start", "2024-02-01"], "--end"),
        (["empty"], "empty: got 'no data files'"),
        (["zero"], "zero/rows.csv"),
        (["header"], "header/rows.csv: got 'no rows', expected transactions to count"),
        (["strange"], "column profile: got 'nobody.json', expected a profile of"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: list[str],
    message: str,
    text: Dataset,
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = data_files(text[0] / "transactions")[0].read_text(encoding="utf-8").splitlines(keepends=True)
    strange = [line.replace("adults_2550_female_urban.json", "nobody.json") for line in lines]
    for name, content in (("zero", ""), ("header", lines[0]), ("strange", "".join(strange))):
        Path(name).mkdir()
        Path(name, "rows.csv").write_text(content, encoding="utf-8")
    Path("empty").mkdir()
    before = list_tree(tmp_path)
    words = [word.format(data=text[0]) for word in arguments]
    output = [] if "--output" in words else ["--output", "mine"]
    assert main(["fit", *words, *output, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list_tree(tmp_path) == before
