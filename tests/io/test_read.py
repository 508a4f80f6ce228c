"""Customers files of the user, read whole: several files, order of columns, repeated numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tests.support.customer_files import NAMES, Write, change, read_table, write_arrow_csv, write_parquet
from tests.support.documents import write_original_customers
from vecgen.errors import InputError, InputWarning
from vecgen.io.customer_file.read import read_customers
from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.model.customers import CustomerTables

IDENTIFIERS = ("ssn", "cc_num", "zip", "acct_num")


@pytest.mark.parametrize(
    ("name", "write"), [("c.csv", write_original_customers), ("c.csv", write_arrow_csv), ("c.parquet", write_parquet)]
)
def test_what_is_written_is_read(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, write: Write
) -> None:
    assert read_table(write(tmp_path / name, table), tables.profile_files).equals(table)


def test_a_directory_is_read_in_the_order_of_names(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    write_parquet(tmp_path / "part-1.parquet", table.slice(1000, 500))
    write_original_customers(tmp_path / "part-0.csv", table.slice(0, 1000))
    write_arrow_csv(tmp_path / "part-2.csv", table.slice(1500))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-3.csv").touch()
    (tmp_path / "notes.txt").touch()
    read = read_table(str(tmp_path), tables.profile_files)
    assert read.equals(table)


def test_ids_are_positions_whatever_the_file_says(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.slice(100, 10))
    assert read_table(path, tables.profile_files).column("customer_id").to_pylist() == list(range(10))


def test_order_of_columns_types_of_text_and_extra_columns_do_not_matter(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    other = table.select(["customer_id", *reversed(NAMES)]).append_column("note", pa.array(np.arange(table.num_rows)))
    other = other.set_column(other.column_names.index("city"), "city", table.column("city").dictionary_encode())
    other = other.set_column(other.column_names.index("dob"), "dob", table.column("dob").cast(pa.timestamp("ns")))
    other = other.set_column(other.column_names.index("job"), "job", table.column("job").cast(pa.large_string()))
    assert read_table(write_parquet(tmp_path / "c.parquet", other), tables.profile_files).equals(table)
    plain = table.select([*reversed(NAMES)]).append_column("note", pa.array(["x"] * table.num_rows))
    assert read_table(write_arrow_csv(tmp_path / "c.csv", plain), tables.profile_files).equals(table)


def test_profiles_may_come_without_suffix(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    bare = [str(name).removesuffix(".json") for name in table.column("profile").to_pylist()]
    path = write_parquet(tmp_path / "c.parquet", table.set_column(16, "profile", pa.array(bare)))
    assert read_table(path, tables.profile_files).equals(table)


def test_leading_zeros_survive(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    row = table.slice(0, 1).to_pylist()[0] | {"ssn": "001-02-0003", "cc_num": "060400000000", "zip": "00501"}
    row["acct_num"] = "007"
    path = write_original_customers(tmp_path / "c.csv", pa.Table.from_pylist([row], schema=CUSTOMER_SCHEMA))
    read = read_table(path, tables.profile_files).to_pylist()[0]
    assert [read[name] for name in IDENTIFIERS] == ["001-02-0003", "060400000000", "00501", "007"]


def test_refuses_paths_without_customers(tmp_path: Path, tables: CustomerTables) -> None:
    with pytest.raises(InputError, match="no such file or directory"):
        read_customers(tmp_path / "nowhere.csv", tables.profile_files)
    (tmp_path / "c.txt").touch()
    for path in (tmp_path, tmp_path / "c.txt"):
        with pytest.raises(InputError, match=r"a file name that ends in \.csv or \.parquet"):
            read_customers(path, tables.profile_files)


def test_a_byte_order_mark_and_capital_suffixes_are_read(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    path = write_original_customers(tmp_path / "c.CSV", table)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_table(path, tables.profile_files).equals(table)
    assert read_table(tmp_path, tables.profile_files).equals(table)
    assert read_table(write_parquet(tmp_path / "c.Parquet", table), tables.profile_files).equals(table)


@pytest.mark.parametrize("name", ["c.csv.gz", "C.CSV.GZ", "c.parquet.zst"])
def test_compressed_files_are_refused_and_not_skipped(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str
) -> None:
    write_original_customers(tmp_path / "b.csv", table)
    (tmp_path / name).touch()
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(InputError, match=rf"{name}: got 'a compressed file', expected a plain .*; decompress it"):
            read_customers(path, tables.profile_files)


def repeat(table: pa.Table, name: str, target: int, source: int) -> pa.Table:
    values = table.column(name).to_pylist()
    values[target] = values[source]
    return change(table, name, values)


@pytest.mark.parametrize(("name", "words"), [("ssn", "social security number"), ("cc_num", "card number")])
def test_shared_numbers_are_reported_with_their_places(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, words: str
) -> None:
    people = repeat(repeat(table.slice(0, 100), name, 70, 20), name, 90, 20)
    write_original_customers(tmp_path / "a.csv", people.slice(0, 50))
    write_parquet(tmp_path / "b.parquet", people.slice(50))
    expected = rf"3 customers share a {words} with another, .*a\.csv, line 22 and .*b\.parquet, row 21\)"
    with pytest.warns(InputWarning, match=expected):
        assert read_table(tmp_path, tables.profile_files).equals(people)


def test_a_customer_listed_twice_is_refused(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    people = repeat(repeat(table.slice(0, 10), "ssn", 7, 2), "cc_num", 7, 2)
    path = write_original_customers(tmp_path / "c.csv", people)
    with pytest.raises(InputError, match=r"line 9, ssn and cc_num: .* a customer who is not yet in .*c\.csv, line 4;"):
        read_customers(path, tables.profile_files)


@pytest.mark.filterwarnings("ignore::vecgen.errors.InputWarning")
def test_numbers_shared_with_different_customers_are_no_repetition(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    people = repeat(repeat(table.slice(0, 10), "ssn", 7, 2), "cc_num", 7, 3)
    people = repeat(repeat(people, "ssn", 3, 5), "cc_num", 2, 6)
    assert read_table(write_original_customers(tmp_path / "c.csv", people), tables.profile_files).equals(people)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, tables: CustomerTables) -> None:
    os.mkfifo(tmp_path / "c.csv")
    for path in (tmp_path, tmp_path / "c.csv"):
        with pytest.raises(InputError, match=r"c\.csv: got 'not a regular file', expected a regular file"):
            read_customers(path, tables.profile_files)
