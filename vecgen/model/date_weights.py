"""Computes the weight of each date of a period under a profile."""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from datetime import date

import numpy as np

from vecgen.config.profile import DEFAULT_WEIGHT, Profile
from vecgen.model.params import Period
from vecgen.sampling.arrays import F64, I64


def date_weights(profile: Profile, period: Period) -> F64:
    """Return the weight of each day of `period` (length `period.days`, not normalised over the period).

    Year weight x season weight x weekday weight, the latter two normalised over their month-days or weekdays. The i-th
    calendar year of the period takes the i-th year weight.
    """
    return _seasonal_weights(profile, period) * _year_weights(profile).take(_year_positions(period))


def window_weights(profile: Profile, period: Period, first: int, last: int, days: int) -> F64:
    """Return the date weights of the windows of `days` days that start `first` to `last` days after `period.start`.

    Shape (last - first + 1, days). Each window is a period of its own: its first calendar year takes the first weight.
    """
    offsets = np.arange(first, last + 1)[:, np.newaxis] + np.arange(days)
    years = _year_positions(period).take(offsets)
    seasonal: F64 = _seasonal_weights(profile, period).take(offsets)
    yearly: F64 = _year_weights(profile).take(years - years[:, :1])
    return seasonal * yearly


def _seasonal_weights(profile: Profile, period: Period) -> F64:
    years = range(period.start.year, period.end.year + 1)
    kinds = [(year % 4 == 0, calendar.isleap(year)) for year in years]
    weights = {kind: _season_weights(profile, *kind) for kind in set(kinds)}
    skipped = (period.start - date(period.start.year, 1, 1)).days
    seasonal = np.concatenate([weights[kind] for kind in kinds])[skipped : skipped + period.days]
    weekday = np.array(profile.weekday_weights, dtype=np.float64)
    weekdays = (period.start.weekday() + np.arange(period.days)) % 7
    daily: F64 = (weekday / weekday.sum()).take(weekdays)
    return seasonal * daily


def _year_weights(profile: Profile) -> F64:
    # Their sum over the years of a period, by which the original divides, is common to all its dates. No period has
    # as many as 10,000 years.
    listed = len(profile.year_weights)
    return np.array([*profile.year_weights, *[DEFAULT_WEIGHT] * (10_000 - listed)], dtype=np.float64)


def _year_positions(period: Period) -> I64:
    """Return for each day how many times the calendar year has changed since the start of the period."""
    days = np.arange(period.first_day, period.first_day + period.days).astype("datetime64[D]")
    return days.astype("datetime64[Y]").astype(np.int64) - (period.start.year - 1970)


def _season_weights(profile: Profile, is_fourth: bool, is_leap: bool) -> F64:
    """Return the weight of each day of a year, 1 January first, normalised over the year's month-days."""
    # The original calls every fourth year a leap year; in 1900 or 2100 its 29 February takes part in the sum only.
    month_days = [(month, day) for month in range(1, 13) for day in range(1, _month_length(month, is_fourth) + 1)]
    weights = np.full(len(month_days), DEFAULT_WEIGHT)
    for season in profile.seasons:
        weights[bisect_left(month_days, season.start) : bisect_right(month_days, season.end)] = season.weight
    total = weights.sum()
    if total > 0:
        weights /= total
    if is_fourth and not is_leap:
        weights = np.delete(weights, month_days.index((2, 29)))
    return weights


def _month_length(month: int, is_fourth: bool) -> int:
    if month == 2:
        return 29 if is_fourth else 28
    return 30 if month in (4, 6, 9, 11) else 31
