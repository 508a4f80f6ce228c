"""Parsed options as requests, outputs and datasets."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.support.fraud_types import shipped_types
from tests.support.options import parse
from tests.support.outputs import make_output
from vecgen.cli.parser import UsageError
from vecgen.cli.read_options import list_storage_options, to_output, to_request
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.errors import InputError
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.params import ModelParameters, Period
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.request import Request
from vecgen.plan.slices import PARTITION_KEYS

_DEFAULT_PARAMETERS = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)), 0.01, 1, "v0.5", False)


def test_defaults() -> None:
    options = parse()
    expected = Request(1000, None, 42, _DEFAULT_PARAMETERS, None, DEFAULT_PROFILES, DEFAULT_DEMOGRAPHICS)
    assert to_request(options) == expected == Request()
    expected_output = Output(
        Path("output"),
        Form(format="parquet", compression="snappy", partition_by=PARTITION_KEYS, max_file_size=256 << 20),
    )
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


def test_fraud_types_are_read_where_the_profiles_are(profile_copy: Path) -> None:
    own = profile_copy / "fraud_types" / "mine.json"
    own.parent.mkdir(exist_ok=True)
    own.write_text('{"days": 3}', encoding="utf-8")
    law = to_request(parse("--fraud-types", "mine=2,bust_out", "--profiles", str(profile_copy))).law
    assert law.fraud_types == (
        WeightedType(shipped_types()["bust_out"], 1.0),
        WeightedType(FraudType("mine", days=3), 2.0),
    )


@pytest.mark.parametrize("inner", ["", "fraud_types"])
def test_a_directory_stands_for_its_types(inner: str, tmp_path: Path) -> None:
    folder = tmp_path / inner
    folder.mkdir(exist_ok=True)
    kinds = [FraudType(name, days=days) for name, days in (("a", 2), ("b", 3))]
    for kind in kinds:
        (folder / f"{kind.name}.json").write_text(f'{{"days": {kind.days}}}', encoding="utf-8")
    own = tuple(WeightedType(kind, 1.0) for kind in kinds)
    bust_out = WeightedType(shipped_types()["bust_out"], 2.0)
    for given, expected in (
        (f"{tmp_path}", own),
        (f"{folder}/b,{folder}/a", own),
        (f"bust_out=2,{tmp_path}", (*own, bust_out)),
        (f"{folder}/b=2", (WeightedType(kinds[1], 2.0),)),
    ):
        law = to_request(parse("--fraud-types", given)).law
        assert law.fraud_types == expected
        assert {kind.folder for kind in law.fraud_types if kind != bust_out} == {str(folder)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("abc", "one of a, ab, or a directory; did you mean 'ab'"),
        ("../none", "none: got 'no such file', expected a directory with files of fraud types"),
        ("../nowhere/a", "nowhere: got 'no such file or directory', expected a directory of fraud types"),
        ("a.json/b", "a.json: got 'not a directory'"),
        ("", "got 'a,a,ab', expected each type once"),
    ],
)
def test_directories_without_what_is_asked_for_are_refused(given: str, expected: str, tmp_path: Path) -> None:
    folder = tmp_path / "fraud_types"
    for place in (folder, tmp_path / "none"):
        place.mkdir()
    for name in ("a", "ab"):
        (folder / f"{name}.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        to_request(parse("--fraud-types", f"{folder}/{given},{folder}/a"))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("card_tests", "did you mean 'card_testing'"),
        ("card_testing=-1", "expected 0, or a number from 1e-100"),
        ("card_testing=0,bust_out=0", "a type with a weight above 0"),
        ("card_testing=0 --fraud-rate 0", "a type with a weight above 0"),
        (
            "bust_out --end 2023-01-09",
            "bust_out: got '10 days', expected at most 8 days, since windows start on the period's second or later",
        ),
    ],
)
def test_types_that_cannot_be_used_are_refused(arguments: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        to_request(parse("--fraud-types", *arguments.split()))


def test_a_window_may_fill_the_period_but_for_its_first_day() -> None:
    law = to_request(parse("--fraud-types", "bust_out", "--end", "2023-01-11")).law
    assert [law.count_starts(own.type) for own in law.fraud_types] == [1]


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
    output = to_output(parse("--output", "a/b", *arguments))
    assert getattr(output.form, field) == value
    assert make_output(Path("a/b"), **{field: value}) == output


def test_a_partition_key_counts_once() -> None:
    with pytest.raises(InputError, match="each key at most once"):
        to_output(parse("--partition-by", "year,month,year"))


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


@pytest.mark.parametrize("option", ["--max-file-size", "--max-records-per-file", "--batch-rows"])
def test_limits_beyond_64_bits_are_refused(option: str) -> None:
    to_output(parse(option, str(2**63 - 1)))
    for text in (str(2**63), "9" * 99):
        with pytest.raises(
            InputError,
            match=rf"{option[2:].replace('-', '_')}: got .*, expected a whole number from 1 up, below 2\*\*63",
        ):
            to_output(parse(option, text))
