"""Parsing of profiles: what is read, what is refused and how the refusal reads."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import BAD_LABELS, DOCUMENT, SEGMENT, profile_to_json
from tests.support.strategies import Json, get, json_values, names, paths, profiles, put, split, spoiled_documents
from vecgen.config.parse_profile import parse_profile, parse_segments
from vecgen.config.profile import AmountDistribution, Profile, Season
from vecgen.errors import InputError

SUMMER = "date_wt.time_of_year.summer"


def parse(document: object) -> Profile:
    return parse_profile("dir/some.json", "some", document)


def changed(path: str, value: object) -> Json:
    document = copy.deepcopy(DOCUMENT)
    put(document, split(path), value)
    return document


def refuse(document: object) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(document)
    assert caught.value.where == "dir/some.json"
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return caught.value


def test_every_field_is_read_in_file_order() -> None:
    assert parse(DOCUMENT) == Profile(
        name="some",
        min_per_day=1,
        max_per_day=6,
        weekday_weights=(80.0, 100.0, 100.0, 100.0, 100.0, 100.0, 150.0),
        seasons=(Season("summer", (5, 24), (9, 1), 125.0), Season("holidays", (11, 30), (12, 31), 200.0)),
        year_weights=(100.0, 110.5),
        categories=("travel", "home"),
        category_weights=(35.0, 0.0),
        amounts=(AmountDistribution(50.25, 600.0), AmountDistribution(60.0, 15.0)),
        day_parts=("PM", "AM"),
        day_part_weights=(40.0, 60.0),
        travel_pct=45.0,
        travel_max_distance=1000.0,
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("date_wt.day_of_week", {}),
        ("date_wt.time_of_year", {}),
        ("date_wt.year", {}),
        (f"{SUMMER}.start_date", "02-29"),
        (f"{SUMMER}.start_date", "09-01"),
        (f"{SUMMER}.weight", 0),
        ("shopping_time", {"PM": 1}),
        ("avg_transactions_per_day", {"min": 0, "max": 0}),
        ("avg_transactions_per_day.max", 10_000),
        ("categories_wt", {"travel": 1e100}),
        ("categories_wt", {"travel": 1e-100}),
        (f"{SUMMER}.start_date", "5-24"),
        (f"{SUMMER}.end_date", "12-1"),
        ("travel_pct", 0),
        ("travel_pct", 100),
        ("travel_max_dist", 6000),
        ("categories_amt.home", {"mean": 1, "stdev": 1e4}),
        ("categories_amt.home", {"mean": 1e7, "stdev": 1e3}),
    ],
)
def test_limits_themselves_are_legal(path: str, value: object) -> None:
    profile = parse(changed(path, value))
    assert parse(profile_to_json(profile)) == profile


def test_years_are_sorted_by_key_as_text() -> None:
    assert parse(changed("date_wt.year", {"2": 3, "10": 2, "0": 1})).year_weights == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("travel_pct", True, "a number from 0 to 100"),
        ("travel_pct", "45", "a number from 0 to 100"),
        ("travel_pct", None, "a number from 0 to 100"),
        ("travel_pct", math.inf, "a number from 0 to 100"),
        ("travel_pct", -0.1, "a number from 0 to 100"),
        ("travel_pct", 100.1, "a number from 0 to 100"),
        ("travel_max_dist", -1, "a number from 0 to 6,000"),
        ("travel_max_dist", 6000.5, "a number from 0 to 6,000"),
        ("avg_transactions_per_day.min", -1, "an integer from 0 to 10,000"),
        ("avg_transactions_per_day.min", 1.5, "an integer from 0 to 10,000"),
        ("avg_transactions_per_day.min", True, "an integer from 0 to 10,000"),
        ("avg_transactions_per_day.max", 10_001, "an integer from 0 to 10,000"),
        ("avg_transactions_per_day.min", 7, "at most max, which is 6"),
        ("date_wt.day_of_week.monday", -1, "0, or a number from 1e-100 to 1e+100"),
        ("date_wt.day_of_week.monday", 1e-101, "0, or a number from 1e-100 to 1e+100"),
        ("date_wt.day_of_week.monday", True, "0, or a number from 1e-100 to 1e+100"),
        ("date_wt.year.0", 1.1e100, "0, or a number from 1e-100 to 1e+100"),
        ("categories_wt.home", -5, "0, or a number from 1e-100 to 1e+100"),
        ("categories_wt.home", math.nan, "0, or a number from 1e-100 to 1e+100"),
        ("shopping_time.AM", "5", "0, or a number from 1e-100 to 1e+100"),
        (f"{SUMMER}.weight", -5, "0, or a number from 1e-100 to 1e+100"),
        (f"{SUMMER}.start_date", "02-30", 'a day of the year as "MM-DD"'),
        (f"{SUMMER}.start_date", "5-32", 'a day of the year as "MM-DD"'),
        (f"{SUMMER}.start_date", "5-024", 'a day of the year as "MM-DD"'),
        (f"{SUMMER}.end_date", "13-01", 'a day of the year as "MM-DD"'),
        (f"{SUMMER}.end_date", 901, 'a day of the year as "MM-DD"'),
        (f"{SUMMER}.start_date", "09-02", "no later than end_date, which is 09-01"),
        ("categories_amt.home.mean", 0, "a number from 1 to 10,000,000"),
        ("categories_amt.home.mean", -60, "a number from 1 to 10,000,000"),
        ("categories_amt.home.mean", 1.1e7, "a number from 1 to 10,000,000"),
        ("categories_amt.home.stdev", 0, "between 0.006 and 600000"),
        ("categories_amt.home.stdev", -15, "a number from 0 to 10,000,000"),
        ("categories_amt.home.stdev", 600_001, "between 0.006 and 600000"),
        ("categories_amt.home.stdev", 0.0059, "between 0.006 and 600000"),
        ("categories_amt.home.stdev", 5e-324, "between 0.006 and 600000"),
        ("categories_amt.kids_pets.mean", "20", "a number from 1 to 10,000,000"),
    ],
)
def test_bad_values_are_named(path: str, value: object, expected: str) -> None:
    error = refuse(changed(path, value))
    assert (error.field, error.value) == (path, value)
    assert error.expected.startswith(expected)
    assert str(error).startswith(f"dir/some.json: {path}: got {value!r}, expected {expected}")


@pytest.mark.parametrize("raw", [None, [], "x", 3, True])
def test_a_document_must_be_an_object(raw: object) -> None:
    error = refuse(raw)
    assert (error.field, error.expected) == ("", "a JSON object")


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("travel_pc", "did you mean 'travel_pct'?"),
        ("TRAVEL_PCT ", "did you mean 'travel_pct'?"),
        ("avg_transactions_per_day.mean", "correct or remove the key"),
        ("date_wt.month", "correct or remove the key"),
        ("date_wt.day_of_week.Monday", "did you mean 'monday'?"),
        (f"{SUMMER}.wt", "correct or remove the key"),
        (f"{SUMMER}.start", "did you mean 'start_date'?"),
        (f"{SUMMER}.start_date (MMDD)", "did you mean 'start_date (MM-DD)'?"),
        ("categories_amt.home.sd", "correct or remove the key"),
        ("categories_amt.kids_pets.stddev", "did you mean 'stdev'?"),
        ("shopping_time.am", "did you mean 'AM'?"),
    ],
)
def test_unknown_keys_are_refused_and_the_likely_one_is_named(path: str, remedy: str) -> None:
    error = refuse(changed(path, 1))
    assert (error.field, error.value, error.remedy) == (path, split(path)[-1], remedy)
    assert error.expected.startswith("one of the keys ")


def test_seasons_may_be_spelled_as_the_original_does() -> None:
    season = {"end_date (MM-DD)": "9-1", "weight": 125, "start_date (MM-DD)": "5-24"}
    assert parse(changed(SUMMER, season)) == parse(DOCUMENT)
    assert parse(changed(SUMMER, {"start_date": "05-24", **{k: season[k] for k in list(season)[:2]}})) == parse(
        DOCUMENT
    )


def test_a_day_spelled_in_both_ways_is_refused() -> None:
    season = get(DOCUMENT, split(SUMMER)) | {"start_date (MM-DD)": "05-24"}
    error = refuse(changed(SUMMER, season))
    assert (error.field, error.expected) == (f"{SUMMER}.start_date (MM-DD)", "either this key or start_date")
    assert [fault.field for fault in refuse(changed(SUMMER, season | {"weight": -1})).further] == [f"{SUMMER}.weight"]


def test_faults_are_named_as_the_original_spells_them() -> None:
    season = {"start_date (MM-DD)": "9-2", "end_date (MM-DD)": "9-1", "weight": 1}
    error = refuse(changed(SUMMER, season))
    assert error.field == f"{SUMMER}.start_date (MM-DD)"
    assert refuse(changed(SUMMER, {**season, "end_date (MM-DD)": "9-31"})).field == f"{SUMMER}.end_date (MM-DD)"


@pytest.mark.parametrize(
    "path",
    [
        *DOCUMENT,
        "avg_transactions_per_day.min",
        "avg_transactions_per_day.max",
        "date_wt.day_of_week",
        "date_wt.time_of_year",
        "date_wt.year",
        f"{SUMMER}.start_date",
        f"{SUMMER}.end_date",
        f"{SUMMER}.weight",
        "categories_amt.travel",
        "categories_amt.home",
        "categories_amt.home.mean",
        "categories_amt.home.stdev",
        "categories_amt.kids_pets.stdev",
    ],
)
def test_missing_keys_are_refused(path: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    *parents, key = split(path)
    del get(document, parents)[key]
    error = refuse(document)
    assert (error.field, error.expected) == (path, "this key to be present")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("date_wt.day_of_week", dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"), 0)),
        ("date_wt.year", {"0": 0, "1": 0}),
        ("categories_wt", {"travel": 0, "home": 0}),
        ("categories_wt", {}),
        ("shopping_time", {"AM": 0, "PM": 0.0}),
        ("shopping_time", {"AM": 0}),
        ("shopping_time", {}),
        (
            "date_wt.time_of_year",
            {
                "early": {"start_date": "01-01", "end_date": "06-30", "weight": 0},
                "spring": {"start_date": "03-01", "end_date": "05-31", "weight": 9},
                "late": {"start_date": "03-01", "end_date": "12-31", "weight": 0},
            },
        ),
    ],
)
def test_weights_that_are_all_zero_are_refused(path: str, value: dict[str, object]) -> None:
    if path.endswith("day_of_week"):
        value = value | {"sunday": 0}
    error = refuse(changed(path, value))
    assert (error.field, error.expected) == (path, "at least one weight above 0")


@pytest.mark.parametrize("label", BAD_LABELS)
def test_bad_category_and_season_names_are_refused(label: str) -> None:
    season = {"start_date": "01-01", "end_date": "01-02", "weight": 1}
    for path, value in (
        ("categories_wt", 1),
        ("categories_amt", {"mean": 1, "stdev": 1}),
        ("date_wt.time_of_year", season),
    ):
        document = copy.deepcopy(DOCUMENT)
        get(document, split(path))[label] = value
        error = refuse(document)
        assert error.field == f"{path}.{repr(label)[1:-1][:100]}"
        assert error.expected.startswith("a name of 1 to 100 printable characters")


@pytest.mark.parametrize("key", ["", "first", "-1", "1.0", "00000", "\u0663"])
def test_bad_year_numbers_are_refused(key: str) -> None:
    error = refuse(changed("date_wt.year", {"0": 1, key: 1}))
    assert (error.field, error.value) == (f"date_wt.year.{key}", key)


BAD_NAMES = [
    "",
    ".",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "../a",
    "/a",
    "a=b",
    "a b",
    "ä",
    "a\n",
    "a\0",
    "a:b",
    "a.json",
    "x" * 101,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_profile_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="a profile name of at most 100 letters"):
        parse_profile("f", name, DOCUMENT)
    with pytest.raises(InputError, match=r"a profile name of at most 100 letters"):
        parse_segments("f", {f"{name}.json": SEGMENT})


@given(names)
def test_good_profile_names_are_accepted(name: str) -> None:
    assert parse_profile("f", name, DOCUMENT).name == name


@given(spoiled_documents())
def test_any_spoiled_profile_is_refused(document: Json) -> None:
    with pytest.raises(InputError) as caught:
        parse(document)
    assert len(str(caught.value)) < 2000


def test_faults_of_all_sections_are_found_at_once() -> None:
    document = copy.deepcopy(DOCUMENT)
    changes: list[tuple[str, object]] = [
        ("speed", 1),
        ("avg_transactions_per_day.min", 7),
        ("date_wt.day_of_week.Monday", 1),
        ("date_wt.day_of_week.monday", -1),
        (f"{SUMMER}.weight", "x"),
        (f"{SUMMER}.end_date", "02-30"),
        ("date_wt.year", {"0": 0}),
        ("categories_wt.sports", 3),
        ("categories_amt.home", {"mean": 0}),
        ("travel_pct", None),
    ]
    for path, value in changes:
        put(document, split(path), value)
    error = refuse(document)
    assert [fault.field for fault in (error, *error.further)] == [
        "speed",
        "avg_transactions_per_day.min",
        "date_wt.day_of_week.Monday",
        "date_wt.day_of_week.monday",
        f"{SUMMER}.end_date",
        f"{SUMMER}.weight",
        "date_wt.year",
        "categories_amt.home.mean",
        "categories_amt.home.stdev",
        "categories_amt.sports",
        "travel_pct",
    ]


def test_the_key_of_a_schema_means_nothing() -> None:
    assert parse({"$schema": "./profile.schema.json", **DOCUMENT}) == parse(DOCUMENT)
    segments = {"$schema": "./main_config.schema.json", "a.json": SEGMENT}
    assert parse_segments("f", segments) == parse_segments("f", {"a.json": SEGMENT})


@given(profiles(), st.data())
def test_arbitrary_values_raise_nothing_else(profile: Profile, data: st.DataObject) -> None:
    document: dict[str, Any] = profile_to_json(profile)
    put(document, data.draw(st.sampled_from(paths(document))), data.draw(json_values))
    try:
        parsed = parse(document)
    except InputError:
        return
    assert parse(profile_to_json(parsed)) == parsed


@pytest.mark.parametrize("path", ["categories_wt", "categories_amt", "date_wt.time_of_year", "date_wt.year"])
def test_an_object_of_too_many_members_is_refused(path: str) -> None:
    error = refuse(changed(path, {f"{number}": 1 for number in range(10_001)}))
    assert (error.field, error.value, error.expected) == (path, "10,001 members", "at most 10,000 members")


def test_a_profile_may_have_a_thousand_categories() -> None:
    names = [f"c{number}" for number in range(1000)]
    amounts = {name: {"mean": 5, "stdev": 2} for name in names}
    document = DOCUMENT | {"categories_wt": dict.fromkeys(names, 1), "categories_amt": amounts}
    assert parse(document).categories == tuple(names)
