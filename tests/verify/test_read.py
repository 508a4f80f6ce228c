"""One pass over the files: however they are shared out, the counts are the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from vecgen.io.reader import find_files, read_batches
from vecgen.io.schema import COLUMNS
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.model.params import Period
from vecgen.records.receipt import Receipt
from vecgen.scan.time_zone import read_time_zone
from vecgen.verify.expectation import read_expectation
from vecgen.verify.read import find_time_zone
from vecgen.verify.verify import read_dataset


def test_the_number_of_processes_changes_nothing(parquet: tuple[Path, Receipt]) -> None:
    expectation = read_expectation(parquet[0], {})
    one, two = (read_dataset(parquet[0], expectation, processes) for processes in (1, 2))
    assert one.digests == two.digests
    assert one.checks == two.checks
    assert one.totals.rows == two.totals.rows == parquet[1].parts["transactions"].rows
    assert (one.totals.purchases == two.totals.purchases).all()


def test_our_own_rows_need_no_time_zone(parquet: tuple[Path, Receipt]) -> None:
    period = read_expectation(parquet[0], {}).law.period
    assert find_time_zone(find_files(parquet[0] / "transactions"), period) is None
    assert find_time_zone([], period) is None


def test_clocks_of_files_in_the_order_of_time_are_told_by_all_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first rows are of a summer: alone, they would say Moscow, whose clocks are not changed in autumn."""
    period = Period(date(2023, 4, 1), date(2024, 3, 20))
    helsinki = read_time_zone("Europe/Helsinki", period)
    moments = np.arange(period.first_day * SECONDS_PER_DAY, (period.first_day + period.days) * SECONDS_PER_DAY, 300)
    day, second = np.divmod(moments, SECONDS_PER_DAY)
    texts = moments.astype("datetime64[s]").astype(str).tolist()
    unix_time = (moments - helsinki.seconds_ahead(day, second)).tolist()
    lines = (f"{text[:10]}|{text[11:]}|{moment}" for text, moment in zip(texts, unix_time, strict=True))
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["trans_date|trans_time|unix_time", *lines, ""]), encoding="utf-8")
    monkeypatch.setattr("vecgen.io.reader._BLOCK_BYTES", 1 << 20)
    first = next(read_batches(path, [c for c in COLUMNS if c.name == "trans_date"])).column(0)
    assert first[-1].as_py() < date(2023, 10, 1)
    found = find_time_zone([path], period)
    assert found is not None
    assert np.array_equal(found.ahead, helsinki.ahead)
