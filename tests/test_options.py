"""Options: every one of them, as text and as what it becomes."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.dates import Period
from vecgen.errors import InputError
from vecgen.generate import DEFAULT_MAX_FILE_SIZE, PARTITION_KEYS, Output
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.options import (
    UsageError,
    add_customer_options,
    add_law_options,
    add_output_options,
    add_processes_option,
    make_parser,
    parse_date,
    parse_partition_keys,
    parse_size,
    to_output,
    to_request,
)
from vecgen.plan import Request
from vecgen.tables import Law

_DEFAULT_LAW = Law(Period(date(2023, 1, 1), date(2023, 12, 31)), 0.01, 1, "v0.5", False)


def parse(*arguments: str) -> Namespace:
    parser = make_parser("test", "")
    add_customer_options(parser, with_file=True)
    add_law_options(parser)
    add_output_options(parser)
    add_processes_option(parser)
    return parser.parse_args(arguments)


def test_defaults() -> None:
    options = parse()
    expected = Request(1000, None, 42, _DEFAULT_LAW, None, DEFAULT_PROFILES, DEFAULT_DEMOGRAPHICS)
    assert to_request(options) == expected == Request()
    expected_output = Output(Path("output"), "parquet", "snappy", PARTITION_KEYS, DEFAULT_MAX_FILE_SIZE)
    assert to_output(options) == expected_output == Output(Path("output"))
    assert options.processes >= 1


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--customers", "7"], "customers", 7),
        (["--customers-file", "c.csv"], "customers_file", Path("c.csv")),
        (["--seed", "0"], "seed", 0),
        (["--as-of", "2020-02-29"], "as_of", date(2020, 2, 29)),
        (["--as-of", "02-29-2020"], "as_of", date(2020, 2, 29)),
        (["--profiles", "p"], "profiles", Path("p")),
        (["--demographics", "d"], "demographics", Path("d")),
        (["--safe-identifiers"], "safe_identifiers", True),
    ],
)
def test_what_decides_the_content(arguments: list[str], field: str, value: object) -> None:
    request = to_request(parse(*arguments))
    assert getattr(request, field) == value
    assert Request(**{**vars(Request()), field: value}) == request  # nothing else has changed


@pytest.mark.parametrize(
    ("arguments", "law"),
    [
        (["--start", "2023-02-03"], Law(Period(date(2023, 2, 3), date(2023, 12, 31)))),
        (["--start", "02-03-2023"], Law(Period(date(2023, 2, 3), date(2023, 12, 31)))),
        (["--end", "11-30-2024"], Law(Period(date(2023, 1, 1), date(2024, 11, 30)))),
        (["--fraud-rate", "1"], Law(_DEFAULT_LAW.period, 1.0)),
        (["--fraud-rate", "0"], Law(_DEFAULT_LAW.period, 0.0)),
        (["--fraud-days", "7"], Law(_DEFAULT_LAW.period, 0.01, 7)),
        (["--dependence", "v1.0"], Law(_DEFAULT_LAW.period, 0.01, 1, "v1.0")),
        (["--dependence", "independent"], Law(_DEFAULT_LAW.period, 0.01, 1, "independent")),
        (["--travel"], Law(_DEFAULT_LAW.period, travel=True)),
    ],
)
def test_what_decides_the_law(arguments: list[str], law: Law) -> None:
    assert to_request(parse(*arguments)) == Request(law=law)


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--output", "a/b"], "path", Path("a/b")),
        (["--format", "csv"], "format", "csv"),
        (["--compression", "zstd"], "compression", "zstd"),
        (["--compression", "none"], "compression", "none"),
        (["--partition-by", ""], "partition_by", ()),
        (["--partition-by", "month"], "partition_by", ("month",)),
        (["--partition-by", "profile_group,year"], "partition_by", ("profile_group", "year")),
        (["--max-file-size", "1MB"], "max_file_size", 1_000_000),
    ],
)
def test_what_decides_the_form(arguments: list[str], field: str, value: object) -> None:
    output = to_output(parse(*arguments))
    assert getattr(output, field) == value
    assert Output(**{**vars(Output(Path("output"))), field: value}) == output


def test_processes() -> None:
    assert parse("--processes", "3").processes == 3


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


def test_a_partition_key_counts_once() -> None:
    with pytest.raises(InputError, match="each key at most once"):
        to_output(parse("--partition-by", "year,month,year"))


@pytest.mark.parametrize(
    "arguments", [["--custom", "3"], ["--customers", "3", "--customers-file", "f"], ["x"], ["--seed"]]
)
def test_what_the_parser_refuses_is_an_error_of_ours(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="see test --help") as caught:
        parse(*arguments)
    assert "\n" not in str(caught.value)


def test_help_lists_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    options = (
        "customers customers-file as-of demographics start end seed profiles fraud-rate fraud-days dependence travel"
    )
    options += " safe-identifiers output format partition-by compression max-file-size processes version"
    assert [name for name in options.split() if f"--{name}" not in shown] == []
