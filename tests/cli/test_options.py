"""Options: every one of them, as text and as what it becomes."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import check_message, odd_texts, try_all
from vecgen.cli.argument_types import (
    parse_date,
    parse_number,
    parse_partition_keys,
    parse_path,
    parse_place,
    parse_ranges,
    parse_size,
    parse_whole,
)
from vecgen.cli.options import (
    add_customer_options,
    add_model_options,
    add_output_options,
    add_processes_option,
    add_slice_options,
)
from vecgen.cli.parser import UsageError, make_parser
from vecgen.cli.read_options import list_storage_options, to_output, to_request
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.errors import InputError, VecgenError
from vecgen.model.params import ModelParameters, Period
from vecgen.plan.output import DEFAULT_MAX_FILE_SIZE, Output
from vecgen.plan.request import Request
from vecgen.plan.slices import PARTITION_KEYS

_DEFAULT_PARAMETERS = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)), 0.01, 1, "v0.5", False)


def parse(*arguments: str) -> Namespace:
    parser = make_parser("test", "")
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    add_processes_option(parser)
    return parser.parse_args(arguments)


def test_defaults() -> None:
    options = parse()
    expected = Request(1000, None, 42, _DEFAULT_PARAMETERS, None, DEFAULT_PROFILES, DEFAULT_DEMOGRAPHICS)
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
        (["--start", "2023-02-03"], ModelParameters(Period(date(2023, 2, 3), date(2023, 12, 31)))),
        (["--start", "02-03-2023"], ModelParameters(Period(date(2023, 2, 3), date(2023, 12, 31)))),
        (["--end", "11-30-2024"], ModelParameters(Period(date(2023, 1, 1), date(2024, 11, 30)))),
        (["--fraud-rate", "1"], ModelParameters(_DEFAULT_PARAMETERS.period, 1.0)),
        (["--fraud-rate", "0"], ModelParameters(_DEFAULT_PARAMETERS.period, 0.0)),
        (["--fraud-days", "7"], ModelParameters(_DEFAULT_PARAMETERS.period, 0.01, 7)),
        (["--dependence", "v1.0"], ModelParameters(_DEFAULT_PARAMETERS.period, 0.01, 1, "v1.0")),
        (["--dependence", "independent"], ModelParameters(_DEFAULT_PARAMETERS.period, 0.01, 1, "independent")),
        (["--travel"], ModelParameters(_DEFAULT_PARAMETERS.period, travel=True)),
    ],
)
def test_what_decides_the_law(arguments: list[str], law: ModelParameters) -> None:
    assert to_request(parse(*arguments)) == Request(law=law)


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--output", "a/b"], "path", Path("a/b")),
        (["--format", "csv"], "format", "csv"),
        (["--compression", "zstd"], "compression", "zstd"),
        (["--compression", "none"], "compression", "none"),
        (["--encoding", "compact"], "encoding", "compact"),
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
    "arguments", [["--custom", "3"], ["--customers", "3", "--customers-file", "f"], ["x"], ["--seed"], ["--start=--"]]
)
def test_what_the_parser_refuses_is_an_error_of_ours(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match=r"see test --help$|did you mean '--customers'\?$") as caught:
        parse(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "likely"),
    [
        (["--custmers", "3"], "--customers"),
        (["--Fraud_rate=0.5"], "--fraud-rate"),
        (["--dependence", "v05"], "v0.5"),
        (["--compression", "snapy"], "snappy"),
        (["--partition-by", "year,moth"], "month"),
    ],
)
def test_a_likely_word_is_named(arguments: list[str], likely: str) -> None:
    with pytest.raises(UsageError, match=rf"did you mean '{likely}'\?$"):
        parse(*arguments)


@pytest.mark.parametrize("arguments", [["--secret-key=hush"], ["--secret-key", "hush"], ["--s3", "secret_key=hush"]])
def test_the_value_of_an_unknown_option_is_not_repeated(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match=f"unknown option {arguments[0].partition('=')[0]}") as caught:
        parse(*arguments)
    assert "hush" not in str(caught.value)


def test_help_lists_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    options = (
        "customers customers-file as-of demographics start end seed profiles fraud-rate fraud-days dependence travel"
    )
    options += " safe-identifiers output format partition-by compression encoding max-file-size processes version"
    assert [name for name in options.split() if f"--{name}" not in shown] == []


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


def test_storage_options_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "options"
    path.write_text("# mine\n\nsecret_key=hush\nendpoint=http://a\n", encoding="utf-8")
    path.chmod(0o600)
    given = ["--storage-options-file", str(path), "--storage-option", "endpoint=http://b"]
    assert dict(list_storage_options(parse(*given))) == {"secret_key": "hush", "endpoint": "http://b"}
    path.chmod(0o640)
    with pytest.raises(UsageError, match="a file that only you can read: chmod 600 it"):
        parse(*given)
    with pytest.raises(UsageError, match="expected a file"):
        parse("--storage-options-file", str(tmp_path / "none"))


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


@pytest.mark.parametrize("option", ["--max-file-size", "--max-records-per-file", "--batch-rows"])
def test_limits_beyond_64_bits_are_refused(option: str) -> None:
    to_output(parse(option, str(2**63 - 1)))
    for text in (str(2**63), "9" * 99):
        with pytest.raises(InputError, match=rf"{option}: got .*, expected a whole number from 1 up, below 2\*\*63"):
            to_output(parse(option, text))


ODD_OPTIONS = st.sampled_from(
    [
        *("customers", "customers-file", "as-of", "start", "end", "seed", "profiles", "demographics", "fraud-rate"),
        *(
            "fraud-days",
            "dependence",
            "travel",
            "output",
            "format",
            "partition-by",
            "compression",
            "encoding",
            "max-file-size",
        ),
        *("max-records-per-file", "resume", "overwrite", "single-file", "only-dates", "batch-rows", "batches", "none"),
    ]
)
odd_arguments = st.lists(
    st.tuples(ODD_OPTIONS, odd_texts | st.tuples(odd_texts, odd_texts).map("..".join)).map(
        lambda pair: f"--{pair[0]}={pair[1]}"
    )
    | odd_texts,
    max_size=4,
)


@pytest.mark.parametrize("examples", [300, pytest.param(30_000, marks=pytest.mark.heavy)])
def test_any_arguments_are_read_or_refused(examples: int) -> None:
    def check(arguments: list[str]) -> None:
        try:
            options = parse(*(argument for argument in arguments if argument not in ("-h", "--help", "--version")))
            to_request(options), to_output(options)
        except VecgenError as error:
            check_message(error)

    try_all(examples, odd_arguments, check)
