"""Outputs: which parts a run writes, and which options exclude each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.outputs import make_output
from vecgen.errors import InputError
from vecgen.plan.output import Output, Target, describe_output, list_parts, select_form
from vecgen.plan.selection import Selection

HERE = Path("o")


def test_slices_have_no_customers() -> None:
    assert list_parts(Output(HERE)) == ["customers", "transactions", "fraud_cases"]
    assert list_parts(Output(HERE), customers=False) == ["transactions", "fraud_cases"]
    assert list_parts(Output(HERE, selection=Selection(batches=((0, 1),)))) == ["transactions", "fraud_cases"]
    assert list_parts(Output(HERE), transactions=False) == ["customers"]


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
        make_output(HERE, **wrong)
    assert message in str(caught.value)


def test_places_decide_no_bytes() -> None:
    assert select_form({"path": "a", "load": "b", "kept": [], "format": "csv"}) == {"format": "csv"}


def test_an_output_is_described_by_the_names_of_its_settings() -> None:
    described = describe_output(
        Target(make_output(HERE, format="csv", batch_rows=7), HERE / "new", "0a1b-", ("customers",))
    )
    assert described["path"] == "o"
    assert (described["format"], described["batch_rows"], described["append"]) == ("csv", 7, False)
    assert (described["load"], described["kept"]) == ("0a1b-", ["customers"])
