"""Fraud types as values: what follows from their fields."""

from __future__ import annotations

import pytest

from vecgen.model.fraud.fraud_type import HOURS, FraudType


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        (FraudType("a"), None),
        (FraudType("a", spending="customer", days=3), None),
        (FraudType("a", spending="own"), (1.0,) * HOURS),
        (FraudType("a", burst_seconds=60), (1.0,) * HOURS),
        (FraudType("a", hours=(2.0, *[0.0] * 23)), (2.0, *[0.0] * 23)),
    ],
)
def test_time_is_free_where_the_type_says_it_or_nobody_else_does(
    kind: FraudType, weights: tuple[float, ...] | None
) -> None:
    assert kind.hour_weights == weights
