"""Rows are checked one by one: a fault in one value is counted under its column, and the row left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.conftest import LAW
from tests.support.datasets import read_rows
from vecgen.config.loader import load_profiles
from vecgen.model.exact import ExactModel, write_out
from vecgen.records.receipt import Receipt
from vecgen.scan.row_checks import FAULTS, hash_holders, inspect, read_moments


@pytest.fixture(scope="module")
def model(profiles: Path) -> ExactModel:
    return write_out(load_profiles(profiles), LAW)


@pytest.fixture(scope="module")
def batch(parquet: tuple[Path, Receipt]) -> pa.RecordBatch:
    return read_rows(parquet[0]).slice(0, 200).to_batches()[0]


def spoil(batch: pa.RecordBatch, column: str, value: Any) -> pa.RecordBatch:
    """Return a batch with another value in one column of its row 3."""
    values = batch.column(column).to_pylist()
    values[3] = value
    place = batch.schema.get_field_index(column)
    return batch.set_column(place, batch.schema.field(place), pa.array(values, batch.schema.field(place).type))


def test_rows_of_ours_have_no_fault(batch: pa.RecordBatch, model: ExactModel) -> None:
    columns, faults = inspect(batch, model)
    assert len(columns) == batch.num_rows
    assert +faults == {}
    assert columns.cents.tolist() == np.rint(np.array(batch.column("amt")) * 100).tolist()


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("profile", "nobody.json", "profile"),
        ("category", "weapons", "category"),
        ("amt", 0.99, "amt"),
        ("amt", 5.001, "amt"),
        ("is_fraud", 2, "is_fraud"),
        ("unix_time", 1, "unix_time"),
        ("merch_lat", 89.0, "place"),
    ],
)
def test_a_fault_is_counted_under_its_column(
    column: str, value: object, fault: str, batch: pa.RecordBatch, model: ExactModel
) -> None:
    assert fault in FAULTS
    columns, faults = inspect(spoil(batch, column, value), model)
    assert faults[fault] == 1
    assert len(columns) == batch.num_rows - 1
    assert len(inspect(spoil(batch, column, value), model, untested=[fault])[0]) >= len(columns)


def test_chosen_rows_keep_their_columns_together(batch: pa.RecordBatch, model: ExactModel) -> None:
    columns, _ = inspect(batch, model)
    chosen = np.arange(len(columns)) % 3 == 0
    some = columns.where(chosen)
    assert some.cents.tolist() == columns.cents[chosen].tolist()
    assert some.merchants is columns.merchants
    assert columns.where(np.ones(len(columns), dtype=np.bool_)) is columns


def test_holders_are_told_by_both_numbers(batch: pa.RecordBatch) -> None:
    keys = list(zip(batch.column("ssn").to_pylist(), batch.column("cc_num").to_pylist(), strict=True))
    hashed = hash_holders(batch).tolist()
    assert len(set(zip(keys, hashed, strict=True))) == len(set(keys)) == len(set(hashed))


def test_moments_are_read_from_text(batch: pa.RecordBatch) -> None:
    day, second, good = read_moments(batch)
    assert good.all()
    assert (day * 86_400 + second).tolist() == batch.column("unix_time").to_pylist()
