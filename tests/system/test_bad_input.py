"""Bad input through the command line: one line that names what is wrong, exit 2, nothing written."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from tests.support.checkout import ROOT
from tests.support.datasets import list_tree
from tests.support.strategies import odd_texts, try_all
from vecgen.cli.main import main
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import CUSTOMER_COLUMNS

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
        (["--start", "9999-12-30", "--end", "9999-12-31"], ["--end", "9999-12-31", "--fraud-rate 0"]),
        (["--start", "0001-01-01", "--end", "9999-12-31"], ["--end", "73,050 days"]),
        (["--start", "0001-01-01", "--end", "0001-12-31"], ["--as-of", "0001-01-01"]),
        (["--as-of", "0001-01-01"], ["--as-of", "0001-01-01"]),
        (["--customers", "1_000"], ["--customers", "1_000", "a whole number"]),
        (["--customers", str(1 << 40)], ["--batch-rows", "500,000 batches"]),
        (["--customers", "1000000", "--batch-rows", "1"], ["--batch-rows", "500,000 batches"]),
        (["--seed", "-1"], ["--seed", "-1"]),
        (["--seed", "9" * 5000], ["--seed", "999..."]),
        (["--fraud-rate", "inf"], ["--fraud-rate", "inf"]),
        (["--batch-rows", "9" * 90], ["--batch-rows", "2**63"]),
        (["--max-file-size", "9" * 90], ["--max-file-size", "2**63"]),
        (["--max-file-size", "9" * 5000], ["--max-file-size", "999..."]),
        (["--max-records-per-file", "9" * 90], ["--max-records-per-file", "2**63"]),
        (["--batches", "0-" + "9" * 90], ["--batches", "0-999"]),
        (["--batches", "9" * 5000], ["--batches", "999..."]),
        (["--dependence", "x\ny" * 5000], ["--dependence", r"x\ny"]),
        (["x\ny"], [r"x\ny"]),
        (["--profiles", "no\nwhere"], [r"no\nwhere"]),
        (["--profiles", "x" * 5000], ["--profiles", "expected a path"]),
        (["--profiles", "\0"], ["--profiles", "expected a path"]),
        (["--customers-file", "x" * 5000], ["--customers-file", "expected a path"]),
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


@pytest.mark.parametrize("output", ["x" * 5000, "\0", "\ud800", "x" * 256])
def test_outputs_that_are_no_paths(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--customers", "3", "--output", output]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "--output" in captured.err


@pytest.mark.parametrize(("name", "status"), [(b"\xff", 2), ("é\n日".encode(), 0)])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_output_names_beyond_ascii(
    profiles: Path, demographics: Path, tmp_path: Path, name: bytes, status: int
) -> None:
    options = ["--customers", "3", "--start", "2023-01-01", "--end", "2023-01-02", "--fraud-rate", "0"]
    options += ["--profiles", str(profiles), "--demographics", str(demographics), "--processes", "1"]
    output = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "vecgen", "generate", *options, "--output", output]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (status, False)
    assert [entry.name for entry in tmp_path.iterdir()] == ([] if status else [name.decode()])


ODD_PEOPLE = st.lists(
    st.fixed_dictionaries(
        {column.name: odd_texts for column in CUSTOMER_COLUMNS if column.type == "text" and column.name != "profile"}
    ),
    min_size=1,
    max_size=3,
)


def is_refused(rows: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a text is too long or a customer is listed twice."""
    people = [(row["ssn"], row["cc_num"]) for row in rows]
    return len(set(people)) < len(people) or any(len(text.encode()) > 1000 for row in rows for text in row.values())


def holds_bars(rows: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a text cannot stand in a line separated by |."""
    return any(set(text) & set("|\r\n") for row in rows for text in row.values())


@pytest.mark.parametrize("examples", [15, pytest.param(1_000, marks=pytest.mark.heavy)])
def test_any_text_of_customers_is_written_as_it_is_or_refused(
    profiles: Path, demographics: Path, tmp_path: Path, examples: int
) -> None:
    options = ["--start", "2023-01-01", "--end", "2023-01-02", "--fraud-rate", "0", "--processes", "1"]
    options += ["--profiles", str(profiles), "--demographics", str(demographics)]
    rest = dict(zip(HEADER.split("|"), PERSON.split("|"), strict=True)) | {"profile": "leftovers"}
    path, output = tmp_path / "c.parquet", tmp_path / "o"

    def check(people: list[dict[str, str]]) -> None:
        rows = [{**rest, **{k: v.encode("utf-8", "replace").decode() for k, v in p.items()}} for p in people]
        pq.write_table(pa.Table.from_pylist(rows), path)
        for file_format in ("parquet", "csv"):
            shutil.rmtree(output, ignore_errors=True)
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
                command = ["generate", *options, "--customers-file", str(path), "--format", file_format]
                status = main([*command, "--output", str(output)])
            assert (status == 2) == (is_refused(rows) or (file_format == "csv" and holds_bars(rows)))
            if status == 2:
                assert sum(not line.startswith("vecgen: note: ") for line in errors.getvalue().splitlines()) == 1
                assert not output.exists() or list_tree(output) == []
                continue
            receipt = json.loads((output / "_vecgen.json").read_text(encoding="utf-8"))
            written = {name: str(digest) for name, digest in digest_dataset(output).items()}
            assert written == {name: part["digest"] for name, part in receipt["parts"].items()}

    try_all(examples, ODD_PEOPLE, check)
