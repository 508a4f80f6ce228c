"""Parts of a read: together they hold every customer once, and their rows are those of the dataset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

pytest.importorskip("pyspark.sql.datasource")

from tests.conftest import Compile
from tests.support.datasets import read_rows
from vecgen.io.schema import COLUMNS, CUSTOMERS, TRANSACTIONS, arrow_schema
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.export.drawn_table import DrawnTable
from vecgen.spark.source.parts import draw_part, share_out
from vecgen.spark.source.reader import Reader

SCHEMA = arrow_schema(COLUMNS)


def drawn_of(plan: Plan, *, listed: bool = False) -> DrawnTable:
    return DrawnTable(TRANSACTIONS, plan.tables, None if listed else plan.source, COLUMNS, SCHEMA)


def test_a_reader_yields_the_rows_of_the_dataset(plan: Plan, parquet: tuple[Path, Receipt]) -> None:
    days = range(plan.tables.law.period.days)
    parts = [replace(part, days=days) for part in share_out(plan, TRANSACTIONS)]
    reader = Reader(drawn_of(plan), parts)
    assert reader.partitions() == parts
    rows = pa.Table.from_batches([batch for part in parts for batch in reader.read(part)], SCHEMA)
    assert rows.sort_by("trans_num").combine_chunks() == read_rows(parquet[0])


def test_listed_customers_travel_with_their_part(compile_small: Compile, parquet: tuple[Path, Receipt]) -> None:
    plan = compile_small(customers_file=parquet[0] / "customers")
    parts = share_out(plan, TRANSACTIONS)
    assert sum(part.people.num_rows for part in parts) == 60
    assert list(draw_part(drawn_of(plan, listed=True), parts[0], COLUMNS)) == []  # no days, no rows


def test_customers_are_cut_into_ranges(plan: Plan) -> None:
    parts = share_out(plan, CUSTOMERS)
    assert [(part.first, part.last, part.profile) for part in parts] == [(0, 60, None)]
