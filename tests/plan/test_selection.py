"""Selections: batches by number, days by date."""

from __future__ import annotations

from datetime import date

import pytest

from tests.conftest import WINTER
from vecgen.errors import InputError
from vecgen.plan.selection import Selection


def test_batches_are_selected_by_their_numbers() -> None:
    some = Selection(batches=((1, 2), (5, 5)))
    assert [number for number in range(7) if some.selects(number)] == [1, 2, 5]
    assert all(map(Selection().selects, range(7)))


def test_days_are_counted_from_the_start_of_the_period() -> None:
    assert Selection().select_days(WINTER) == range(WINTER.days)
    two = Selection(only_dates=(date(2023, 12, 22), date(2023, 12, 23)))
    assert two.select_days(WINTER) == range(2, 4)


def test_a_batch_has_at_least_a_row() -> None:
    with pytest.raises(InputError, match="batch_rows: got 0, expected a whole number from 1 up"):
        Selection(batch_rows=0)
