"""Pieces of a table: drawn one by one, they are the rows of the files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from tests.support.datasets import read_customers, read_rows
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMERS, TRANSACTIONS, Column, arrow_schema
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.export.drawn_table import DrawnTable


def drawn_of(plan: Plan, name: str, columns: tuple[Column, ...]) -> DrawnTable:
    return DrawnTable(name, plan.tables, None, columns, arrow_schema(columns))


def test_the_transactions_of_all_groups_are_those_of_files(plan: Plan, parquet: tuple[Path, Receipt]) -> None:
    drawn = drawn_of(plan, TRANSACTIONS, COLUMNS)
    halves = range(10), range(10, plan.tables.law.period.days)
    groups = list(plan.groups(plan.batches))
    batches = [batch for people in groups for days in halves for batch in drawn.batches(people, days, COLUMNS)]
    assert pa.Table.from_batches(batches).sort_by("trans_num").combine_chunks() == read_rows(parquet[0])
    assert list(drawn.batches(groups[0], range(0), COLUMNS)) == []
    assert list(drawn.batches(groups[0].slice(0, 0), halves[0], COLUMNS)) == []


def test_customers_are_the_piece_itself(plan: Plan, parquet: tuple[Path, Receipt]) -> None:
    drawn = drawn_of(plan, CUSTOMERS, CUSTOMER_COLUMNS)
    pieces = [plan.source.table(first, first + 20) for first in (0, 20, 40)]
    batches = [batch for people in pieces for batch in drawn.batches(people, range(0), CUSTOMER_COLUMNS)]
    assert pa.Table.from_batches(batches).combine_chunks() == read_customers(parquet[0])
