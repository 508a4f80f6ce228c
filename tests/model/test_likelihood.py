"""What one label says of rows: probabilities that add up to one, over numbers of rows, seconds and places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.model.test_labels import sides_of
from tests.model.test_posterior import seen
from tests.model.test_typed_posterior import DAYS, KINDS
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.odds.likelihood import join_seen, log_sum


@pytest.fixture(autouse=True)
def _impossible_rows() -> Iterator[None]:
    with np.errstate(divide="ignore"):  # what cannot be has the logarithm of 0
        yield


@pytest.mark.parametrize("dependence", ["v0.5", "v1.0"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_case_strikes_a_day_with_any_number_of_rows(kind: FraudType, dependence: str) -> None:
    _, side = sides_of(kind, dependence=dependence)
    most = int(side.numbers.max())
    counts = side.share_counts(most)
    assert counts[1:].sum(axis=(0, 1)) == pytest.approx(side.strikes)
    assert counts == pytest.approx(np.exp(side.log_counts(most)))
    assert not counts[most + 1 :].any()
    assert not counts[1 : side.fewest].any()
    assert side.dates.sum() == pytest.approx(1.0)
    assert side.strikes.sum() >= 1.0 - 1e-9 or side.numbers.min() == 0


def test_tables_of_numbers_grow_with_the_rows_of_a_day() -> None:
    (side, _), (other, _) = sides_of(KINDS["twin"]), sides_of(KINDS["twin"])
    few = side.share_counts(3)
    assert side.share_counts(30)[: len(few)].tolist() == few.tolist()
    assert other.share_counts(30).tolist() == side.share_counts(30).tolist()


def test_places_around_a_remote_one_add_up() -> None:
    _, side = sides_of(KINDS["remote"])
    step = 1001
    along = np.arange(-1_100_100, 1_100_101, step)
    remote = side.find_remote(along, np.full_like(along, 7))
    places = remote[0].sum(axis=0) * np.exp(side.log_reached / 2.0)
    assert step * places[0].sum() == pytest.approx(1.0, rel=1e-4)
    assert places[1] == pytest.approx(places[0, len(along) // 2])  # in the middle both axes are alike


def test_places_around_home_are_as_likely_within_a_square_half_as_much_on_its_edge_and_nowhere_else() -> None:
    side, _ = sides_of(KINDS["twin"])
    radius = side.radii[0]
    lat, long = np.array([[0, 5], [radius, 5], [radius, -radius], [radius + 1, 0]]).T
    assert np.exp(side.read_places(lat, long)[0]) * (2 * radius) ** 2 == pytest.approx([1.0, 0.5, 0.25, 0.0])


def test_rows_of_batches_are_joined() -> None:
    rows = seen(DAYS)
    joined = join_seen([rows, rows.take(np.array([1, 0]))])
    assert joined.cents.tolist() == [*rows.cents.tolist(), rows.cents[1], rows.cents[0]]
    assert joined.customer.dtype == rows.customer.dtype


def test_logarithms_of_sums_have_the_same_bits_for_any_number_of_values() -> None:
    logs = np.log(np.sqrt(np.arange(1.0, 85.0).reshape(12, 7)) % 1.0)
    logs[:, 3], logs[2, 4] = -np.inf, -np.inf
    together = log_sum(logs)
    assert together[[0, 4]] == pytest.approx(np.log(np.exp(logs).sum(axis=0))[[0, 4]])
    assert together[3] == -np.inf
    assert [log_sum(logs[:, [column]])[0] for column in range(7)] == together.tolist()
