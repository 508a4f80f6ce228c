"""The command line: every command, its words and its exit status."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.support.checkout import ROOT
from tests.support.datasets import data_files, list_tree, read_customers, read_rows
from vecgen import __version__
from vecgen.cli.main import _make_parser, main
from vecgen.config.loader import load_demographics
from vecgen.io.reader import digest_dataset
from vecgen.records.receipt import Receipt

_COMMANDS = [
    "generate",
    "customers",
    "transactions",
    "merchants",
    "verify",
    "report",
    "ceiling",
    "fit",
    "split",
    "export",
    "compare",
    "digest",
    "sparkov",
]
_COMMANDS += [f"profiles{action}" for action in ("", " check", " show", " new", " schema")]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "vecgen", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


def test_as_a_module_it_writes_a_dataset(small: list[str], tmp_path: Path) -> None:
    done = run("generate", *small, "--processes", "2", "--output", str(tmp_path / "o"))
    assert done.returncode == 0, done.stderr
    assert all(" %, " in line for line in done.stderr.splitlines())  # a slow machine says how far it is
    digests = digest_dataset(tmp_path / "o")
    assert done.stdout.startswith("20 customers, ")
    assert f"digest {digests['transactions']}" in done.stdout


def test_as_a_module_it_refuses_in_one_line(tmp_path: Path) -> None:
    done = run("generate", "--fraud-rate", "2", "--output", str(tmp_path / "o"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "vecgen: --fraud-rate: got 2.0, expected a probability from 0 to 1\n"
    assert list_tree(tmp_path) == []


def test_a_text_that_the_format_cannot_hold_is_named_by_file_and_row(small: list[str], tmp_path: Path) -> None:
    assert main(["customers", *small, "--output", str(tmp_path / "c")]) == 0
    people = read_customers(tmp_path / "c")
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = people.column_names.index("city")
    pq.write_table(people.set_column(place, "city", pa.array(["a|b"] * 20)), tmp_path / "c.parquet")
    options = ["--customers-file", str(tmp_path / "c.parquet"), *small[2:], "--processes", "2", "--format", "csv"]
    done = run("transactions", *options, "--output", str(tmp_path / "o"))
    assert (done.returncode, done.stdout) == (2, "")
    expected = "text without | and line breaks, which CSV cannot hold; remove them or write Parquet"
    assert done.stderr == f"vecgen: {tmp_path / 'c.parquet'}: row 1, city: got 'a|b', expected {expected}\n"


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


def test_split_says_what_each_part_holds(
    parquet: tuple[Path, Receipt], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, words = tmp_path / "parts", ["split", str(parquet[0]), "--train-until", "2023-12-31", "--quiet"]
    assert main([*words[:-1], "--test-from", "2024-01-08", "--disjoint-customers", "0.5", "--output", str(output)]) == 0
    rows = [pq.read_table(output / name) for name in ("train", "test")]
    for line, name, part in zip(capsys.readouterr().out.splitlines(), ("train", "test"), rows, strict=True):
        frauds, customers = (
            len(set(part.filter(pc.field("is_fraud") == 1)["trans_num"].to_pylist())),
            len(set(part["ssn"].to_pylist())),
        )
        expected = f"{part.num_rows:,} transactions, {frauds:,} of them fraudulent, of {customers:,} customers"
        assert line == f"{output / name}: {expected}"
    assert main([*words, "--output", str(tmp_path / "other")]) == 2
    assert main([*words, "--test-from", "2023-12-31", "--output", str(tmp_path / "other")]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert errors[0] == "vecgen: --test-from: got None, expected a date, YYYY-MM-DD"
    assert errors[1] == "vecgen: --test-from: got '2023-12-31', expected a date after --train-until (2023-12-31)"
    assert list_tree(tmp_path)[0] == "parts"
    assert not (tmp_path / "other").exists()


def test_digest_prints_every_part(small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", *small, "--output", str(tmp_path / "o")]) == 0
    capsys.readouterr()
    assert main(["digest", str(tmp_path / "o")]) == 0
    expected = [f"{name} {d.rows} rows {d}" for name, d in digest_dataset(tmp_path / "o").items()]
    assert capsys.readouterr().out.splitlines() == expected
    assert [line.split()[0] for line in expected] == ["transactions", "customers", "fraud_cases"]


def test_merchants_are_repeatable_and_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, other = (tmp_path / f"{name}.csv" for name in "abc")
    for path, seed in ((first, "1"), (second, "1"), (other, "2")):
        assert main(["merchants", "--seed", seed, "--per-category", "3", "--output", str(path)]) == 0
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()
    capsys.readouterr()
    assert main(["merchants", "--output", str(first)]) == 2
    assert first.read_bytes() == second.read_bytes()
    assert str(first) in capsys.readouterr().err


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_that_another_stands_for_is_refused(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.csv"
    assert main(["merchants", "--seed", str(seed), "--output", str(path)]) == 2
    assert capsys.readouterr().err == f"vecgen: --seed: got {seed}, expected a whole number from 0 to 2**64 - 1\n"
    assert not path.exists()


def test_merchants_can_be_used(demographics_copy: Path) -> None:
    path = demographics_copy / "merchants.csv"
    path.unlink()
    assert main(["merchants", "--per-category", "2", "--output", str(path)]) == 0
    assert {len(names) for names in load_demographics(demographics_copy).merchants.names} == {2}


@pytest.mark.parametrize("command", ["", *_COMMANDS])
def test_each_help_page_ends_with_two_examples_that_can_be_parsed(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _make_parser().parse_args([*command.split(), "--help"])
    _, _, examples = capsys.readouterr().out.partition("\nexamples:\n")
    lines = examples.splitlines()
    assert len(lines) == 2
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "vecgen"
        assert line.strip().startswith(f"vecgen {command}".rstrip())
        assert _make_parser(planned=command == "ceiling" and "--plan" in words).parse_args(words).run


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"vecgen {__version__}\n"


COMMANDS = "generate customers transactions merchants profiles verify report ceiling fit split export digest"
ACTIONS = "check show new schema"


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS.split()), *(["profiles", name] for name in ACTIONS.split())]
)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(" ".join(["usage: vecgen", *command]))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["generate", "--xyzzy"],
        ["generate", "--custom", "3"],
        ["profiles"],
        ["digest"],
        ["customers", "--customers-file", "f"],
    ],
)
def test_what_the_parser_refuses_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("vecgen: ")
    assert captured.err.endswith((" --help\n", "did you mean '--customers'?\n"))
    assert captured.err.count("\n") == 1
