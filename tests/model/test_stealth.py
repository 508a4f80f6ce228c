"""Rows that pass for regular ones: tables worked out by hand, and rows that are drawn beside regular ones."""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.model.test_transactions import LEAP_WINTER, MERCHANTS, YEAR, compile_law, draw, people
from tests.support.compiled import any_profiles, calm, compile_one
from vecgen.config.profile import Profile
from vecgen.model.date_weights import date_weights
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.model.fraud.stealth import Stealth, follow_dates, ignore_dates
from vecgen.model.params import ModelParameters
from vecgen.model.rows import Rows
from vecgen.model.transaction_dates import Customers, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.sampling.categorical import compile_categorical
from vecgen.verify.chi_square import compare

WORDS = (np.arange(1 << 16, dtype=np.uint64) << np.uint64(48)) + np.uint64(1 << 47)  # evenly spread
SLOTS = np.array([[0.2, 0.1, 0.0], [0.0, 0.0, 0.0], [0.0, 0.3, 0.4]])  # of three days; the second has no rows
PARTS = np.array([0, 43_200, 43_200])
NUMBERS = np.array([2, 5])


@pytest.fixture(scope="module")
def stealth() -> Stealth:
    return follow_dates(0.5, SLOTS, PARTS, NUMBERS)


def shares(pairs: npt.NDArray[np.integer]) -> list[float]:
    drawn: list[float] = (np.bincount(pairs, minlength=3) / len(pairs)).tolist()
    return drawn


def test_where_dates_say_nothing_of_them_pairs_are_those_of_the_same_words() -> None:
    weights = np.array([0.3, 0.0, 0.1, 0.6])
    own = ignore_dates(0.5, weights)
    assert own.draw_pairs(np.full(len(WORDS), 9), WORDS).tolist() == compile_categorical(weights).draw(WORDS).tolist()
    assert own.draw_amount_pairs(np.array([3, 1]), WORDS[:2]).tolist() == [3, 1]


def test_pairs_are_those_of_the_date(stealth: Stealth) -> None:
    drawn = [shares(stealth.draw_pairs(np.full(len(WORDS), day), WORDS)) for day in range(3)]
    assert drawn[0] == pytest.approx([2 / 3, 1 / 3, 0.0], abs=1e-4)
    assert drawn[1] == pytest.approx([0.2, 0.4, 0.4], abs=1e-4)  # of any date
    assert drawn[2] == pytest.approx([0.0, 3 / 7, 4 / 7], abs=1e-4)


def test_a_row_keeps_its_amount_as_often_as_a_shuffle_leaves_it_in_its_place(stealth: Stealth) -> None:
    drawn = [shares(stealth.draw_amount_pairs(np.full(len(WORDS), pair), WORDS)) for pair in range(3)]
    assert drawn[0] == [1.0, 0.0, 0.0]  # there is no other of its part of the day
    part = 0.8
    kept = 0.0
    for rows in NUMBERS.tolist():
        others = [comb(rows - 1, k) * part**k * (1 - part) ** (rows - 1 - k) for k in range(rows)]
        kept += rows / NUMBERS.sum() * sum(chance / (k + 1) for k, chance in enumerate(others))
    assert drawn[1] == pytest.approx([0.0, kept + (1 - kept) / 2, (1 - kept) / 2], abs=1e-4)
    assert drawn[2] == pytest.approx([0.0, (1 - kept) / 2, kept + (1 - kept) / 2], abs=1e-4)


@settings(max_examples=25)
@given(any_profiles, st.integers(0, 99))
def test_any_profile_compiles_and_shows_what_its_regular_rows_can(profile: Profile, number: int) -> None:
    law = ModelParameters(LEAP_WINTER, 1.0, fraud_days=3, dependence="v1.0", fraud_stealth=1.0)
    assume(date_weights(profile, LEAP_WINTER).any())
    tables, own = compile_one(profile, law, calm(profile))
    customer = Customers(np.array([number]), np.array([0]), np.array([0]))
    calendar = draw_calendar(tables, own, customer)
    pairs = own.regular.pairs
    possible = set(zip(pairs.category.tolist(), pairs.second.tolist(), strict=True))
    for rows in draw_rows(tables, calendar, range(law.period.days)):
        fraud = rows.is_fraud == 1
        parts = rows.second[fraud] // 43_200 * 43_200
        assert set(zip(rows.category[fraud].tolist(), parts.tolist(), strict=True)) <= possible


@pytest.fixture(scope="module")
def drawn() -> Rows:
    """Return rows of a year, of customers all of whose frauds pass for regular rows."""
    _, rows = draw(
        compile_law(YEAR, fraud_rate=1.0, fraud_days=7, dependence="v1.0", fraud_stealth=1.0), people(range(900))
    )
    return rows


def test_frauds_buy_what_regular_rows_of_the_date_do(drawn: Rows) -> None:
    size = 2 * len(MERCHANTS.categories)
    cell = (drawn.day * 2 + drawn.second // 43_200) * len(MERCHANTS.categories) + drawn.category
    regular, fraud = (np.bincount(cell[drawn.is_fraud == k], minlength=365 * size).reshape(-1, size) for k in (0, 1))
    assert fraud.sum() > 20_000
    assert compare(fraud, regular + 1e-3).p > 1e-4  # given the date
    # Where windows begin, the first and the last days of the year have fewer frauds: the pairs of all dates differ.
    assert compare(fraud.sum(axis=0), regular.sum(axis=0) + 1e-3).p < 1e-4


def test_their_amounts_are_those_of_regular_rows_of_the_category(drawn: Rows) -> None:
    cell = (drawn.second // 43_200 * len(MERCHANTS.categories) + drawn.category) * 161
    cell += np.searchsorted(AMOUNT_EDGES, drawn.cents)
    size = 2 * len(MERCHANTS.categories) * 161
    regular, fraud = (np.bincount(cell[drawn.is_fraud == k], minlength=size).reshape(-1, 161) for k in (0, 1))
    assert compare(fraud, regular + 1e-3).p > 1e-4
