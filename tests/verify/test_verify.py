"""Certificates: of true datasets in any layout, and of datasets with one value changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import Compile, set_batch_rows
from tests.support.datasets import data_files, read_customers, read_rows
from vecgen.cli.main import main
from vecgen.errors import InputError
from vecgen.model.identifiers import SsnRanges
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import RECEIPT, Receipt
from vecgen.run.local import run_local
from vecgen.verify.certificate import Certificate, to_text
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset

Dataset = tuple[Path, Receipt]


def certify(directory: Path, processes: int = 1, **stated: Any) -> Certificate:
    return verify_dataset(directory, read_expectation(directory, stated), processes)


def broken(certificate: Certificate) -> set[str]:
    laws = {f"{finding.law} ({finding.of})" for finding in certificate.findings if finding.verdict == "broken"}
    return laws | {check.name for check in certificate.checks if not check.holds}


def test_a_dataset_of_ours_is_accepted_by_what_its_receipt_says(parquet: Dataset) -> None:
    path, receipt = parquet
    certificate = certify(path)
    assert broken(certificate) == set()
    assert certificate.holds
    assert certificate.rows == receipt.parts["transactions"].rows
    assert certificate.customers == 60
    assert certificate.digests == {name: part.digest for name, part in receipt.parts.items()}


def test_the_layout_changes_nothing(
    compile_small: Compile, parquet: Dataset, text: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_batch_rows(monkeypatch, 500)
    outputs = {
        "single": Output(tmp_path / "single", Form(partition_by=(), single_file=True)),
        "batches": Output(tmp_path / "batches", Form(format="csv", partition_by=("month",), max_records_per_file=100)),
    }
    for output in outputs.values():
        run_local(compile_small(), output, 1)
    expected = certify(parquet[0])
    for path, processes in ((text[0], 1), (tmp_path / "single", 2), (tmp_path / "batches", 2)):
        certificate = certify(path, processes)
        assert replace(certificate, directory="", findings=()) == replace(expected, directory="", findings=())
        for found, same in zip(certificate.findings, expected.findings, strict=True):
            assert (found.law, found.of, found.number, found.freedom) == (same.law, same.of, same.number, same.freedom)
            assert found.statistic == pytest.approx(same.statistic)


def test_a_dataset_without_receipt_is_held_against_what_is_stated(
    text: Dataset, profiles: Path, tmp_path: Path
) -> None:
    files = data_files(text[0] / "transactions")
    for file in files:
        shutil.copy(file, tmp_path / f"foreign_{file.name}")
    stated: dict[str, Any] = {
        "start": date(2023, 12, 20),
        "end": date(2024, 1, 20),
        "fraud_rate": 0.5,
        "profiles": profiles,
    }
    certificate = certify(tmp_path, **stated)
    assert broken(certificate) == set()
    assert "customers" not in certificate.digests
    assert certificate.customers == len(
        {line.split("|")[0] for f in files for line in f.read_text("utf-8").splitlines()[1:]}
    )


def test_a_dataset_without_receipt_needs_a_period(text: Dataset, tmp_path: Path) -> None:
    shutil.copytree(text[0] / "transactions", tmp_path / "t")
    with pytest.raises(InputError, match="end: got 'nothing', expected the period"):
        certify(tmp_path, start=date(2023, 12, 20))


@pytest.mark.parametrize("dependence", ["v1.0", "independent"])
def test_another_law_is_rejected(parquet: Dataset, dependence: str) -> None:
    assert "category and day part (regular)" in broken(certify(parquet[0], dependence="independent"))
    assert not certify(parquet[0], dependence=dependence).holds


Change = Callable[[pa.Table], pa.Table]


def change_first(column: str, change: Callable[[object], object]) -> Change:
    """Return a change of the first row's value of a column."""

    def apply(table: pa.Table) -> pa.Table:
        values = table.column(column).to_pylist()
        values[0] = change(values[0])
        place = table.schema.get_field_index(column)
        return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))

    return apply


def set_first(column: str, value: object) -> Change:
    return change_first(column, lambda _: value)


