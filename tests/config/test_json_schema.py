"""JSON Schema: it accepts what the parser accepts, and refuses what is wrong with one value alone."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from tests.support.documents import BAD_LABELS, DOCUMENT, SEGMENT, profile_to_json
from tests.support.strategies import Json, profiles, put, split, spoiled_documents
from vecgen.config.json_schema import SCHEMAS, profile_schema, segments_schema, spell_schema
from vecgen.config.loader import DEFAULT_PROFILES, MAIN_CONFIG
from vecgen.config.parse_profile import parse_profile, parse_segments
from vecgen.config.profile import WEEKDAYS, Profile
from vecgen.errors import InputError

PROFILE = Draft202012Validator(profile_schema())
SEGMENTS = Draft202012Validator(segments_schema())
NO_PROFILES = [f"{kind}.schema.json" for kind in (*SCHEMAS, "fraud_type")]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schemas_are_schemas(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind]())
    assert json.loads(spell_schema(SCHEMAS[kind]())) == SCHEMAS[kind]()


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_committed_copies_are_what_the_code_says(kind: str) -> None:
    assert (DEFAULT_PROFILES / f"{kind}.schema.json").read_text(encoding="utf-8") == spell_schema(SCHEMAS[kind]())


def test_the_shipped_files_are_valid() -> None:
    paths = [path for path in DEFAULT_PROFILES.glob("*.json") if path.name not in NO_PROFILES]
    assert len(paths) == 27
    for path in paths:
        validator = SEGMENTS if path.name == MAIN_CONFIG else PROFILE
        document = json.loads(path.read_text(encoding="utf-8"))
        assert list(validator.iter_errors({"$schema": "./any.json", **document})) == []


@given(profiles())
def test_any_valid_profile_is_valid(profile: Profile) -> None:
    assert list(PROFILE.iter_errors(profile_to_json(profile))) == []


def is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


@given(spoiled_documents().filter(is_json))
def test_a_spoiled_profile_is_invalid(document: Json) -> None:
    # Two objects must be compared to see that a category has no amount.
    weights, amounts = (document.get(key) for key in ("categories_wt", "categories_amt"))
    compared = isinstance(weights, dict) and isinstance(amounts, dict) and set(weights) > set(weights) & set(amounts)
    assert compared or not PROFILE.is_valid(document)


def agrees(validator: Any, document: object) -> bool:
    """Return whether parser and schema both accept or both refuse a document."""
    try:
        if validator is SEGMENTS:
            parse_segments("f", document)
        else:
            parse_profile("f", "some", document)
    except InputError:
        return not validator.is_valid(document)
    return bool(validator.is_valid(document))


_ENDS: list[object] = ["inf", None, -1, 50, -2, "50", True, 1e13, []]
SUMMER = "date_wt.time_of_year.summer"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("travel_pct", [-1e-9, 0, 100, 100.0001, "1", None, True]),
        ("travel_max_dist", [-1e-9, 0, 6000, 6000.001]),
        (
            "avg_transactions_per_day",
            [{"min": 0, "max": 10_000}, {"min": 0, "max": 10_001}, {"min": 0.5, "max": 1}, {}],
        ),
        ("date_wt.day_of_week", [{}, {"monday": 0}, {"Monday": 1}, dict.fromkeys(WEEKDAYS, 0), {"sunday": 1e101}]),
        ("date_wt.year", [{}, {"0": 0}, {"0": 1, "1": 0}, {"first": 1}, {"12345": 1}, {"-1": 1}]),
        ("categories_wt.home", [0, 1e-100, 9e-101, 1e100, 1.1e100, -1, "x"]),
        ("shopping_time", [{}, {"AM": 0}, {"AM": 0, "PM": 1}, {"am": 1}, 5]),
        ("categories_amt.home.mean", [0.99, 1, 1e7, 1.1e7]),
        ("categories_amt.home.stdev", [-1, 0, 15, 1.1e7]),
        ("$schema", ["./profile.schema.json"]),
        ("colour", ["red"]),
    ],
)
def test_bounds_are_those_of_the_parser(path: str, values: list[object]) -> None:
    for value in values:
        document = copy.deepcopy(DOCUMENT)
        document["categories_amt"]["home"] = {"mean": 50, "stdev": 50}
        if path.endswith("home.mean"):
            document["categories_amt"]["home"] = {"stdev": 50 if value != 1e7 else 1e6}  # ratios are not the point
        put(document, split(path), value)
        assert agrees(PROFILE, document), value


def test_days_of_the_year_are_those_of_the_parser() -> None:
    texts = [f"{month:02}-{day:02}" for month in range(14) for day in range(33)]
    texts += [f"{month}-{day}" for month in range(14) for day in range(33)]
    for text in [*texts, "", "001-1", "1-001", "01-01 ", "01-01\n", " 01-01", "0101", "\u0660\u0661-01"]:
        document = copy.deepcopy(DOCUMENT)
        put(document, split(SUMMER), {"start_date": text, "end_date": "12-31", "weight": 3})
        assert agrees(PROFILE, document), text


@pytest.mark.parametrize(
    "keys",
    [*itertools.product(*[("start_date", "start_date (MM-DD)"), ("end_date", "end_date (MM-DD)")]), ("end_date",)],
)
@pytest.mark.parametrize("further", [{}, {"start_date": "01-01"}, {"start": "01-01"}])
def test_spellings_of_a_season_are_those_of_the_parser(keys: tuple[str, ...], further: Json) -> None:
    document = copy.deepcopy(DOCUMENT)
    put(document, split(SUMMER), {**dict.fromkeys(keys, "1-1"), "weight": 3, **further})
    assert agrees(PROFILE, document)


@pytest.mark.parametrize("label", [*BAD_LABELS, "home", "a b", "é", "x" * 100])
def test_names_of_categories_are_those_of_the_parser(label: str) -> None:
    if is_json(label) and label != "\ud800":  # half a character, which no file in UTF-8 can hold
        amounts: Json = {**DOCUMENT["categories_amt"], label: {"mean": 1, "stdev": 1}}
        assert agrees(PROFILE, DOCUMENT | {"categories_amt": amounts})


@pytest.mark.parametrize(
    "change",
    [
        {},
        *({"gender": gender} for gender in ("F", "X", ["M", "F"], ["M", "M"], [], None, 1)),
        *({"age": {"min": 0, "max": high}} for high in _ENDS),
        *({"age": {"min": low, "max": None}} for low in (0, -1, "inf", 2.5)),
        {"age": {"min": 0}},
        {"state": "TX"},
    ],
)
def test_segments_are_those_of_the_parser(change: Json) -> None:
    assert agrees(SEGMENTS, {"$schema": "s", "a.json": SEGMENT | change})


@pytest.mark.parametrize(
    "key",
    ["a.json", "a", "a.JSON", "leftovers.json", "leftovers.json.json", "fraud_a.json", ".json", "a b.json", "x" * 101],
)
def test_names_of_profiles_are_those_of_the_parser(key: str) -> None:
    assert agrees(SEGMENTS, {key: SEGMENT})
