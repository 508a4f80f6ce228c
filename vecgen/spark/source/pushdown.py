"""Pushes filters of dates down to the data source, so that only those dates are made; needs Spark 4.1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from pyspark.sql.datasource import (
    EqualTo,
    Filter,
    GreaterThan,
    GreaterThanOrEqual,
    IsNotNull,
    LessThan,
    LessThanOrEqual,
)

from vecgen.spark.source.reader import Reader


class PushingReader(Reader):
    """A reader that makes only the dates that a filter keeps.

    A class of its own because Spark refuses a reader that can, where the session has not allowed it.
    """

    def pushFilters(self, filters: list[Filter]) -> Iterable[Filter]:  # noqa: N802 - Spark's name
        """Narrow the days to what filters of trans_date keep; yield the other filters."""
        period = self._drawn.tables.law.period
        for condition in filters:
            days = kept_days(condition, period.start, period.days)
            if days is None:
                yield condition
                continue
            self._parts = [replace(part, days=_intersect(part.days, days)) for part in self._parts]
        self._parts = [part for part in self._parts if part.days]


def kept_days(condition: Filter, start: date, days: int) -> range | None:
    """Return which days from `start` on a filter of trans_date keeps; None for what Spark must filter itself."""
    if isinstance(condition, IsNotNull):
        return range(days)  # no column of ours has nulls
    bounds = (EqualTo, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual)
    if not isinstance(condition, bounds) or condition.attribute != ("trans_date",):
        return None
    if not isinstance(condition.value, date):
        return None
    day = (condition.value - start).days
    if isinstance(condition, EqualTo):
        return range(day, day + 1)
    if isinstance(condition, GreaterThan | GreaterThanOrEqual):
        return range(day + isinstance(condition, GreaterThan), days)
    return range(day + isinstance(condition, LessThanOrEqual))


def _intersect(a: range, b: range) -> range:
    return range(max(a.start, b.start), min(a.stop, b.stop))
