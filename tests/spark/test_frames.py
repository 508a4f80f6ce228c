"""Frames of a plan: which columns are made for a writer; what they hold: test_job.py."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyspark")

from vecgen.io.schema import COLUMNS
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.spark.frames import _choose_plain, list_drawn


def test_all_columns_are_drawn_unless_some_are_chosen() -> None:
    assert list_drawn(Output(Path("o"))) == COLUMNS


def test_keys_of_directories_are_drawn_though_not_written() -> None:
    by_month = Output(Path("o"), Form(partition_by=("year", "month"), columns=("amt",)))
    assert [column.name for column in list_drawn(by_month)] == ["amt", "trans_date"]
    flat = Output(Path("o"), Form(partition_by=("profile_group",), columns=("amt", "profile")))
    assert {column.name for column in list_drawn(flat)} == {"amt", "profile"}


def test_a_dictionary_is_sought_where_values_repeat() -> None:
    """trans_num and positions fill one for nothing; Spark's writer gives it up late."""
    assert _choose_plain(["trans_num", "merchant", "merch_lat", "profile"]) == {
        "parquet.enable.dictionary#trans_num": "false",
        "parquet.enable.dictionary#merch_lat": "false",
    }
