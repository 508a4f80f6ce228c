"""The command line: every command, its words and its exit status."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.datasets import list_tree, read_customers
from vecgen import __version__
from vecgen.cli.main import _COMMANDS, main, make_command_parser
from vecgen.io.reader import digest_dataset

COMMANDS = [*_COMMANDS, *(f"profiles {action}" for action in ("check", "show", "new", "schema"))]


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


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_each_help_page_ends_with_two_examples_that_can_be_parsed(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    shown, _, examples = capsys.readouterr().out.partition("\nexamples:\n")
    assert shown.startswith(" ".join(["usage: vecgen", *command.split()]))
    lines = examples.splitlines()
    assert len(lines) == 2
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "vecgen"
        assert line.strip().startswith(f"vecgen {command}".rstrip())
        assert make_command_parser(words).parse_args(words).run


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"vecgen {__version__}\n"


def test_help_lists_every_command_and_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert [name for name, (_, summary) in _COMMANDS.items() if f" {name} {summary}" not in shown] == []


def load_for(*words: str) -> list[str]:
    """Return the modules of vecgen that are imported for a command line."""
    code = f"import sys; from vecgen.cli.main import make_command_parser; make_command_parser({list(words)})"
    code += "; print(*(name for name in sys.modules if name.startswith('vecgen.')))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_the_list_of_commands_imports_none() -> None:
    loaded = load_for("--help")
    assert "vecgen.cli.main" in loaded
    assert [name for name in loaded if name.startswith(("vecgen.cli.commands", "vecgen.plan", "vecgen.model"))] == []


def test_generate_imports_no_other_command() -> None:
    loaded = load_for("generate")
    assert "vecgen.cli.commands.write" in loaded
    others = ("vecgen.cli.commands.", "vecgen.verify", "vecgen.report", "vecgen.fit.", "vecgen.scan")
    assert [name for name in loaded if name.startswith(others)] == ["vecgen.cli.commands.write"]


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
