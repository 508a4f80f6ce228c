"""The parser: errors in one line that name the likely word and repeat no secret."""

from __future__ import annotations

import pytest

from tests.support.options import parse
from vecgen.cli.parser import UsageError


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
