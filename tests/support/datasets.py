"""Datasets as the tests read them: with plain pyarrow and csv, not with the readers under test."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, Column, arrow_schema

Cell = str | int | float | date


def list_tree(directory: Path) -> list[str]:
    """Return everything below a directory, hidden files too, as sorted relative paths."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def data_files(directory: Path) -> list[Path]:
    """Return the data files of a dataset or a part of it."""
    return sorted([*directory.rglob("*.parquet"), *directory.rglob("*.csv")])


def read_rows(directory: Path) -> pa.Table:
    """Return the transactions of a dataset in the order of their numbers."""
    return _read(directory / "transactions", COLUMNS).sort_by("trans_num")


def read_customers(directory: Path) -> pa.Table:
    """Return the customers of a dataset in the order of files and rows."""
    return _read(directory / "customers", CUSTOMER_COLUMNS)


def read_columns(directory: Path, columns: Sequence[Column]) -> pa.Table:
    """Return some columns of the transactions of a dataset in the order of their numbers, which must be among them."""
    schema = arrow_schema(tuple(columns))
    tables = [_read_some(path, columns).cast(schema) for path in data_files(directory / "transactions")]
    return pa.concat_tables(tables).combine_chunks().sort_by("trans_num")


def change_customer(batch: pa.RecordBatch, name: str, value: object) -> pa.RecordBatch:
    """Return the first customer of a batch with another value."""
    first = batch.slice(0, 1)
    field = first.schema.field(name)
    return first.set_column(first.schema.get_field_index(name), field, pa.array([value], field.type))


def read_lines(path: Path) -> list[list[str]]:
    """Return the fields of every line of a CSV file, header included."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))


def parse_cell(text: str, column: Column) -> Cell:
    """Return what a field of a CSV file says, in the type of its column."""
    if column.type == "text":
        return text
    if column.type == "date":
        return date.fromisoformat(text)
    return float(text) if column.type == "float64" else int(text)


def _read_some(path: Path, columns: Sequence[Column]) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).read([column.name for column in columns])
    header, *lines = read_lines(path)
    values = [
        [parse_cell(line[place], c) if line[place] or not c.nullable else None for line in lines]
        for c, place in ((c, header.index(c.name)) for c in columns)
    ]
    return pa.table(values, schema=arrow_schema(tuple(columns)))


def _read(directory: Path, columns: tuple[Column, ...]) -> pa.Table:
    schema = arrow_schema(columns)
    tables = [_read_file(path, columns).cast(schema) for path in data_files(directory)]
    return pa.concat_tables(tables).combine_chunks() if tables else schema.empty_table()


def _read_file(path: Path, columns: tuple[Column, ...]) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).read()
    header, *lines = read_lines(path)
    assert header == [column.name for column in columns]
    cells = zip(*lines, strict=True)
    values = [[parse_cell(text, c) for text in texts] for texts, c in zip(cells, columns, strict=True)]
    return pa.table(values, schema=arrow_schema(columns))
