"""Errors: several faults gathered into one, and what survives the way between processes."""

from __future__ import annotations

import pickle
from functools import partial

import pytest

import vecgen
from vecgen.cli.main import main
from vecgen.errors import (
    InputError,
    OutputError,
    VecgenError,
    WrongTypeError,
    gather,
    setting,
    spell_keywords,
    spell_options,
    suggest,
    to_line,
)


def fail(*fields: str) -> None:
    def raise_one(field: str) -> None:
        raise InputError("f", field, 1, "2")

    gather(partial(raise_one, field) for field in fields)


def catch(*parts: object) -> InputError:
    with pytest.raises(InputError) as caught:
        gather(parts)  # type: ignore[arg-type]
    return caught.value


def test_results_stand_in_the_order_of_their_parts() -> None:
    assert gather([lambda: 1, lambda: "b"]) == [1, "b"]
    assert gather([]) == []


def test_the_first_fault_brings_the_others_along() -> None:
    error = catch(lambda: 1, partial(fail, "a", "b"), lambda: 2, partial(fail, "c"))
    assert str(error) == "f: a: got 1, expected 2"
    assert [fault.field for fault in error.further] == ["b", "c"]


def test_other_errors_are_not_gathered() -> None:
    with pytest.raises(ZeroDivisionError):
        gather([partial(fail, "a"), lambda: 1 / 0])


def test_faults_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(catch(partial(fail, "a", "b"))))
    assert (str(error), str(error.further[0])) == ("f: a: got 1, expected 2", "f: b: got 1, expected 2")


def test_likely_words() -> None:
    assert suggest("Amout", ["amt", "amount"]) == "did you mean 'amount'?"
    assert (
        suggest("zzz", ["amt", "amount"]) == suggest("", []) == suggest(7, ["7"]) == suggest("a" * 10_000, ["a"]) == ""
    )


def test_a_wrong_type_is_named() -> None:
    error = WrongTypeError("customers", "", "10", "a whole number")
    assert str(error) == "customers: got '10' (text), expected a whole number"
    assert isinstance(pickle.loads(pickle.dumps(error)), TypeError)


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hush@bucket/prefix",
        "s3:/key:hush@bucket/prefix",
        "secret_kye=hush",
        "AWS_SESSION_TOKEN=hush",
        "s3:key:hush@bucket/prefix",
        "gs://hush@bucket",
        "abfs://user:hush@host/x y",
        "s3://bucket/prefix?secret_key=hush",
        "hdfs://host/x?a=b&password=hush",
    ],
)
def test_credentials_in_urls_are_not_printed(url: str) -> None:
    line = to_line(OutputError(f"{url}: cannot be reached ('{url}'); check it"))
    assert "hush" not in line
    assert "cannot be reached" in line


def test_a_line_is_printable_and_of_bounded_length() -> None:
    long = InputError("p" * 4000 + "\x1b[31m\n", "f", "v" * 10**6, "e" * 4000, "do this")
    line = to_line(long)
    assert len(line) < 610
    assert line.isprintable()
    assert line.endswith("do this")
    assert to_line(OutputError("a\x07b")) == r"a\x07b"


@pytest.mark.parametrize(
    ("mark", "keyword", "option"),
    [
        (setting("fraud_rate"), "fraud_rate", "--fraud-rate"),
        (setting("fraud_rate", 0), "fraud_rate=0", "--fraud-rate 0"),
        (setting("overwrite", True), "overwrite=True", "--overwrite"),
        (setting("format", "parquet"), "format='parquet'", "--format parquet"),
        (setting("partition_by", ""), "partition_by=''", '--partition-by ""'),
    ],
)
def test_each_interface_spells_a_setting(mark: str, keyword: str, option: str) -> None:
    error = VecgenError(f"say {mark} or {mark}")
    assert str(error) == spell_keywords(error.text) == f"say {keyword} or {keyword}"
    assert to_line(error) == spell_options(error.text) == f"say {option} or {option}"


def test_a_value_is_shown_as_it_is_whatever_it_holds() -> None:
    error = InputError(setting("seed"), "", setting("start"), "a whole number")
    assert str(error) == r"seed: got '\x00start\x00', expected a whole number"


def test_marks_survive_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(InputError(setting("end"), "", 1, "2", f"pass {setting('end')}")))
    assert (error.where, error.remedy, to_line(error)) == ("end", "pass end", "--end: got 1, expected 2; pass --end")


@pytest.mark.parametrize(
    ("name", "value", "keyword", "option"),
    [
        ("fraud_rate", 2.0, "fraud_rate: got 2.0, expected", "--fraud-rate: got 2.0, expected"),
        ("end", "2023-01-03", "pass fraud_rate=0", "pass --fraud-rate 0"),
    ],
)
def test_the_same_mistake_is_told_in_the_language_of_its_interface(
    name: str, value: object, keyword: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError) as caught:
        vecgen.make_request(**{name: value})  # type: ignore[arg-type]
    assert keyword in str(caught.value)
    assert main(["generate", f"--{name.replace('_', '-')}", str(value), "--plan"]) == 2
    told = capsys.readouterr().err
    assert option in told
    assert keyword not in told
