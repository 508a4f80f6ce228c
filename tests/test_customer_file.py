"""Customers files of the user: good and bad, and anything at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from vecgen.customer_file import read_customers
from vecgen.customer_table import CUSTOMER_SCHEMA, customers_to_arrow
from vecgen.customers import CustomerTables, compile_customers, draw_customers
from vecgen.errors import InputError
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.schema import CUSTOMER_COLUMNS
from vecgen.word_lists import compile_word_lists

NAMES = [column.name for column in CUSTOMER_COLUMNS]
IDENTIFIERS = ("ssn", "cc_num", "zip", "acct_num")


@pytest.fixture(scope="module")
def tables() -> CustomerTables:
    demographics = load_demographics(DEFAULT_DEMOGRAPHICS)
    return compile_customers(load_profiles(DEFAULT_PROFILES), demographics, compile_word_lists(), date(2025, 1, 1))


@pytest.fixture(scope="module")
def table(tables: CustomerTables) -> pa.Table:
    return customers_to_arrow(tables, draw_customers(tables, 11, np.arange(3000)))


def write_original(path: Path, table: pa.Table) -> Path:
    """Write a file as the original does: no quotes, one header."""
    rows = ["|".join(NAMES)]
    rows += ["|".join(str(row[name]) for name in NAMES) for row in table.to_pylist()]
    path.write_text("\n".join(rows) + "\n")
    return path


def write_arrow_csv(path: Path, table: pa.Table) -> Path:
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(delimiter="|"))
    return path


def write_parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


Write = Callable[[Path, pa.Table], Path]


@pytest.mark.parametrize(
    ("name", "write"), [("c.csv", write_original), ("c.csv", write_arrow_csv), ("c.parquet", write_parquet)]
)
def test_what_is_written_is_read(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, write: Write
) -> None:
    assert read_customers(write(tmp_path / name, table), tables.profiles).equals(table)


def test_a_directory_is_read_in_the_order_of_names(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    write_parquet(tmp_path / "part-1.parquet", table.slice(1000, 500))
    write_original(tmp_path / "part-0.csv", table.slice(0, 1000))
    write_arrow_csv(tmp_path / "part-2.csv", table.slice(1500))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-3.csv").touch()
    (tmp_path / "notes.txt").touch()
    read = read_customers(str(tmp_path), tables.profiles)
    assert read.equals(table)


def test_ids_are_positions_whatever_the_file_says(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.slice(100, 10))
    assert read_customers(path, tables.profiles).column("customer_id").to_pylist() == list(range(10))


def test_order_of_columns_types_of_text_and_extra_columns_do_not_matter(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    other = table.select(["customer_id", *reversed(NAMES)]).append_column("note", pa.array(np.arange(table.num_rows)))
    other = other.set_column(other.column_names.index("city"), "city", table.column("city").dictionary_encode())
    other = other.set_column(other.column_names.index("dob"), "dob", table.column("dob").cast(pa.timestamp("ns")))
    other = other.set_column(other.column_names.index("job"), "job", table.column("job").cast(pa.large_string()))
    assert read_customers(write_parquet(tmp_path / "c.parquet", other), tables.profiles).equals(table)
    plain = table.select([*reversed(NAMES)]).append_column("note", pa.array(["x"] * table.num_rows))
    assert read_customers(write_arrow_csv(tmp_path / "c.csv", plain), tables.profiles).equals(table)


def test_profiles_may_come_without_suffix(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    bare = [str(name).removesuffix(".json") for name in table.column("profile").to_pylist()]
    path = write_parquet(tmp_path / "c.parquet", table.set_column(16, "profile", pa.array(bare)))
    assert read_customers(path, [f"{name}.json" for name in tables.profiles]).equals(table)


def test_leading_zeros_survive(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    row = table.slice(0, 1).to_pylist()[0] | {"ssn": "001-02-0003", "cc_num": "060400000000", "zip": "00501"}
    row["acct_num"] = "007"
    path = write_original(tmp_path / "c.csv", pa.Table.from_pylist([row], schema=CUSTOMER_SCHEMA))
    read = read_customers(path, tables.profiles).to_pylist()[0]
    assert [read[name] for name in IDENTIFIERS] == ["001-02-0003", "060400000000", "00501", "007"]


def test_blank_lines_and_line_ends_of_windows_are_harmless(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    path = write_original(tmp_path / "c.csv", table)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert read_customers(path, tables.profiles).equals(table)


def spoil_line(number: int, change: Callable[[list[str]], list[str]]) -> Callable[[list[str]], list[str]]:
    def spoil(lines: list[str]) -> list[str]:
        lines[number - 1] = "|".join(change(lines[number - 1].split("|")))
        return lines

    return spoil


def put(name: str, text: str) -> Callable[[list[str]], list[str]]:
    def change(fields: list[str]) -> list[str]:
        fields[NAMES.index(name)] = text
        return fields

    return change


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            spoil_line(1, put("lat", "latitude")),
            r"column lat: got '0 times', expected each column once; needed are ssn",
        ),
        (spoil_line(1, put("zip", "city")), r"column city: got '2 times'"),
        (lambda lines: [line.replace("|", ";") for line in lines], r"column ssn: .*; separate the columns by \|"),
        (spoil_line(7, lambda fields: fields[:-1]), r"line 7: got '15 fields', expected 16 fields, as in the header"),
        (spoil_line(9, lambda fields: [*fields, "x"]), r"line 9: got '17 fields'"),
        (lambda lines: [*lines[:3], "", *lines[3:5], "a|b"], r"line 7: got '2 fields'"),
        (spoil_line(5, put("lat", "north")), r"line 5, lat: got 'north', expected a number"),
        (lambda lines: [lines[0], "", *spoil_line(2, put("lat", ""))(lines)[1:]], r"line 3, lat: got '', expected a n"),
        (spoil_line(2, put("lat", "nan")), r"line 2, lat: got nan, expected a number from -90.0 to 90.0"),
        (spoil_line(4, put("long", "-181")), r"line 4, long: got -181.0, expected a number from -180.0 to 180.0"),
        (spoil_line(3, put("city_pop", "12.5")), r"line 3, city_pop: got '12.5', expected a whole number"),
        (spoil_line(3, put("city_pop", "-1")), r"line 3, city_pop: got -1, expected a number from 0 to 2147483647"),
        (spoil_line(3, put("city_pop", "3000000000")), r"line 3, city_pop: got '3000000000', expected a whole number"),
        (spoil_line(11, put("dob", "1980-02-30")), r"line 11, dob: got '1980-02-30', expected a date YYYY-MM-DD"),
        (
            spoil_line(6, put("profile", "nobody.json")),
            r"line 6, profile: got 'nobody.json', expected one of adults_50up_",
        ),
        (lambda lines: lines[:1], r"got 'no rows', expected at least one customer"),
        (lambda lines: [""], r"expected a readable csv file|column ssn"),
    ],
)
def test_refuses_bad_lines_and_says_where(
    tmp_path: Path,
    tables: CustomerTables,
    table: pa.Table,
    spoil: Callable[[list[str]], list[str]],
    message: str,
) -> None:
    path = write_original(tmp_path / "c.csv", table.slice(0, 50))
    path.write_text("\n".join(spoil(path.read_text().splitlines())) + "\n")
    with pytest.raises(InputError, match=message) as caught:
        read_customers(path, tables.profiles)
    assert str(caught.value).startswith(str(path))


def test_refuses_unreadable_bytes(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_original(tmp_path / "c.csv", table.slice(0, 5))
    path.write_bytes(path.read_bytes().replace(b"|F|", b"|\xff|").replace(b"|M|", b"|\xff|"))
    with pytest.raises(InputError, match="expected a readable csv file"):
        read_customers(path, tables.profiles)
    parquet = tmp_path / "c.parquet"
    parquet.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="expected a readable parquet file"):
        read_customers(parquet, tables.profiles)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match="expected a readable csv file"):
        read_customers(tmp_path / "empty.csv", tables.profiles)


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
        read_customers(path, tables.profiles)


def test_refuses_a_parquet_file_without_a_column(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.drop_columns(["job"]))
    with pytest.raises(InputError, match="column job: got '0 times'"):
        read_customers(path, tables.profiles)


def test_refuses_paths_without_customers(tmp_path: Path, tables: CustomerTables) -> None:
    with pytest.raises(InputError, match="no such file or directory"):
        read_customers(tmp_path / "nowhere.csv", tables.profiles)
    (tmp_path / "c.txt").touch()
    for path in (tmp_path, tmp_path / "c.txt"):
        with pytest.raises(InputError, match=r"a file name that ends in \.csv or \.parquet"):
            read_customers(path, tables.profiles)
