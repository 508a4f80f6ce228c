"""Periods that follow each other: the same customers, and nothing that happens to them happens twice."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.model.test_transactions import MERCHANTS, PROFILES, join_rows, people
from vecgen import generate_customers, make_request
from vecgen.model.params import ModelParameters, Period, make_period
from vecgen.model.rows import Rows
from vecgen.model.tables import MAX_CUSTOMER_ROWS, Tables, compile_tables
from vecgen.model.transaction_dates import HABIT_STREAM, Calendar, Stream, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.sampling.arrays import U64
from vecgen.sampling.rng import GOLDEN, derive_keys, mix

TRAVELLING = next(p for p, profile in enumerate(PROFILES.regular) if profile.travel_pct == 45)
THIS_YEAR, NEXT_YEAR = (make_period(date(year, 1, 1)) for year in (2023, 2025))  # of one length


def compile_period(period: Period, fraud_rate: float = 0.5) -> Tables:
    return compile_tables(PROFILES, MERCHANTS, ModelParameters(period, fraud_rate=fraud_rate, travel=True), 42)


def draw_dates(period: Period, count: int, fraud_rate: float = 0.5) -> Calendar:
    tables = compile_period(period, fraud_rate)
    return draw_calendar(tables, tables.profiles[TRAVELLING], people(range(count)))


def draw_period(period: Period, count: int) -> Rows:
    tables = compile_period(period)
    calendar = draw_calendar(tables, tables.profiles[TRAVELLING], people(range(count)))
    return join_rows(list(draw_rows(tables, calendar, range(period.days))))


def undo_permutation(left: U64, right: U64) -> tuple[U64, U64]:
    """Return the customer ids and the words beside them that transaction numbers of seed 42 were made of."""
    golden = np.uint64(GOLDEN)
    left = left ^ mix(right ^ golden)
    right = right ^ mix(left + golden)
    ids = left ^ mix(right + golden)
    return ids, right ^ derive_keys(42, HABIT_STREAM, ids.view(np.int64)).weyl


@pytest.mark.parametrize("start", [date(1, 1, 1), date(2023, 1, 1), date(2024, 1, 1), date(9999, 1, 1)])
def test_a_number_holds_customer_period_and_index(start: date) -> None:
    rows = draw_period(make_period(start), 20)
    ids, words = undo_permutation(*rows.number)
    fraud, first_day, index = (
        words >> np.uint64(62),
        words >> np.uint64(40) & np.uint64(2**22 - 1),
        words % np.uint64(2**40),
    )
    assert np.array_equal(ids, rows.customer.view(np.uint64))
    assert np.array_equal(fraud, rows.is_fraud)
    assert set(first_day.tolist()) == {start.toordinal()}
    assert len(set(zip(ids.tolist(), fraud.tolist(), index.tolist(), strict=True))) == len(rows)


def test_a_number_has_room_for_every_date_and_index() -> None:
    assert date.max.toordinal() < 2**22
    assert MAX_CUSTOMER_ROWS <= 2**40


def test_no_number_appears_in_two_periods() -> None:
    months = [draw_period(Period(date(2023, month, 1), date(2023, month, 28)), 200) for month in (1, 2, 3)]
    numbers = np.concatenate([np.stack(rows.number, axis=1) for rows in months])
    assert len(numbers) > 10_000
    assert len(np.unique(numbers, axis=0)) == len(numbers)


def test_customers_keep_rate_and_travel() -> None:
    this, that = (draw_dates(period, 300, fraud_rate=0.0) for period in (THIS_YEAR, NEXT_YEAR))
    assert np.array_equal(this.regular.kept.sum(axis=1), that.regular.kept.sum(axis=1))
    assert np.array_equal(this.regular.radius, that.regular.radius)
    assert len(np.unique(this.regular.kept.sum(axis=1))) > 2
    assert len(np.unique(this.regular.radius)) == 2


def test_fraud_of_one_period_says_nothing_about_the_next() -> None:
    (this,), (that,) = (draw_dates(period, 4000).frauds for period in (THIS_YEAR, NEXT_YEAR))
    struck = [np.isin(np.arange(4000), stream.members) for stream in (this, that)]
    counts = np.bincount(2 * struck[0] + struck[1], minlength=4).reshape(2, 2)
    assert stats.chi2_contingency(counts).pvalue > 1e-4
    both = np.flatnonzero(struck[0] & struck[1])
    places = [np.searchsorted(stream.members, both) for stream in (this, that)]
    for read in (first_day, rows_of_each):
        pairs = [read(stream)[place] for stream, place in zip((this, that), places, strict=True)]
        assert stats.pearsonr(*pairs).pvalue > 1e-4, read


def first_day(stream: Stream) -> npt.NDArray[np.int64]:
    return stream.day[:, 0]


def rows_of_each(stream: Stream) -> npt.NDArray[np.int32]:
    counts: npt.NDArray[np.int32] = stream.kept.sum(axis=1, dtype=np.int32)
    return counts


def test_rows_of_one_period_are_not_those_of_the_next() -> None:
    rows, others = draw_period(THIS_YEAR, 50), draw_period(NEXT_YEAR, 50)
    count = min(len(rows), len(others))
    for name in ("second", "cents", "lat", "long"):
        assert (getattr(rows, name)[:count] == getattr(others, name)[:count]).mean() < 0.02


def test_a_period_ends_with_the_year_it_starts_in() -> None:
    assert make_request(start="2024-03-01").law.period == Period(date(2024, 3, 1), date(2024, 12, 31))
    assert make_request().law.period == Period(date(2023, 1, 1), date(2023, 12, 31))


def test_customers_are_the_same_next_year_where_their_ages_hold_on_one_day() -> None:
    this, that, other = (
        generate_customers(customers=200, start=start, as_of=as_of)
        for start, as_of in (("2023-01-01", None), ("2024-01-01", "2023-01-01"), ("2024-01-01", None))
    )
    assert this.equals(that)
    assert not this.equals(other)
