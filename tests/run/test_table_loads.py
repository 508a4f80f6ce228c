"""Delta tables: written files as one snapshot, appended to, replaced, read by others, the same after any crash."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from tests.conftest import LAW, Compile, set_batch_rows
from tests.run.test_local import CrashError, crash_after
from tests.support.datasets import list_tree, read_rows
from tests.support.fraud_types import shipped_types
from tests.support.object_store import BUCKET, ObjectStore, free_port
from tests.support.outputs import change_output
from vecgen.cli.main import main
from vecgen.errors import InputError, OutputError
from vecgen.io.assembler import Assembler
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import COLUMNS, FRAUD_CASE_COLUMNS
from vecgen.model.fraud.fraud_type import WeightedType
from vecgen.plan.output import Existing, Output
from vecgen.plan.plan import Plan
from vecgen.plan.selection import Selection
from vecgen.records.receipt import PROGRESS, RECEIPT, read_receipt
from vecgen.run.fraud_cases import list_columns
from vecgen.run.local import run_local
from vecgen.stores.filesystem import locate
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation

DECEMBER = (date(2023, 12, 20), date(2023, 12, 31))
JANUARY = (date(2024, 1, 1), date(2024, 1, 20))
NAMES = [column.name for column in COLUMNS]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    set_batch_rows(monkeypatch, 500)


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "lake", table="delta")


def versions(path: Path) -> list[int]:
    """Return the number of versions of both tables."""
    names = ("customers", "fraud_cases", "transactions")
    customers, cases, transactions = (DeltaTable(path / name).version() + 1 for name in names)
    assert customers == cases
    return [customers, transactions]


def test_other_readers_see_what_is_in_the_files(plan: Plan, output: Output, tmp_path: Path) -> None:
    receipt = run_local(plan, output, 2)
    run_local(plan, Output(tmp_path / "plain"), 1)
    expected = read_rows(tmp_path / "plain")
    table = DeltaTable(tmp_path / "lake" / "transactions")
    assert table.metadata().partition_columns == ["year", "month", "profile_group"]
    assert table.version() == 0
    for rows in (
        pl.read_delta(str(tmp_path / "lake" / "transactions")).select(NAMES).to_arrow(),
        _connect(table).table("dataset").select(*NAMES).to_arrow_table(),
        table.to_pyarrow_table(columns=NAMES),
    ):
        assert rows.cast(expected.schema).sort_by("trans_num") == expected
    assert pl.read_delta(str(tmp_path / "lake" / "customers")).height == receipt.parts["customers"].rows
    january = table.to_pyarrow_table(columns=["trans_date"], filters=[("month", "=", 1)])
    assert 0 < january.num_rows < expected.num_rows
    assert min(january["trans_date"].to_pylist()) >= date(2024, 1, 1)


def test_cases_have_all_that_is_known_of_them(compile_small: Compile, output: Output, tmp_path: Path) -> None:
    """Also what types of fraud tell: a column that the table does not declare is not read."""
    kinds = tuple(WeightedType(shipped_types()[name], 1.0) for name in ("counterfeit", "bust_out"))
    plan = compile_small(law=replace(LAW, fraud_rate=1.0, fraud_types=kinds))
    for dates in (DECEMBER, JANUARY):
        run_local(plan, change_output(output, only_dates=dates, append=True), 1)
    cases = pl.read_delta(str(tmp_path / "lake" / "fraud_cases"))
    assert cases.columns == [column.name for column in list_columns(plan.tables.law)]
    assert {*cases["fraud_type"]} == {"counterfeit", "bust_out"}
    assert 0 < cases["compromised_merchant"].null_count() < cases.height
    before, old = cases, DeltaTable(tmp_path / "lake" / "fraud_cases")
    for other, expected in ((compile_small(), FRAUD_CASE_COLUMNS), (plan, list_columns(plan.tables.law))):
        run_local(other, output, 1, existing="overwrite")  # as a whole, with its columns
        cases = pl.read_delta(str(tmp_path / "lake" / "fraud_cases"))
        assert cases.columns == [column.name for column in expected]
        assert verify_dataset(output.path, read_expectation(output.path, {})).holds
    assert old.to_pyarrow_table().num_rows == before.height  # whoever reads the old version goes on


@pytest.mark.parametrize(
    "changes",
    [
        {"with_customer_id": True, "with_fraud_probability": True},
        {"columns": ("cc_num", "trans_num", "amt", "is_fraud")},
    ],
)
def test_a_table_is_replaced_with_its_columns(
    changes: dict[str, Any], plan: Plan, output: Output, tmp_path: Path
) -> None:
    run_local(plan, output, 1)
    before = read_table(output)
    for other in (change_output(output, **changes), output):
        run_local(plan, other, 1, existing="overwrite")
        now = read_table(output)
        keys = other.form.partition_columns()
        assert {*now.columns} == {column.name for column in (*other.form.columns_of("transactions"), *keys)}
        common = [name for name in before.columns if name in now.columns]
        assert now.select(common).equals(before.select(common))
        assert sum(now.null_count().row(0)) == 0
    assert versions(tmp_path / "lake") == [3, 3]
    assert verify_dataset(output.path, read_expectation(output.path, {})).holds


def read_table(output: Output) -> pl.DataFrame:
    return pl.read_delta(str(output.path / "transactions")).sort("trans_num")


def _connect(table: DeltaTable) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.register("dataset", table.to_pyarrow_dataset())
    return connection


def test_months_appended_are_the_whole(plan: Plan, output: Output, tmp_path: Path) -> None:
    run_local(plan, Output(tmp_path / "plain"), 1)
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    with pytest.raises(InputError, match="a slice"):
        read_expectation(output.path, {})
    added = change_output(output, only_dates=JANUARY, append=True)
    receipt = run_local(plan, added, 2)
    assert versions(tmp_path / "lake") == [1, 2]
    assert digest_dataset(output.path) == digest_dataset(tmp_path / "plain")
    assert {name: (p.rows, p.digest) for name, p in receipt.parts.items()} == {
        name: (digest.rows, str(digest)) for name, digest in digest_dataset(output.path).items()
    }
    assert verify_dataset(output.path, read_expectation(output.path, {})).holds
    before = list_tree(tmp_path / "lake")
    assert run_local(plan, added, 1) == receipt  # asked again, as a scheduler does: nothing to do
    assert list_tree(tmp_path / "lake") == before


def test_what_does_not_fit_a_table_is_refused(
    plan: Plan, compile_small: Compile, output: Output, tmp_path: Path
) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    before = list_tree(tmp_path)
    overlapping = change_output(output, append=True, only_dates=(date(2023, 12, 31), date(2024, 1, 5)))
    with pytest.raises(InputError, match=r"only_dates: got '2023-12-31..2024-01-05', expected dates that are not"):
        run_local(plan, overlapping, 1)
    with pytest.raises(InputError, match="append: seed: got 1, expected 42, with which"):
        run_local(compile_small(seed=1), change_output(output, append=True, only_dates=JANUARY), 1)
    with pytest.raises(OutputError, match="holds a dataset"):
        run_local(plan, output, 1)
    assert list_tree(tmp_path) == before
    run_local(plan, Output(tmp_path / "plain"), 1)
    with pytest.raises(OutputError, match=r"table delta: .* holds no table"):
        run_local(plan, replace(output, path=tmp_path / "plain"), 1, existing="overwrite")
    for wrong, option in (({"format": "csv"}, "table: "), ({"append": True, "batches": ((0, 0),)}, "append: ")):
        with pytest.raises(InputError, match=option):
            change_output(output, **wrong)


def test_a_table_is_replaced_in_one_commit(plan: Plan, compile_small: Compile, output: Output, tmp_path: Path) -> None:
    """Whoever reads the old version goes on reading it."""
    first, second = (run_local(compile_small(seed=seed), Output(tmp_path / str(seed)), 1) for seed in (1, 2))
    for seed, number in ((1, 1), (2, 2), (1, 3)):
        receipt = run_local(compile_small(seed=seed), output, 1, existing="overwrite")
        assert versions(tmp_path / "lake") == [number, number]
        assert receipt.parts["transactions"].digest == (first, second)[seed - 1].parts["transactions"].digest
        assert digest_dataset(output.path) == digest_dataset(tmp_path / str(seed))
    old = DeltaTable(tmp_path / "lake" / "transactions", version=1)
    assert old.to_pyarrow_table().num_rows == second.parts["transactions"].rows


def break_off(plan: Plan, output: Output, monkeypatch: pytest.MonkeyPatch, existing: Any = "refuse") -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(8, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1, existing=existing)


def test_loads_that_break_off_are_completed(
    plan: Plan, compile_small: Compile, output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    added = change_output(output, only_dates=JANUARY, append=True)
    december = digest_dataset(output.path)
    break_off(plan, added, monkeypatch)
    assert digest_dataset(output.path) == december
    with pytest.raises(OutputError, match="pass resume=True"):
        run_local(plan, added, 1)
    run_local(plan, added, 1, existing="resume")
    whole = digest_dataset(output.path)
    assert whole["transactions"].rows > december["transactions"].rows
    other = compile_small(seed=1)
    break_off(other, output, monkeypatch, "overwrite")
    assert digest_dataset(output.path) == whole
    run_local(other, output, 1, existing="resume")
    run_local(other, Output(tmp_path / "other"), 1)
    assert digest_dataset(output.path) == digest_dataset(tmp_path / "other")
    assert versions(tmp_path / "lake") == [2, 3]
    assert not (tmp_path / "lake" / PROGRESS).exists()


def test_a_commit_that_is_repeated_changes_nothing(
    plan: Plan, output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver dies between the commit and the receipt."""
    with monkeypatch.context() as patch:
        patch.setattr("vecgen.run.run.publish_receipt", crash_after(0, CrashError(), print))
        with pytest.raises(CrashError):
            run_local(plan, output, 1)
    assert versions(tmp_path / "lake") == [1, 1]
    assert not (tmp_path / "lake" / RECEIPT).exists()
    run_local(plan, output, 1, existing="resume")
    assert versions(tmp_path / "lake") == [1, 1]
    assert read_receipt(output.path) is not None


