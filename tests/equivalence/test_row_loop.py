"""The arrays against the row loop, one transaction at a time: other periods, other profiles, other frauds, travel.

Both samples are also held against the exact law, so that all three witnesses agree with one another.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.equivalence.samplers import (
    World,
    compare_samples,
    count,
    draw_arrays,
    draw_loop,
    find_broken,
    shipped,
)
from tests.support.compiled import cheap_amounts
from tests.support.strategies import profiles
from vecgen.config.demographics import Merchants
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import Profile, ProfileSet, Season
from vecgen.errors import InputError
from vecgen.model.params import ModelParameters, Period
from vecgen.verify.chi_square import reject

PROFILES = load_profiles(DEFAULT_PROFILES)
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
NAMES = ("young_adults_female_urban", "adults_50up_male_rural", "leftovers")
ERROR = 1e-5  # a hundred worlds at most: 1e-3 for the family


def assert_same(world: World, customers: int, seed: int = 5) -> None:
    loop = count(draw_loop(world, customers, seed), world.model)
    arrays = count(draw_arrays(world, customers, seed), world.model)
    assert find_broken(loop, world, ERROR) == set()
    assert find_broken(arrays, world, ERROR) == set()
    statistics = compare_samples(loop, arrays)
    fallen = reject([statistic.p for statistic in statistics.values()], ERROR)
    assert [name for name, falls in zip(statistics, fallen, strict=True) if falls] == []


def with_year_weights(world: World) -> World:
    regular = tuple(replace(profile, year_weights=(100.0, 20.0, 300.0)) for profile in world.profiles.regular)
    return replace(world, profiles=replace(world.profiles, regular=regular))


def shipped_world(start: date, end: date, **changes: object) -> World:
    law = ModelParameters(Period(start, end), 0.5, **changes)  # type: ignore[arg-type]
    return shipped(law, PROFILES, MERCHANTS, NAMES)


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.heavy)])
@pytest.mark.parametrize(
    ("world", "customers"),
    [
        (shipped_world(date(2024, 1, 1), date(2024, 12, 31)), 60),
        (shipped_world(date(2023, 11, 15), date(2024, 2, 15)), 150),
        (with_year_weights(shipped_world(date(2022, 6, 1), date(2024, 5, 31))), 40),
        (shipped_world(date(2023, 3, 1), date(2023, 3, 12)), 600),
        (shipped_world(date(2023, 1, 1), date(2023, 6, 30), fraud_days=4), 100),
        (shipped_world(date(2023, 1, 1), date(2023, 6, 30), travel=True), 100),
        (shipped_world(date(1999, 12, 1), date(2000, 3, 31), fraud_days=7, travel=True), 100),
        (shipped_world(date(2023, 1, 1), date(2023, 6, 30), fraud_days=4, fraud_stealth=0.4), 100),
        (shipped_world(date(2023, 1, 1), date(2023, 6, 30), fraud_days=4, travel=True, dependence="v1.0"), 60),
    ],
    ids=[
        "leap year",
        "New Year",
        "three years with weights",
        "twelve days",
        "four days",
        "travel",
        "seven days",
        "stealth",
        "v1.0",
    ],
)
def test_arrays_and_row_loop_agree(world: World, customers: int, times: int) -> None:
    assert_same(world, times * customers)


@pytest.mark.parametrize("stealth", [0.5, 1.0])
def test_under_v1_frauds_of_both_pass_for_regular_rows_as_often(stealth: float) -> None:
    """Rows of a case share dates, and so do categories of rows that follow these: the samples are not compared."""
    world = shipped_world(date(2023, 3, 1), date(2023, 4, 15), fraud_days=4, fraud_stealth=stealth, dependence="v1.0")
    for draw in (draw_loop, draw_arrays):
        assert find_broken(count(draw(world, 100, 5), world.model, world.posterior), world) == set()


def with_seasons(profile: Profile) -> Profile:
    """Return the profile without Tuesdays, and with seasons that overlap."""
    seasons = (
        Season("spring", (3, 1), (6, 30), 300.0),
        Season("May", (5, 1), (5, 31), 0.0),
        Season("leap", (2, 29), (3, 5), 900.0),
    )
    weekdays = (100.0, 0.0, 50.0, 100.0, 100.0, 200.0, 0.0)
    return replace(profile, weekday_weights=weekdays, seasons=seasons)


def test_overlapping_seasons_and_missing_weekdays_agree() -> None:
    world = shipped_world(date(2024, 1, 1), date(2024, 12, 31))
    own = replace(world.profiles, regular=tuple(map(with_seasons, world.profiles.regular)))
    assert_same(replace(world, profiles=own), 60)


def moderate(profile: Profile) -> Profile:
    """Return the profile with rates and amounts that a row loop can draw in a second."""
    low = profile.min_per_day % 4
    return replace(cheap_amounts(profile), min_per_day=low, max_per_day=low + profile.max_per_day % 4)


any_worlds = st.tuples(
    profiles().map(moderate),
    profiles().map(moderate),
    st.dates(date(1996, 1, 1), date(2030, 1, 1)),
    st.integers(8, 400),
    st.integers(1, 7),
    st.booleans(),
)


def make_world(made: tuple[Profile, Profile, date, int, int, bool]) -> World | None:
    """Return a world of one made-up profile and its twin, or None where they leave a date without weight."""
    regular, fraud, start, days, fraud_days, travel = made
    end = date.fromordinal(start.toordinal() + days)
    categories = tuple(dict.fromkeys((*regular.categories, *fraud.categories)))
    merchants = Merchants(categories, tuple(tuple(f"{c} {i}" for i in range(1 + n)) for n, c in enumerate(categories)))
    own = ProfileSet(("made",), (replace(regular, name="made"),), (replace(fraud, name="fraud_made"),), ())
    world = World(own, merchants, ModelParameters(Period(start, end), 0.5, fraud_days, travel=travel))
    try:
        next(draw_arrays(world, 1, 0))
    except InputError:
        return None
    return world


# A failure is not shrunk: with other profiles a sample says something else.
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(any_worlds.map(make_world).filter(lambda world: world is not None))
def test_any_profile_agrees(world: World) -> None:
    assert_same(world, max(20, min(300, 8000 // world.law.period.span)))
