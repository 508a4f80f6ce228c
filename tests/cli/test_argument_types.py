"""Types of arguments: what each reads, and what it refuses in one line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.cli.argument_types import (
    parse_date,
    parse_number,
    parse_partition_keys,
    parse_path,
    parse_place,
    parse_ranges,
    parse_size,
    parse_weights,
    parse_whole,
)
from vecgen.plan.slices import PARTITION_KEYS


@given(st.dates(min_value=date(1000, 1, 1)))
def test_dates_are_read_in_both_forms(day: date) -> None:
    assert parse_date(day.isoformat()) == parse_date(f"{day.month:02}-{day.day:02}-{day.year:04}") == day


@pytest.mark.parametrize(
    "text", ["", "2023", "2023-02-29", "02-30-2023", "13-01-2023", "2023/01/01", "today", "20230101"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"^got .*, expected a date as YYYY-MM-DD or MM-DD-YYYY$"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1024", 1024),
        ("3KB", 3000),
        ("3kib", 3072),
        ("100MB", 100_000_000),
        ("256MiB", 256 << 20),
        ("2 GiB", 2 << 30),
        (" 1GB ", 10**9),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "0", "0MB", "-1", "1.5MB", "MB", "1TB", "1B", "1MiBB", "1 M B", "x", "1e6", "²", "1\n2"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"expected a size such as 256MiB or 100MB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("  ", ()),
        ("year", ("year",)),
        ("month, year", ("month", "year")),
        ("year,month,profile_group", PARTITION_KEYS),
    ],
)
def test_partition_keys(text: str, keys: tuple[str, ...]) -> None:
    assert parse_partition_keys(text) == keys


@pytest.mark.parametrize("text", ["day", "year,", ",", "Year", "year;month", "profile"])
def test_what_is_no_partition_key(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"expected any of year, month, profile_group, or nothing"):
        parse_partition_keys(text)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("+7", 7), ("-5", -5), ("007", 7), ("9" * 100, 10**100 - 1)])
def test_whole_numbers(text: str, number: int) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize("text", ["", " 1", "1_000", "1e3", "1.0", "0x10", "٣", "²", "nan", "9" * 101, "9" * 5000])
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"^got '.{0,103}', expected a whole number$"):
        parse_whole(text)


@pytest.mark.parametrize("text", ["0", "1.", ".5", "-0.0", "1e-400", "+1E5"])
def test_numbers(text: str) -> None:
    assert parse_number(text) == float(text)


@pytest.mark.parametrize("text", ["", "1_0", "0x1", "1,5", "٣", "x" * 5000])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"^got '.{0,103}', expected a number$"):
        parse_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "-",
        "s3:/bucket/x",
        "S3:bucket",
        "file:x",
        "hdfs:/x",
        "https:/x",
        "C:\\data",
        "d:/data",
        "~nobody-of-this-name/x",
    ],
)
def test_what_only_looks_like_a_path(text: str) -> None:
    for parse_one in (parse_path, parse_place):
        with pytest.raises(ArgumentTypeError, match=r"^got .*, expected (a path|the home directory)"):
            parse_one(text)


def test_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    for text, place in {
        "~/cards": "/home/me/cards",
        "./~/cards": "~/cards",
        "a:b": "a:b",
        "file:///tmp/a%20b": "/tmp/a b",
        "file://localhost/tmp": "/tmp",
        "s3://bucket/x": "s3://bucket/x",
    }.items():
        assert parse_place(text) == place


@pytest.mark.parametrize("text", ["file://host/x", "file:///a%00b", "s3://" + "x" * 2000, "s3://a\x07b", "file://../x"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"^got .*, expected"):
        parse_place(text)


@pytest.mark.parametrize("text", ["", ".", "nowhere/at/all", "/dev/null", "/dev/null/x", "é", "a b"])
def test_paths_that_are_or_might_be(text: str) -> None:
    assert parse_path(text) == Path(text)


@pytest.mark.parametrize("text", ["\0", "a\0b", "x" * 256, "x/" * 3000, "\ud800"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"^got '.{0,110}', expected a path (\(.*\)|of UTF-8 text)$"):
        parse_path(text)


def test_ranges() -> None:
    assert parse_ranges("17, 4711-4720,0") == ((17, 17), (4711, 4720), (0, 0))


@pytest.mark.parametrize("text", ["", ",", "1-", "-1", "1-2-3", "1 - 2", "x", "²", "1_0", "9" * 101, "0-" + "9" * 5000])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"expected numbers and ranges such as 17,4711-4720"):
        parse_ranges(text)


def test_weights_by_name() -> None:
    assert parse_weights("a=3,b=.5, c") == {"a": 3.0, "b": 0.5, "c": 1.0}
    assert parse_weights("") == {}


@pytest.mark.parametrize(
    ("text", "expected"), [("a=1,a=2", "each once"), ("=1", "each once"), ("a=x", "a number"), ("a=", "a number")]
)
def test_what_is_no_weight(text: str, expected: str) -> None:
    with pytest.raises(ArgumentTypeError, match=expected):
        parse_weights(text)
