"""The command `sparkov`: what it writes, the command that it names, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset

DATES = ["01-01-2023", "01-31-2023"]


@pytest.fixture
def config(profiles: Path) -> list[str]:
    """Return the option that names small profiles."""
    return ["-config", str(profiles / "main_config.json")]


def test_the_command_that_is_printed_gives_the_same_rows(
    config: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert main(["sparkov", "-n", "20", "-o", str(output), "-seed", "1", *config, *DATES]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{output}: 20 customers, ")
    said, command = second.split(": ", 1)
    assert said == "the same rows, by vecgen's own options"
    assert main([*command.split()[1:], "--output", str(tmp_path / "again"), "--quiet"]) == 0
    again = digest_dataset(tmp_path / "again")
    assert digest_dataset(output) == {name: again[name] for name in ("transactions", "customers")}


def test_customers_of_a_file(config: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sparkov", "-n", "5", "-o", str(tmp_path / "a"), "-seed", *["7"], *config, *DATES, "--quiet"]) == 0
    file = tmp_path / "a" / "customers.csv"
    arguments = ["-c", str(file), "-o", str(tmp_path / "b"), "-seed", "7"]
    assert main(["sparkov", *arguments, *config, *DATES]) == 0
    assert f"--customers-file {file}" in capsys.readouterr().out
    assert "customers.csv" not in list_tree(tmp_path / "b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "0", *DATES], "-n: got 0, expected a whole number from 1"),
        (["-n", "5", "13-01-2023", "12-31-2023"], "got '13-01-2023', expected a date"),
        (["-n", "5", "01-31-2023", "01-01-2023"], "END: got"),
        (["-n", "5", "01-31-2023"], "END"),
        (["-n", "5", "-c", "customers.csv", *DATES], "not allowed with argument -n"),
        (["-c", "nowhere.csv", *DATES], "nowhere.csv: got 'no such file or directory'"),
        (["-config", "nowhere/main_config.json", *DATES], "nowhere: got 'no such directory'"),
        (["-config", "mine.json", *DATES], "-config: got 'mine.json', expected a file named main_config.json"),
        (["-seed", "-1", *DATES], "-seed: got -1"),
        (["-o", "full", *DATES], "full: already exists; remove it or name another directory"),
        (["-customers", "5", *DATES], "argument START: got '5', expected a date"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full", "customers.csv").touch()
    before = list_tree(tmp_path)
    assert main(["sparkov", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list_tree(tmp_path) == before