def test_a_load_that_is_impossible_leaves_the_table(plan: Plan, output: Output, tmp_path: Path) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    before = list_tree(tmp_path)
    with pytest.raises(InputError, match="only_dates"):
        run_local(plan, change_output(output, only_dates=(date(2024, 1, 1), date(2024, 2, 1)), append=True), 1)
    assert list_tree(tmp_path) == before


@pytest.mark.parametrize("append", [True, False])
def test_a_first_load_asked_twice_is_written_once(append: bool, plan: Plan, output: Output, tmp_path: Path) -> None:
    first = change_output(output, only_dates=DECEMBER, append=append)
    receipt = run_local(plan, first, 1)
    run_local(plan, change_output(output, only_dates=JANUARY, append=True), 1)
    before = list_tree(tmp_path)
    assert run_local(plan, first, 1).parts["transactions"].rows > receipt.parts["transactions"].rows
    assert list_tree(tmp_path) == before
    assert versions(tmp_path / "lake") == [1, 2]


PARTITIONS = {"partition_by": ("year",)}, "partition_by: got 'year', expected 'year,month,profile_group', by which"


@pytest.mark.parametrize(
    ("existing", "changes", "message"),
    [
        ("refuse", *PARTITIONS),
        ("overwrite", *PARTITIONS),
        ("refuse", {"with_customer_id": True}, "with_customer_id: got True, expected false, as the columns of"),
        (
            "refuse",
            {"with_fraud_probability": True},
            "with_fraud_probability: got True, expected false, as the columns of",
        ),
    ],
)
def test_the_table_says_which_columns_it_has(
    existing: Existing, changes: dict[str, Any], message: str, plan: Plan, output: Output, tmp_path: Path
) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    before = list_tree(tmp_path)
    added = change_output(output, only_dates=JANUARY, append=existing == "refuse", **changes)
    with pytest.raises(InputError, match=message):
        run_local(plan, added, 1, existing=existing)
    assert list_tree(tmp_path) == before