def repeat_first(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def mark_a_row_of_the_first_day(table: pa.Table) -> pa.Table:
    """Call one of several rows of a customer and date fraudulent."""
    same = pc.and_(
        pc.equal(table.column("ssn"), table.column("ssn")[0]),
        pc.equal(table.column("trans_date"), table.column("trans_date")[0]),
    )
    assert pc.sum(same).as_py() > 1
    return set_first("is_fraud", 1)(table)


def spoil(source: Path, target: Path, part: str, change: Change) -> Path:
    """Copy a dataset and change its first file of a part."""
    shutil.copytree(source, target)
    file = data_files(target / part)[0]
    table = change(pq.ParquetFile(file).read())
    pq.write_table(table, file)
    return target


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (set_first("profile", "nobody.json"), "profile"),
        (set_first("trans_num", "0" * 31 + "g"), "trans_num"),
        (set_first("trans_date", date(2024, 1, 21)), "trans_date"),
        (set_first("trans_time", "24:00:00"), "trans_time"),
        (set_first("trans_time", "1:00:00"), "trans_time"),
        (change_first("unix_time", lambda seconds: seconds + 1), "unix_time"),  # type: ignore[operator]
        (set_first("category", "pharmacy"), "category"),
        (set_first("amt", 0.99), "amt"),
        (set_first("amt", 10.005), "amt"),
        (set_first("is_fraud", 2), "is_fraud"),
        (change_first("merch_lat", lambda degrees: degrees + 2.1), "place"),  # type: ignore[operator]
        (repeat_first, "unique trans_num"),
        (mark_a_row_of_the_first_day, "fraud dates"),
        (set_first("merchant", "Nobody & Sons"), "merchant within category (regular)"),
        (set_first("street", "1 Nowhere"), "receipt: transactions"),
        (lambda table: table.slice(1), "receipt: transactions"),
    ],
)
def test_one_wrong_row_is_found(parquet: Dataset, tmp_path: Path, change: Change, fault: str) -> None:
    found = broken(certify(spoil(parquet[0], tmp_path / "o", "transactions", change)))
    assert {fault, "receipt: transactions"} <= found


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda table: set_first("ssn", table.column("ssn")[1].as_py())(table), "unique ssn"),
        (lambda table: set_first("cc_num", table.column("cc_num")[1].as_py())(table), "unique cc_num"),
        (set_first("dob", date(1850, 1, 1)), "age and gender (customers)"),
        (set_first("zip", "00000"), "ZIP code (customers)"),
        (set_first("lat", 12.3456), "address"),
        (set_first("job", "Keeper of dragons"), "job (customers)"),
        (set_first("street", "Nowhere 1"), "street (customers)"),
        (change_first("gender", lambda letter: "M" if letter == "F" else "F"), "segment"),
    ],
)
def test_one_wrong_customer_is_found(parquet: Dataset, tmp_path: Path, change: Change, fault: str) -> None:
    found = broken(certify(spoil(parquet[0], tmp_path / "o", "customers", change)))
    assert {fault, "receipt: customers"} <= found


def test_a_rejected_certificate_says_what_was_expected(parquet: Dataset, tmp_path: Path) -> None:
    text = to_text(certify(spoil(parquet[0], tmp_path / "o", "transactions", set_first("amt", 0.5))))
    assert "amt                                 1  BROKEN: expected whole cents, 1 dollar or more" in text
    assert text.splitlines()[-1].startswith("REJECTED: amt, receipt: transactions")


def test_the_command_line_answers_by_its_exit_status(
    parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(parquet[0]), "--processes", "1"]) == 0
    assert "ACCEPTED" in capsys.readouterr().out
    assert main(["verify", str(parquet[0]), "--processes", "1", "--law", "v1.0"]) == 1
    assert "REJECTED" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"vecgen: {tmp_path / 'none'}: got 'no such directory', expected")


def test_a_certificate_can_be_read_by_programs(parquet: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(parquet[0]), "--processes", "1", "--json"]) == 0
    certificate = json.loads(capsys.readouterr().out)
    assert certificate["outcome"] == "accepted"
    assert certificate["holds"] is True
    verdicts = {(finding["verdict"], finding["freedom"] > 0) for finding in certificate["findings"]}
    assert ("holds", True) in verdicts
    assert not {("holds", False), ("broken", True)} & verdicts
    assert {check["broken"] for check in certificate["checks"]} == {0}


def test_what_is_impossible_is_still_json(parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = spoil(parquet[0], tmp_path / "o", "transactions", set_first("merchant", "Nobody & Sons"))
    assert main(["verify", str(copy), "--processes", "1", "--json", "--quiet"]) == 1
    certificate = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert None in {finding["statistic"] for finding in certificate["findings"]}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"parts": {"x": 1}}'])
