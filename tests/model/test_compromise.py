"""Compromised merchants: one of each category and month, the same for all; a purchase there before each case."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from tests.model.test_transactions import MERCHANTS, compile_law, draw, people
from tests.support.fraud_types import shipped_types
from vecgen.config.demographics import Merchants
from vecgen.model.fraud.compromise import (
    NONE,
    CompromiseTables,
    Copies,
    choose_rows,
    compile_compromise,
    list_rows,
    no_copies,
)
from vecgen.model.fraud.fraud_type import Compromise, FraudType, WeightedType
from vecgen.model.params import DEPENDENCES, Dependence, Period
from vecgen.model.rows import Rows
from vecgen.model.transaction_dates import Calendar
from vecgen.sampling.arrays import I64

HALF = Period(date(2023, 1, 1), date(2023, 6, 30))
SMALL = Merchants(("a", "b"), (("a0", "a1", "a2"), ("b0", "b1", "b2", "b3")))
COPIED = FraudType("copied", compromised=Compromise(3))
KINDS = (
    FraudType("never"),
    COPIED,
    FraudType("fuel", days=2, compromised=Compromise(8, ("gas_transport",)), keeps_own_rows=True),
)
CUSTOMERS = 300


def compile_small(first: date, days: int, seed: int = 1, merchants: Merchants = SMALL) -> CompromiseTables:
    tables = compile_compromise([COPIED], merchants, seed, first, days)
    assert tables is not None
    return tables


def test_a_month_has_the_same_merchants_in_every_period() -> None:
    year, spring = compile_small(date(2023, 1, 1), 365), compile_small(date(2023, 3, 15), 40)
    days, categories = np.repeat(np.arange(40), 2), np.tile([0, 1], 40)
    assert spring.find(days, categories).tolist() == year.find(days + 73, categories).tolist()
    assert spring.merchant.shape == (2, 2)
    assert compile_small(date(1950, 1, 1), 365).merchant.shape == (12, 2)


def test_merchants_change_with_month_category_and_seed() -> None:
    long = Merchants(("a", "b"), (tuple(map(str, range(500))),) * 2)
    tables = [compile_small(date(2023, 1, 1), 365, seed, long).merchant for seed in (1, 2)]
    assert len({*(tables[0] % 500).ravel().tolist(), *(tables[1] % 500).ravel().tolist()}) > 40  # of 48


def test_every_merchant_of_a_category_can_be_compromised() -> None:
    found = compile_small(date(1900, 1, 1), 73_000).merchant  # 2,399 months
    for column, first, size in ((0, 0, 3), (1, 3, 4)):
        counts = np.bincount(found[:, column] - first, minlength=size)
        assert len(counts) == size
        assert counts == pytest.approx(len(found) / size, rel=0.12)


def test_who_is_exposed_is_the_types_to_say() -> None:
    kinds = [FraudType("x"), FraudType("y", compromised=Compromise(2, ("b",)))]
    tables = compile_compromise(kinds, SMALL, 1, HALF.start, 9)
    assert tables is not None
    none, own = tables.exposures
    assert none is None
    assert own is not None
    assert (own.days, own.categories.tolist()) == (14, [False, True])
    assert compile_compromise([FraudType("x")], SMALL, 1, HALF.start, 9) is None


def test_rows_are_listed_by_member_and_slot() -> None:
    counts, first = np.array([[2, 0, 1], [0, 0, 0], [0, 3, 0]], np.int32), np.array([[5, 7, 7], [0, 0, 0], [1, 2, 9]])
    who, slot, index = list_rows(counts, first.astype(np.int32))
    assert [who.tolist(), slot.tolist(), index.tolist()] == [[0, 0, 0, 2, 2, 2], [0, 0, 2, 1, 1, 1], [5, 6, 7, 2, 3, 4]]


def test_one_eligible_row_of_each_member_is_chosen_all_as_likely() -> None:
    members = 30_000
    who = np.repeat(np.arange(members), 4)
    eligible = np.tile([True, False, True, True], members)
    eligible[:4] = False
    chosen = choose_rows(who, eligible, np.arange(members, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    assert chosen[0] == NONE
    assert (chosen[1:] // 4 == np.arange(1, members)).all()
    assert np.bincount(chosen[1:] % 4, minlength=4) / members == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=0.02)
    assert choose_rows(who[:0], eligible[:0], np.zeros(2, dtype=np.uint64)).tolist() == [NONE, NONE]


def test_copies_are_put_taken_and_sliced() -> None:
    copies = no_copies(4)
    copies.put(np.array([1, 3]), Copies(*(np.array([n, 10 + n]) for n in range(4))))
    assert copies.index.tolist() == [NONE, 0, NONE, 10]
    assert copies.take(np.array([3, 0])).merchant.tolist() == [13, NONE]
    assert copies.slice(slice(1, 2)).day.tolist() == [1]


@cache
def sample(dependence: Dependence = "v0.5") -> tuple[Calendar, Rows, Rows]:
    """Return rows of customers who are all defrauded, and the same without any compromised merchant."""
    kinds = tuple(WeightedType(kind, 1.0) for kind in KINDS)
    tables = compile_law(HALF, dependence=dependence, fraud_rate=1.0, fraud_types=kinds)
    without = tuple(WeightedType(FraudType(k.name, days=k.days, keeps_own_rows=k.keeps_own_rows), 1.0) for k in KINDS)
    plain = compile_law(HALF, dependence=dependence, fraud_rate=1.0, fraud_types=without)
    calendar, rows = draw(tables, people(range(CUSTOMERS)))
    return calendar, rows, draw(plain, people(range(CUSTOMERS)))[1]


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_one_honest_row_of_a_case_has_another_merchant_and_nothing_else_changes(dependence: Dependence) -> None:
    _, rows, plain = sample(dependence)
    for name in ("customer", "day", "second", "category", "cents", "lat", "long", "is_fraud"):
        assert getattr(rows, name).tolist() == getattr(plain, name).tolist()
    moved = np.flatnonzero(rows.merchant != plain.merchant)
    assert (rows.is_fraud[moved] == 0).all()
    assert np.unique(rows.customer[moved], return_counts=True)[1].max() == 1
    assert len(moved) > 0.3 * CUSTOMERS


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_cards_are_copied_in_the_weeks_before_the_window_at_the_compromised_merchant(dependence: Dependence) -> None:
    calendar, rows, plain = sample(dependence)
    copies = calendar.regular.copies
    assert copies is not None
    tables = compile_compromise(KINDS, MERCHANTS, 42, HALF.start, HALF.days)
    assert tables is not None
    for stream in calendar.frauds:
        kind, own = KINDS[stream.fraud_type], copies.take(stream.members)
        there, window = own.index != NONE, stream.day[:, 0]
        assert there.any() == (kind.compromised is not None)
        if kind.compromised is None:
            continue
        before = window - own.day
        assert ((before > 0) & (before <= 7 * kind.compromised.weeks))[there].all()
        assert before[there].max() > 7 * (kind.compromised.weeks - 2)
        names = {MERCHANTS.categories[category] for category in own.category[there].tolist()}
        assert names == {"gas_transport"} if kind.compromised.categories else len(names) > 8
        shown = find_row(rows, stream.members[there], own.day[there], own.category[there], own.merchant[there])
        assert shown.all()
        for member, first in zip(stream.members[~there].tolist(), window[~there].tolist(), strict=True):
            exposed = (plain.customer == member) & (plain.is_fraud == 0) & (plain.day < first)
            exposed &= plain.day >= first - 7 * kind.compromised.weeks
            if kind.compromised.categories:
                exposed &= plain.category == MERCHANTS.categories.index("gas_transport")
            assert not exposed.any()


def find_row(rows: Rows, customer: I64, day: I64, category: I64, merchant: I64) -> I64:
    """Return how many honest rows each customer has on that day with that category and merchant."""
    wanted = np.stack([customer, day, category, merchant], axis=1)
    honest = rows.is_fraud == 0
    found = np.stack([rows.customer, rows.day, rows.category, rows.merchant], axis=1)[honest]
    return np.array([(found == own).all(axis=1).sum() for own in wanted])


def test_who_has_no_purchase_before_has_no_copy() -> None:
    """On the second day of a period there is one day before the window."""
    short = Period(date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=8))
    kinds = (WeightedType(FraudType("fuel", days=1, compromised=Compromise(1, ("gas_transport",))), 1.0),)
    calendar, rows = draw(compile_law(short, fraud_rate=1.0, fraud_types=kinds), people(range(50)))
    copies = calendar.regular.copies
    assert copies is not None
    fuel = MERCHANTS.categories.index("gas_transport")
    first = (rows.day == 0) & (rows.category == fuel) & (rows.is_fraud == 0)
    buyers = set(rows.customer[first].tolist())
    assert 0 < len(buyers) < 50
    assert set(np.flatnonzero(copies.index != NONE).tolist()) == buyers


def test_the_shipped_counterfeit_needs_a_purchase_at_the_pump_or_in_a_restaurant() -> None:
    assert shipped_types()["counterfeit"].compromised == Compromise(8, ("gas_transport", "food_dining"))
