"""Columns of a customers file: types, bounds and missing values."""

from __future__ import annotations

import datetime
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tests.support.customer_files import NAMES, Write, change, read_table, write_parquet
from tests.support.documents import write_original_customers
from vecgen.errors import InputError
from vecgen.io.customer_file.read import read_customers
from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.model.customers import CustomerTables


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("zip", [501, 502, 503], r"column zip: got 'int64', expected text, so that leading zeros survive"),
        ("first", ["a", None, "b"], r"row 2, first: got None, expected text"),
        ("lat", [1.0, 2.0, None], r"row 3, lat: got None, expected a number"),
        ("lat", ["1.0", "2.0", "x"], r"row 3, lat: got 'x', expected a number"),
        ("dob", [True, False, True], r"column dob: got 'bool', expected a date"),
        ("profile", ["leftovers", "x", "y"], r"row 2, profile: got 'x', expected one of"),
    ],
)
def test_refuses_bad_parquet_and_says_where(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, values: list[Any], message: str
) -> None:
    position = table.column_names.index(name)
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 3).set_column(position, name, pa.array(values)))
    with pytest.raises(InputError, match=message):
        read_customers(path, tables.profile_files)


def test_refuses_a_parquet_file_without_a_column(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.drop_columns(["job"]))
    with pytest.raises(InputError, match="column job: got '0 times'"):
        read_customers(path, tables.profile_files)


needs_string_views = pytest.mark.skipif(
    int(pa.__version__.split(".")[0]) < 21, reason="PyArrow before 21 does not write string views to Parquet"
)

MOMENT = datetime.datetime(1990, 1, 1, 5)


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("first", pa.array([b"a", b"b"]), r"column first: got 'binary', expected text"),
        ("first", pa.array([["a"], ["b"]]), r"column first: got 'list<element: string>', expected text"),
        ("first", pa.array([{"a": "b"}] * 2), r"column first: got 'struct<a: string>', expected text"),
        ("first", pa.nulls(2), r"row 1, first: got None, expected text"),
        ("first", pa.array([7, 7]).dictionary_encode(), r"column first: got 'int64', expected text"),
        ("lat", pa.nulls(2), r"row 1, lat: got None, expected a number"),
        ("lat", pa.array([[1.0], [2.0]]), r"column lat: got 'list<element: double>', expected a number"),
        ("lat", pa.array([{"a": 1.0}] * 2), r"column lat: got 'struct<a: double>', expected a number"),
        ("lat", pa.array([True, False]), r"column lat: got 'bool', expected a number"),
        ("lat", pa.array([b"1", b"2"]), r"column lat: got 'binary', expected a number"),
        ("lat", pa.array([1.0, float("nan")]), r"row 2, lat: got nan, expected a number from -90.0 to 90.0"),
        ("lat", pa.array([1.0, -float("inf")]), r"row 2, lat: got -inf, expected a number from -90.0 to 90.0"),
        ("lat", pa.array([Decimal(10**30)] * 2), r"row 1, lat: got 1e\+30, expected a number from -90.0 to 90.0"),
        ("long", pa.array([2**64 - 1, 0], pa.uint64()), r"row 1, long: got 18446744073709551615, expected a number"),
        ("city_pop", pa.array([True, False]), r"column city_pop: got 'bool', expected a whole number"),
        ("city_pop", pa.array([MOMENT.date()] * 2), r"column city_pop: got 'date32\[day\]', expected a whole number"),
        ("city_pop", pa.array([1e300, 1.0]), r"row 1, city_pop: got 1e\+300, expected a whole number"),
        ("city_pop", pa.array([1.0, float("nan")]), r"row 1, city_pop: got 1.0, expected|row 2, city_pop: got nan"),
        ("city_pop", pa.array([5, -5]), r"row 2, city_pop: got -5, expected a number from 0 to 2147483647"),
        ("dob", pa.array([1, 2]), r"column dob: got 'int64', expected a date"),
        ("dob", pa.array([0, 2**31 - 1], pa.int32()).view(pa.date32()), r"row 2, dob: .* expected a date from 0001"),
        ("dob", pa.array([0, -(2**31)], pa.int32()).view(pa.date32()), r"row 2, dob: .* expected a date from 0001"),
        ("dob", pa.array(["0000-01-01", "1990-01-01"]), r"row 1, dob: got '0000-01-01', expected a date from 0001"),
        ("profile", pa.array(["leftovers", "../leftovers"]), r"row 2, profile: got '../leftovers', expected one of"),
        ("profile", pa.array(["leftovers\n", "leftovers"]), r"row 1, profile: got 'leftovers\\n', expected one of"),
        ("profile", pa.array(["x" * 999, "leftovers"]), r"row 1, profile: got 'x{100}\.\.\.', expected one of"),
    ],
)
def test_odd_types_and_values_of_parquet_are_refused(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, column: pa.Array, message: str
) -> None:
    position = table.column_names.index(name)
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 2).set_column(position, name, column))
    with pytest.raises(InputError, match=message) as caught:
        read_customers(path, tables.profile_files)
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize(
    ("name", "column"),
    [
        pytest.param("first", pa.array(["a", "b"]).cast(pa.string_view()), marks=needs_string_views),
        ("lat", pa.array([7.0, 7.0]).dictionary_encode()),
        ("lat", pa.array([Decimal("1.5")] * 2)),
        ("lat", pa.array([1, 2], pa.uint8())),
        ("city_pop", pa.array([1.0, 2.0])),
        ("dob", pa.array([MOMENT] * 2)),
        ("dob", pa.array([MOMENT.date()] * 2, pa.date64())),
        ("dob", pa.array([date.min, date.max])),
    ],
)
def test_types_that_can_only_mean_one_thing_are_read(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, column: pa.Array
) -> None:
    position = table.column_names.index(name)
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 2).set_column(position, name, column))
    assert read_table(path, tables.profile_files).schema.equals(CUSTOMER_SCHEMA)


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    offsets = pa.py_buffer(np.array([0, 1, 2], dtype=np.int32))
    spoiled = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff\xfe"))
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 2).set_column(3, "first", spoiled))
    with pytest.raises(InputError, match=r"column first: .*UTF8.* expected valid values, text in UTF-8"):
        read_customers(path, tables.profile_files)


def test_the_column_that_is_meant_is_named(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.rename_columns(["customer_id", *NAMES[:-1], "Profiles"]))
    with pytest.raises(
        InputError, match=r"column profile: .*; rename the column that is meant: did you mean 'Profiles'"
    ):
        read_customers(path, tables.profile_files)


@pytest.mark.parametrize(("name", "write"), [("c.csv", write_original_customers), ("c.parquet", write_parquet)])
def test_long_texts_are_refused(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, write: Write
) -> None:
    people = change(table.slice(0, 3), "job", ["a", "x" * 1000, "b"])
    assert read_table(write(tmp_path / name, people), tables.profile_files).equals(people)
    longer = change(table.slice(0, 3), "job", ["a", "x" * 1001, "b"])
    with pytest.raises(InputError, match=r"(line 3, job|column job): .* texts? of at most 1,000 bytes"):
        read_customers(write(tmp_path / name, longer), tables.profile_files)
