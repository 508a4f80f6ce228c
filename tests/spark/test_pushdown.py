"""Filters of dates, pushed down to the data source."""

from __future__ import annotations

from datetime import date

from tests.conftest import WINTER


def test_kept_days() -> None:
    from pyspark.sql.datasource import EqualTo, GreaterThan, GreaterThanOrEqual, IsNotNull, LessThan, LessThanOrEqual

    from vecgen.spark.source.pushdown import kept_days

    day = date(2023, 12, 24)  # the fifth of the period
    column = ("trans_date",)
    assert kept_days(EqualTo(column, day), WINTER.start, WINTER.days) == range(4, 5)
    assert kept_days(GreaterThan(column, day), WINTER.start, WINTER.days) == range(5, WINTER.days)
    assert kept_days(GreaterThanOrEqual(column, day), WINTER.start, WINTER.days) == range(4, WINTER.days)
    assert kept_days(LessThan(column, day), WINTER.start, WINTER.days) == range(4)
    assert kept_days(LessThanOrEqual(column, day), WINTER.start, WINTER.days) == range(5)
    assert kept_days(IsNotNull(column), WINTER.start, WINTER.days) == range(WINTER.days)
    assert kept_days(LessThan(("dob",), day), WINTER.start, WINTER.days) is None
    assert kept_days(LessThan(column, "2023"), WINTER.start, WINTER.days) is None
