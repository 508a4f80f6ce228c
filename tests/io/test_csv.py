"""Customers files as text: line ends, quotes, encodings, and any bytes at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import strategies as st

from tests.support.customer_files import NAMES, change, check_read, read_table
from tests.support.documents import write_original_customers
from tests.support.strategies import odd_bytes, odd_texts, try_all
from vecgen.errors import InputError
from vecgen.io.customer_file.read import read_customers
from vecgen.model.customers import CustomerTables


def test_blank_lines_and_line_ends_of_windows_are_harmless(
    tmp_path: Path, tables: CustomerTables, table: pa.Table
) -> None:
    path = write_original_customers(tmp_path / "c.csv", table)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert read_table(path, tables.profile_files).equals(table)


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
        read_customers(path, tables.profile_files)
    assert str(caught.value).startswith(str(path))


def test_refuses_unreadable_bytes(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    path = write_original_customers(tmp_path / "c.csv", table.slice(0, 5))
    path.write_bytes(path.read_bytes().replace(b"|F|", b"|\xff|").replace(b"|M|", b"|\xff|"))
    with pytest.raises(InputError, match=r"line 2: got 'byte 0xff', expected text in UTF-8; convert it: iconv"):
        read_customers(path, tables.profile_files)
    parquet = tmp_path / "c.parquet"
    parquet.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="expected a readable parquet file"):
        read_customers(parquet, tables.profile_files)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match=r"line 1: got 'an empty file', expected the header ssn\|cc_num\|"):
        read_customers(tmp_path / "empty.csv", tables.profile_files)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("line", [1, 2, 400, 2900])
def test_bytes_of_other_encodings_are_named_by_line(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, monkeypatch: pytest.MonkeyPatch, line: int, end: bytes
) -> None:
    monkeypatch.setattr("vecgen.io.customer_file.csv._BLOCK", 1000)
    path = write_original_customers(tmp_path / "c.csv", change(table, "city", ["Köln"] * table.num_rows))
    lines = path.read_bytes().splitlines()
    lines[line - 1] += "|Köln".encode("latin-1")
    path.write_bytes(end.join(lines))
    with pytest.raises(InputError, match=rf"c\.csv: line {line}: got 'byte 0xf6', expected text in UTF-8; .* latin1"):
        read_customers(path, tables.profile_files)
    path.write_bytes(end.join(lines)[: end.join(lines).index(b"\xf6")] + "ö".encode()[:1])
    with pytest.raises(InputError, match=rf"c\.csv: line {line}: got 'byte 0xc3', expected text in UTF-8"):
        read_customers(path, tables.profile_files)


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
        read_customers(tmp_path / "c.csv", tables.profile_files)


STREETS = ['"The Oaks" 12 Main St', 'Unit 5", 9 Elm', 'The "Old Mill', '"', "'5 O'Hara Ct", '""', "a,b;c\td"]


def test_quotes_are_text(tmp_path: Path, tables: CustomerTables, table: pa.Table) -> None:
    # With quotes as quotes, the first loses its own, and the lines between the two unclosed ones vanish.
    people = change(table.slice(0, len(STREETS)), "street", STREETS)
    assert read_table(write_original_customers(tmp_path / "c.csv", people), tables.profile_files).equals(people)
    path = write_original_customers(tmp_path / "quoted.csv", people)
    path.write_text(path.read_text().replace("ssn|cc_num", '"ssn"|"cc_num"'))
    with pytest.raises(InputError, match=r"column ssn: got '0 times', .*; write the file without quotes"):
        read_customers(path, tables.profile_files)


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


@pytest.mark.parametrize("examples", [150, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_any_csv_is_read_or_refused(tmp_path: Path, tables: CustomerTables, examples: int) -> None:
    def check(data: bytes) -> None:
        (tmp_path / "c.csv").write_bytes(data)
        check_read(tmp_path / "c.csv", tables.profile_files)

    try_all(examples, odd_bytes(csv_texts()) | st.binary(max_size=200), check)
