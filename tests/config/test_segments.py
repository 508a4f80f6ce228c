"""Segments of main_config.json: read, refused, named."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from tests.support.documents import SEGMENT
from tests.support.strategies import check_message, json_values
from vecgen.config.parse_profile import parse_segments
from vecgen.config.profile import Segment
from vecgen.errors import InputError


def refuse_segments(document: object) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_segments("dir/main_config.json", document)
    assert caught.value.where == "dir/main_config.json"
    return caught.value


def test_segments_are_read_in_file_order() -> None:
    raw = {"b.json": SEGMENT, "a.json": SEGMENT | {"gender": ["F"]}}
    assert parse_segments("f", raw) == (
        Segment("b", "M", 25.0, 50.0, 0.0, 2500.0),
        Segment("a", "F", 25.0, 50.0, 0.0, 2500.0),
    )


@pytest.mark.parametrize("unlimited", ["inf", None, -1, math.inf])
def test_upper_ends_may_be_unlimited(unlimited: object) -> None:
    (segment,) = parse_segments("f", {"a.json": SEGMENT | {"age": {"min": 50, "max": unlimited}}})
    assert (segment.age_min, segment.age_max) == (50.0, math.inf)


def test_a_list_of_both_genders_gives_two_segments() -> None:
    segments = parse_segments("f", {"a.json": SEGMENT | {"gender": ["M", "F"]}})
    assert [(segment.profile, segment.gender) for segment in segments] == [("a", "M"), ("a", "F")]


def test_no_segments_are_legal() -> None:
    assert parse_segments("f", {}) == ()


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"gender": "X"}, "a.json.gender", "X"),
        ({"gender": "m"}, "a.json.gender", "m"),
        ({"gender": True}, "a.json.gender", True),
        ({"gender": []}, "a.json.gender", "a JSON list"),
        ({"gender": ["M", "M"]}, "a.json.gender", "a JSON list"),
        ({"gender": {}}, "a.json.gender", "a JSON object"),
        ({"age": {"min": 50, "max": 50}}, "a.json.age.min", 50),
        ({"age": {"min": 51, "max": 50}}, "a.json.age.min", 51),
        ({"age": {"min": -1, "max": 50}}, "a.json.age.min", -1),
        ({"age": {"min": "inf", "max": "inf"}}, "a.json.age.min", "inf"),
        ({"age": {"min": 0, "max": "50"}}, "a.json.age.max", "50"),
        ({"age": {"min": 0, "max": True}}, "a.json.age.max", True),
        ({"age": {"min": 0, "max": -2}}, "a.json.age.max", -2),
        ({"age": {"min": 0, "max": -math.inf}}, "a.json.age.max", -math.inf),
        ({"age": {"min": 0, "max": []}}, "a.json.age.max", "a JSON list"),
        ({"age": {"min": 0}}, "a.json.age.max", None),
        ({"city_pop": 5}, "a.json.city_pop", 5),
        ({"city_pop": {"min": 0, "max": 9, "mid": 1}}, "a.json.city_pop.mid", "mid"),
        ({"state": "TX"}, "a.json.state", "state"),
    ],
)
def test_bad_segments_are_named(change: dict[str, object], field: str, value: object) -> None:
    error = refuse_segments({"a.json": SEGMENT | change})
    assert (error.field, error.value) == (field, value)


@pytest.mark.parametrize("key", ["gender", "age", "city_pop"])
def test_missing_segment_keys_are_refused(key: str) -> None:
    error = refuse_segments({"a.json": {k: v for k, v in SEGMENT.items() if k != key}})
    assert (error.field, error.expected) == (f"a.json.{key}", "this key to be present")


@pytest.mark.parametrize("key", ["a", "a.JSON", "leftovers.json", "fraud_a.json"])
def test_keys_that_name_no_regular_profile_are_refused(key: str) -> None:
    error = refuse_segments({key: SEGMENT})
    assert (error.field, error.value) == (key, key)


@given(json_values)
def test_any_segments_are_read_or_refused(raw: object) -> None:
    for document in (raw, {"a.json": raw}, {"a.json": SEGMENT | {"age": {"min": 0, "max": raw}, "gender": raw}}):
        try:
            segments = parse_segments("f", document)
        except InputError as error:
            check_message(error)
        else:
            assert isinstance(document, dict)
            assert {f"{segment.profile}.json" for segment in segments} == document.keys()
