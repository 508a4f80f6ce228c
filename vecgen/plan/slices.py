"""Cuts a period into slices of dates: one for each directory, or the user's selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final, Literal, get_args

from vecgen.errors import InputError, setting
from vecgen.model.params import Period

PartitionKey = Literal["year", "month", "profile_group"]
PARTITION_KEYS: Final[tuple[PartitionKey, ...]] = get_args(PartitionKey)


@dataclass(frozen=True)
class DaySlice:
    """Consecutive days of the period whose rows share a directory (relative to the transactions)."""

    directory: str
    days: range


def select_days(period: Period, only_dates: tuple[date, date] | None) -> range:
    """Return the days of `period` from the first to the last of two dates (None: all), counted from its start.

    Raises:
        InputError: Dates of which none, or not all, lie in the period.
    """
    if only_dates is None:
        return range(period.days)
    first, last = ((day - period.start).days for day in only_dates)
    if not 0 <= first <= last < period.days:
        text = "..".join(day.isoformat() for day in only_dates)
        raise InputError(
            setting("only_dates"), "", text, f"dates of the period, {period.start}..{period.end}, in order"
        )
    return range(first, last + 1)


def partition_period(period: Period, partition_by: Sequence[PartitionKey], profile: str) -> list[DaySlice]:
    """Cut a period into the longest runs of days that share a directory. `profile`: the `profile_group`."""
    parts = [key for key in partition_by if key != "profile_group"]
    days = (period.start + timedelta(days=offset) for offset in range(period.days))
    slices, start = [], 0
    for _, run in groupby(days, lambda day: [getattr(day, part) for part in parts]):
        first, *others = run
        end = start + 1 + len(others)
        slices.append(DaySlice(_directory(first, partition_by, profile), range(start, end)))
        start = end
    return slices


def intersect(one: range, other: range) -> range:
    """Return the days that are in both ranges."""
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _directory(day: date, partition_by: Sequence[PartitionKey], profile: str) -> str:
    values = {"year": day.year, "month": day.month, "profile_group": profile}
    return "".join(f"{key}={values[key]}/" for key in partition_by)