def test_refuses_a_receipt_that_is_none(parquet: Dataset, tmp_path: Path, content: str) -> None:
    shutil.copytree(parquet[0], tmp_path / "o")
    (tmp_path / "o" / RECEIPT).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="in the receipt that vecgen wrote"):
        certify(tmp_path / "o")


def test_refuses_a_directory_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("trans_num|amt\n", encoding="utf-8")
    stated: dict[str, Any] = {"start": date(2023, 1, 1), "end": date(2023, 12, 31)}
    with pytest.raises(InputError, match="columns: got 'ssn', expected a file with this column"):
        certify(tmp_path, **stated)


def test_customers_from_a_file_are_not_held_against_the_demographics(
    parquet: Dataset, compile_small: Compile, tmp_path: Path
) -> None:
    plan: Plan = compile_small(customers_file=parquet[0] / "customers")
    run_local(plan, Output(tmp_path / "o"), 1)
    certificate = certify(tmp_path / "o")
    assert broken(certificate) == set()
    assert "age and gender" not in {finding.law for finding in certificate.findings}


@pytest.fixture(scope="module")
def safe(compile_small: Compile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("safe")
    run_local(compile_small(safe_identifiers=True), Output(path), 1)
    return path


def test_safe_identifiers_change_these_columns_only(safe: Path, parquet: Dataset) -> None:
    for read in (read_rows, read_customers):
        ours, theirs = read(safe), read(parquet[0])
        assert [name for name in ours.column_names if ours[name] != theirs[name]] == ["ssn", "cc_num"]
        for name in ("ssn", "cc_num"):
            lengths = [pc.utf8_length(table[name]) for table in (ours, theirs)]
            assert lengths[0] == lengths[1]


def test_a_dataset_with_safe_identifiers_is_accepted(safe: Path) -> None:
    certificate = certify(safe)
    assert broken(certificate) == set()
    assert {"safe: transactions", "safe: customers"} <= {check.name for check in certificate.checks}


def test_numbers_that_somebody_could_have_are_found(safe: Path, parquet: Dataset, tmp_path: Path) -> None:
    assert {"safe: transactions", "safe: customers"} <= broken(certify(parquet[0], safe_identifiers=True))
    for column, value in (("ssn", "900-50-0001"), ("cc_num", "4111111111111111")):
        for part in ("transactions", "customers"):
            spoilt = spoil(safe, tmp_path / f"{column}_{part}", part, set_first(column, value))
            certificate = certify(spoilt)
            assert f"safe: {part}" in broken(certificate)
            assert [check.broken for check in certificate.checks if check.name == f"safe: {part}"] == [1]


def test_nothing_is_said_of_safety_where_nobody_promised_it(safe: Path, parquet: Dataset) -> None:
    for certificate in (certify(parquet[0]), certify(safe, safe_identifiers=False)):
        assert not [check.name for check in certificate.checks if check.name.startswith("safe")]
        assert broken(certificate) == set()


def test_numbers_that_have_run_out_may_repeat(
    compile_small: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = SsnRanges(np.array([900], dtype=np.uint64), np.array([11], dtype=np.uint64))
    monkeypatch.setattr("vecgen.model.customers.SAFE_SSNS", few)
    plan = compile_small(customers=few.size + 50, safe_identifiers=True)
    run_local(plan, Output(tmp_path / "o"), 1, transactions=False)
    assert broken(certify(tmp_path / "o")) == {"unique ssn"}
    monkeypatch.setattr("vecgen.verify.verify.SAFE_SSNS", few)
    assert broken(certify(tmp_path / "o")) == set()


def test_of_many_rows_some_customers_are_scored(parquet: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    expectation = read_expectation(parquet[0], {})
    whole = read_dataset(parquet[0], expectation, score_all=True).totals.scores.rows[0].sum()
    assert whole == read_dataset(parquet[0], expectation).totals.rows
    size = sum(path.stat().st_size for path in data_files(parquet[0] / "transactions"))
    monkeypatch.setattr("vecgen.verify.verify._SCORED_BYTES", size // 2)
    some = read_dataset(parquet[0], expectation).totals.scores
    assert 0 < some.rows[0].sum() < 0.7 * whole
    assert some.rows[0].sum() == some.rows[1].sum()
    assert read_dataset(parquet[0], expectation, score_all=True).totals.scores.rows[0].sum() == whole
