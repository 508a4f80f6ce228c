"""Slices of a dataset, made alone: together they are the whole, file for file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.datasets import data_files
from tests.support.outputs import change_output, make_output
from vecgen.cli.main import main
from vecgen.errors import InputError
from vecgen.io.digest import Digest
from vecgen.io.reader import digest_dataset
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.selection import Selection
from vecgen.run.local import run_local
from vecgen.verify.expectation import read_expectation

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECEMBER, JANUARY = (date(2023, 12, 20), date(2023, 12, 31)), (date(2024, 1, 1), date(2024, 1, 20))


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in data_files(path)}


@pytest.fixture
def whole(plan: Plan, tmp_path: Path) -> Output:
    """Return the output of a dataset of some ten batches."""
    output = Output(tmp_path / "whole", selection=Selection(batch_rows=500))
    run_local(plan, output, 1)
    return output


def test_months_made_apart_are_the_whole(plan: Plan, whole: Output, tmp_path: Path) -> None:
    together: dict[str, bytes] = {}
    for name, dates in (("a", DECEMBER), ("b", JANUARY)):
        run_local(plan, change_output(whole, path=tmp_path / name, only_dates=dates), 1)
        own = {path: data for path, data in contents(tmp_path / name).items() if path.startswith("transactions/")}
        assert own
        assert not own.keys() & together.keys()
        together |= own
    assert together == {
        path: data for path, data in contents(tmp_path / "whole").items() if path.startswith("transactions/")
    }


def test_any_dates_add_up_to_the_whole(plan: Plan, whole: Output, tmp_path: Path) -> None:
    total = Digest()
    for first, last in ((20, 22), (23, 23), (24, 31)):
        name = f"from{first}"
        dates = (date(2023, 12, first), date(2023, 12, last))
        run_local(plan, change_output(whole, path=tmp_path / name, only_dates=dates), 1, customers=False)
        total += digest_dataset(tmp_path / name)["transactions"]
    run_local(
        plan, Output(tmp_path / "single", Form(partition_by=(), single_file=True), Selection(only_dates=DECEMBER)), 1
    )
    assert total == digest_dataset(tmp_path / "single")["transactions"]
    run_local(plan, change_output(whole, path=tmp_path / "rest", only_dates=JANUARY), 1)
    total += digest_dataset(tmp_path / "rest")["transactions"]
    assert total == digest_dataset(whole.path)["transactions"]


def test_batches_made_apart_are_the_whole(plan: Plan, whole: Output, tmp_path: Path) -> None:
    numbers = {int(file.name.split("-")[1]) for file in data_files(tmp_path / "whole" / "transactions")}
    assert len(numbers) > 6
    together: dict[str, bytes] = {}
    cases = Digest()
    for name, batches in (("a", ((0, 2), (5, 5))), ("b", ((3, 4), (6, max(numbers))))):
        run_local(plan, change_output(whole, path=tmp_path / name, batches=batches), 2)
        own = contents(tmp_path / name)
        assert not own.keys() & together.keys()
        together |= own
        cases += digest_dataset(tmp_path / name)["fraud_cases"]
    assert cases == digest_dataset(tmp_path / "whole")["fraud_cases"]
    all_files = contents(tmp_path / "whole")
    made, expected = (
        {p: data for p, data in f.items() if p.startswith("transactions/")} for f in (together, all_files)
    )
    assert made == expected


@pytest.mark.spark
def test_spark_makes_the_same_slices(spark: SparkSession, plan: Plan, tmp_path: Path) -> None:
    from vecgen.spark.job import run

    slices = {"batches": ((1, 2), (4, 4)), "only_dates": (date(2023, 12, 30), date(2024, 1, 2)), "batch_rows": 500}
    outputs = [make_output(tmp_path / name, **slices) for name in ("local", "spark")]
    run_local(plan, outputs[0], 1)
    run(spark, plan, outputs[1])
    assert contents(tmp_path / "local") == contents(tmp_path / "spark") != {}
    with pytest.raises(InputError, match="batches, only_dates"):
        run(spark, plan, replace(outputs[1], path=tmp_path / "rows"), "rows")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (
            {"only_dates": (date(2023, 12, 19), date(2023, 12, 31))},
            "only_dates: got '2023-12-19..2023-12-31', expected",
        ),
        ({"only_dates": (date(2024, 1, 2), date(2024, 1, 1))}, "in order"),
        ({"batches": ((0, 5000),)}, "batches: got '0-5000', expected numbers from 0 to"),
        ({"batches": ((3, 2),)}, "batches: got '3-2'"),
    ],
)
def test_a_slice_of_something_else_is_refused(
    plan: Plan, tmp_path: Path, form: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run_local(plan, make_output(tmp_path / "o", **form), 1)
    assert not (tmp_path / "o").exists() or not list((tmp_path / "o").iterdir())


def test_a_slice_is_not_a_dataset_to_be_verified(plan: Plan, tmp_path: Path) -> None:
    run_local(plan, Output(tmp_path / "o", selection=Selection(only_dates=DECEMBER)), 1)
    with pytest.raises(InputError, match="got 'a slice', expected a whole dataset"):
        read_expectation(tmp_path / "o", {})


def test_the_command_line_names_slices(
    profiles: Path, demographics: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["transactions", "--customers", "20", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1"]
    options += ["--profiles", str(profiles), "--demographics", str(demographics)]
    slices = ["--batch-rows", "400", "--batches", "0,2-3", "--only-dates", "2023-12-20..12-31-2023"]
    assert main([*options, *slices, "--output", str(tmp_path / "o")]) == 0
    assert {file.name[:10] for file in data_files(tmp_path / "o")} <= {"part-00000", "part-00002", "part-00003"}
    capsys.readouterr()
    for wrong in (["--batches", "1-x"], ["--batches", "x"], ["--only-dates", "2023-12-20"], ["--batch-rows", "0"]):
        assert main([*options, *wrong, "--output", str(tmp_path / "wrong")]) == 2
        assert capsys.readouterr().err.count("\n") == 1
