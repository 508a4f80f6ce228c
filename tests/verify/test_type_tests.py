"""Tests of the rows of each type: what is tested of which type, and what is said where nothing tells types."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.support.datasets import data_files
from vecgen.records.receipt import RECEIPT
from vecgen.verify.certificate import Certificate

TYPES = "sparkov,card_testing,counterfeit,authorised_scam"
ASKED: dict[str, Any] = {
    "customers": 120,
    "start": "2023-05-01",
    "end": "2023-07-31",
    "fraud_rate": 0.8,
    "fraud_types": TYPES,
    "quiet": True,
}


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("typed") / "data"
    vecgen.write_dataset(output=output, with_fraud_type=True, **ASKED)
    return output


def list_tests(certificate: Certificate, of: str) -> set[str]:
    return {finding.law for finding in certificate.findings if finding.of == of}


def test_each_type_has_the_tests_that_it_allows(typed: Path) -> None:
    certificate = vecgen.verify_dataset(typed)
    assert certificate.holds
    assert {"numbers of frauds", "fraud_type", "fraud dates"} <= {check.name for check in certificate.checks}
    assert "fraud type" in list_tests(certificate, "customers")
    assert {"date", "weekday", "month"} <= list_tests(certificate, "regular")
    for name in TYPES.split(","):
        cases = {"fraud rate", "fraud window", "length of fraud windows", "month of fraud windows"}
        rows = {"hour", "minute and second", "amount", "amount by category and day part", "place", "latitude"}
        assert cases | rows | {"dates within windows", "rate of the defrauded"} <= list_tests(certificate, name)
    assert {"length of bursts", "category"} <= list_tests(certificate, "card_testing")
    assert {"latitudes of a case", "longitudes of a case"} <= list_tests(certificate, "counterfeit")
    assert "regular rows of the defrauded" in list_tests(certificate, "sparkov")
    assert "regular rows of the defrauded" not in list_tests(certificate, "authorised_scam")


def test_a_wrong_type_in_the_column_and_in_the_receipt_is_found(typed: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(typed, tmp_path / "copy"))
    path = data_files(copy / "transactions")[0]
    table = pq.ParquetFile(path).read()
    types = table.column("fraud_type").to_pylist()
    types[0] = "counterfeit" if types[0] is None else None
    place = table.schema.get_field_index("fraud_type")
    pq.write_table(table.set_column(place, table.schema.field(place), pa.array(types, pa.string())), path)
    receipt = copy / RECEIPT
    written = json.loads(receipt.read_text(encoding="utf-8"))
    written["request"]["law"]["fraud_types"]["card_testing"]["burst_seconds"] = 300
    receipt.write_text(json.dumps(written), encoding="utf-8")
    certificate = vecgen.verify_dataset(copy)
    assert {check.name: check.broken for check in certificate.checks}["fraud_type"] == 1
    assert "length of bursts (card_testing)" in certificate.broken


def test_where_numbers_are_missing_it_is_said(tmp_path: Path) -> None:
    columns = "ssn,cc_num,acct_num,profile,trans_date,trans_time,category,amt,is_fraud"
    vecgen.write_dataset(output=tmp_path / "data", columns=columns, **ASKED)
    certificate = vecgen.verify_dataset(tmp_path / "data")
    assert certificate.holds
    assert not list_tests(certificate, "card_testing")
    assert "date" not in list_tests(certificate, "regular")
    assert {"fraud rate", "length of fraud windows", "category and day part", "hour"} <= list_tests(
        certificate, "fraud"
    )
    assert any("transaction numbers, which tell it, are not there" in note for note in certificate.notes)
    assert any("without them: dates within windows, length of bursts" in n for n in certificate.notes)


def test_without_customers_nothing_is_said_of_cases(tmp_path: Path) -> None:
    columns = "profile,trans_date,trans_time,category,amt,is_fraud"
    vecgen.write_dataset(output=tmp_path / "data", columns=columns, **ASKED)
    certificate = vecgen.verify_dataset(tmp_path / "data")
    assert certificate.holds
    assert not {"fraud rate", "hour"} & list_tests(certificate, "fraud")


def test_bursts_are_tested_among_rows_that_pass_for_regular(tmp_path: Path) -> None:
    vecgen.write_dataset(output=tmp_path / "data", fraud_stealth=0.4, **ASKED)
    certificate = vecgen.verify_dataset(tmp_path / "data")
    assert certificate.holds
    assert not certificate.notes
    assert {"seconds between rows", "rows outside bursts"} <= list_tests(certificate, "card_testing")
    assert "length of bursts" not in list_tests(certificate, "card_testing")
