"""Customers files of the user: good and bad, and anything at all."""

from __future__ import annotations

import datetime
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from tests.support.documents import write_original_customers
from tests.support.strategies import ODD_TEXTS, check_message, odd_bytes, odd_texts, try_all
from vecgen.config.faker_lists import compile_word_lists
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.customer_file.read import read_customers
from vecgen.errors import InputError, InputWarning
from vecgen.io.customer_table import CUSTOMER_SCHEMA, customers_to_arrow
from vecgen.io.schema import CUSTOMER_COLUMNS
from vecgen.model.customers import CustomerTables, compile_customers, draw_customers

NAMES = [column.name for column in CUSTOMER_COLUMNS]
TEXTS = {column.name for column in CUSTOMER_COLUMNS if column.type == "text"}
IDENTIFIERS = ("ssn", "cc_num", "zip", "acct_num")


@pytest.fixture(scope="module")
def tables() -> CustomerTables:
    demographics = load_demographics(DEFAULT_DEMOGRAPHICS)
    return compile_customers(load_profiles(DEFAULT_PROFILES), demographics, compile_word_lists(), date(2025, 1, 1))


@pytest.fixture(scope="module")
def table(tables: CustomerTables) -> pa.Table:
    return customers_to_arrow(tables, draw_customers(tables, 11, np.arange(3000)))


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


Write = Callable[[Path, pa.Table], Path]


@pytest.mark.parametrize(
    ("name", "write"), [("c.csv", write_original_customers), ("c.csv", write_arrow_csv), ("c.parquet", write_parquet)]
)
def test_what_is_written_is_read(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, write: Write
) -> None:
    assert read_table(write(tmp_path / name, table), tables.profiles).equals(table)


