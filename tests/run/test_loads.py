"""Loads among plain files: dates and periods added one after the other, named differences, no load twice."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import LAW, Compile, set_batch_rows
from tests.run.test_local import CrashError, crash_after
from tests.support.datasets import data_files, list_tree, read_rows
from tests.support.outputs import change_output
from vecgen.errors import InputError, OutputError
from vecgen.io.assembler import Assembler
from vecgen.io.digest import Digest
from vecgen.io.reader import digest_dataset
from vecgen.io.writers import FORMATS, Format
from vecgen.model.params import Period
from vecgen.plan.output import Output, Table
from vecgen.plan.plan import Plan
from vecgen.records.receipt import PROGRESS, RECEIPT, SUCCESS, Receipt, read_receipt
from vecgen.run.local import run_local
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECEMBER = (date(2023, 12, 20), date(2023, 12, 31))
JANUARY = (date(2024, 1, 1), date(2024, 1, 20))
NEXT = replace(LAW, period=Period(date(2024, 1, 21), date(2024, 2, 10)))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    set_batch_rows(monkeypatch, 500)


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "o", append=True)


def place(output: Output) -> Path:
    return Path(str(output.path))


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("begun", [True, False])
def test_dates_appended_are_the_whole(
    begun: bool, file_format: Format, plan: Plan, output: Output, parquet: tuple[Path, object]
) -> None:
    output = change_output(output, format=file_format)
    run_local(plan, change_output(output, only_dates=DECEMBER, append=begun), 1)
    with pytest.raises(InputError, match="a slice"):
        read_expectation(output.path, {})
    receipt = run_local(plan, change_output(output, only_dates=JANUARY), 2)
    assert digest_dataset(output.path) == digest_dataset(parquet[0])
    assert read_rows(place(output)).equals(read_rows(parquet[0]))
    assert {name: (p.rows, p.digest) for name, p in receipt.parts.items()} == {
        name: (digest.rows, str(digest)) for name, digest in digest_dataset(output.path).items()
    }
    assert verify_dataset(output.path, read_expectation(output.path, {})).holds
    tree = list_tree(place(output))
    for dates in (DECEMBER, JANUARY):
        assert run_local(plan, change_output(output, only_dates=dates), 1) == receipt
    assert list_tree(place(output)) == tree


@pytest.mark.parametrize("table", [None, "delta"])
def test_the_next_period_has_the_same_customers(
    table: None, compile_small: Compile, output: Output, tmp_path: Path
) -> None:
    first, following = compile_small(), compile_small(law=NEXT, as_of=LAW.period.start)
    output = replace(output, table=table)
    run_local(first, output, 1)
    receipt = run_local(following, output, 1)
    run_local(first, Output(tmp_path / "first"), 1)
    run_local(following, Output(tmp_path / "next"), 1)
    apart = [digest_dataset(tmp_path / name) for name in ("first", "next")]
    together = digest_dataset(output.path)
    assert together["customers"] == apart[0]["customers"] == apart[1]["customers"]
    for part in ("transactions", "fraud_cases"):
        assert together[part] == apart[0][part] + apart[1][part]
        assert receipt.parts[part].digest == str(together[part])
    numbers = read_rows(place(output))["trans_num"].to_pylist()
    assert len(set(numbers)) == len(numbers) == together["transactions"].rows
    with pytest.raises(InputError, match=r"periods: got '2023-12-20\.\.2024-01-20, 2024-01-21\.\.2024-02-10'"):
        read_expectation(output.path, {})
    assert run_local(following, output, 1) == receipt
    assert run_local(first, output, 1).parts == receipt.parts


@pytest.mark.spark
@pytest.mark.parametrize("table", [None, "delta"])
def test_spark_appends(
    table: Table | None, spark: SparkSession, plan: Plan, output: Output, parquet: tuple[Path, Receipt]
) -> None:
    from vecgen.spark.job import run

    december, january = (change_output(output, table=table, only_dates=dates) for dates in (DECEMBER, JANUARY))
    first = run(spark, plan, december)
    assert run(spark, plan, december) == first
    receipt = run(spark, plan, january)
    assert digest_dataset(output.path) == digest_dataset(parquet[0])
    assert {name: part.digest for name, part in receipt.parts.items()} == {
        name: part.digest for name, part in parquet[1].parts.items()
    }
    tree = list_tree(place(output))
    for asked in (december, january):
        assert run_local(plan, asked, 1) == receipt
    assert list_tree(place(output)) == tree


def test_what_does_not_fit_is_named(compile_small: Compile, plan: Plan, output: Output, profile_copy: Path) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    tree = list_tree(place(output))
    january = change_output(output, only_dates=JANUARY)
    path = profile_copy / "leftovers.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"travel_pct": 3}), encoding="utf-8")
    overlapping = replace(LAW, period=Period(date(2024, 1, 10), date(2024, 2, 10)))
    for other, asked, message in (
        (compile_small(seed=1), january, "append: seed: got 1, expected 42, with which .* was started"),
        (compile_small(customers=61), january, "append: customers: got 61, expected 60"),
        (compile_small(profiles=profile_copy), january, "append: profiles: got '[0-9a-f]{16}', expected"),
        (compile_small(law=NEXT), output, "append: as_of: got '2024-01-21', expected '2023-12-20'"),
        (compile_small(law=overlapping, as_of=LAW.period.start), output, "the period 2023-12-20..2024-01-20, which is"),
        (plan, change_output(january, format="csv"), "append: format: got 'csv', expected 'parquet'"),
        (plan, change_output(january, partition_by=()), r"append: partition_by: got \[\], expected \['year', 'month'"),
        (plan, change_output(january, with_customer_id=True), "append: with_customer_id: got True, expected False"),
        (
            plan,
            change_output(january, with_fraud_probability=True),
            "append: with_fraud_probability: got True, expected False",
        ),
        (
            plan,
            change_output(output, only_dates=(DECEMBER[1], JANUARY[0])),
            r"got '2023-12-31\.\.2024-01-01', expected dates",
        ),
    ):
        with pytest.raises(InputError, match=message):
            run_local(other, asked, 1)
    with pytest.raises(OutputError, match=r"table delta: .* holds no table"):
        run_local(plan, replace(january, table="delta"), 1)
    with pytest.raises(InputError, match="append: got 'overwrite'"):
        run_local(plan, january, 1, existing="overwrite")
    with pytest.raises(InputError, match="append: got 'customers alone'"):
        run_local(plan, january, 1, transactions=False)
    assert list_tree(place(output)) == tree


def test_a_stranger_is_not_appended_to(plan: Plan, output: Output, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="not an empty directory"):
        run_local(plan, output, 1)
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["notes.txt"]


def break_off(plan: Plan, output: Output, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(after, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1)


def test_a_load_that_breaks_off_is_completed(
    plan: Plan, output: Output, parquet: tuple[Path, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    before, january = read_receipt(output.path), change_output(output, only_dates=JANUARY)
    break_off(plan, january, monkeypatch, 8)
    assert read_receipt(output.path) == before
    assert not (tmp_path / "o" / SUCCESS).exists()
    with pytest.raises(OutputError, match="pass resume=True"):
        run_local(plan, january, 1)
    run_local(plan, january, 1, existing="resume")
    assert digest_dataset(output.path) == digest_dataset(parquet[0])
    assert (tmp_path / "o" / SUCCESS).exists()
    assert not (tmp_path / "o" / PROGRESS).exists()


def test_a_load_without_a_finished_batch_leaves_the_dataset(
    plan: Plan, output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    files = data_files(tmp_path / "o")
    break_off(plan, change_output(output, only_dates=JANUARY), monkeypatch, 0)
    assert data_files(tmp_path / "o") == files
    assert (tmp_path / "o" / SUCCESS).exists()
    assert not (tmp_path / "o" / PROGRESS).exists()


def test_a_receipt_of_an_older_version_is_refused(plan: Plan, output: Output, tmp_path: Path) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    path = tmp_path / "o" / RECEIPT
    receipt = json.loads(path.read_text(encoding="utf-8"))
    del receipt["identity"]
    path.write_text(json.dumps(receipt), encoding="utf-8")
    for asked, existing in ((change_output(output, only_dates=JANUARY), "refuse"), (Output(output.path), "resume")):
        with pytest.raises(InputError, match="got 'a dataset started by an older version', expected one that says"):
            run_local(plan, asked, 1, existing=existing)  # type: ignore[arg-type]


def test_a_copy_can_be_appended_to(plan: Plan, output: Output, tmp_path: Path) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    shutil.copytree(tmp_path / "o", tmp_path / "copy")
    run_local(plan, change_output(output, path=tmp_path / "copy", only_dates=JANUARY), 1)
    rows = digest_dataset(tmp_path / "copy")["transactions"]
    assert rows.rows > digest_dataset(tmp_path / "o")["transactions"].rows
    assert rows != Digest()
