"""Bad input through the command line: one line that names what is wrong, exit 2, nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vecgen.cli import main
from vecgen.load import DEFAULT_PROFILES
from vecgen.schema import CUSTOMER_COLUMNS

NAME = "young_adults_male_urban.json"
HEADER = "|".join(column.name for column in CUSTOMER_COLUMNS)
PERSON = "001-02-0003|4|A|B|M|1 C St|D|PA|00019|40.0|-75.0|10|job|1990-01-01|7|young_adults_male_urban.json"
Edit = Callable[[dict[str, Any]], object]


def refuse(arguments: list[str], output: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run `vecgen generate`, check that it refuses as it should, and return the one line it prints."""
    assert main(["generate", *arguments, "--output", str(output)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("vecgen: ")
    assert captured.err.count("\n") == 1
    assert not output.exists()
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--start", "2023-06-01", "--end", "2023-05-31"], ["--end", "2023-05-31", "2023-06-01"]),
        (["--start", "2023-01-01", "--end", "2023-01-08"], ["--end", "2023-01-08", "2023-01-09", "--fraud-rate 0"]),
        (["--start", "2023-02-30"], ["--start", "2023-02-30", "YYYY-MM-DD"]),
        (["--customers", "0"], ["--customers", "0"]),
        (["--customers", "-5"], ["--customers", "-5"]),
        (["--customers", "many"], ["--customers", "many"]),
        (["--fraud-rate", "1.01"], ["--fraud-rate", "1.01", "0 to 1"]),
        (["--fraud-rate", "-0.1"], ["--fraud-rate", "-0.1"]),
        (["--fraud-rate", "nan"], ["--fraud-rate", "nan"]),
        (["--fraud-days", "0"], ["--fraud-days", "0"]),
        (["--fraud-days", "8"], ["--fraud-days", "8"]),
        (["--processes", "0"], ["--processes", "0"]),
        (["--partition-by", "week"], ["--partition-by", "week", "profile_group"]),
        (["--partition-by", "year,year"], ["--partition-by", "year,year"]),
        (["--max-file-size", "much"], ["--max-file-size", "much"]),
        (["--max-records-per-file", "0"], ["--max-records-per-file", "0"]),
        (["--dependence", "v2"], ["--dependence", "v2"]),
        (["--compression", "gzip"], ["--compression", "gzip"]),
        (["--profiles", "nowhere"], ["nowhere"]),
        (["--customers-file", "nowhere.csv"], ["nowhere.csv"]),
    ],
)
def test_options(arguments: list[str], named: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refuse(arguments, tmp_path / "out", capsys)
    assert [word for word in named if word not in line] == []


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda p: p.update(colour="red"), ["colour"]),
        (lambda p: p["categories_amt"].pop("travel"), ["travel"]),
        (lambda p: p["categories_wt"].update(travel=-1), ["categories_wt.travel", "-1"]),
        (lambda p: p.update(categories_wt=dict.fromkeys(p["categories_wt"], 0)), ["categories_wt"]),
        (lambda p: p["categories_amt"]["home"].update(mean=0), ["categories_amt.home.mean", "0"]),
        (lambda p: p["categories_amt"]["home"].update(stdev=-2), ["categories_amt.home.stdev", "-2"]),
        (lambda p: p["date_wt"]["time_of_year"]["summer"].update(start_date="09-02"), ["summer", "09-02"]),
        (lambda p: p["date_wt"]["time_of_year"]["summer"].update(start_date="02-30"), ["summer", "02-30"]),
        (lambda p: p["avg_transactions_per_day"].update(min=7), ["avg_transactions_per_day", "7"]),
        (lambda p: p["shopping_time"].update(AM=0, PM=0), ["shopping_time"]),
    ],
)
def test_profiles(edit: Edit, named: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in DEFAULT_PROFILES.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    document = json.loads((tmp_path / NAME).read_text())
    edit(document)
    (tmp_path / NAME).write_text(json.dumps(document))
    line = refuse(["--profiles", str(tmp_path)], tmp_path / "out", capsys)
    assert [word for word in [NAME, *named] if word not in line] == []


def test_invalid_json_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in DEFAULT_PROFILES.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / NAME).write_text('{\n "travel_pct": 3,,\n}')
    assert "line 2" in refuse(["--profiles", str(tmp_path)], tmp_path / "out", capsys)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", []),
        (HEADER + "\n", []),
        (HEADER.replace("|zip", "") + "\n" + PERSON.replace("|00019", "") + "\n", ["zip"]),
        (f"{HEADER}\n{PERSON}\n{PERSON}|more\n", ["line 3"]),
        (f"{HEADER}\n{PERSON.replace('urban', 'lunar')}\n", ["young_adults_male_lunar", "profile"]),
        (f"{HEADER}\n{PERSON.replace('40.0', 'north')}\n", ["lat", "north"]),
    ],
)
def test_customers_files(text: str, named: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    line = refuse(["--customers-file", str(path)], tmp_path / "out", capsys)
    assert [word for word in ["people.csv", *named] if word not in line] == []


@pytest.mark.parametrize("kind", ["full", "file", "below a file"])
def test_outputs(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    if kind == "full":
        output.mkdir()
        (output / "thesis.txt").write_text("do not lose")
    else:
        output.write_text("do not lose")
    target = output / "deeper" if kind == "below a file" else output
    assert main(["generate", "--customers", "3", "--output", str(target)]) == 2
    assert str(output) in capsys.readouterr().err
    kept = output / "thesis.txt" if kind == "full" else output
    assert kept.read_text() == "do not lose"
