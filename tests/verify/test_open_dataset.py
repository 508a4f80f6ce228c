"""What a dataset is about is found in its files, whatever they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import WINTER
from tests.support.datasets import data_files, read_rows
from vecgen.errors import InputError
from vecgen.records.receipt import Receipt
from vecgen.verify.comparison.open_dataset import open_dataset


def test_profiles_categories_and_dates_are_found(parquet: tuple[Path, Receipt], text: tuple[Path, Receipt]) -> None:
    rows = read_rows(parquet[0])
    for directory in (parquet[0], text[0]):
        opened = open_dataset(directory)
        assert {f"{name}.json" for name in opened.look.profiles} == set(rows["profile"].to_pylist())
        assert opened.look.categories == tuple(sorted(set(rows["category"].to_pylist())))
        assert (opened.look.first, opened.look.last) == (WINTER.start, WINTER.end)
        assert list(opened.files) == data_files(directory / "transactions")
        assert {"customer_id", "gender", "merchant", "dob"} < opened.scope.known
        assert not {"trans_num", "unix_time", "street"} & opened.scope.known


def test_customers_alone_are_no_transactions(parquet: tuple[Path, Receipt]) -> None:
    with pytest.raises(InputError, match="customers: got 'no transactions'"):
        open_dataset(parquet[0] / "customers")
