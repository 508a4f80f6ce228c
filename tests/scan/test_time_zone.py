"""Time zones: every moment is that of the IANA database, and a zone is found by its changes."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vecgen.errors import InputError
from vecgen.model.params import Period
from vecgen.sampling.arrays import I64
from vecgen.scan.time_zone import fit_time_zone, read_time_zone, thin_out

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
    second = 100 * (day % 400)
    assert fit_time_zone(day, second, day * 86_400 + second * 2, YEAR) is None
    assert fit_time_zone(day, second, day * 86_400 * 2 + second, YEAR) is None


def moments(period: Period) -> tuple[I64, I64]:
    day = np.repeat(np.arange(period.first_day, period.first_day + period.days), 3)
    return day, np.tile(np.array([100, 40_000, 86_000]), period.days)


@pytest.mark.parametrize(
    ("lag", "words", "is_moved"),
    [
        (2557 * 86_400, "2,557 days before", True),
        (-86_400, "1 day after", True),
        (100, "100 seconds before", False),
    ],
)
@pytest.mark.parametrize("name", ["UTC", "America/New_York"])
def test_one_lag_in_every_row_is_one_difference(lag: int, words: str, is_moved: bool, name: str) -> None:
    day, second = moments(YEAR)
    ahead = read_time_zone(name, YEAR).seconds_ahead(day, second) + lag
    found = fit_time_zone(day, second, day * 86_400 + second - ahead, YEAR)
    if name != "UTC" and not is_moved:
        assert found is None  # two explanations at once are none
        return
    assert found is not None
    assert (found.name, found.shift, found.is_moved) == (name, words, is_moved)
    assert np.array_equal(found.seconds_ahead(day, second), ahead)


def test_dates_moved_by_calendar_years_are_one_difference() -> None:
    """29 February has no date seven years before; 1 March stands for it."""
    period = Period(date(2019, 1, 1), date(2020, 12, 31))
    day, second = moments(period)
    dates = [date(1970, 1, 1) + timedelta(days=own) for own in day.tolist()]
    before = [date(d.year - 7, 3, 1) if (d.month, d.day) == (2, 29) else d.replace(year=d.year - 7) for d in dates]
    unix_time = np.array([(own - date(1970, 1, 1)).days for own in before]) * 86_400 + second
    found = fit_time_zone(day, second, unix_time, period)
    assert found is not None
    assert (found.name, found.shift, found.is_moved) == ("UTC", "7 years before", True)


def test_what_tells_a_zone_is_kept_of_many_moments() -> None:
    day, second = moments(YEAR)
    ahead = read_time_zone("Europe/Berlin", YEAR).seconds_ahead(day, second)
    thin = thin_out(day[::-1], second[::-1], ahead[::-1])
    assert len(thin[0]) == 2 * YEAR.days + 2  # on two days all three moments: one lag of theirs has a single one
    found = fit_time_zone(*thin[:2], thin[0] * 86_400 + thin[1] - thin[2], YEAR)
    assert found is not None
    assert found.name == "Europe/Berlin"
    assert [len(own) for own in thin_out(*np.zeros((3, 0), dtype=np.int64))] == [0, 0, 0]
