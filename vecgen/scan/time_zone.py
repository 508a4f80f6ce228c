"""Local time: the original counts `unix_time` in the time zone of the machine that it runs on, ours always in UTC.

Files that were moved to other years have it as it was before: days, or calendar years, from their dates.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from vecgen.errors import InputError, setting, suggest
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.model.params import Period
from vecgen.sampling.arrays import I64

_QUARTER: Final = 900  # seconds; clocks change on quarters of an hour
_QUARTERS: Final = 96  # of a day
_DAYS_PER_YEAR: Final = 365.2425
_EPOCH: Final = datetime(1970, 1, 1)
_FAMILIAR: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo",
    "Europe/London", "Europe/Berlin", "Europe/Moscow", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Sydney",
)  # fmt: skip
"""Of zones that share all their clock times in a period, these are named first."""


@dataclass(frozen=True)
class TimeZone:
    """A time zone in a period.

    Attributes:
        first_day: Of the period, days from 1970.
        ahead: Seconds ahead of UTC by quarter of an hour of the period.
        shift: How far `unix_time` lies from dates and times beside that, in words; "" for not at all.
        is_moved: Whether that is because whole days were moved; else it is a mistake in every row.
    """

    name: str
    first_day: int
    ahead: I64 = field(repr=False)
    shift: str = ""
    is_moved: bool = True

    def seconds_ahead(self, day: I64, second: I64) -> I64:
        """Return how far local time is ahead of UTC at a second of a day (from 1970); at the edge where outside."""
        quarter = (day - self.first_day) * _QUARTERS + second // _QUARTER
        ahead: I64 = self.ahead.take(np.clip(quarter, 0, len(self.ahead) - 1))
        return ahead


def read_time_zone(name: str, period: Period) -> TimeZone:
    """Return the clock of a time zone by its IANA name.

    Raises:
        InputError: There is no such zone on this machine.
    """
    zone = _open(name)
    days = [[_seconds_ahead(zone, day, hour * 3600) for hour in (0, 24)] for day in _days_of(period)]
    ahead = np.repeat(np.array([start for start, _ in days], dtype=np.int64), _QUARTERS)
    for position, (start, end) in enumerate(days):
        if start != end:  # clocks change on this day
            quarters = [_seconds_ahead(zone, period.first_day + position, q * _QUARTER) for q in range(_QUARTERS)]
            ahead[position * _QUARTERS : (position + 1) * _QUARTERS] = quarters
    return TimeZone(name, period.first_day, ahead)


def fit_time_zone(day: I64, second: I64, unix_time: I64, period: Period) -> TimeZone | None:
    """Return a time zone, maybe shifted, that all these moments fit; None where there is none, and for UTC.

    Args:
        day: From 1970, all in the period.
    """
    ahead = day * SECONDS_PER_DAY + second - unix_time
    if not ahead.any():
        return None
    for shift in _list_shifts(ahead, period):
        zone = _find_zone(day, second, ahead - shift.seconds.take(day - period.first_day), period)
        if zone is not None:
            both = zone.ahead + np.repeat(shift.seconds, _QUARTERS)
            return TimeZone(zone.name, period.first_day, both, shift.words, shift.is_moved)
    return None


@dataclass(frozen=True)
class _Shift:
    """A shift in seconds by day of the period; see `TimeZone`."""

    words: str
    seconds: I64
    is_moved: bool = True


def _list_shifts(ahead: I64, period: Period) -> Iterator[_Shift]:
    """Yield the shifts that lags allow: none, whole days, calendar years, seconds; the most usual first."""
    middle = int(np.median(ahead))
    usual = np.zeros(period.days, dtype=np.int64)
    yield _Shift("", usual)
    days = round(middle / SECONDS_PER_DAY)
    if days:
        yield _Shift(_spell_shift(days, "day"), usual + days * SECONDS_PER_DAY)
    if years := round(days / _DAYS_PER_YEAR):
        yield _Shift(_spell_shift(years, "year"), _move_years(period, years))
    if (ahead == middle).all():
        yield _Shift(_spell_shift(middle, "second"), usual + middle, is_moved=False)


def _spell_shift(number: int, unit: str) -> str:
    return f"{abs(number):,} {unit}{'s' * (abs(number) != 1)} {'before' if number > 0 else 'after'}"


def _move_years(period: Period, years: int) -> I64:
    """Return how many seconds the days of a period lie after the same dates of other years; 1 March for 29 February."""
    days = np.arange(period.first_day, period.first_day + period.days).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    moved = (months - 12 * years).astype("datetime64[D]") + (days - months.astype("datetime64[D]"))
    seconds: I64 = (days - moved).astype(np.int64) * SECONDS_PER_DAY
    return seconds


def _find_zone(day: I64, second: I64, ahead: I64, period: Period) -> TimeZone | None:
    """Return a time zone with these lags, None where there is none."""
    if not ahead.any():
        return TimeZone("UTC", period.first_day, np.zeros(period.days * _QUARTERS, dtype=np.int64))
    # The first and the last moment of each lag rule out nearly every zone.
    lags, first = np.unique(ahead, return_index=True)
    last = len(ahead) - 1 - np.unique(ahead[::-1], return_index=True)[1]
    if len(lags) > _QUARTERS or np.abs(lags).max() >= SECONDS_PER_DAY:
        return None
    probes = [(int(day[i]), int(second[i]), int(ahead[i])) for i in {*first.tolist(), *last.tolist()}]
    for name in _list_zones():
        zone = _open(name)
        if all(_seconds_ahead(zone, *moment) == lag for *moment, lag in probes):
            time_zone = read_time_zone(name, period)
            if np.array_equal(time_zone.seconds_ahead(day, second), ahead):
                return time_zone
    return None


def thin_out(day: I64, second: I64, ahead: I64) -> tuple[I64, I64, I64]:
    """Return the first and the last of the moments of each day and lag, by day: all that a zone is told by."""
    order = np.lexsort((second, ahead, day))
    day, second, ahead = day[order], second[order], ahead[order]
    begins = np.append(True, (day[1:] != day[:-1]) | (ahead[1:] != ahead[:-1]))[: len(day)]
    starts = np.flatnonzero(begins)
    ends = np.append(starts, len(day))[1:] - 1
    kept = np.union1d(starts, ends)
    return day[kept], second[kept], ahead[kept]


def _list_zones() -> Iterable[str]:
    known = zoneinfo.available_timezones()
    # Places before "Etc/GMT+5" and the like, whose signs say the opposite of what people read.
    others = sorted(known - {*_FAMILIAR}, key=lambda name: (name.startswith("Etc/") or "/" not in name, name))
    return (*(name for name in _FAMILIAR if name in known), *others)


def _open(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        expected = "a time zone's name, such as America/New_York"
        raise InputError(setting("time_zone"), "", name, expected, suggest(name, _list_zones()) or "or UTC") from None


def _days_of(period: Period) -> range:
    return range(period.first_day, period.first_day + period.days)


def _seconds_ahead(zone: zoneinfo.ZoneInfo, day: int, second: int) -> int:
    """Return the offset of a local time; of a time that exists twice, or never, the one before the change."""
    offset = zone.utcoffset(_EPOCH + timedelta(days=day, seconds=second))
    return 0 if offset is None else round(offset.total_seconds())
