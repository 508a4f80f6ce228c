"""One pass over the files: however they are shared out, the counts are the same."""

from __future__ import annotations

from pathlib import Path

from vecgen.io.reader import find_files
from vecgen.records.receipt import Receipt
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
