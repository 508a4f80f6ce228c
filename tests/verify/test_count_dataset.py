"""Datasets that nobody has described, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.datasets import read_rows
from vecgen.errors import InputError
from vecgen.process.progress import ignore
from vecgen.process.workers import Workers
from vecgen.records.receipt import Receipt
from vecgen.scan.dataset_counts import DatasetCounts
from vecgen.verify.without_model.count_dataset import count_dataset

Dataset = tuple[Path, Receipt]


def count(data: Path, profiles: Path, demographics: Path, **stated: Any) -> DatasetCounts:
    return count_dataset(data, {"profiles": profiles, "demographics": demographics, **stated}, Workers(1), ignore)


def test_every_row_is_counted_without_a_model(
    parquet: tuple[Path, Receipt], profiles: Path, demographics: Path
) -> None:
    usual = {"profiles": profiles, "demographics": demographics}
    counted = count_dataset(parquet[0], usual, Workers(1), ignore)
    rows = sum(counts.slots.sum() for pair in counted.totals.counts for counts in pair)
    assert rows == counted.totals.rows == parquet[1].parts["transactions"].rows
    assert sum(counted.customers) == counted.customer_counts.rows == 60
    assert not +counted.totals.faults


def write_columns(dataset: Path, names: list[str], path: Path) -> Path:
    pq.write_table(read_rows(dataset).select(names), path)
    return path


def test_columns_that_are_not_there_are_not_counted(
    parquet: Dataset, profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    least = ["cc_num", "trans_date", "trans_time", "category", "amt"]
    counted = count(write_columns(parquet[0], least, tmp_path / "least.parquet"), profiles, demographics)
    assert not counted.is_segmented
    assert counted.known == {*least, "customer_id"}
    assert counted.model.profiles == ("leftovers",)
    told = count(
        write_columns(parquet[0], [*least, "dob", "gender", "city_pop"], tmp_path / "told.parquet"),
        profiles,
        demographics,
    )
    assert told.is_segmented
    assert told.customer_counts.rows == told.customer_counts.ages.sum() == sum(told.customers)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cc_num", "trans_date", "trans_time", "category"], "columns: got 'no amt', expected a file with this column"),
        (["trans_date", "trans_time", "category", "amt"], "columns: got 'no cc_num', expected what tells customers"),
        (["first", "dob"], "columns: got 'first, dob', expected those of transactions; for a table .* map"),
    ],
)
def test_other_files_are_refused(
    names: list[str], message: str, parquet: Dataset, profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        count(write_columns(parquet[0], names, tmp_path / "rows.parquet"), profiles, demographics)
