"""The law of a transaction, row by row: position decides a row, and every row keeps the law's bounds."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.model import transaction_dates as calendars
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.model.rows import Rows
from vecgen.model.tables import Tables, compile_tables
from vecgen.model.transaction_dates import Calendar, Customers, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.verify.chi_square import compare

PROFILES = load_profiles(DEFAULT_PROFILES)
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
LEAP_WINTER = Period(date(2023, 12, 20), date(2024, 3, 10))
PROFILE = 5  # adults_2550_female_urban


def compile_law(period: Period = LEAP_WINTER, **changes: object) -> Tables:
    """Return the shipped profiles compiled for a law."""
    return compile_tables(PROFILES, MERCHANTS, ModelParameters(period, **changes), 42)  # type: ignore[arg-type]


def people(ids: range | list[int]) -> Customers:
    """Return customers in Philadelphia, more or less."""
    count = len(ids)
    return Customers(np.array(ids), np.full(count, 40_000_000), np.full(count, -75_000_000))


def draw(tables: Tables, customers: Customers, days: range | None = None, seed: int = 42) -> tuple[Calendar, Rows]:
    """Return the calendar and all rows on some days, in one piece."""
    tables = replace(tables, seed=seed)
    calendar = draw_calendar(tables, tables.profiles[PROFILE], customers)
    return calendar, join_rows(list(draw_rows(tables, calendar, days or range(tables.law.period.days))))


def join_rows(parts: list[Rows]) -> Rows:
    """Return batches of rows as one; there must be any."""
    single = [f.name for f in fields(Rows) if f.name not in ("number", "reported")]
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in single}
    halves = [np.concatenate([p.number[half] for p in parts]) for half in (0, 1)]
    return Rows(**columns, number=(halves[0], halves[1]))


def as_set(rows: Rows, customers: Customers) -> set[tuple[int, ...]]:
    """Return rows as comparable tuples, customers by id."""
    columns = [getattr(rows, f.name) for f in fields(Rows) if f.name not in ("customer", "number", "reported")]
    ids = customers.ids[rows.customer]
    return set(zip(ids.tolist(), *[c.tolist() for c in (*columns, *rows.number)], strict=True))


def draw_in_pieces(tables: Tables, customers: Customers, cut: int, chunk: int) -> set[tuple[int, ...]]:
    """Return the rows of customers who are drawn one by one, the days before and from `cut` on by themselves."""
    found: set[tuple[int, ...]] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendars, "CHUNK_ROWS", chunk)
        for position in range(len(customers.ids)):
            one = customers.slice(position, position + 1)
            calendar = draw_calendar(tables, tables.profiles[PROFILE], one)
            for days in (range(cut), range(cut, tables.law.period.days)):
                for part in draw_rows(tables, calendar, days):
                    found |= as_set(part, one)
    return found


@pytest.fixture(scope="module", params=DEPENDENCES)
def tables(request: pytest.FixtureRequest) -> Tables:
    """Return tables of each law, every customer defrauded, over a leap winter."""
    dependence: Dependence = request.param
    return compile_law(dependence=dependence, fraud_rate=1.0, fraud_days=2)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=5, unique=True), st.integers(0, 81), st.integers(1, 30_000))
def test_a_row_depends_on_its_position_alone(ids: list[int], cut: int, chunk: int) -> None:
    for tables in _TABLES:
        customers = people(sorted(ids))
        assert draw_in_pieces(tables, customers, cut, chunk) == as_set(draw(tables, customers)[1], customers)


_TABLES = [compile_law(dependence=dependence, fraud_rate=0.5) for dependence in DEPENDENCES]
_TABLES += [compile_law(dependence="v1.0", fraud_rate=0.5, fraud_stealth=0.5)]


def test_the_seed_matters(tables: Tables) -> None:
    customers = people(range(3))
    assert not as_set(draw(tables, customers)[1], customers) & as_set(draw(tables, customers, seed=43)[1], customers)


def test_every_row_is_within_bounds(tables: Tables) -> None:
    calendar, rows = draw(tables, people(range(200)))
    assert rows.day.min() >= 0
    assert rows.day.max() < tables.law.period.days
    assert rows.second.min() >= 0
    assert rows.second.max() < 86_400
    assert rows.cents.min() >= 100
    assert np.abs(rows.lat - 40_000_000).max() <= 1_000_000
    assert np.abs(rows.long + 75_000_000).max() <= 1_000_000
    owners = np.repeat(np.arange(len(MERCHANTS.categories)), [len(names) for names in MERCHANTS.names])
    assert np.array_equal(owners[rows.merchant], rows.category)
    listed = {MERCHANTS.categories.index(c) for c in PROFILES.regular[PROFILE].categories}
    assert set(rows.category.tolist()) <= listed
    order = rows.customer * tables.law.period.days + rows.day
    assert (np.diff(order) >= 0).all()
    assert len(calendar.customers) == 200


def test_fraud_keeps_its_window_and_drives_regular_rows_away(tables: Tables) -> None:
    _, rows = draw(tables, people(range(300)))
    fraud = rows.is_fraud == 1
    low, high = tables.profiles[PROFILE].frauds[0].behaviour.per_day
    for customer in range(300):
        own = rows.customer == customer
        days = rows.day[own & fraud]
        assert 2 * low <= len(days) <= 2 * high
        assert len(days) % 2 == 0
        assert days.max() - days.min() <= 2
        assert days.min() >= 1
        assert days.max() <= tables.law.period.span - 7 + 2
        assert not set(days.tolist()) & set(rows.day[own & ~fraud].tolist())


def test_night_hours_hold_four_fifths_of_fraud_and_no_more() -> None:
    _, rows = draw(compile_law(fraud_rate=1.0, fraud_days=7), people(range(2000)))
    hour = rows.second[rows.is_fraud == 1] // 3600
    afternoon = hour >= 12
    for part, night, share in ((~afternoon, hour < 4, 4 / 12), (afternoon, hour >= 22, 2 / 12)):
        expected, count = 0.8 + 0.2 * share, int(part.sum())
        assert abs(night[part].mean() - expected) < 5 * (expected * (1 - expected) / count) ** 0.5


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_stealth_chooses_rows_by_nothing_else(dependence: Dependence) -> None:
    def draw_frauds_of(stealth: float) -> Rows:
        law = compile_law(YEAR, dependence=dependence, fraud_rate=1.0, fraud_days=7, fraud_stealth=stealth)
        _, rows = draw(law, people(range(700)))
        chosen = np.flatnonzero(rows.is_fraud)
        return Rows(
            **{f.name: getattr(rows, f.name)[chosen] for f in fields(Rows) if f.name not in ("number", "reported")},
            number=(rows.number[0][chosen], rows.number[1][chosen]),
        )

    twin, half, regular = (draw_frauds_of(stealth) for stealth in (0.0, 0.5, 1.0))
    for name in ("customer", "day", "lat", "long"):
        assert np.array_equal(getattr(half, name), getattr(twin, name))
        assert np.array_equal(getattr(half, name), getattr(regular, name))
    contents = [np.stack([r.category, r.second, r.cents, r.merchant]) for r in (twin, half, regular)]
    stealthy = (contents[1] == contents[2]).all(axis=0)
    assert (stealthy | (contents[1] == contents[0]).all(axis=0)).all()
    differs = (contents[0] != contents[2]).any(axis=0)
    number = int(differs.sum())
    assert number > 20_000
    assert abs(stealthy[differs].mean() - 0.5) < 5 * 0.5 / number**0.5
    others = [twin.customer, twin.day, twin.lat, twin.long, *contents[0], *contents[2], np.arange(len(twin)) % 2]
    for other in others:
        assert abs(np.corrcoef(stealthy[differs], other[differs])[0, 1]) < 5 / number**0.5
    neighbours = stealthy[differs]
    assert abs(np.corrcoef(neighbours[1:], neighbours[:-1])[0, 1]) < 5 / number**0.5


def test_stealthy_rows_are_bought_at_any_hour_at_regular_amounts() -> None:
    _, rows = draw(compile_law(YEAR, fraud_rate=1.0, fraud_days=7, fraud_stealth=1.0), people(range(700)))
    fraud, regular = (rows.is_fraud == label for label in (1, 0))
    hours = [np.bincount(rows.second[label] // 3600, minlength=24) for label in (fraud, regular)]
    categories = [np.bincount(rows.category[label], minlength=len(MERCHANTS.categories)) for label in (fraud, regular)]
    cents = [np.bincount(np.searchsorted(AMOUNT_EDGES, rows.cents[label]), minlength=161) for label in (fraud, regular)]
    for seen, usual in (hours, categories, cents):
        assert compare(seen, usual + 1e-3).p > 1e-4  # a rare cell may have no regular row


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_counts_are_whole_rates_times_the_span(dependence: Dependence) -> None:
    tables = compile_law(YEAR, dependence=dependence, fraud_rate=0.0)
    calendar, rows = draw(tables, people(range(400)))
    counts = np.bincount(rows.customer, minlength=400)
    rates, rest = np.divmod(counts, 364)
    assert not rest.any()
    assert set(rates.tolist()) == set(range(1, 7))
    assert calendar.frauds == ()


def test_transaction_numbers_are_unique() -> None:
    _, rows = draw(compile_law(YEAR, fraud_rate=0.3), people(range(1000)))
    numbers = np.stack(rows.number, axis=1)
    assert len(rows) > 1_000_000
    assert len(np.unique(numbers, axis=0)) == len(rows)


def test_travellers_buy_further_from_home() -> None:
    tables = compile_law(YEAR, fraud_rate=0.0, travel=True)
    position = next(p for p, profile in enumerate(PROFILES.regular) if profile.travel_pct == 45)
    customers = people(range(400))
    calendar = draw_calendar(tables, tables.profiles[position], customers)
    radius = PROFILES.regular[position].travel_max_distance / 100 * 1.43e6
    reach = np.zeros(400)
    for rows in draw_rows(tables, calendar, range(365)):
        np.maximum.at(reach, rows.customer, np.abs(rows.lat - 40_000_000))
    active = reach > 0
    assert reach.max() <= radius
    assert 0.35 < (reach[active] > 1_000_000).mean() < 0.55


def test_a_single_day_has_no_rows() -> None:
    tables = compile_law(Period(date(2024, 2, 29), date(2024, 2, 29)), fraud_rate=0.0)
    calendar = draw_calendar(tables, tables.profiles[PROFILE], people(range(10)))
    assert list(draw_rows(tables, calendar, range(1))) == []


def test_selected_customers_and_days_are_those_of_the_whole(tables: Tables) -> None:
    customers = people(range(50))
    calendar, rows = draw(tables, customers)
    some: set[tuple[int, ...]] = set()
    for part in draw_rows(tables, calendar, range(10, 20), range(7, 31)):
        some |= as_set(part, customers)
    chosen = (rows.day >= 10) & (rows.day < 20) & (rows.customer >= 7) & (rows.customer < 31)
    assert len(some) == chosen.sum()
    assert some <= as_set(rows, customers)
