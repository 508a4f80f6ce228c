"""Compiled profiles: which uniform feeds what, against integration point by point, and what is refused."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.compiled import any_profiles, calm, calm_profiles, compile_one
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import Profile, Season
from vecgen.errors import InputError
from vecgen.model.date_weights import date_weights, window_weights
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.model.tables import HALF_DAY, ProfileTables, Tables, compile_tables
from vecgen.sampling.arrays import U64
from vecgen.sampling.categorical import Categorical

F64 = npt.NDArray[np.float64]
YEAR_2023 = Period(date(2023, 1, 1), date(2023, 12, 31))
MONTH = Period(date(2023, 12, 10), date(2024, 1, 8))
SHIPPED = load_profiles(DEFAULT_PROFILES)
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
PROFILE = SHIPPED.regular[SHIPPED.names.index("adults_50up_male_urban")]
TOLERANCE = 1e-12


def probabilities(law: Categorical) -> F64:
    """Return the share of words of each cell."""
    return share_words(law.lasts.astype(np.float64))


def share_words(ends: F64) -> F64:
    return np.diff(np.append(0.0, ends / 2.0**64))


def pieces(*weights: Any) -> list[tuple[float, tuple[int, ...]]]:
    """Cut (0, 1] as one uniform does: lengths and, per list of weights, the first cumulative share that is >= u."""
    cumulatives = [[math.fsum(w[: i + 1]) / math.fsum(w) for i in range(len(w))] for w in map(list, weights)]
    ends = sorted({0.0, 1.0, *(end for cumulative in cumulatives for end in cumulative)})
    found = []
    for low, high in pairwise(ends):
        middle = (low + high) / 2
        chosen = [next(i for i, end in enumerate(c) if end >= middle) for c in cumulatives]
        found.append((high - low, tuple(chosen)))
    return found


def joint(profile: Profile) -> dict[tuple[str, bool], float]:
    """Return the share of each (category, is afternoon) where one uniform chooses both."""
    shares: dict[tuple[str, bool], float] = {}
    for length, (category, part) in pieces(profile.category_weights, profile.day_part_weights):
        key = (profile.categories[category], profile.day_parts[part] == "PM")
        shares[key] = shares.get(key, 0.0) + length
    return shares


def compiled_joint(tables: Tables, profile: ProfileTables) -> dict[tuple[str, bool], float]:
    behaviour = profile.regular
    pairs, chances = behaviour.choice.outcomes, probabilities(behaviour.choice)
    shares: dict[tuple[str, bool], float] = {}
    for pair, chance in zip(pairs.tolist(), chances.tolist(), strict=True):
        key = (tables.categories[behaviour.pairs.category[pair]], bool(behaviour.pairs.second[pair] == HALF_DAY))
        shares[key] = shares.get(key, 0.0) + chance
    return shares


def assert_equal_shares(ours: dict[Any, float], theirs: dict[Any, float]) -> None:
    for key in ours.keys() | theirs.keys():
        assert ours.get(key, 0.0) == pytest.approx(theirs.get(key, 0.0), abs=TOLERANCE), key


@given(calm_profiles)
def test_one_uniform_drives_category_and_day_part(profile: Profile) -> None:
    assert_equal_shares(compiled_joint(*compile_one(profile, ModelParameters(MONTH, 0.0))), joint(profile))


@pytest.mark.parametrize("profile", [*SHIPPED.regular, *SHIPPED.fraud], ids=lambda profile: profile.name)
def test_shipped_profiles_share_one_uniform(profile: Profile) -> None:
    assert_equal_shares(compiled_joint(*compile_one(profile, ModelParameters(MONTH, 0.0))), joint(profile))


@given(calm_profiles)
def test_independent_day_parts_multiply(profile: Profile) -> None:
    expected: dict[tuple[str, bool], float] = {}
    for category, weight in zip(profile.categories, profile.category_weights, strict=True):
        for part, part_weight in zip(profile.day_parts, profile.day_part_weights, strict=True):
            share = weight / sum(profile.category_weights) * part_weight / sum(profile.day_part_weights)
            expected[category, part == "PM"] = share
    assert_equal_shares(
        compiled_joint(*compile_one(profile, ModelParameters(MONTH, 0.0, dependence="independent"))), expected
    )


@given(calm_profiles, st.sampled_from(DEPENDENCES))
def test_nothing_without_weight_has_an_atom(profile: Profile, dependence: Dependence) -> None:
    tables, compiled = compile_one(profile, ModelParameters(MONTH, 0.0, dependence=dependence))
    for category, is_pm in compiled_joint(tables, compiled):
        assert profile.category_weights[profile.categories.index(category)] > 0
        assert profile.day_part_weights[profile.day_parts.index("PM" if is_pm else "AM")] > 0


def test_by_hand() -> None:
    profile = replace(
        PROFILE,
        categories=("home", "travel", "kids_pets"),
        category_weights=(30.0, 50.0, 20.0),
        amounts=PROFILE.amounts[:3],
        day_parts=("PM", "AM"),
        day_part_weights=(60.0, 40.0),
    )
    expected = {("home", True): 0.3, ("travel", True): 0.3, ("travel", False): 0.2, ("kids_pets", False): 0.2}
    assert_equal_shares(compiled_joint(*compile_one(profile, ModelParameters(MONTH, 0.0))), expected)


@given(calm_profiles)
def test_atoms_know_their_merchants_and_amounts(profile: Profile) -> None:
    tables, compiled = compile_one(profile, ModelParameters(MONTH, 0.0))
    pairs = compiled.regular.pairs
    laws = sorted({(amount.mean, amount.stdev) for amount in profile.amounts})
    for category, law, first, count in zip(
        pairs.category, pairs.amount_distribution, pairs.merchant_first, pairs.merchant_count, strict=True
    ):
        name = tables.categories[category]
        amount = profile.amounts[profile.categories.index(name)]
        assert laws[law] == (amount.mean, amount.stdev)
        own = [merchant for merchant in tables.merchants if merchant.rpartition(" ")[0] == name]
        assert tables.merchants[first : first + count] == tuple(own)


@given(any_profiles, st.sampled_from(["v0.5", "independent"]))
def test_slots_are_the_dates_with_weight(profile: Profile, dependence: Dependence) -> None:
    weights = date_weights(profile, MONTH)
    if not weights.any():
        return
    _, compiled = compile_one(profile, ModelParameters(MONTH, 0.0, dependence=dependence))
    schedule = compiled.schedule
    assert schedule.pair is None
    assert schedule.day.tolist() == np.flatnonzero(weights).tolist()
    np.testing.assert_allclose(probabilities(schedule.slots), weights[schedule.day] / weights.sum(), atol=TOLERANCE)


def joint_slots(weights: Any, profile: Profile) -> dict[tuple[int, str, bool], float]:
    """Return the share of each (day, category, is afternoon) where one uniform chooses all three."""
    shares: dict[tuple[int, str, bool], float] = {}
    for length, (day, category, part) in pieces(weights, profile.category_weights, profile.day_part_weights):
        key = (day, profile.categories[category], profile.day_parts[part] == "PM")
        shares[key] = shares.get(key, 0.0) + length
    return shares


def collect_slots(tables: Tables, profile: ProfileTables, chances: Any, day: Any, pair: Any) -> dict[Any, float]:
    pairs = profile.regular.pairs
    shares: dict[tuple[int, str, bool], float] = {}
    for chance, one_day, one_pair in zip(chances.tolist(), day.tolist(), pair.tolist(), strict=True):
        key = (one_day, tables.categories[pairs.category[one_pair]], bool(pairs.second[one_pair] == HALF_DAY))
        shares[key] = shares.get(key, 0.0) + chance
    return shares


@given(any_profiles)
def test_under_v1_0_one_uniform_drives_the_date_as_well(profile: Profile) -> None:
    weights = date_weights(profile, MONTH)
    if not weights.any():
        return
    tables, compiled = compile_one(profile, ModelParameters(MONTH, 0.0, dependence="v1.0"))
    schedule = compiled.schedule
    assert schedule.pair is not None
    assert (np.diff(schedule.day) >= 0).all()
    ours = collect_slots(tables, compiled, probabilities(schedule.slots), schedule.day, schedule.pair)
    assert_equal_shares(ours, joint_slots(weights, profile))


def test_under_v1_0_categories_follow_each_other_through_the_year() -> None:
    tables, compiled = compile_one(PROFILE, ModelParameters(YEAR_2023, 0.0, dependence="v1.0"))
    schedule = compiled.schedule
    assert schedule.pair is not None
    category = compiled.regular.pairs.category[schedule.pair]
    assert [tables.categories[c] for c in dict.fromkeys(category.tolist())] == list(PROFILE.categories)


@given(any_profiles, st.sampled_from(DEPENDENCES), st.integers(1, 7), st.integers(8, 15))
def test_each_window_has_slots_of_its_own(profile: Profile, dependence: Dependence, fraud_days: int, span: int) -> None:
    period = Period(MONTH.start, MONTH.start + timedelta(days=span))
    twin = replace(profile, weekday_weights=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0), year_weights=(2.0, 5.0))
    weights = window_weights(twin, period, 1, span - 7, fraud_days + 1)
    law = ModelParameters(period, 0.5, fraud_days=fraud_days, dependence=dependence)
    regular = calm(profile)
    if not weights.any(axis=1).all():
        with pytest.raises(InputError, match="a positive weight on some date of the fraud window"):
            compile_one(regular, law, twin)
        return
    tables, compiled = compile_one(regular, law, twin)
    windows = compiled.frauds[0].windows
    assert len(windows.ends) == law.window_starts == span - 7
    for start, row in enumerate(weights):
        chances = share_words(windows.ends[start].astype(np.float64))
        days = windows.day[start] - (start + 1)
        assert ((days >= 0) & (days <= fraud_days)).all()
        if windows.pair is None:
            np.testing.assert_allclose(chances, row / row.sum(), atol=TOLERANCE)
        else:
            shares = collect_slots(
                tables, replace(compiled, regular=compiled.frauds[0].behaviour), chances, days, windows.pair[start]
            )
            assert_equal_shares(shares, joint_slots(row, twin))


@pytest.mark.parametrize("travel", [False, True])
def test_travel_is_off_until_asked_for(travel: bool) -> None:
    profile = replace(PROFILE, travel_pct=40.0, travel_max_distance=500.0)
    _, compiled = compile_one(profile, ModelParameters(YEAR_2023, 0.0, travel=travel))
    behaviour = compiled.regular
    expected = (0.4 if travel else 0.0, 1_000_000, 7_150_000)
    assert (behaviour.travel_share, behaviour.home_radius, behaviour.travel_radius) == expected


def test_shipped_profiles_compile_to_a_small_pickle() -> None:
    for dependence in DEPENDENCES:
        tables = compile_tables(SHIPPED, MERCHANTS, ModelParameters(YEAR_2023, dependence=dependence), 42)
        assert tuple(profile.name for profile in tables.profiles) == SHIPPED.names
        assert tables.profile(3) is tables.profiles[3]
        assert len(tables.merchants) == sum(len(names) for names in MERCHANTS.names)
        data = pickle.dumps(tables)
        assert len(data) < 20_000_000
        assert pickle.loads(data).law == tables.law


def test_without_fraud_there_are_no_windows() -> None:
    _, compiled = compile_one(PROFILE, ModelParameters(YEAR_2023, 0.0))
    assert compiled.frauds == ()


def refuse(**changes: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        ModelParameters(**{"period": YEAR_2023, **changes})
    return caught.value


@pytest.mark.parametrize("rate", [-0.001, 1.001, math.nan, math.inf])
def test_a_fraud_rate_is_a_probability(rate: float) -> None:
    error = refuse(fraud_rate=rate)
    assert (error.where, error.expected) == ("fraud_rate", "a probability from 0 to 1")


@pytest.mark.parametrize("stealth", [-0.001, 1.001, math.nan])
def test_a_fraud_stealth_is_a_probability(stealth: float) -> None:
    error = refuse(fraud_stealth=stealth)
    assert (error.where, error.expected) == ("fraud_stealth", "a probability from 0 to 1")


@pytest.mark.parametrize("days", [-1, 0, 8])
def test_a_fraud_lasts_one_to_seven_days(days: int) -> None:
    error = refuse(fraud_days=days)
    assert (error.where, error.value, error.expected) == ("fraud_days", days, "a whole number from 1 to 7")


def test_an_unknown_dependence_is_refused() -> None:
    assert refuse(dependence="v2.0").expected == "one of v0.5, v1.0, independent"


@pytest.mark.parametrize("span", range(10))
def test_a_period_must_hold_a_fraud_window(span: int) -> None:
    period = Period(YEAR_2023.start, YEAR_2023.start + timedelta(days=span))
    assert ModelParameters(period, 0.0).window_starts == max(0, span - 7)
    if span >= 8:
        assert ModelParameters(period, 1.0, fraud_days=7).window_starts == span - 7
        return
    error = refuse(period=period, fraud_rate=1e-9)
    assert (error.where, error.remedy) == ("end", "lengthen the period or pass fraud_rate=0")
    assert error.expected.startswith("2023-01-09 or later")


def test_a_period_without_weight_is_refused() -> None:
    sundays = replace(PROFILE, weekday_weights=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    week = Period(date(2023, 1, 2), date(2023, 1, 7))
    with pytest.raises(InputError) as caught:
        compile_one(sundays, ModelParameters(week, 0.0))
    assert caught.value.where == f"profile {PROFILE.name}"
    assert caught.value.expected == "a positive weight on some date of the period 2023-01-02 to 2023-01-07"
    compile_one(sundays, ModelParameters(Period(date(2023, 1, 2), date(2023, 1, 8)), 0.0))


def test_a_window_without_weight_is_refused_and_named() -> None:
    closed = replace(PROFILE, name="fraud_it", seasons=(Season("closed", (3, 5), (3, 6), 0.0),))
    with pytest.raises(InputError) as caught:
        compile_one(PROFILE, ModelParameters(YEAR_2023, 0.01), closed)
    assert caught.value.where == "profile fraud_it"
    assert caught.value.expected == "a positive weight on some date of the fraud window of 2 days from 2023-03-05 on"
    compile_one(PROFILE, ModelParameters(YEAR_2023, 0.01, fraud_days=2), closed)
    compile_one(PROFILE, ModelParameters(YEAR_2023, 0.0), closed)


def test_the_largest_words_choose_a_date_with_weight() -> None:
    # Nothing happens on the last date of the window that starts on the eve of the closed days.
    closed = replace(PROFILE, seasons=(Season("closed", (3, 5), (3, 5), 0.0),))
    _, compiled = compile_one(PROFILE, ModelParameters(YEAR_2023, 0.01), closed)
    windows = compiled.frauds[0].windows
    window = (date(2023, 3, 4) - YEAR_2023.start).days - 1
    ends: U64 = windows.ends[window]
    assert ends.tolist() == [2**64 - 1, 2**64 - 1]


def test_a_customer_of_too_many_transactions_is_refused() -> None:
    busy = replace(PROFILE, max_per_day=10_000)
    decade = Period(date(2020, 1, 1), date(2029, 12, 31))
    with pytest.raises(
        InputError, match=r"avg_transactions_per_day\.max: got 10000, expected at most 2,738 in a period"
    ):
        compile_one(busy, ModelParameters(decade, 0.0))
    compile_one(replace(PROFILE, max_per_day=2_738), ModelParameters(decade, 0.0))


def test_a_window_at_the_end_of_all_dates_has_no_later_end_to_offer() -> None:
    with pytest.raises(InputError, match="expected a date past all dates or later"):
        ModelParameters(Period(date(9999, 12, 30), date.max))


def test_windows_of_more_than_a_gigabyte_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.model.tables._MAX_WINDOW_SLOTS", 6000)
    compile_one(PROFILE, ModelParameters(YEAR_2023))
    with pytest.raises(InputError, match=r"dependence: got 'v1\.0', expected at most 6,000 parts of fraud windows"):
        compile_one(PROFILE, ModelParameters(YEAR_2023, dependence="v1.0"))
