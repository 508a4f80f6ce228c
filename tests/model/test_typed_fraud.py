"""Fraud of several types: position decides a row, and each type keeps what its file says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.test_transactions import (
    MERCHANTS,
    PROFILE,
    PROFILES,
    as_set,
    compile_law,
    draw,
    draw_in_pieces,
    people,
)
from tests.support.fraud_types import shipped_types
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.params import DEPENDENCES, Dependence, Period
from vecgen.model.rows import HONEST, Rows
from vecgen.model.tables import Tables
from vecgen.model.transaction_dates import draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.sampling.arrays import I64

TYPES = shipped_types()
HALF = Period(date(2023, 1, 1), date(2023, 6, 30))
EVERY_WAY = FraudType("every_way", days=5, per_day=(0, 3), burst_seconds=300, place="remote", remote_degrees=3.0)
CUSTOMERS = 2000


def weigh(*kinds: FraudType, weight: float = 1.0) -> tuple[WeightedType, ...]:
    return tuple(WeightedType(kind, weight) for kind in kinds)


ALL = weigh(*TYPES.values(), EVERY_WAY)


@cache
def compiled(dependence: Dependence = "v0.5") -> Tables:
    return compile_law(HALF, dependence=dependence, fraud_rate=1.0, fraud_types=ALL)


@cache
def sample(dependence: Dependence = "v0.5") -> tuple[Rows, dict[str, Rows]]:
    """Return the rows of customers who are all defrauded, and the fraudulent ones of each type."""
    _, rows = draw(compiled(dependence), people(range(CUSTOMERS)))
    return rows, {own.type.name: take(rows, rows.fraud_type == n) for n, own in enumerate(ALL)}


def take(rows: Rows, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    names = ("customer", "day", "second", "category", "merchant", "cents", "lat", "long", "is_fraud", "fraud_type")
    columns = {name: getattr(rows, name)[chosen] for name in names}
    return Rows(**columns, number=(rows.number[0][chosen], rows.number[1][chosen]))


def spread(values: I64, rows: Rows) -> I64:
    """Return largest less least value of each customer and date that has rows."""
    keys = rows.customer * HALF.days + rows.day
    order = np.lexsort((values, keys))
    _, first, count = np.unique(keys[order], return_index=True, return_counts=True)
    ordered = values[order]
    differences: I64 = ordered[first + count - 1] - ordered[first]
    return differences


@given(
    st.lists(st.integers(0, 2**40), min_size=1, max_size=5, unique=True),
    st.integers(0, 180),
    st.integers(1, 30_000),
    st.sampled_from(DEPENDENCES),
)
def test_a_row_depends_on_its_position_alone(ids: list[int], cut: int, chunk: int, dependence: Dependence) -> None:
    tables, customers = compiled(dependence), people(sorted(ids))
    assert draw_in_pieces(tables, customers, cut, chunk) == as_set(draw(tables, customers)[1], customers)


def test_selected_customers_and_days_are_those_of_the_whole() -> None:
    tables, customers = compiled(), people(range(60))
    calendar, rows = draw(tables, customers)
    some: set[tuple[int, ...]] = set()
    for part in draw_rows(tables, calendar, range(20, 90), range(7, 51)):
        some |= as_set(part, customers)
    chosen = (rows.day >= 20) & (rows.day < 90) & (rows.customer >= 7) & (rows.customer < 51)
    assert len(some) == chosen.sum()
    assert some <= as_set(rows, customers)


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_sparkov_is_what_there_is_without_types(dependence: Dependence) -> None:
    customers = people(range(50))
    laws: tuple[dict[str, object], ...] = ({}, {"fraud_types": weigh(FraudType("sparkov"), weight=7.0)})
    plain, typed = (compile_law(HALF, dependence=dependence, fraud_rate=0.7, **law) for law in laws)
    assert as_set(draw(plain, customers)[1], customers) == as_set(draw(typed, customers)[1], customers)


def test_a_type_alone_leaves_the_customers_and_their_own_rows_as_they_are() -> None:
    customers = people(range(50))
    rows = [
        draw(compile_law(HALF, fraud_rate=0.7, fraud_types=types), customers)[1]
        for types in ((), weigh(TYPES["card_testing"]))
    ]
    honest = [as_set(take(own, own.is_fraud == 0), customers) for own in rows]
    assert honest[0] < honest[1]  # which loses none to the dates of its fraud
    struck = [set(own.customer[own.is_fraud == 1].tolist()) for own in rows]
    assert struck[0] == struck[1]


def test_cases_are_shared_out_by_weight() -> None:
    """Types without any row for a rate of 0 (every_way) are met less; so cases are counted, not rows."""
    tables = compile_law(HALF, fraud_rate=1.0, fraud_types=(*weigh(TYPES["bust_out"]), *weigh(EVERY_WAY, weight=3.0)))
    calendar = draw_calendar(tables, tables.profiles[PROFILE], people(range(8000)))
    numbers = [len(stream.members) for stream in calendar.frauds]
    assert sum(numbers) == 8000
    assert numbers[1] / 8000 == pytest.approx(0.75, abs=0.02)
    assert not set(calendar.frauds[0].members.tolist()) & set(calendar.frauds[1].members.tolist())


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_each_type_keeps_its_window_rate_categories_and_place(dependence: Dependence) -> None:
    rows, frauds = sample(dependence)
    assert rows.fraud_type[rows.is_fraud == 0].tolist() == [HONEST] * int((rows.is_fraud == 0).sum())
    for name, own in frauds.items():
        kind = next(other.type for other in ALL if other.type.name == name)
        counts = np.bincount(own.customer)
        length = kind.days or 2
        if kind.per_day:
            assert set((counts[counts > 0] / length).tolist()) == {*range(max(1, kind.per_day[0]), kind.per_day[1] + 1)}
        assert spread(own.day, replace(own, day=np.zeros_like(own.day))).max() == length - 1
        assert own.day.min() >= 1
        assert own.day.max() <= HALF.span - max(7, length - 1) + length - 1
        if kind.categories:
            assert {MERCHANTS.categories[c] for c in np.unique(own.category)} == set(kind.categories)
        distance = max(np.abs(own.lat - 40_000_000).max(), np.abs(own.long + 75_000_000).max()) / 1e6
        assert kind.remote_degrees < distance <= 1.0 + kind.remote_degrees
        assert spread(own.lat, replace(own, day=np.zeros_like(own.day))).max() <= 2_000_000


def test_bursts_last_as_long_as_they_may_and_no_longer() -> None:
    _, frauds = sample()
    for name, seconds in (("card_testing", 900), ("every_way", 300)):
        longest = spread(frauds[name].second, frauds[name]).max()
        assert 0.8 * seconds < longest < seconds
    assert spread(frauds["bust_out"].second, frauds["bust_out"]).max() > 40_000


@pytest.mark.parametrize("name", ["counterfeit", "authorised_scam", "account_takeover"])
def test_hours_are_those_of_the_type(name: str) -> None:
    own, weights = sample()[1][name], np.array(TYPES[name].hours)
    shares = np.bincount(own.second // 3600, minlength=24) / len(own)
    expected = weights / weights.sum()
    assert (np.abs(shares - expected) < 5 * np.sqrt(expected * (1 - expected) / len(own)) + 1e-12).all()


def test_own_rows_stay_where_the_type_says_so() -> None:
    rows, frauds = sample()
    honest = rows.is_fraud == 0
    regular = set(zip(rows.customer[honest].tolist(), rows.day[honest].tolist(), strict=True))
    for own in ALL:
        dates = set(zip(frauds[own.type.name].customer.tolist(), frauds[own.type.name].day.tolist(), strict=True))
        assert bool(dates & regular) == own.type.keeps_own_rows


def test_only_the_twin_keeps_to_the_night() -> None:
    _, frauds = sample()
    night = {name: np.isin(frauds[name].second // 3600, (22, 23, 0, 1, 2, 3)).mean() for name in frauds}
    assert night["sparkov"] > 0.7
    assert night["bust_out"] < 0.4


def test_without_fraud_types_need_no_window() -> None:
    day = Period(date(2023, 1, 1), date(2023, 1, 2))
    tables = compile_law(day, fraud_rate=0.0, fraud_types=weigh(*TYPES.values()))
    assert draw_calendar(tables, tables.profiles[PROFILE], people(range(9))).frauds == ()


def test_stealthy_rows_of_a_type_follow_the_customer() -> None:
    kind, customers = TYPES["card_testing"], people(range(500))
    _, rows = draw(compile_law(HALF, fraud_rate=1.0, fraud_types=weigh(kind), fraud_stealth=1.0), customers)
    _, plain = draw(compile_law(HALF, fraud_rate=1.0, fraud_types=weigh(kind)), customers)
    own, other = take(rows, rows.is_fraud == 1), take(plain, plain.is_fraud == 1)
    assert (own.day.tolist(), own.lat.tolist()) == (other.day.tolist(), other.lat.tolist())
    assert spread(own.second, own).max() > 20_000
    assert len(np.unique(own.category)) > len(kind.categories)


def test_windows_start_in_the_months_of_a_type() -> None:
    months = ((date(2023, 1, 1), 0.0), (date(2023, 3, 1), 1.0), (date(2023, 4, 1), 3.0), (date(2023, 5, 1), 0.0))
    kind = replace(TYPES["card_testing"], months=months)
    tables = compile_law(HALF, fraud_rate=1.0, fraud_types=weigh(kind))
    calendar = draw_calendar(tables, tables.profiles[PROFILE], people(range(8000)))
    starts = calendar.frauds[0].day[:, 0]
    march, april = (starts >= 59) & (starts < 90), (starts >= 90) & (starts < 120)
    assert (march | april).all()
    assert april.mean() == pytest.approx(90 / 121, abs=0.025)


def test_a_month_in_which_a_type_weighs_more_takes_cases_from_others() -> None:
    late = replace(TYPES["card_testing"], months=((date(2023, 1, 1), 0.0), (date(2023, 6, 1), 12.0)))
    tables = compile_law(HALF, fraud_rate=1.0, fraud_types=weigh(late, TYPES["counterfeit"]))
    starts = HALF.span - 7
    mean = 12.0 * (starts - (31 + 28 + 31 + 30 + 31 - 1)) / starts
    assert tables.law.type_shares == pytest.approx((mean / (mean + 1), 1 / (mean + 1)))


def test_profiles_share_what_a_type_compiles_alike() -> None:
    tables = compiled()
    position = [own.type.name for own in ALL].index("card_testing")
    windows = {id(profile.frauds[position].windows) for profile in tables.profiles}
    assert len(tables.profiles) == len(PROFILES.names) > 1
    assert len(windows) == 1
