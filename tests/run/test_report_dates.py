"""Labels that arrive late: report dates in rows and cases, labels of a day, the same however they are made."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.run.conftest import WriteDataset
from tests.support.datasets import data_files, read_columns, read_rows
from vecgen.errors import InputError
from vecgen.io.schema import ALL_COLUMNS, COLUMNS, FRAUD_CASE_COLUMNS
from vecgen.plan.command import recall_command

FEW: dict[str, Any] = {"customers": 60, "fraud_rate": 0.5, "end": "2023-03-31"}
LATE: dict[str, Any] = {**FEW, "report_delay": (20, 10), "never_reported": 0.2, "false_reports": 0.01}
NAMES = ("trans_num", "trans_date", "is_fraud", "reported_date")


def read_reports(directory: Path) -> pa.Table:
    """Return what is reported, in the order of transaction numbers."""
    return read_columns(directory, [column for column in ALL_COLUMNS if column.name in NAMES])


@pytest.fixture(scope="module")
def plain(write_dataset: WriteDataset) -> Path:
    return write_dataset(**FEW)


@pytest.fixture(scope="module")
def late(write_dataset: WriteDataset) -> Path:
    return write_dataset(with_report_date=True, **LATE)


def test_other_columns_and_digests_are_those_of_a_dataset_without(plain: Path, late: Path) -> None:
    assert vecgen.digest_dataset(late) == vecgen.digest_dataset(plain)
    tables = [pq.ParquetFile(p).read([c.name for c in COLUMNS]) for p in data_files(late / "transactions")]
    assert pa.concat_tables(tables).combine_chunks().sort_by("trans_num").equals(read_rows(plain))
    assert pq.ParquetFile(data_files(late / "transactions")[0]).schema_arrow.names[-1] == "reported_date"
    assert pq.read_schema(data_files(plain / "fraud_cases")[0]).names == [c.name for c in FRAUD_CASE_COLUMNS]


def test_reports_come_after_the_row_or_never(late: Path) -> None:
    table = read_reports(late)
    fraud = table.filter(pc.equal(table["is_fraud"], 1))
    honest = table.filter(pc.equal(table["is_fraud"], 0))
    assert fraud["reported_date"].null_count / fraud.num_rows == pytest.approx(0.2, abs=0.08)
    assert honest.num_rows - honest["reported_date"].null_count == pytest.approx(0.01 * honest.num_rows, rel=0.3)
    known = table.filter(pc.is_valid(table["reported_date"]))
    days = pc.days_between(known["trans_date"], known["reported_date"]).to_numpy()
    assert days.min() >= 1
    assert days.mean() == pytest.approx(20.5, abs=2.5)


def test_a_case_is_known_from_the_first_report_of_its_rows_on(late: Path) -> None:
    cases = pq.read_table(late / "fraud_cases").sort_by("ssn")
    rows = pq.read_table(late / "transactions", columns=["ssn", "is_fraud", "reported_date"])
    own = rows.filter(pc.equal(rows["is_fraud"], 1)).group_by("ssn").aggregate([("reported_date", "min")])
    assert cases["reported_date"].to_pylist() == own.sort_by("ssn")["reported_date_min"].to_pylist()
    drawn = vecgen.generate_fraud_cases(**LATE).sort_by("ssn")
    assert drawn.column_names[-1] == "reported_date"
    assert drawn["reported_date"].to_pylist() == cases["reported_date"].to_pylist()


def test_layout_batches_and_format_change_no_date(late: Path, tmp_path: Path) -> None:
    layouts: list[dict[str, Any]] = [
        {"batch_rows": 300, "max_records_per_file": 50, "processes": 2, "with_customer_id": True},
        {"format": "csv", "single_file": True},
    ]
    expected = read_reports(late)
    for number, layout in enumerate(layouts):
        output = tmp_path / str(number)
        vecgen.write_dataset(output=output, quiet=True, with_report_date=True, **LATE, **layout)
        assert read_reports(output).equals(expected)
        assert vecgen.digest_dataset(output) == vecgen.digest_dataset(late)
    for dates in ("2023-01-01..2023-02-10", "2023-02-11..2023-03-31"):
        loads: dict[str, Any] = {"only_dates": dates, "append": True, "with_report_date": True, "quiet": True}
        vecgen.write_dataset(output=tmp_path / "loads", **loads, **LATE)
    assert read_reports(tmp_path / "loads").equals(expected)
    drawn = vecgen.generate_transactions(columns=["reported_date", "trans_num"], **LATE).sort_by("trans_num")
    assert drawn["reported_date"].to_pylist() == expected["reported_date"].to_pylist()


def test_without_a_delay_all_is_known_on_the_day_itself(plain: Path) -> None:
    table = vecgen.generate_transactions(columns=NAMES, **FEW).sort_by("trans_num")
    days = pc.if_else(pc.equal(table["is_fraud"], 1), table["trans_date"], None).to_pylist()
    assert table["reported_date"].to_pylist() == days
    assert table["is_fraud"].to_pylist() == read_rows(plain)["is_fraud"].to_pylist()


@pytest.mark.parametrize("columns", [None, ["trans_num", "is_fraud"]])
def test_labels_are_those_known_at_the_end_of_a_day(late: Path, columns: list[str] | None) -> None:
    truth, day = read_reports(late), date(2023, 2, 15)
    known = vecgen.generate_transactions(columns=columns, labels_as_of=day, **LATE).sort_by("trans_num")
    expected = pc.fill_null(pc.less_equal(truth["reported_date"], day), False).cast(pa.int8())
    assert known["is_fraud"].to_pylist() == expected.to_pylist()
    assert 0 < pc.sum(known["is_fraud"]).as_py() < pc.sum(truth["is_fraud"]).as_py()


def test_options_are_recorded_and_spelled_again(late: Path, tmp_path: Path) -> None:
    asked = {**LATE, "report_delay": "2.5", "labels_as_of": "2023-02-01"}
    receipt = vecgen.write_dataset(output=tmp_path / "data", quiet=True, **asked)
    command = recall_command(receipt.parts, receipt.request, receipt.output)
    spelled = "--report-delay 2.5,2.5 --never-reported 0.2 --false-reports 0.01 --labels-as-of 2023-02-01"
    assert spelled in " ".join(command.replace("\\\n", " ").split())
    again = vecgen.write_dataset(output=tmp_path / "data", quiet=True, resume=True, **asked)
    assert again == receipt
    with pytest.raises(InputError, match="report_delay"):
        vecgen.write_dataset(output=tmp_path / "data", quiet=True, resume=True, **{**asked, "report_delay": 3})
    with pytest.raises(InputError, match=r"false_reports: got None, expected 0\.01, with which"):
        vecgen.write_dataset(output=tmp_path / "data", quiet=True, resume=True, **FEW)
    assert "reporting" not in vecgen.write_dataset(output=tmp_path / "plain", quiet=True, **FEW).request["law"]  # type: ignore[operator]


def test_labels_before_the_start_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="labels_as_of: got '2022-12-31', expected a date on or after start"):
        vecgen.write_dataset(output=tmp_path / "data", quiet=True, labels_as_of="2022-12-31", **FEW)
    assert not (tmp_path / "data").exists()


def test_training_labels_are_as_known_when_the_test_begins(late: Path, plain: Path, tmp_path: Path) -> None:
    cut: dict[str, Any] = {"train_until": "2023-02-10", "test_from": "2023-02-20", "quiet": True}
    truth = read_reports(late)
    asked: list[tuple[str, dict[str, Any]]] = [("2023-02-19", {}), ("2023-02-01", {"labels_as_of": "2023-02-01"})]
    for number, (day, more) in enumerate(asked):
        split = vecgen.split_dataset(late, output=tmp_path / str(number), **cut, **more)
        train = pq.read_table(tmp_path / str(number) / "train").sort_by("trans_num")
        own = truth.filter(pc.less_equal(truth["trans_date"], date(2023, 2, 10)))
        dates = own["reported_date"].to_pylist()
        expected = [reported if reported and reported.isoformat() <= day else None for reported in dates]
        assert train["reported_date"].to_pylist() == expected
        assert train["is_fraud"].to_pylist() == [int(reported is not None) for reported in expected]
        assert str(split.train.labels_as_of) == day
        assert split.train.frauds == sum(reported is not None for reported in expected)
        test = pq.read_table(tmp_path / str(number) / "test").sort_by("trans_num").select(NAMES)
        assert test.equals(truth.filter(pc.greater_equal(truth["trans_date"], date(2023, 2, 20))).cast(test.schema))
    with pytest.raises(InputError, match="columns: got 'no reported_date', expected a dataset with it and is_fraud"):
        vecgen.split_dataset(plain, output=tmp_path / "none", labels_as_of="2023-02-01", **cut)
    vecgen.write_dataset(output=tmp_path / "known", quiet=True, labels_as_of="2023-02-01", **FEW)
    with pytest.raises(InputError, match="known: labels: got 'those of 2023-02-01', expected true labels"):
        vecgen.split_dataset(tmp_path / "known", output=tmp_path / "none", **cut)
    assert not (tmp_path / "none").exists()
