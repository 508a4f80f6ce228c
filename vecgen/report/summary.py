"""The figures of a report: sums over the counts of all rows of a dataset."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from vecgen.config.profile import MonthDay, Profile, ProfileSet
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.model.params import Period
from vecgen.sampling.arrays import F64, I64
from vecgen.verify.verify import Reading

_ENDS: Final[F64] = np.append(AMOUNT_EDGES, AMOUNT_EDGES[-1] * 2) / 100.0
_STARTS: Final[F64] = np.append(1.0, AMOUNT_EDGES / 100.0)


@dataclass(frozen=True)
class SeasonSpan:
    """A season on the calendar; `low` and `high` are the least and the most a profile weighs it, 100 being usual."""

    name: str
    first: date
    last: date
    low: float
    high: float


@dataclass(frozen=True)
class ProfileSummary:
    """Customers with transactions, and per label their rows and the sum of their amounts in cents."""

    name: str
    customers: int
    defrauded: int
    rows: tuple[int, int]
    cents: tuple[int, int]


@dataclass(frozen=True)
class Summary:
    """Rows without fault, counted; label 0 is regular, 1 fraudulent.

    Attributes:
        categories: Sorted names.
        read: Rows read, with or without fault.
        days: By (label, day of the period).
        hour_amounts: By (label, category, hour, cell of `AMOUNT_EDGES`).
        homes: Customers by cell of the map, see `scan.counts.MAP_CELLS`.
        purchases: By (label, *cell of the map).
    """

    period: Period
    seasons: tuple[SeasonSpan, ...]
    categories: tuple[str, ...]
    profiles: tuple[ProfileSummary, ...]
    read: int
    days: I64
    hour_amounts: I64
    homes: I64
    purchases: I64

    @property
    def rows(self) -> tuple[int, int]:
        """Rows by label."""
        regular, fraud = self.days.sum(axis=1).tolist()
        return regular, fraud

    @property
    def cents(self) -> tuple[int, int]:
        """Sum of the amounts by label."""
        return sum(p.cents[0] for p in self.profiles), sum(p.cents[1] for p in self.profiles)

    @property
    def customers(self) -> int:
        """Customers with transactions."""
        return sum(profile.customers for profile in self.profiles)

    @property
    def defrauded(self) -> int:
        """Customers with fraudulent transactions."""
        return sum(profile.defrauded for profile in self.profiles)

    @property
    def hours(self) -> I64:
        """By (label, category, hour)."""
        return np.asarray(self.hour_amounts.sum(axis=3))

    @property
    def amounts(self) -> I64:
        """By (label, category, cell of `AMOUNT_EDGES`)."""
        return np.asarray(self.hour_amounts.sum(axis=2))


def summarise(reading: Reading, profiles: ProfileSet) -> Summary:
    """Return the figures of a dataset that was read."""
    totals, model = reading.totals, reading.model
    days = np.sum([[counts.slots.sum(axis=(1, 2)) for counts in pair] for pair in totals.counts], axis=0)
    return Summary(
        period=model.law.period,
        seasons=tuple(list_seasons(profiles.regular, model.law.period)),
        categories=model.categories,
        profiles=tuple(_summarise_profiles(reading)),
        read=totals.rows,
        days=days,
        hour_amounts=totals.hour_amounts,
        homes=totals.homes,
        purchases=totals.purchases,
    )


def quantiles(cells: I64, shares: Sequence[float]) -> list[float]:
    """Return quantiles of amounts in dollars from their counts by cell, interpolated within; NaN where there are none.

    A cell is 9 % wide, so a quantile is at most as much off.
    """
    total = int(cells.sum())
    if total == 0:
        return [float("nan")] * len(shares)
    reached = np.cumsum(cells)
    out = []
    for share in shares:
        wanted = max(share * total, 1e-9)
        cell = min(int(np.searchsorted(reached, wanted)), len(cells) - 1)
        inside = 1.0 - (int(reached[cell]) - wanted) / max(int(cells[cell]), 1)
        out.append(float(_STARTS[cell] + (_ENDS[cell] - _STARTS[cell]) * np.clip(inside, 0.0, 1.0)))
    return out


def list_seasons(profiles: Sequence[Profile], period: Period) -> Iterator[SeasonSpan]:
    """Yield the seasons of any profile wherever they fall into the period, in the order of time."""
    weights: dict[tuple[str, MonthDay, MonthDay], list[float]] = {}
    for profile in profiles:
        for season in profile.seasons:
            weights.setdefault((season.name, season.start, season.end), []).append(season.weight)
    spans = []
    for (name, start, end), values in weights.items():
        for year in range(period.start.year, period.end.year + 1):
            first, last = max(_day(year, start), period.start), min(_day(year, end), period.end)
            if first <= last:
                spans.append(SeasonSpan(name, first, last, min(values), max(values)))
    yield from sorted(spans, key=lambda span: (span.first, span.last, span.name))


def days_of(period: Period) -> list[date]:
    """Return the days of a period."""
    return [period.start + timedelta(days=day) for day in range(period.days)]


def _day(year: int, month_day: MonthDay) -> date:
    month, day = month_day
    return date(year, month, 28 if month_day == (2, 29) and not isleap(year) else day)


def _summarise_profiles(reading: Reading) -> Iterator[ProfileSummary]:
    for name, pair, own in zip(reading.model.profiles, reading.totals.counts, reading.totals.customers, strict=True):
        defrauded = len(own.defrauded)
        regular, fraud = pair
        rows = int(regular.slots.sum()), int(fraud.slots.sum())
        cents = int(regular.cents), int(fraud.cents)
        yield ProfileSummary(name, own.rows.total() + defrauded, defrauded, rows, cents)
