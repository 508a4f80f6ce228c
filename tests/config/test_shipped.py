"""The shipped profiles and the merchants that their categories need."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support.documents import profile_to_json
from vecgen.config.demographics import Merchants
from vecgen.config.loader import (
    DEFAULT_DEMOGRAPHICS,
    DEFAULT_PROFILES,
    check_merchants,
    load_demographics,
)
from vecgen.config.merchants import CATEGORIES
from vecgen.config.parse_profile import parse_profile
from vecgen.config.profile import AmountDistribution, Profile, ProfileSet
from vecgen.errors import InputError

SCHEMAS = ("fraud_type", "main_config", "profile")


def everyone(profiles: ProfileSet) -> list[Profile]:
    return [*profiles.regular, *profiles.fraud]


def test_shipped_profiles(shipped: ProfileSet) -> None:
    assert [len(part) for part in (shipped.names, shipped.regular, shipped.fraud)] == [13, 13, 13]
    assert shipped.names[0] == "adults_50up_male_urban"
    assert shipped.names[-1] == "leftovers"
    assert tuple(profile.name for profile in shipped.regular) == shipped.names
    assert tuple(profile.name for profile in shipped.fraud) == tuple(f"fraud_{name}" for name in shipped.names)
    assert tuple(segment.profile for segment in shipped.segments) == shipped.names[:-1]
    files = {path.name for path in DEFAULT_PROFILES.glob("*.json")}
    named = {f"{profile.name}.json" for profile in (*shipped.regular, *shipped.fraud)}
    assert files == named | {"main_config.json", *(f"{kind}.schema.json" for kind in SCHEMAS)}


def test_shipped_figures(shipped: ProfileSet) -> None:
    men = shipped.regular[0]
    assert (men.min_per_day, men.max_per_day) == (0, 3)
    assert men.weekday_weights == (80.0, 90.0, 100.0, 100.0, 150.0, 175.0, 175.0)
    assert [season.name for season in men.seasons] == ["holidays", "post_holidays", "summer"]
    assert men.categories == CATEGORIES[:14]
    assert men.amounts[-1] == AmountDistribution(60.0, 600.0)
    assert (men.day_parts, men.day_part_weights) == (("AM", "PM"), (60.0, 40.0))
    assert (men.travel_pct, men.travel_max_distance) == (45.0, 1000.0)
    assert shipped.fraud[-1].categories == ("food_dining", "health_fitness")
    assert shipped.fraud[-1].amounts == (AmountDistribution(120.0, 50.0), AmountDistribution(200.0, 50.0))


def test_shipped_segments_leave_nobody_over(shipped: ProfileSet) -> None:
    ages = load_demographics(DEFAULT_DEMOGRAPHICS).age_gender
    for gender, age in zip(ages.gender, ages.age.tolist(), strict=True):
        for city_pop in (1, 2499, 2500, 10_000_000):
            matches = [
                segment.profile
                for segment in shipped.segments
                if segment.gender == gender
                and segment.age_min <= age < segment.age_max
                and segment.city_pop_min <= city_pop < segment.city_pop_max
            ]
            assert len(matches) == 1


def test_shipped_profiles_survive_a_round_trip(shipped: ProfileSet) -> None:
    for profile in (*shipped.regular, *shipped.fraud):
        assert parse_profile("f", profile.name, profile_to_json(profile)) == profile


def test_shipped_merchants_cover_the_shipped_profiles(shipped: ProfileSet) -> None:
    merchants = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
    check_merchants(everyone(shipped), merchants)
    assert {category for profile in everyone(shipped) for category in profile.categories} <= set(merchants.categories)


def test_a_category_without_merchants_is_named(shipped: ProfileSet) -> None:
    merchants = Merchants(CATEGORIES[:13], (("A",),) * 13)
    with pytest.raises(InputError) as caught:
        check_merchants(everyone(shipped), merchants, "dir/merchants.csv")
    assert (caught.value.where, caught.value.field) == ("dir/merchants.csv", "category travel")
    assert "adults_50up_male_urban" in caught.value.expected
    assert caught.value.remedy == "add merchants of 'travel', or remove the category from the profile"


def test_the_likely_category_is_named(shipped: ProfileSet) -> None:
    names = ["travels" if name == "travel" else name for name in CATEGORIES]
    with pytest.raises(InputError, match=r"did you mean 'travels'\? Or add merchants of 'travel'"):
        check_merchants(everyone(shipped), Merchants(tuple(names), (("A",),) * 16))


def test_the_categories_of_fraud_twins_need_merchants(shipped: ProfileSet) -> None:
    twin = dataclasses.replace(shipped.fraud[3], categories=("bribes",))
    spoiled = dataclasses.replace(shipped, fraud=(*shipped.fraud[:3], twin, *shipped.fraud[4:]))
    with pytest.raises(InputError, match=f"category bribes.*{twin.name}"):
        check_merchants(everyone(spoiled), Merchants(CATEGORIES, (("A",),) * 16))


def test_every_category_without_merchants_is_named(shipped: ProfileSet) -> None:
    with pytest.raises(InputError) as caught:
        check_merchants(everyone(shipped), Merchants(CATEGORIES[:12], (("A",),) * 12))
    faults = (caught.value, *caught.value.further)
    assert [fault.field for fault in faults] == ["category personal_care", "category travel"]
