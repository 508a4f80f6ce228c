"""Weights of dates: by hand, and against a day-by-day reading of the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.strategies import profiles
from vecgen.config.parse_profile import parse_profile
from vecgen.config.profile import AmountDistribution, Profile, Season
from vecgen.model.date_weights import date_weights, window_weights
from vecgen.model.params import Period

PLAIN = Profile(
    name="plain",
    min_per_day=1,
    max_per_day=1,
    weekday_weights=(100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0),
    seasons=(),
    year_weights=(),
    categories=("home",),
    category_weights=(1.0,),
    amounts=(AmountDistribution(10.0, 1.0),),
    day_parts=("AM", "PM"),
    day_part_weights=(1.0, 1.0),
    travel_pct=0.0,
    travel_max_distance=0.0,
)
YEAR_2023 = Period(date(2023, 1, 1), date(2023, 12, 31))

starts = st.dates(date(1895, 1, 1), date(2110, 12, 31))
spans = st.integers(0, 30) | st.integers(0, 1500)


def weigh(profile: Profile, period: Period) -> list[float]:
    """Weigh each date as the law reads, one by one: season, weekday and year, each normalised on its own."""
    years = list(range(period.start.year, period.end.year + 1))
    listed = [*profile.year_weights, *[100.0] * len(years)]
    season_share = {year: share_month_days(profile.seasons, year % 4 == 0) for year in years}
    weights = []
    for offset in range((period.end - period.start).days + 1):
        day = period.start + timedelta(days=offset)
        weekday = profile.weekday_weights[day.weekday()] / sum(profile.weekday_weights)
        year = listed[day.year - years[0]] / (sum(listed[: len(years)]) or 1.0)
        weights.append(season_share[day.year][day.month, day.day] * weekday * year)
    return weights


@cache
def share_month_days(seasons: tuple[Season, ...], is_leap: bool) -> dict[tuple[int, int], float]:
    first = date(2000 if is_leap else 2001, 1, 1)
    days = [first + timedelta(days=offset) for offset in range(365 + is_leap)]
    weights = {(day.month, day.day): 100.0 for day in days}
    for season in seasons:
        for month_day in weights:
            if season.start <= month_day <= season.end:
                weights[month_day] = season.weight
    total = sum(weights.values()) or 1.0
    return {month_day: weight / total for month_day, weight in weights.items()}


def shares(weights: Any) -> npt.NDArray[np.float64]:
    array = np.asarray(weights, dtype=np.float64)
    return array / array.sum() if array.sum() else array


@given(profiles(), starts, st.integers(0, 400))
@example(PLAIN, date(1899, 12, 30), 400)
@example(PLAIN, date(2099, 12, 30), 400)
def test_dates_weigh_what_the_law_says(profile: Profile, start: date, span: int) -> None:
    period = Period(start, start + timedelta(days=span))
    weights = date_weights(profile, period)
    assert weights.shape == (span + 1,)
    np.testing.assert_allclose(shares(weights), shares(weigh(profile, period)), rtol=1e-12, atol=0)


@given(profiles(), starts, st.integers(9, 30), st.integers(2, 8))
def test_each_window_is_a_period_of_its_own(profile: Profile, start: date, span: int, days: int) -> None:
    period = Period(start, start + timedelta(days=span))
    last = span - days + 1
    weights = window_weights(profile, period, 1, last, days)
    assert weights.shape == (last, days)
    for row, first in zip(weights, range(1, last + 1), strict=True):
        window = Period(start + timedelta(days=first), start + timedelta(days=first + days - 1))
        np.testing.assert_allclose(shares(row), shares(weigh(profile, window)), rtol=1e-12, atol=0)
        np.testing.assert_allclose(shares(row), shares(date_weights(profile, window)), rtol=1e-12, atol=0)


@given(profiles(), starts, spans, st.data())
def test_two_dates_of_one_year_weigh_the_same_in_any_period(
    profile: Profile, start: date, span: int, data: st.DataObject
) -> None:
    period = Period(start, start + timedelta(days=span))
    end = date(start.year, 12, 31)
    longer = date_weights(profile, Period(start, max(period.end, end) + timedelta(days=data.draw(st.integers(0, 800)))))
    np.testing.assert_array_equal(date_weights(profile, period), longer[: span + 1])


def test_by_hand() -> None:
    seasons = (Season("summer", (6, 1), (6, 30), 300.0), Season("winter", (12, 31), (12, 31), 50.0))
    weekdays = (10.0, 10.0, 10.0, 10.0, 10.0, 20.0, 30.0)
    profile = replace(PLAIN, seasons=seasons, weekday_weights=weekdays, year_weights=(2.0,))
    weights = date_weights(profile, YEAR_2023)
    total = 334 * 100 + 30 * 300 + 50  # month-days of a common year
    assert weights[0] == pytest.approx(2 * 100 / total * 0.3)  # 1 January 2023, a Sunday
    assert weights[151] == pytest.approx(2 * 300 / total * 0.1)  # 1 June, a Thursday
    assert weights[153] == pytest.approx(2 * 300 / total * 0.2)  # 3 June, a Saturday
    assert weights[181] == pytest.approx(2 * 100 / total * 0.2)  # 1 July, a Saturday
    assert weights[364] == pytest.approx(2 * 50 / total * 0.3)  # 31 December, a Sunday


def test_later_seasons_override_earlier_ones() -> None:
    long = Season("long", (3, 1), (3, 10), 200.0)
    short = Season("short", (3, 5), (3, 6), 10.0)
    march = slice(59, 69)
    inside = date_weights(replace(PLAIN, seasons=(long, short)), YEAR_2023)[march]
    covered = date_weights(replace(PLAIN, seasons=(short, long)), YEAR_2023)[march]
    np.testing.assert_allclose(inside / inside[0], [1, 1, 1, 1, 0.05, 0.05, 1, 1, 1, 1])
    np.testing.assert_allclose(covered / covered[0], np.ones(10))


def test_a_season_holds_both_its_bounds() -> None:
    weights = date_weights(replace(PLAIN, seasons=(Season("s", (1, 2), (1, 3), 0.0),)), YEAR_2023)
    assert (weights[:5] > 0).tolist() == [True, False, False, True, True]


def test_29_february_belongs_to_a_season_around_it() -> None:
    season = Season("winter", (2, 20), (3, 5), 0.0)
    weights = date_weights(replace(PLAIN, seasons=(season,)), Period(date(2024, 2, 28), date(2024, 3, 6)))
    assert (weights > 0).tolist() == [False] * 7 + [True]
    until_28 = Season("winter", (1, 1), (2, 28), 0.0)
    weights = date_weights(replace(PLAIN, seasons=(until_28,)), Period(date(2024, 2, 28), date(2024, 3, 1)))
    assert (weights > 0).tolist() == [False, True, True]


@pytest.mark.parametrize(("year", "month_days"), [(2023, 365), (2024, 366), (2000, 366), (1900, 366), (2100, 366)])
def test_a_season_share_is_normalised_over_the_month_days(year: int, month_days: int) -> None:
    weights = date_weights(PLAIN, Period(date(year, 1, 1), date(year, 12, 31)))
    np.testing.assert_allclose(weights * 7, 100.0 / month_days)


@pytest.mark.parametrize("year", [1900, 2100])
def test_a_year_that_is_no_leap_year_loses_29_february_only(year: int) -> None:
    season = Season("leap", (2, 28), (3, 1), 10_000.0)
    weights = date_weights(replace(PLAIN, seasons=(season,)), Period(date(year, 2, 27), date(year, 3, 2)))
    assert len(weights) == 4
    total = 363 * 100 + 3 * 10_000  # 29 February takes part in the sum
    np.testing.assert_allclose(weights * 7 / 100, np.array([100, 10_000, 10_000, 100]) / total)


def test_a_season_of_29_february_alone_leaves_other_years_as_they_are() -> None:
    seasons = (Season("none", (1, 1), (12, 31), 0.0), Season("day", (2, 28), (2, 28), 5.0))
    profile = replace(PLAIN, seasons=seasons)
    assert np.flatnonzero(date_weights(profile, YEAR_2023)).tolist() == [58]


def test_a_missing_weekday_weighs_100() -> None:
    raw = {
        "avg_transactions_per_day": {"min": 1, "max": 1},
        "date_wt": {"day_of_week": {"monday": 50, "sunday": 300}, "time_of_year": {}, "year": {}},
        "categories_wt": {"home": 1},
        "categories_amt": {"home": {"mean": 10, "stdev": 1}},
        "shopping_time": {"AM": 1, "PM": 1},
        "travel_pct": 0,
        "travel_max_dist": 0,
    }
    weights = date_weights(parse_profile("f", "f", raw), Period(date(2023, 1, 2), date(2023, 1, 8)))
    np.testing.assert_allclose(weights / weights[1], [0.5, 1, 1, 1, 1, 1, 3])


def test_years_take_their_weights_in_the_order_of_their_keys_as_text() -> None:
    raw = {
        "avg_transactions_per_day": {"min": 1, "max": 1},
        "date_wt": {"day_of_week": {}, "time_of_year": {}, "year": {"2": 40, "10": 30, "1": 20, "0": 10}},
        "categories_wt": {"home": 1},
        "categories_amt": {"home": {"mean": 10, "stdev": 1}},
        "shopping_time": {"AM": 1, "PM": 1},
        "travel_pct": 0,
        "travel_max_dist": 0,
    }
    profile = parse_profile("f", "f", raw)
    weights = date_weights(profile, Period(date(2021, 12, 31), date(2026, 1, 1)))
    # As text: "0", "1", "10", "2"; 2025 and 2026 are past the end.
    by_year = {year: weights[(date(year, 1, 1) - date(2021, 12, 31)).days] for year in (2022, 2023, 2024, 2025, 2026)}
    common = by_year[2022] / 20
    assert weights[0] == pytest.approx(10 * common)
    assert by_year[2023] == pytest.approx(30 * common)
    assert by_year[2024] == pytest.approx(40 * common * 365 / 366)
    assert by_year[2025] == by_year[2026] == pytest.approx(100 * common)


def test_a_window_over_new_year_takes_the_first_weight_for_its_first_year() -> None:
    profile = replace(PLAIN, year_weights=(1.0, 10.0, 1000.0))
    period = Period(date(2021, 6, 1), date(2023, 6, 30))
    first = (date(2022, 12, 31) - period.start).days
    weights = window_weights(profile, period, first - 1, first + 1, 2)
    np.testing.assert_allclose(weights / weights[0, 0], [[1, 1], [1, 10], [1, 1]])


def test_one_day_and_long_periods() -> None:
    day = Period(date(2023, 5, 5), date(2023, 5, 5))
    assert (day.days, day.span, date_weights(PLAIN, day).shape) == (1, 0, (1,))
    century = Period(date(1950, 1, 1), date(2049, 12, 31))
    weights = date_weights(PLAIN, century)
    assert (weights.shape, bool((weights > 0).all())) == ((century.days,), True)


@pytest.mark.parametrize("weight", [0.0, 1e-12, 1e12])
def test_extreme_weights_stay_finite(weight: float) -> None:
    seasons = (Season("most", (1, 2), (12, 31), weight),)
    profile = replace(PLAIN, seasons=seasons, year_weights=(1e-12, 1e12))
    weights = date_weights(profile, Period(date(2023, 1, 1), date(2025, 12, 31)))
    assert np.isfinite(weights).all()
    assert ((weights > 0) == (weight > 0))[1:365].all()
