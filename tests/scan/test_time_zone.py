"""Time zones: every moment is that of the IANA database, and a zone is found by its changes."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vecgen.errors import InputError
from vecgen.model.params import Period
from vecgen.scan.time_zone import fit_time_zone, read_time_zone

YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "../etc/passwd", "/etc/localtime"])
def test_refuses_what_is_no_time_zone(name: str) -> None:
    with pytest.raises(InputError, match=r"time_zone: got .* expected a time zone's name"):
        read_time_zone(name, YEAR)


def test_names_the_likely_time_zone() -> None:
    with pytest.raises(InputError, match="did you mean 'America/New_York'"):
        read_time_zone("America/New_Yrok", YEAR)


@pytest.mark.parametrize("name", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"])
def test_every_moment_is_that_of_python(name: str) -> None:
    from datetime import datetime, timedelta

    start = datetime(2023, 1, 1, 0, 17, 59, tzinfo=ZoneInfo(name))  # local arithmetic: hours that do not exist, too
    local = [start + timedelta(minutes=15 * step) for step in range(365 * 96 - 1)]
    naive = np.array([moment.replace(tzinfo=None) for moment in local], dtype="datetime64[s]").astype(np.int64)
    expected = np.array([round(moment.timestamp()) for moment in local])
    time_zone = read_time_zone(name, YEAR)
    assert np.array_equal(naive - time_zone.seconds_ahead(naive // 86_400, naive % 86_400), expected)


@pytest.mark.parametrize(
    ("name", "found"),
    [("America/New_York", "America/New_York"), ("America/Toronto", "America/New_York"), ("UTC", None)],
)
def test_a_zone_is_found_by_all_of_its_changes(name: str, found: str | None) -> None:
    day = np.repeat(np.arange(YEAR.first_day, YEAR.first_day + YEAR.days), 3)
    second = np.tile(np.array([100, 40_000, 86_000]), YEAR.days)
    unix_time = day * 86_400 + second - read_time_zone(name, YEAR).seconds_ahead(day, second)
    time_zone = fit_time_zone(day, second, unix_time, YEAR)
    assert (time_zone and time_zone.name) == found


def test_times_of_no_zone_are_not_explained() -> None:
    day = np.arange(YEAR.first_day, YEAR.first_day + YEAR.days)
    second = np.full(len(day), 40_000)
    assert fit_time_zone(day, second, day * 86_400 + second - 100, YEAR) is None
    assert fit_time_zone(day, second, day * 86_400 + second * 2, YEAR) is None
