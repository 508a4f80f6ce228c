"""The labels of a profile: probabilities that add up to one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.model.test_posterior import REGULAR, TWIN
from tests.model.test_typed_posterior import KINDS, law_of
from vecgen.config.profile import ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.odds.labels import make_fraud, make_regular
from vecgen.model.odds.likelihood import HOUR, Side


def sides_of(*kinds: FraudType, **changes: object) -> list[Side]:
    """Return the regular label, and those of the types."""
    law = law_of(*kinds, **changes)
    exact = write_out(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    regular = make_regular(REGULAR, exact.rows[0][0], exact.categories, law)
    return [regular, *(make_fraud(fraud, exact.categories, law) for fraud in exact.frauds[0])]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_seconds_of_the_day_add_up(kind: FraudType) -> None:
    _, side = sides_of(kind)
    if side.second is not None:
        assert side.second.sum() == pytest.approx(1.0)
    assert (side.second is not None) == (side.burst > 0)
    assert (HOUR * side.hours.reshape(2, -1).sum(axis=1)).tolist() == pytest.approx([1.0, 1.0])


def test_regular_rows_have_the_period_as_their_window() -> None:
    with np.errstate(divide="ignore"):
        side, burst = sides_of(KINDS["burst"])
        assert side.dates.sum() == pytest.approx(1.0)
    assert side.is_simple
    assert not burst.is_simple
    assert (side.axes, burst.axes) == (0, 1)


def test_customers_who_do_not_travel_have_one_square_of_purchases() -> None:
    assert [len(side.radii) for side in sides_of(KINDS["remote"])] == [1, 1]
    staying, travelling = (sides_of(KINDS["twin"], travel=travel) for travel in (False, True))
    assert [side.travel.tolist() for side in staying] == [[1.0], [1.0]]
    assert [side.travel.sum() for side in travelling] == [1.0, 1.0]
    assert [len(side.radii) for side in travelling] == [2, 2]
