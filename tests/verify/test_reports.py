"""Verify of labels that arrive late: what follows the delays holds, a delay that is a day off does not."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.support.datasets import data_files
from vecgen.errors import InputError
from vecgen.model.fraud.reporting import LONGEST, Reporting, ReportTables, compile_reports
from vecgen.model.params import ModelParameters, make_period
from vecgen.sampling.rng import mix
from vecgen.scan.reports import ReportCounts, start_counts
from vecgen.verify.row_tests import examine_reports

FEW: dict[str, Any] = {"customers": 60, "fraud_rate": 0.5, "end": "2023-03-31", "quiet": True}
LAW = ModelParameters(make_period(date(2023, 1, 1)))
LATE: dict[str, Any] = {**FEW, "report_delay": (20, 10), "never_reported": 0.2, "false_reports": 0.01}


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("late") / "data"
    vecgen.write_dataset(output=output, with_report_date=True, **LATE)
    return output


def test_what_follows_the_delays_holds_and_is_tested(late: Path) -> None:
    certificate = vecgen.verify_dataset(late)
    assert certificate.holds
    assert "reported_date" in {check.name for check in certificate.checks}
    laws = {(f.law, f.of): f.verdict for f in certificate.findings if f.law in ("reported", "report delay")}
    assert laws["reported", "fraud"] == laws["report delay", "fraud"] == "holds"
    assert laws["reported", "regular"] == "holds"


@pytest.mark.parametrize("columns", [None, "trans_num,trans_date,is_fraud,ssn,cc_num,acct_num,profile,amt"])
def test_labels_of_a_day_are_checked_against_the_truth(columns: str | None, late: Path, tmp_path: Path) -> None:
    asked = {**LATE, "labels_as_of": "2023-02-01", "columns": columns}
    vecgen.write_dataset(output=tmp_path / "data", **asked)
    certificate = vecgen.verify_dataset(tmp_path / "data")
    assert certificate.holds
    (check,) = (check for check in certificate.checks if check.name == "labels")
    assert "2023-02-01" in check.expected
    if columns is None:
        truth, known = (vecgen.measure_ceiling(path) for path in (late, tmp_path / "data"))
        assert known == truth


def test_a_dataset_of_other_labels_or_dates_does_not_hold(tmp_path: Path) -> None:
    vecgen.write_dataset(output=tmp_path / "data", with_report_date=True, labels_as_of="2023-02-01", **LATE)
    path = data_files(tmp_path / "data" / "transactions")[0]
    table = pq.ParquetFile(path).read()
    label, reported = (table.schema.get_field_index(name) for name in ("is_fraud", "reported_date"))
    labels = table.column(label).to_numpy().copy()
    labels[0] = 1 - labels[0]
    table = table.set_column(label, table.schema.field(label), pa.array(labels))
    days = table.column(reported).to_pylist()
    days[0] = table.column("trans_date")[0].as_py() if days[0] is None else None
    pq.write_table(table.set_column(reported, table.schema.field(reported), pa.array(days)), path)
    broken = {check.name: check.broken for check in vecgen.verify_dataset(tmp_path / "data").checks}
    assert broken["labels"] == broken["reported_date"] == 1
    assert broken["is_fraud"] == 0  # the truth is told by the number


def test_labels_without_numbers_are_refused(tmp_path: Path) -> None:
    vecgen.write_dataset(output=tmp_path / "data", labels_as_of="2023-02-01", columns="trans_date,is_fraud", **LATE)
    with pytest.raises(InputError, match="got 'labels as of 2023-02-01', expected trans_num"):
        vecgen.verify_dataset(tmp_path / "data")


def count(tables: ReportTables, late_by: int = 0) -> ReportCounts:
    """Return the counts of a dataset with so many frauds, reported a number of days later than they should be."""
    counts = start_counts(LAW)
    for label, rows in ((0, 100_000), (1, 5_000)):
        number = mix(np.arange(rows, dtype=np.uint64)), np.zeros(rows, dtype=np.uint64)
        days = tables.draw(number, np.full(rows, label, dtype=np.int8))
        cells = np.where(days < 0, LONGEST + 1, days + late_by)
        counts.delays[label] += np.bincount(cells, minlength=LONGEST + 2)
    return counts


@pytest.mark.parametrize(
    ("wrong", "late_by", "found"),
    [
        (Reporting((20.0, 15.0), 0.1, 0.01), 0, set()),
        (Reporting((20.0, 15.0), 0.1, 0.01), 1, {"report delay"}),
        (Reporting((21.5, 15.0), 0.1, 0.01), 0, {"report delay"}),
        (Reporting((20.0, 18.0), 0.1, 0.01), 0, {"report delay"}),
        (Reporting((20.0, 15.0), 0.13, 0.01), 0, {"reported"}),
        (Reporting((20.0, 15.0), 0.1, 0.013), 0, {"reported"}),
        (Reporting((20.0, 15.0), 0.1, 0.0), 0, {"reported"}),
        (Reporting(None, 0.1, 0.01), 0, {"report delay"}),
    ],
)
def test_wrong_variants_are_found_in_five_thousand_frauds(wrong: Reporting, late_by: int, found: set[str]) -> None:
    stated = compile_reports(Reporting((20.0, 15.0), 0.1, 0.01))
    statistics = examine_reports(count(compile_reports(wrong), late_by), stated)
    assert {law for (law, _), statistic in statistics.items() if statistic.p < 1e-3} == found