def test_a_load_that_is_gone_after_a_restore_comes_again(plan: Plan, output: Output, tmp_path: Path) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    added = change_output(output, only_dates=JANUARY, append=True)
    whole = run_local(plan, added, 1)
    DeltaTable(tmp_path / "lake" / "transactions").restore(0)
    assert digest_dataset(output.path)["transactions"].rows < whole.parts["transactions"].rows
    again = run_local(plan, added, 1)
    assert again.parts == whole.parts
    assert str(digest_dataset(output.path)["transactions"]) == whole.parts["transactions"].digest
    tree = list_tree(tmp_path)
    assert run_local(plan, added, 1).parts == whole.parts
    assert list_tree(tmp_path) == tree


def test_a_load_whose_files_were_merged_is_there(plan: Plan, output: Output, tmp_path: Path) -> None:
    run_local(plan, change_output(output, only_dates=DECEMBER), 1)
    added = change_output(output, only_dates=JANUARY, append=True)
    run_local(plan, added, 1)
    table = DeltaTable(tmp_path / "lake" / "transactions")
    table.optimize.compact()
    version = table.version()
    run_local(plan, added, 1)
    assert DeltaTable(tmp_path / "lake" / "transactions").version() == version


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    store = ObjectStore(tmp_path / "s3", free_port())
    store.start()
    yield store
    store.stop()


def test_a_table_in_a_store(plan: Plan, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.stores.lock.BEAT", 0.1)
    output = Output(
        locate(f"s3://{BUCKET}/lake", store.options), selection=Selection(only_dates=DECEMBER), table="delta"
    )
    run_local(plan, output, 1)
    run_local(plan, change_output(output, only_dates=JANUARY, append=True), 1)
    run_local(plan, Output(tmp_path / "plain"), 1)
    assert digest_dataset(output.path) == digest_dataset(tmp_path / "plain")
    assert versions(store.root / "lake") == [1, 2]


def test_without_deltalake_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    assert main(["generate", "--customers", "20", "--table", "delta", "--output", str(tmp_path / "o")]) == 2
    assert "pip install deltalake" in capsys.readouterr().err
    assert list_tree(tmp_path) == []
