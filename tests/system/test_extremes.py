"""Extremes that are legal: whole runs at the ends of what profiles, periods, customers and slices may be."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import Compile
from tests.support.datasets import data_files, read_rows
from tests.support.outputs import change_output
from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import estimate
from vecgen.plan.selection import Selection
from vecgen.run.local import run_local


def run(plan: Plan, output: Output) -> int:
    """Write a dataset, hold its receipt against its files, and return the number of transactions."""
    receipt = run_local(plan, output, 1)
    written = {name: (digest.rows, str(digest)) for name, digest in digest_dataset(output.path).items()}
    assert written == {name: (part.rows, part.digest) for name, part in receipt.parts.items()}
    return receipt.parts["transactions"].rows if "transactions" in receipt.parts else 0


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_a_thousand_categories(
    profile_copy: Path, demographics_copy: Path, compile_small: Compile, tmp_path: Path, dependence: Dependence
) -> None:
    names = [f"category {number}" for number in range(1000)]
    for path in profile_copy.glob("*leftovers.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        document["categories_wt"] = {name: 1 + number for number, name in enumerate(names)}
        document["categories_amt"] = {name: {"mean": 5 + n % 7, "stdev": 2} for n, name in enumerate(names)}
        path.write_text(json.dumps(document), encoding="utf-8")
    (profile_copy / "main_config.json").write_text("{}", encoding="utf-8")
    with (demographics_copy / "merchants.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("category", "name"), *((name, f"{name}, Inc") for name in names)])
    law = ModelParameters(Period(date(2023, 1, 1), date(2023, 3, 31)), fraud_rate=0.5, dependence=dependence)
    plan = compile_small(customers=20, law=law, profiles=profile_copy, demographics=demographics_copy)
    assert run(plan, Output(tmp_path / "o")) > 1000
    rows = read_rows(tmp_path / "o")
    assert len(rows["category"].unique()) > 400
    assert set(rows["category"].to_pylist()) <= set(names)


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_fifty_years_of_one_customer(compile_small: Compile, tmp_path: Path, dependence: Dependence) -> None:
    law = ModelParameters(Period(date(1980, 1, 1), date(2029, 12, 31)), fraud_rate=1.0, dependence=dependence)
    plan = compile_small(customers=1, law=law)
    assert run(plan, Output(tmp_path / "o", Form(partition_by=("year",)))) > 15_000
    years = {file.parent.name for file in data_files(tmp_path / "o" / "transactions")}
    assert years == {f"year={year}" for year in range(1980, 2030)}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(1, 1, 1), date(1, 1, 31)),
        (date(999, 12, 20), date(1000, 1, 10)),
        (date(1969, 12, 20), date(1970, 1, 10)),
        (date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_the_ends_of_the_calendar(
    compile_small: Compile, tmp_path: Path, start: date, end: date, file_format: str
) -> None:
    plan = compile_small(customers=5, law=ModelParameters(Period(start, end), fraud_rate=0.5), as_of=date(2020, 2, 29))
    assert run(plan, Output(tmp_path / "o", Form(file_format))) > 100  # type: ignore[arg-type]
    rows = read_rows(tmp_path / "o")
    days = set(rows["trans_date"].to_pylist())
    assert start <= min(days) <= max(days) <= end
    moments = zip(rows["trans_date"].to_pylist(), rows["unix_time"].to_pylist(), strict=True)
    assert all((day - date(1970, 1, 1)).days == moment // 86_400 for day, moment in moments)


def test_one_day_without_transactions(compile_small: Compile, tmp_path: Path) -> None:
    plan = compile_small(customers=1, law=ModelParameters(Period(date.max, date.max), fraud_rate=0.0))
    assert run(plan, Output(tmp_path / "o")) == 0


@pytest.fixture(scope="module")
def crowd(compile_small: Compile) -> Plan:
    """Return a plan of ten million customers over New Year."""
    return compile_small(customers=10_000_000)


def test_ten_million_customers_are_made_batch_by_batch(crowd: Plan, tmp_path: Path) -> None:
    first = Output(tmp_path / "a", selection=Selection(batch_rows=20_000, batches=((17, 18),)))
    whole, slice_ = estimate(crowd, change_output(first, batches=()), 2), estimate(crowd, first, 2)
    assert whole.batches > 40_000
    assert (slice_.customers, slice_.batches) == (10_000_000, 2)
    rows = run(crowd, first)
    assert rows == pytest.approx(slice_.rows, rel=0.1)
    assert slice_.files == len(data_files(tmp_path / "a" / "transactions"))
    assert sorted(path.name for path in (tmp_path / "a").iterdir() if path.is_dir()) == ["fraud_cases", "transactions"]


def test_and_date_by_date(crowd: Plan, tmp_path: Path) -> None:
    day = (date(2023, 12, 31), date(2023, 12, 31))
    output = Output(tmp_path / "a", selection=Selection(batch_rows=20_000, batches=((44_000, 44_000),), only_dates=day))
    expected = estimate(crowd, output, 2)
    rows = run(crowd, output)
    assert 0.3 < rows / expected.rows < 3.0
    assert expected.files == len(data_files(tmp_path / "a" / "transactions")) == 1
    assert set(read_rows(tmp_path / "a")["trans_date"].to_pylist()) == {day[0]}


@pytest.mark.parametrize(
    "wrong",
    [
        ["--batches", "9999"],
        ["--batches", "3-2"],
        ["--only-dates", "2022-12-31..2023-01-01"],
        ["--only-dates", "9999-12-31..9999-12-31"],
    ],
)
def test_a_dry_run_refuses_slices_that_are_not_there(
    profiles: Path, demographics: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--customers", "20", "--profiles", str(profiles), "--demographics", str(demographics)]
    assert main(["generate", "--plan", *options, *wrong]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert wrong[0] in captured.err
