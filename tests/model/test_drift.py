"""Drift of fraud types: the weight of every start of a window."""

from __future__ import annotations

from datetime import date

import numpy as np

from vecgen.model.fraud.drift import weigh_starts
from vecgen.model.fraud.fraud_type import FraudType


def test_a_weight_holds_until_the_next_month_that_is_named() -> None:
    kind = FraudType("a", months=((date(2022, 1, 1), 3.0), (date(2023, 2, 1), 0.0), (date(2023, 4, 1), 2.0)))
    weights = weigh_starts(kind, date(2023, 1, 20), 100)
    assert weights.tolist() == [3.0] * 12 + [0.0] * 59 + [2.0] * 29


def test_before_the_first_month_and_without_any_it_is_1() -> None:
    kind = FraudType("a", months=((date(2023, 2, 1), 5.0), (date(2024, 1, 1), 0.0)))
    assert weigh_starts(kind, date(2023, 1, 30), 4).tolist() == [1.0, 1.0, 5.0, 5.0]
    assert np.array_equal(weigh_starts(FraudType("b"), date(2023, 1, 30), 4), np.ones(4))
