"""Local time: the original counts `unix_time` in the time zone of the machine that it runs on, ours always in UTC."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
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
    """

    name: str
    first_day: int
    ahead: I64 = field(repr=False)

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
    """Return a time zone in which all these moments fit; None where there is none, and where all fit UTC."""
    ahead = day * SECONDS_PER_DAY + second - unix_time
    if not ahead.any():
        return None
    # The first and the last moment of each lag rule out nearly every zone.
    lags, first = np.unique(ahead, return_index=True)
    last = len(ahead) - 1 - np.unique(ahead[::-1], return_index=True)[1]
    if len(lags) > _QUARTERS:
        return None
    probes = [(int(day[i]), int(second[i]), int(ahead[i])) for i in {*first.tolist(), *last.tolist()}]
    for name in _list_zones():
        zone = _open(name)
        if all(_seconds_ahead(zone, *moment) == lag for *moment, lag in probes):
            time_zone = read_time_zone(name, period)
            if np.array_equal(time_zone.seconds_ahead(day, second), ahead):
                return time_zone
    return None


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
