"""The command `ceiling`: of a dataset, or of a plan, which takes other options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vecgen.cli.main import main
from vecgen.records.receipt import Receipt


def test_a_dataset_and_its_plan_have_the_same_figures(
    parquet: tuple[Path, Receipt], small: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ceiling", str(parquet[0]), "--processes", "1", "--quiet", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    planned = [word for word in small if word not in ("--processes", "1")]
    assert main(["ceiling", "--plan", *planned, "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == measured.keys()


def test_a_plan_takes_no_dataset(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ceiling", "--plan", "cards"]) == 2
    assert "'cards'" in capsys.readouterr().err
