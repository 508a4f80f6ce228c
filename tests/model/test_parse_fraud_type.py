"""Fraud types from JSON: every field, and every fault with its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.support.fraud_types import DOCUMENT, shipped_types
from vecgen.config.profile import AmountDistribution
from vecgen.errors import InputError
from vecgen.model.fraud.fraud_type import Compromise, FraudType, ReportDelay
from vecgen.model.fraud.parse_fraud_type import parse_fraud_type, spell_fraud_type


def parse(document: object) -> FraudType:
    return parse_fraud_type("some.json", "some", document)


def test_every_field_is_read() -> None:
    assert parse({"$schema": "./any.json", **DOCUMENT}) == FraudType(
        name="some",
        description="Two rows at night, far away.",
        source="illustrative",
        days=3,
        per_day=(1, 2),
        spending="own",
        categories=("travel", "home"),
        category_weights=(3.0, 0.0),
        amounts=(AmountDistribution(50.0, 20.0), AmountDistribution(5.0, 1.0)),
        amount_factor=2.0,
        hours=(5.0, 4.0, 3.0, 2.0, 1.0, *[0.0] * 18, 1.0),
        burst_seconds=600,
        place="remote",
        remote_degrees=4.5,
        compromised=Compromise(6, ("travel", "home")),
        keeps_own_rows=True,
        months=((date(2023, 2, 1), 0.0), (date(2023, 6, 1), 2.0)),
        report=ReportDelay(0.1, 3.0, 2.0),
    )


def test_everything_may_be_left_out() -> None:
    assert parse({}) == FraudType("some")


def test_all_categories_may_have_compromised_merchants() -> None:
    document = {"compromised": {"weeks": 2}}
    assert parse(document).compromised == Compromise(2)
    assert spell_fraud_type(parse(document)) == document


def test_a_type_is_spelled_as_it_is_read_without_its_texts() -> None:
    for kind in (parse(DOCUMENT), *shipped_types().values()):
        assert parse_fraud_type("again", kind.name, spell_fraud_type(kind)) == replace(kind, description="", source="")
    assert spell_fraud_type(FraudType("sparkov")) == {}


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"day": 3}, "day", "did you mean 'days'"),
    ({"days": 0}, "days", "an integer from 1 to 60"),
    ({"days": 61}, "days", "an integer from 1 to 60"),
    ({"days": True}, "days", "an integer"),
    ({"per_day": {"min": 1}}, "per_day.max", "this key to be present"),
    ({"per_day": {"min": 3, "max": 2}}, "per_day.min", "at most max, which is 2"),
    ({"per_day": {"min": 0, "max": 0}}, "per_day.max", "an integer from 1"),
    ({"spending": "customers"}, "spending", "one of twin, customer, own"),
    ({"spending": "twin"}, "categories", 'none, unless spending is "own"'),
    ({"categories": {}}, "categories", "at least one weight above 0"),
    ({"categories": {"home": {"weight": 0, "mean": 5, "stdev": 1}}}, "categories", "at least one weight above 0"),
    ({"categories": {"home": {"weight": 1, "mean": 0.5, "stdev": 1}}}, "categories.home.mean", "a number from 1 to"),
    ({"categories": {"home": {"weight": 1, "mean": 5, "stdev": 0}}}, "categories.home.stdev", "between 0.0005 and"),
    ({"categories": {"a|b": {"weight": 1, "mean": 5, "stdev": 1}}}, "categories.a|b", "printable characters"),
    ({"amount_factor": 0}, "amount_factor", "a number from 0.01 to 100"),
    ({"amount_factor": 0.1}, "amount_factor", "at least 0.2: a category has a mean amount of 5"),
    ({"hours": [1] * 23}, "hours", "a list of 24 weights"),
    ({"hours": [0] * 24}, "hours", "at least one weight above 0"),
    ({"hours": [-1, *[1] * 23]}, "hours[0]", "0, or a number from"),
    ({"burst_seconds": 7_200, "hours": [*[0] * 23, 1]}, "hours", "that a burst can start in"),
    ({"burst_seconds": 0}, "burst_seconds", "an integer from 1 to 43,200"),
    ({"place": "away"}, "place", "one of home, remote"),
    ({"place": "home"}, "remote_degrees", 'none, unless place is "remote"'),
    ({"remote_degrees": 21}, "remote_degrees", "a number from 0.1 to 20"),
    ({"compromised": {}}, "compromised.weeks", "this key to be present"),
    ({"compromised": {"weeks": 0}}, "compromised.weeks", "an integer from 1 to 52"),
    ({"compromised": {"weeks": 1, "days": 2}}, "compromised.days", "one of the keys weeks, categories"),
    ({"compromised": {"weeks": 1, "categories": []}}, "compromised.categories", "leave the key out"),
    ({"compromised": {"weeks": 1, "categories": ["a", "a"]}}, "compromised.categories[1]", "each once"),
    ({"compromised": {"weeks": 1, "categories": ["a", 2]}}, "compromised.categories[1]", "the name of a category"),
    ({"compromised": {"weeks": 1, "categories": ["a|b"]}}, "compromised.categories[0]", "printable characters"),
    ({"keeps_own_rows": 1}, "keeps_own_rows", "true or false"),
    ({"months": {"2023-13": 1}}, "months.2023-13", 'a month as "YYYY-MM"'),
    ({"months": {"2023-01": -1}}, "months.2023-01", "0, or a number from"),
    ({"report": {"never": 2, "mean_days": 1, "stdev_days": 1}}, "report.never", "a number from 0 to 1"),
    ({"description": " "}, "description", "text of 1 to 2,000 characters"),
]


@pytest.mark.parametrize(("change", "field", "expected"), FAULTS)
def test_a_fault_names_its_place(change: dict[str, Any], field: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse({**DOCUMENT, **change})
    assert [caught.value.where, caught.value.field] == ["some.json", field]
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("categories", "categories"), ("per_day", "per_day"), ("remote_degrees", "remote_degrees")],
)
def test_what_a_choice_needs_must_be_there(missing: str, expected: str) -> None:
    with pytest.raises(InputError, match=f"{expected}: got None, expected this key to be present"):
        parse({key: value for key, value in DOCUMENT.items() if key != missing})


def test_all_faults_are_found() -> None:
    with pytest.raises(InputError) as caught:
        parse({**DOCUMENT, "days": 0, "hours": [], "per_day": {}})
    fields = [fault.field for fault in (caught.value, *caught.value.further)]
    assert fields == ["days", "per_day.min", "per_day.max", "hours"]


@pytest.mark.parametrize(("seconds", "hour", "possible"), [(3600, 23, True), (3601, 23, False), (3601, 22, True)])
def test_a_burst_ends_on_the_day_on_which_it_starts(seconds: int, hour: int, possible: bool) -> None:
    document = {"burst_seconds": seconds, "hours": [float(h == hour) for h in range(24)]}
    if possible:
        assert parse(document).burst_seconds == seconds
    else:
        with pytest.raises(InputError, match="hours"):
            parse(document)
