"""Receipts: read back as they were written, refused where they say what none of ours says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vecgen.errors import InputError
from vecgen.io.schema import COLUMNS
from vecgen.records.receipt import (
    MOVE,
    PROGRESS,
    RECEIPT,
    RUN,
    Load,
    Receipt,
    is_being_replaced,
    is_incomplete,
    read_receipt,
    written_columns,
)

Dataset = tuple[Path, Receipt]


def write(directory: Path, dataset: Dataset, **changes: Any) -> Path:
    raw = json.loads((dataset[0] / RECEIPT).read_text(encoding="utf-8"))
    (directory / RECEIPT).write_text(json.dumps({**raw, **changes}), encoding="utf-8")
    return directory


def test_a_receipt_is_read_as_it_was_written(parquet: Dataset, tmp_path: Path) -> None:
    assert read_receipt(parquet[0]) == parquet[1]
    assert read_receipt(tmp_path) is None


def test_keys_of_another_version_are_refused(parquet: Dataset, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="expected the receipt that vecgen wrote; delete it and pass start, end and law"
    ):
        read_receipt(write(tmp_path, parquet, colour="blue"))


def test_columns_are_those_of_the_dataset(parquet: Dataset, tmp_path: Path) -> None:
    receipt = read_receipt(parquet[0])
    assert receipt is not None
    assert written_columns(receipt) == COLUMNS
    receipt.output["columns"] = ["amt", "trans_num"]
    assert {column.name for column in written_columns(receipt)} == {"amt", "trans_num"}
    receipt.output["columns"] = "amt"
    with pytest.raises(InputError, match=r"output\.columns: got 'amt', expected a list of names"):
        written_columns(receipt)


def test_a_load_is_told_by_its_dates() -> None:
    load = Load("", "2023-01-02", "2023-01-03", "2023-01-01", "2023-12-31", {})
    assert load.dates == ("2023-01-02", "2023-01-03", "2023-01-01", "2023-12-31")


def test_a_run_that_was_started_and_not_completed_is_noticed(tmp_path: Path) -> None:
    assert not is_incomplete(tmp_path)
    (tmp_path / PROGRESS).mkdir()
    (tmp_path / PROGRESS / RUN).touch()
    assert is_incomplete(tmp_path)
    (tmp_path / RECEIPT).touch()
    assert not is_incomplete(tmp_path)
    (tmp_path / PROGRESS / MOVE).touch()
    assert is_being_replaced(tmp_path / PROGRESS)
    assert is_incomplete(tmp_path)