def test_a_directory_is_read_in_the_order_of_names(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    write_parquet(tmp_path / "part-1.parquet", table.slice(1000, 500))
    write_original_customers(tmp_path / "part-0.csv", table.slice(0, 1000))
    write_arrow_csv(tmp_path / "part-2.csv", table.slice(1500))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-3.csv").touch()
    (tmp_path / "notes.txt").touch()
    read = read_table(str(tmp_path), tables.profiles)
    assert read.equals(table)


def test_ids_are_positions_whatever_the_file_says(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.slice(100, 10))
    assert read_table(path, tables.profiles).column("customer_id").to_pylist() == list(range(10))


def test_order_of_columns_types_of_text_and_extra_columns_do_not_matter(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    other = table.select(["customer_id", *reversed(NAMES)]).append_column("note", pa.array(np.arange(table.num_rows)))
    other = other.set_column(other.column_names.index("city"), "city", table.column("city").dictionary_encode())
    other = other.set_column(other.column_names.index("dob"), "dob", table.column("dob").cast(pa.timestamp("ns")))
    other = other.set_column(other.column_names.index("job"), "job", table.column("job").cast(pa.large_string()))
    assert read_table(write_parquet(tmp_path / "c.parquet", other), tables.profiles).equals(table)
    plain = table.select([*reversed(NAMES)]).append_column("note", pa.array(["x"] * table.num_rows))
    assert read_table(write_arrow_csv(tmp_path / "c.csv", plain), tables.profiles).equals(table)


def test_profiles_may_come_without_suffix(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    bare = [str(name).removesuffix(".json") for name in table.column("profile").to_pylist()]
    path = write_parquet(tmp_path / "c.parquet", table.set_column(16, "profile", pa.array(bare)))
    assert read_table(path, [f"{name}.json" for name in tables.profiles]).equals(table)


def test_leading_zeros_survive(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    row = table.slice(0, 1).to_pylist()[0] | {"ssn": "001-02-0003", "cc_num": "060400000000", "zip": "00501"}
    row["acct_num"] = "007"
    path = write_original_customers(tmp_path / "c.csv", pa.Table.from_pylist([row], schema=CUSTOMER_SCHEMA))
    read = read_table(path, tables.profiles).to_pylist()[0]
    assert [read[name] for name in IDENTIFIERS] == ["001-02-0003", "060400000000", "00501", "007"]


def test_blank_lines_and_line_ends_of_windows_are_harmless(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    path = write_original_customers(tmp_path / "c.csv", table)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert read_table(path, tables.profiles).equals(table)


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
    path = write_original_customers(tmp_path / "c.csv", table.slice(0, 50))
    path.write_text("\n".join(spoil(path.read_text().splitlines())) + "\n")
    with pytest.raises(InputError, match=message) as caught:
        read_customers(path, tables.profiles)
    assert str(caught.value).startswith(str(path))


def test_refuses_unreadable_bytes(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_original_customers(tmp_path / "c.csv", table.slice(0, 5))
    path.write_bytes(path.read_bytes().replace(b"|F|", b"|\xff|").replace(b"|M|", b"|\xff|"))
    with pytest.raises(InputError, match=r"line 2: got 'byte 0xff', expected text in UTF-8; convert it: iconv"):
        read_customers(path, tables.profiles)
    parquet = tmp_path / "c.parquet"
    parquet.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="expected a readable parquet file"):
        read_customers(parquet, tables.profiles)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match=r"line 1: got 'an empty file', expected the header ssn\|cc_num\|"):
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
        read_customers(path, tables.profiles)
    assert len(str(caught.value)) < 800


needs_string_views = pytest.mark.skipif(
    int(pa.__version__.split(".")[0]) < 21, reason="PyArrow before 21 does not write string views to Parquet"
)


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
    assert read_table(path, tables.profiles).schema.equals(CUSTOMER_SCHEMA)


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    offsets = pa.py_buffer(np.array([0, 1, 2], dtype=np.int32))
    spoiled = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff\xfe"))
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 2).set_column(3, "first", spoiled))
    with pytest.raises(InputError, match=r"column first: .*UTF8.* expected valid values, text in UTF-8"):
        read_customers(path, tables.profiles)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("line", [1, 2, 400, 2900])
def test_bytes_of_other_encodings_are_named_by_line(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, monkeypatch: pytest.MonkeyPatch, line: int, end: bytes
) -> None:
    monkeypatch.setattr("vecgen.customer_file.csv._BLOCK", 1000)
    path = write_original_customers(tmp_path / "c.csv", change(table, "city", ["Köln"] * table.num_rows))
    lines = path.read_bytes().splitlines()
    lines[line - 1] += "|Köln".encode("latin-1")
    path.write_bytes(end.join(lines))
    with pytest.raises(InputError, match=rf"c\.csv: line {line}: got 'byte 0xf6', expected text in UTF-8; .* latin1"):
        read_customers(path, tables.profiles)
    path.write_bytes(end.join(lines)[: end.join(lines).index(b"\xf6")] + "ö".encode()[:1])
    with pytest.raises(InputError, match=rf"c\.csv: line {line}: got 'byte 0xc3', expected text in UTF-8"):
        read_customers(path, tables.profiles)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"\xff\xfea\0", "text in UTF-16', .* iconv -f utf-16"),
        (b"\x1f\x8b\x08", "a gzip file', .* decompress it"),
        (b"PAR1", r"a Parquet file', .* let its name end in \.parquet"),
    ],
)
def test_other_formats_are_recognised(tmp_path: Path, tables: CustomerTables, start: bytes, found: str) -> None:
    (tmp_path / "c.csv").write_bytes(start)
    with pytest.raises(InputError, match=rf"c\.csv: got '{found}"):
        read_customers(tmp_path / "c.csv", tables.profiles)


