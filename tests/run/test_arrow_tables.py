"""Arrow tables of this process: the rows of files, text as it is asked for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.datasets import read_customers, read_rows
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, choose_schema
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.export import arrow_tables
from vecgen.run.export.arrow_tables import encode_text, list_customers, list_rows, to_table

Dataset = tuple[Path, Receipt]


def test_rows_and_customers_are_those_of_files(plan: Plan, parquet: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_tables, "_PEOPLE", 7)
    people, rows = (choose_schema(columns, "string") for columns in (CUSTOMER_COLUMNS, COLUMNS))
    assert to_table(list_customers(plan, people), people).combine_chunks() == read_customers(parquet[0])
    table = to_table(list_rows(plan, COLUMNS, range(plan.tables.law.period.days), rows), rows)
    assert table.sort_by("trans_num").combine_chunks() == read_rows(parquet[0])


def test_text_becomes_dictionaries_where_the_schema_has_them() -> None:
    schema = pa.schema({"a": pa.dictionary(pa.int32(), pa.string()), "b": pa.string()})
    encoded = encode_text(pa.table({"a": ["x", "x"], "b": ["y", "y"]}), schema)
    assert encoded.schema == schema
    assert encoded.column("a").chunk(0).dictionary.to_pylist() == ["x"]
