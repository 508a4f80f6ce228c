"""Stamps in all the ways that tables hold them."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vecgen.errors import InputError
from vecgen.scan.stamps import read_dates, read_stamps

DAY = (date(2023, 7, 1) - date(1970, 1, 1)).days
NOON = 12 * 3600
MOMENT = datetime(2023, 7, 1, 12, tzinfo=timezone.utc)
UNIX = int(MOMENT.timestamp())


def read(values: Any, zone: str = "UTC", date_format: str | None = None) -> tuple[list[int], list[int], bool]:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    stamps = read_stamps("x", "when", array, zone, date_format)
    return stamps.day.tolist(), stamps.second.tolist(), stamps.are_moments


@pytest.mark.parametrize(
    ("values", "date_format", "are_moments"),
    [
        (["2023-07-01 12:00:00"], None, False),
        (["2023-07-01T12:00:00.25"], None, False),
        (pa.array(["2023-07-01 12:00"]).dictionary_encode(), None, False),
        (["2023-07-01T12:00:00Z", "2023-07-01T14:00:00+02:00"], None, True),
        (["01/07/2023 12:00"], "%d/%m/%Y %H:%M", False),
        (pa.array([datetime(2023, 7, 1, 12)], pa.timestamp("ns")), None, False),
        (pa.array([MOMENT], pa.timestamp("ms", "Asia/Tokyo")), None, True),
        ([UNIX], None, True),
        ([float(UNIX) + 0.5], None, True),
        ([UNIX * 1000], None, True),
        ([UNIX * 10**6 + 1], None, True),
        ([UNIX * 10**9], None, True),
    ],
)
def test_noon_is_read(values: Any, date_format: str | None, are_moments: bool) -> None:
    rows = len(values)
    assert read(values, date_format=date_format) == ([DAY] * rows, [NOON] * rows, are_moments)


def test_moments_are_told_as_local_times_and_local_times_stay() -> None:
    assert read([UNIX], "America/New_York") == ([DAY], [8 * 3600], True)
    assert read(["2023-07-01 23:00:00+00:00"], "Asia/Tokyo") == ([DAY + 1], [8 * 3600], True)
    assert read(["2023-07-01 12:00:00"], "Asia/Tokyo") == ([DAY], [NOON], False)


@pytest.mark.parametrize(
    ("values", "zone", "date_format", "message"),
    [
        (["2023-07-01 12:00", "1.7.2023"], "UTC", None, r"column when: got '1.7.2023', .*date_format=.%d/%m/%Y"),
        (["2023-07-01"], "UTC", "%d/%m/%Y", r"got '2023-07-01', expected a stamp as %d/%m/%Y"),
        (["2023-07-01 12:00Z", "2023-07-01 12:00"], "UTC", None, "a time zone in every stamp or in none"),
        ([date(2023, 7, 1)], "UTC", None, "got 'date32"),
        ([True], "UTC", None, "got 'bool'"),
        ([UNIX], "Mars/Olympus", None, "time_zone: got 'Mars/Olympus'"),
        ([np.inf], "UTC", None, "Unix time"),
        (["9999-12-31 23:59:59+00:00"], "Asia/Tokyo", None, "from the year 1 to 9999"),
    ],
)
def test_other_stamps_are_refused(values: Any, zone: str, date_format: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(values, zone, date_format)


def test_dates_are_read_and_missing_ones_stay() -> None:
    expected = [date(1990, 2, 3), None]
    for values in (["1990-02-03", None], [date(1990, 2, 3), None], [datetime(1990, 2, 3, 4), None]):
        assert read_dates("x", "born", pa.array(values), None).to_pylist() == expected
    assert read_dates("x", "born", pa.array(["03/02/1990", None]), "%d/%m/%Y %H:%M").to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "date_format", "message"),
    [
        (["1990-02-03", "soon"], None, "column born: got 'soon', expected a date as YYYY-MM-DD"),
        ([None, "1990"], "%d/%m/%Y", "got '1990', expected a date as %d/%m/%Y"),
        ([1990], None, "got 'int64'"),
    ],
)
def test_other_dates_are_refused(values: Any, date_format: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_dates("x", "born", pa.array(values), date_format)
