"""Writes and reads customers files as a user might have them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from tests.support.strategies import check_message
from vecgen.errors import InputError, InputWarning
from vecgen.io.customer_file.read import read_customers
from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.io.schema import CUSTOMER_COLUMNS

NAMES = [column.name for column in CUSTOMER_COLUMNS]
TEXTS = {column.name for column in CUSTOMER_COLUMNS if column.type == "text"}
Write = Callable[[Path, pa.Table], Path]


def change(table: pa.Table, name: str, values: Sequence[object]) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def read_table(path: str | Path, profiles: Sequence[str]) -> pa.Table:
    return read_customers(path, profiles)[0]


def write_arrow_csv(path: Path, table: pa.Table) -> Path:
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="|", quoting_style="none")
    with path.open("wb") as file:  # Arrow's own header is in quotes
        file.write("|".join(table.column_names).encode() + b"\n")
        pyarrow.csv.write_csv(table, file, options)
    return path


def write_parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def check_read(path: Path, profiles: tuple[str, ...]) -> None:
    """Read a file: customers as they should be, or one short line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputWarning)
            read = read_table(path, profiles)
    except InputError as error:
        check_message(error)
        return
    assert read.schema.equals(CUSTOMER_SCHEMA)
    read.validate(full=True)
    read.to_pylist()
