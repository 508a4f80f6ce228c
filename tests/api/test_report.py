"""Reports and ceilings by a call."""

from __future__ import annotations

from pathlib import Path

import vecgen
from vecgen.cli.keywords import RequestKeywords
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_a_report_is_written(parquet: Dataset, tmp_path: Path) -> None:
    page = vecgen.write_report(parquet[0], tmp_path / "report", quiet=True)
    assert page == tmp_path / "report" / "index.html"
    assert page.stat().st_size > 10_000


def test_the_ceiling_is_measured_and_expected(asked: RequestKeywords, parquet: Dataset) -> None:
    found, expected = vecgen.measure_ceiling(parquet[0], quiet=True), vecgen.estimate_ceiling(**asked)
    assert found.rows == parquet[1].parts["transactions"].rows
    for own, other in zip(found.detectors, expected.detectors, strict=True):
        assert 0 < own.average_precision.value <= 1
        assert 0 < other.average_precision.value <= 1
