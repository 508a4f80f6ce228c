"""Fits weights of weekdays, seasons and years to the rows of each date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vecgen.config.profile import DEFAULT_WEIGHT, Profile
from vecgen.fit.estimate import Estimate, round_figure
from vecgen.fit.seasons import MONTH_DAYS, YearShape, find_seasons
from vecgen.model.date_weights import date_weights
from vecgen.model.params import Period
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.counts import CustomerTotals

_ROUNDS: Final = 6


@dataclass(frozen=True)
class Dates:
    """Weights of dates; `years` is empty where the period cannot tell years from seasons."""

    weekdays: tuple[Estimate, ...]
    year: YearShape
    years: tuple[Estimate, ...]

    def put_into(self, profile: Profile) -> Profile:
        """Return the profile with these weights."""
        a, b, c, d, e, f, g = (estimate.value for estimate in self.weekdays)
        years = tuple(estimate.value for estimate in self.years) or profile.year_weights
        return replace(profile, weekday_weights=(a, b, c, d, e, f, g), seasons=self.year.seasons, year_weights=years)


@dataclass(frozen=True)
class _Calendar:
    """Positions of a period's dates: weekday, month-day, calendar year."""

    weekday: I64
    month_day: I64
    year: I64


def fit_dates(rows: I64 | F64, people: CustomerTotals, usual: Profile, period: Period) -> Dates:
    """Return the weights of dates, given the regular rows on each date of the period and whose fraud struck some.

    Weekdays, seasons and years are fitted in turn, each given the others.
    """
    at = _read_calendar(period)
    weights = np.ones(period.days)
    for _ in range(2):  # what fraud struck depends on the weights of dates, a little
        exposure = _find_exposure(people, weights / weights.sum())
        fitted = _fit_in_turn(rows, exposure, at, usual, period)
        weights = date_weights(fitted.put_into(usual), period)
    return fitted


def _fit_in_turn(rows: I64 | F64, exposure: F64, at: _Calendar, usual: Profile, period: Period) -> Dates:
    number = int(at.year.max()) + 1
    year = np.array([*usual.year_weights, *[DEFAULT_WEIGHT] * number][:number])  # stays where seasons hide it
    season = np.ones(len(MONTH_DAYS))
    tells_years = _tells_years(at)
    for _ in range(_ROUNDS):
        weekday = _ratio(rows, exposure * season[at.month_day] * year[at.year], at.weekday, 7)
        expected = exposure * weekday[at.weekday] * year[at.year]
        shape = find_seasons(_sum(rows, at.month_day), _sum(expected, at.month_day))
        season = shape.weights
        if tells_years:
            year = _ratio(rows, exposure * weekday[at.weekday] * season[at.month_day], at.year, len(year))
    dates = Dates(_spell_weekdays(weekday, rows, at, usual), shape, ())
    return replace(dates, years=_fit_years(rows, exposure, at, dates, usual, period)) if tells_years else dates


def _fit_years(
    rows: I64 | F64, exposure: F64, at: _Calendar, dates: Dates, usual: Profile, period: Period
) -> tuple[Estimate, ...]:
    """Return the weights of years, given what weekdays and seasons say; the first is 100."""
    even = replace(dates.put_into(usual), year_weights=())
    number = int(at.year.max()) + 1
    ratio = _ratio(rows, exposure * date_weights(even, period), at.year, number)
    seen = np.maximum(np.bincount(at.year, rows, number), 1.0)
    if ratio[0] <= 0:
        return ()
    weights = 100.0 * ratio / ratio[0]
    errors = [0.0, *(weights[1:] * np.sqrt(1.0 / seen[1:] + 1.0 / seen[0])).tolist()]
    return tuple(Estimate(round_figure(w), e) for w, e in zip(weights.tolist(), errors, strict=True))


def _spell_weekdays(ratio: F64, rows: I64 | F64, at: _Calendar, usual: Profile) -> tuple[Estimate, ...]:
    """Return the weights of weekdays; their sum is the usual one, so that they can be compared with it."""
    seen = np.bincount(at.weekday, rows, 7)
    weights = ratio / ratio.sum() * sum(usual.weekday_weights)
    share = seen / max(1.0, seen.sum())
    errors = weights * np.sqrt((1.0 - share) / np.maximum(seen, 1.0))
    return tuple(Estimate(round_figure(w), e) for w, e in zip(weights.tolist(), errors.tolist(), strict=True))


def _find_exposure(people: CustomerTotals, share: F64) -> F64:
    """Return the rows that would be drawn on each date and kept, up to its weight: none of those that fraud struck."""
    who, day = people.fraud_dates[:, 0], people.fraud_dates[:, 1]
    drawn = draw_of_defrauded(people, share)
    everybody = sum(number * customers for number, customers in people.rows.items()) + drawn.sum()
    struck = np.bincount(day, drawn[who], len(share))
    return np.asarray(np.maximum(everybody - struck, 0.0))


def draw_of_defrauded(people: CustomerTotals, share: F64) -> F64:
    """Return how many regular rows each defrauded customer had before those on fraud dates were dropped, expected."""
    who, day = people.fraud_dates[:, 0], people.fraud_dates[:, 1]
    left = 1.0 - np.bincount(who, share[day], len(people.defrauded))
    return np.asarray(people.defrauded[:, 0] / np.maximum(left, 1e-9))


def _read_calendar(period: Period) -> _Calendar:
    days = np.arange(period.first_day, period.first_day + period.days)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    first = np.array([MONTH_DAYS.index((month, 1)) for month in range(1, 13)])
    month_day = first[months.astype(np.int64) % 12] + (dates - months).astype(np.int64)
    return _Calendar(
        (days + 3) % 7, month_day, dates.astype("datetime64[Y]").astype(np.int64) + 1970 - period.start.year
    )


def _tells_years(at: _Calendar) -> bool:
    """Return whether each year shares a month with the one before: else it might be a season."""
    pairs = {(y, m) for y, m in zip(at.year.tolist(), at.month_day.tolist(), strict=True)}
    years = range(1, int(at.year.max()) + 1)
    shared = [sum((y, m) in pairs and (y - 1, m) in pairs for m in range(len(MONTH_DAYS))) for y in years]
    return bool(shared) and min(shared) >= 28


def _sum(values: I64 | F64, key: I64) -> F64:
    return np.asarray(np.bincount(key, values, len(MONTH_DAYS)), dtype=np.float64)


def _ratio(rows: I64 | F64, expected: F64, key: I64, size: int) -> F64:
    """Return seen over expected rows by key, 1 where none is expected."""
    seen, hoped = np.bincount(key, rows, size), np.bincount(key, expected, size)
    return np.divide(seen, hoped, out=np.ones(size), where=hoped > 0)