def test_a_byte_order_mark_and_capital_suffixes_are_read(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    path = write_original_customers(tmp_path / "c.CSV", table)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_table(path, tables.profiles).equals(table)
    assert read_table(tmp_path, tables.profiles).equals(table)
    assert read_table(write_parquet(tmp_path / "c.Parquet", table), tables.profiles).equals(table)


@pytest.mark.parametrize("name", ["c.csv.gz", "C.CSV.GZ", "c.parquet.zst"])
def test_compressed_files_are_refused_and_not_skipped(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str
) -> None:
    write_original_customers(tmp_path / "b.csv", table)
    (tmp_path / name).touch()
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(InputError, match=rf"{name}: got 'a compressed file', expected a plain .*; decompress it"):
            read_customers(path, tables.profiles)


STREETS = ['"The Oaks" 12 Main St', 'Unit 5", 9 Elm', 'The "Old Mill', '"', "'5 O'Hara Ct", '""', "a,b;c\td"]


def test_quotes_are_text(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    # With quotes as quotes, the first loses its own, and the lines between the two unclosed ones vanish.
    people = change(table.slice(0, len(STREETS)), "street", STREETS)
    assert read_table(write_original_customers(tmp_path / "c.csv", people), tables.profiles).equals(people)
    path = write_original_customers(tmp_path / "quoted.csv", people)
    path.write_text(path.read_text().replace("ssn|cc_num", '"ssn"|"cc_num"'))
    with pytest.raises(InputError, match=r"column ssn: got '0 times', .*; write the file without quotes"):
        read_customers(path, tables.profiles)


def test_the_column_that_is_meant_is_named(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.rename_columns(["customer_id", *NAMES[:-1], "Profiles"]))
    with pytest.raises(
        InputError, match=r"column profile: .*; rename the column that is meant: did you mean 'Profiles'"
    ):
        read_customers(path, tables.profiles)


@pytest.mark.parametrize(("name", "write"), [("c.csv", write_original_customers), ("c.parquet", write_parquet)])
def test_long_texts_are_refused(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, name: str, write: Write
) -> None:
    people = change(table.slice(0, 3), "job", ["a", "x" * 1000, "b"])
    assert read_table(write(tmp_path / name, people), tables.profiles).equals(people)
    longer = change(table.slice(0, 3), "job", ["a", "x" * 1001, "b"])
    with pytest.raises(InputError, match=r"(line 3, job|column job): .* texts? of at most 1,000 bytes"):
        read_customers(write(tmp_path / name, longer), tables.profiles)


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
        assert read_table(tmp_path, tables.profiles).equals(people)


def test_a_customer_listed_twice_is_refused(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    people = repeat(repeat(table.slice(0, 10), "ssn", 7, 2), "cc_num", 7, 2)
    path = write_original_customers(tmp_path / "c.csv", people)
    with pytest.raises(InputError, match=r"line 9, ssn and cc_num: .* a customer who is not yet in .*c\.csv, line 4;"):
        read_customers(path, tables.profiles)


@pytest.mark.filterwarnings("ignore::vecgen.errors.InputWarning")
def test_numbers_shared_with_different_customers_are_no_repetition(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    people = repeat(repeat(table.slice(0, 10), "ssn", 7, 2), "cc_num", 7, 3)
    people = repeat(repeat(people, "ssn", 3, 5), "cc_num", 2, 6)
    assert read_table(write_original_customers(tmp_path / "c.csv", people), tables.profiles).equals(people)


@contextmanager
def counting_memory() -> Iterator[pa.MemoryPool]:
    """Yield a pool that knows how much was allocated at once while it stands for Arrow's own."""
    usual = pa.default_memory_pool()
    counting = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counting)
    try:
        yield counting
    finally:
        pa.set_memory_pool(usual)


def name_one(text: object, rows: int) -> pa.Array:
    """Return a column of one value, which takes no room in a file."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text]))


def spread(table: pa.Table, rows: int, **changes: pa.Array) -> pa.Table:
    """Return a customer so many times, with some columns changed or added."""
    person = table.slice(0, 1).to_pylist()[0]
    columns = {name: name_one(person[name], rows) for name in NAMES} | changes
    return pa.table(list(columns.values()), list(columns))


NOTES = pa.array([f"{number * 2654435761 % 2**32:08x}" for number in range(20_000)])
Bomb = tuple[Callable[[pa.Table], pa.Table], dict[str, Any], str]
BOMBS: dict[str, Bomb] = {
    "a dictionary: 2 GB of streets in 4 kB": (
        lambda table: spread(table, 2000, street=name_one("x" * 1_000_000, 2000)),
        {},
        r"column street: got 'a text of 1,000,000 bytes', expected texts of at most 1,000 bytes",
    ),
    "rows": (
        lambda table: spread(table, 5_000_000),
        {},
        r"got '5,000,000 rows in [0-9,]+ bytes', expected customers that take a byte each",
    ),
    "short texts: 240 MB in 200 kB": (
        lambda table: spread(table, 20_000, note=NOTES, **{name: name_one("x" * 1000, 20_000) for name in TEXTS}),
        {},
        r"got 'values of [0-9,]+ bytes', expected at most [0-9,]+ bytes: 100 times the file's size",
    ),
    "a page": (
        lambda table: spread(table, 3, street=pa.array(["a", "x" * 90_000_000, "b"])),
        {"use_dictionary": False},
        r"got 'values of 90,[0-9,]+ bytes', expected at most",
    ),
    "shared beginnings": (
        lambda table: spread(table, 300, street=pa.array(["x" * 100_000] * 300)),
        {"use_dictionary": False, "column_encoding": {"street": "DELTA_BYTE_ARRAY"}},
        r"row 1, street: .* expected a text of at most 1,000 bytes",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_files_that_would_grow_are_refused_before_they_do(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, bomb: str
) -> None:
    make, options, message = BOMBS[bomb]
    path = tmp_path / "c.parquet"
    pq.write_table(make(table), path, compression="zstd", store_schema=False, **options)
    assert path.stat().st_size < 400_000
    with counting_memory() as memory, pytest.raises(InputError, match=message):
        read_customers(path, tables.profiles)
    assert memory.max_memory() < 300 << 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, tables: CustomerTables) -> None:
    os.mkfifo(tmp_path / "c.csv")
    for path in (tmp_path, tmp_path / "c.csv"):
        with pytest.raises(InputError, match=r"c\.csv: got 'not a regular file', expected a regular file"):
            read_customers(path, tables.profiles)


PERSON = ["A", "B", "M", "1 C St", "D", "PA", "00019", "40.0", "-75.0", "10", "job", "1990-01-01", "7"]


@st.composite
def csv_texts(draw: st.DrawFn) -> str:
    """Draw a customers file with some of its names, fields and separators replaced."""
    count = draw(st.integers(0, 3))
    header, rows = list(NAMES), [[f"1-2-{row}", f"4{row}", *PERSON, "leftovers"] for row in range(count)]
    for line in draw(st.lists(st.sampled_from([header, *rows]), max_size=3)):
        position = draw(st.integers(0, len(line) - 1))
        fields = draw(st.lists(odd_texts | st.sampled_from(NAMES), max_size=2))
        line[position : position + draw(st.integers(0, 2))] = fields
    return draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"])).join("|".join(line) for line in [header, *rows])


ODD_COLUMNS: list[pa.Array] = [
    *(pa.array([text, "1"]) for text in ODD_TEXTS if text.isascii()),
    *(pa.array([number, 1.0]) for number in (0.0, -0.0, float("nan"), float("inf"), 1e300, 90.0000001, -181.0, 1e-320)),
    *(pa.array([number, 1]) for number in (0, -1, 2**31, 2**63 - 1, -(2**63))),
    *(pa.array([number, 0], pa.int32()).view(pa.date32()) for number in (2**31 - 1, -(2**31), 3_000_000)),
    *(pa.array([2**62, -(2**62)], pa.int64()).view(pa.timestamp(unit)) for unit in ("ms", "us", "ns")),
    *(pa.array([number, 0], pa.int64()).view(pa.duration("us")) for number in (2**62, -1)),
    *(pa.nulls(2, kind) for kind in (pa.null(), pa.string(), pa.float64(), pa.date32())),
    *(pa.array([value] * 2) for value in (True, b"\xff", Decimal("1e20"), [1], ["a"], {"lat": 1.0}, [{"a": [None]}])),
    pa.array(["leftovers", "leftovers"]).dictionary_encode(),
    pa.array([b"x" * 16] * 2, pa.binary(16)),
    pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
    pa.array(np.array([1.0, 2.0], np.float16)),
]


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


@pytest.mark.parametrize("examples", [150, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_any_csv_is_read_or_refused(tmp_path: Path, tables: CustomerTables, examples: int) -> None:
    def check(data: bytes) -> None:
        (tmp_path / "c.csv").write_bytes(data)
        check_read(tmp_path / "c.csv", tables.profiles)

    try_all(examples, odd_bytes(csv_texts()) | st.binary(max_size=200), check)


@pytest.mark.parametrize("examples", [150, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_any_parquet_is_read_or_refused(tmp_path: Path, tables: CustomerTables, table: pa.Table, examples: int) -> None:
    people, path = table.slice(0, 2), tmp_path / "c.parquet"

    def check(changes: dict[str, pa.Array]) -> None:
        spoiled = people
        for name, column in changes.items():
            spoiled = spoiled.set_column(spoiled.column_names.index(name), name, column)
        check_read(write_parquet(path, spoiled), tables.profiles)

    try_all(
        examples, st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD_COLUMNS), min_size=1, max_size=2), check
    )


@pytest.mark.parametrize("examples", [100, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_a_damaged_parquet_file_is_read_or_refused(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, examples: int
) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 20))
    whole = path.read_bytes()

    def check(damage: tuple[int, bytes]) -> None:
        place, data = damage
        place %= len(whole)
        path.write_bytes(whole[:place] + data + whole[place + max(1, len(data)) :])
        check_read(path, tables.profiles)

    try_all(examples, st.tuples(st.integers(0), st.binary(max_size=4)), check)
