"""What one label says of rows: probabilities that add up to one, over numbers of rows, seconds and places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.model.test_posterior import REGULAR, TWIN, Row, seen
from tests.model.test_typed_posterior import KINDS, law_of
from vecgen.config.profile import ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.odds.likelihood import Side, make_fraud, make_regular


@pytest.fixture(autouse=True)
def _impossible_rows() -> Iterator[None]:
    with np.errstate(divide="ignore"):  # what cannot be has the logarithm of 0
        yield


def side_of(kind: FraudType, **changes: object) -> Side:
    law = law_of(kind, **changes)
    exact = write_out(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    return make_fraud(exact.frauds[0][0], exact.categories, law)


@pytest.mark.parametrize("dependence", ["v0.5", "v1.0"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_case_strikes_a_day_with_any_number_of_rows(kind: FraudType, dependence: str) -> None:
    side, days = side_of(kind, dependence=dependence), np.arange(10)
    numbers = [np.exp(side.read_counts(days, number)).sum(axis=1) for number in range(1, int(side.numbers.max()) + 1)]
    assert np.sum(numbers, axis=0) == pytest.approx(side.strikes(days))
    assert np.exp(side.read_dates(days)).sum() == pytest.approx(1.0)
    assert side.strikes(days).sum() >= 1.0 - 1e-9 or side.numbers.min() == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_seconds_of_the_day_add_up(kind: FraudType) -> None:
    side = side_of(kind)
    morning, evening = side.second.reshape(2, -1).sum(axis=1).tolist()
    assert morning + evening == pytest.approx(1.0 if side.burst else 2.0)


def test_places_around_a_remote_one_add_up() -> None:
    side, step = side_of(KINDS["remote"]), 1001
    along = np.arange(-1_100_100, 1_100_101, step)
    rows: list[Row] = [(0, 0, 100, lat, 7) for lat in along.tolist()]
    places = np.exp(side.read_places(seen({1: rows})))[:, 0]
    one = np.exp(side.read_places(seen({1: [(0, 0, 100, 0, 7)]})))[0, 0]
    assert step * places.sum() * (one**0.5) == pytest.approx(one, rel=1e-4)  # in the middle both axes are alike


def test_regular_rows_have_the_period_as_their_window() -> None:
    law = law_of(KINDS["own"])
    exact = write_out(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    side = make_regular(REGULAR, exact.rows[0][0], exact.categories, law)
    assert np.exp(side.read_dates(np.arange(10))).sum() == pytest.approx(1.0)
    assert side.is_simple
    assert not side_of(KINDS["burst"]).is_simple
