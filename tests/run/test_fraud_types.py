"""Datasets with several fraud types: the column fraud_type and the cases, in every form and interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.support.datasets import data_files
from vecgen.cli.main import main
from vecgen.errors import InputError, VecgenError

TYPES: Final = {"card_testing": 3, "account_takeover": 2, "friendly_fraud": 1, "counterfeit": 3}
COPIES: Final = ["compromised_date", "compromised_category", "compromised_merchant"]
FEW: Final[dict[str, Any]] = {
    "customers": 60,
    "start": "2023-12-20",
    "end": "2024-01-20",
    "fraud_rate": 0.5,
    "fraud_types": TYPES,
    "seed": 4,
}
COLUMNS: Final = ["trans_num", "is_fraud", "fraud_type", "reported_date"]


@pytest.fixture(scope="module")
def drawn() -> pa.Table:
    """Return number, label, type and report date of all transactions."""
    return vecgen.generate_transactions(columns=COLUMNS, **FEW).sort_by("trans_num")


@pytest.fixture(scope="module")
def cases() -> pa.Table:
    return vecgen.generate_fraud_cases(**FEW)


def test_frauds_have_a_type_and_honest_rows_none(drawn: pa.Table) -> None:
    fraud = pc.equal(drawn["is_fraud"], 1)
    assert drawn.filter(fraud)["fraud_type"].null_count == 0
    assert set(drawn.filter(fraud)["fraud_type"].to_pylist()) == {*TYPES}
    assert set(drawn.filter(pc.invert(fraud))["fraud_type"].to_pylist()) == {None}


def test_cases_count_the_rows_of_each_type(drawn: pa.Table, cases: pa.Table) -> None:
    assert cases.column_names[-5:] == ["fraud_type", "reported_date", *COPIES]
    assert cases["customer_id"].to_pylist() == sorted(cases["customer_id"].to_pylist())
    listed = cases.group_by("fraud_type").aggregate([("frauds", "sum")])
    rows = drawn["fraud_type"].drop_null().value_counts().to_pylist()
    assert dict(zip(*(listed[name].to_pylist() for name in ("fraud_type", "frauds_sum")), strict=True)) == {
        value["values"]: value["counts"] for value in rows
    }
    days = dict(zip(cases["fraud_type"].to_pylist(), _lengths(cases), strict=True))
    assert days == {"card_testing": 1, "account_takeover": 4, "friendly_fraud": 3, "counterfeit": 3}


def test_cases_tell_the_purchase_at_which_a_card_was_copied(cases: pa.Table) -> None:
    columns = ["ssn", "trans_date", "category", "merchant", "is_fraud"]
    drawn = vecgen.generate_transactions(columns=columns, **FEW).to_pylist()
    rows = {(row["ssn"], row["trans_date"], row["category"], row["merchant"]): row["is_fraud"] for row in drawn}
    copied = [case for case in cases.to_pylist() if case["compromised_merchant"]]
    assert {case["fraud_type"] for case in copied} == {"counterfeit"}
    assert {case["compromised_category"] for case in copied} == {"food_dining", "gas_transport"}
    for case in copied:
        assert rows[(case["ssn"], *(case[name] for name in COPIES))] == 0
        assert case["compromised_date"] < case["window_first"]
    merchants = {
        (case["compromised_category"], case["compromised_date"].month, case["compromised_merchant"]) for case in copied
    }
    assert len(merchants) == len({key[:2] for key in merchants})
    unseen = cases.filter(pc.equal(cases["fraud_type"], "counterfeit")).num_rows - len(copied)
    assert 0 < unseen < len(copied)  # copied before the period


def test_without_such_a_type_cases_tell_none() -> None:
    assert not set(COPIES) & set(vecgen.generate_fraud_cases(**{**FEW, "fraud_types": "card_testing"}).column_names)


def read_all(directory: Path) -> pa.Table:
    """Return the files of a directory as one table, empty texts of CSV as null."""
    options = pa.csv.ConvertOptions(strings_can_be_null=True)
    bars = pa.csv.ParseOptions(delimiter="|")
    tables = (
        pq.read_table(path, partitioning=None)
        if path.suffix == ".parquet"
        else pa.csv.read_csv(path, parse_options=bars, convert_options=options)
        for path in data_files(directory)
    )
    return pa.concat_tables(tables, promote_options="permissive")


def _lengths(cases: pa.Table) -> list[int]:
    windows = zip(cases["window_first"].to_pylist(), cases["window_last"].to_pylist(), strict=True)
    return [(last - first).days + 1 for first, last in windows]


@pytest.mark.parametrize("form", [{"format": "csv"}, {"format": "parquet"}, {"format": "parquet", "single_file": True}])
def test_files_have_what_is_asked_for(form: dict[str, Any], drawn: pa.Table, cases: pa.Table, tmp_path: Path) -> None:
    columns: dict[str, Any] = {"with_fraud_type": True, "with_report_date": True, "partition_by": ""}
    vecgen.write_dataset(output=tmp_path / "data", quiet=True, processes=1, **columns, **form, **FEW)
    written = read_all(tmp_path / "data" / "transactions").select(COLUMNS).sort_by("trans_num")
    assert _texts(written, "fraud_type") == _texts(drawn, "fraud_type")
    assert [str(day or "") for day in written["reported_date"].to_pylist()] == [
        str(day or "") for day in drawn["reported_date"].to_pylist()
    ]
    ledger = read_all(tmp_path / "data" / "fraud_cases")
    for name in ("fraud_type", *COPIES):
        assert _texts(ledger, name) == _texts(cases, name)


def _texts(table: pa.Table, name: str) -> list[str]:
    return [str(value or "") for value in table[name].to_pylist()]


def test_the_column_changes_no_digest_and_resume_and_append_know_the_types(tmp_path: Path) -> None:
    plain = vecgen.write_dataset(output=tmp_path / "plain", quiet=True, processes=1, **FEW)
    typed = vecgen.write_dataset(output=tmp_path / "typed", quiet=True, processes=1, with_fraud_type=True, **FEW)
    assert typed.parts["transactions"].digest == plain.parts["transactions"].digest
    for name, asked in (
        ("fraud_types", {**FEW, "fraud_types": {"card_testing": 1}}),
        ("fraud_types", {key: value for key, value in FEW.items() if key != "fraud_types"}),
    ):
        with pytest.raises(VecgenError, match=name):
            vecgen.write_dataset(output=tmp_path / "plain", quiet=True, resume=True, **asked)


def test_loads_add_up_to_the_whole(tmp_path: Path) -> None:
    whole = vecgen.write_dataset(output=tmp_path / "whole", quiet=True, processes=1, **FEW)
    asked: dict[str, Any] = {"output": tmp_path / "loads", "append": True, "quiet": True, "processes": 1}
    for dates in ("2023-12-20..2024-01-03", "2024-01-04..2024-01-20"):
        receipt = vecgen.write_dataset(only_dates=dates, **asked, **FEW)
    assert {name: part.digest for name, part in receipt.parts.items()} == {
        name: part.digest for name, part in whole.parts.items()
    }
    with pytest.raises(InputError, match="fraud_types"):
        vecgen.write_dataset(only_dates="2024-01-04..2024-01-20", **asked, **{**FEW, "fraud_types": "sparkov"})


def test_sparkov_alone_is_the_dataset_without_types() -> None:
    asked = {name: value for name, value in FEW.items() if name != "fraud_types"}
    kinds: tuple[dict[str, Any], ...] = ({}, {"fraud_types": {"sparkov": 1.0}})
    numbers = ["trans_num", "unix_time", "amt", "is_fraud", "merch_lat"]
    plain, typed = (vecgen.generate_transactions(columns=numbers, **asked, **more) for more in kinds)
    assert plain.equals(typed)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("card_tests=1", "did you mean 'card_testing'"),
        ("card_testing=0", "a type with a weight above 0"),
        ("bust_out=1 --end 2023-12-25", "lengthen the period"),
        ("broken=1", "hours: got '1 values', expected a list of 24"),
    ],
)
def test_bad_input_writes_nothing(
    types: str, expected: str, profile_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (profile_copy / "fraud_types").mkdir(exist_ok=True)
    (profile_copy / "fraud_types" / "broken.json").write_text('{"hours": [1]}', encoding="utf-8")
    asked = f"generate --customers 5 --start 2023-12-20 --profiles {profile_copy} --fraud-types {types}"
    assert main([*asked.split(), "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("customers", [1, 12])
def test_a_case_of_rate_0_is_no_case(customers: int, profile_copy: Path, tmp_path: Path) -> None:
    (profile_copy / "fraud_types").mkdir(exist_ok=True)
    rare = '{"days": 1, "per_day": {"min": 0, "max": 1}}'
    (profile_copy / "fraud_types" / "rare.json").write_text(rare, encoding="utf-8")
    asked: dict[str, Any] = {"customers": customers, "profiles": profile_copy, "fraud_types": "rare", "fraud_rate": 1}
    found = []
    for seed in range(4):
        cases = vecgen.generate_fraud_cases(end="2023-01-31", seed=seed, **asked)
        drawn = vecgen.generate_transactions(end="2023-01-31", seed=seed, columns=["is_fraud"], **asked)
        assert pc.sum(drawn["is_fraud"]).as_py() == cases.num_rows  # each case has a row
        found.append(cases.num_rows)
    assert min(found) < max(found) <= customers
    written = vecgen.write_dataset(output=tmp_path / "o", end="2023-01-31", quiet=True, processes=1, **asked)
    assert written.parts["fraud_cases"].rows <= customers
