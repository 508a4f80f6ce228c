"""Outputs: which parts and columns a run writes, and which options exclude each other."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WINTER
from vecgen.errors import InputError
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID
from vecgen.plan.output import Output, list_parts

HERE = Path("o")


def test_slices_have_no_customers() -> None:
    assert list_parts(Output(HERE)) == ["customers", "transactions", "fraud_cases"]
    assert list_parts(Output(HERE), customers=False) == ["transactions", "fraud_cases"]
    assert list_parts(Output(HERE, batches=((0, 1),))) == ["transactions", "fraud_cases"]
    assert list_parts(Output(HERE), transactions=False) == ["customers"]


def test_columns_are_those_that_are_chosen_in_their_order() -> None:
    assert Output(HERE).columns_of("transactions") == COLUMNS
    assert Output(HERE).columns_of("customers") == CUSTOMER_COLUMNS
    chosen = Output(HERE, columns=("trans_num", "amt"), with_customer_id=True)
    assert [column.name for column in chosen.columns_of("transactions")] == ["trans_num", "amt", "customer_id"]
    assert chosen.columns_of("customers") == (*CUSTOMER_COLUMNS, CUSTOMER_ID)


def test_batches_are_selected_by_their_numbers() -> None:
    some = Output(HERE, batches=((1, 2), (5, 5)))
    assert [number for number in range(7) if some.selects(number)] == [1, 2, 5]
    assert all(map(Output(HERE).selects, range(7)))


def test_days_are_counted_from_the_start_of_the_period() -> None:
    assert Output(HERE).select_days(WINTER) == range(WINTER.days)
    two = Output(HERE, only_dates=(date(2023, 12, 22), date(2023, 12, 23)))
    assert two.select_days(WINTER) == range(2, 4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_file_size": 0}, "max_file_size: got 0, expected a whole number from 1 up"),
        ({"single_file": True}, "single_file: got 'partitions or limits', expected partition_by='' and no limit"),
        ({"encoding": "compact", "format": "csv"}, "encoding: got 'csv', expected format='parquet'"),
        ({"table": "delta", "format": "csv"}, "table: got 'csv', expected format='parquet'"),
        ({"append": True, "batches": ((0, 1),)}, "append: got 'batches', expected only_dates or a whole period"),
        ({"partition_by": ("year", "year")}, "partition_by: got 'year,year', expected each key at most once"),
        ({"columns": ("amt", "amount")}, "columns: got 'amount'"),
    ],
)
def test_what_excludes_each_other_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Output(HERE, **wrong)
    assert message in str(caught.value)
