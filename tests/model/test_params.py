"""Parameters of the model: periods, ranges, and reading them back from a receipt."""

from __future__ import annotations

from datetime import date

import pytest

from vecgen.errors import InputError
from vecgen.model.params import Period


def test_days_are_counted_from_1970() -> None:
    assert Period(date(1970, 1, 2), date(1970, 1, 2)).first_day == 1
    assert Period(date(1969, 12, 31), date(1970, 1, 2)).first_day == -1


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match="a date on or after start"):
        Period(date(2023, 1, 2), date(2023, 1, 1))


def test_a_period_of_more_than_two_centuries_is_refused() -> None:
    assert Period(date(1900, 1, 1), date(2100, 1, 1)).span == 73_049
    for start, end in ((date(1900, 1, 1), date(2100, 1, 3)), (date.min, date.max)):
        with pytest.raises(InputError, match=r"end: .* a date at most 73,050 days \(200 years\) after start"):
            Period(start, end)
