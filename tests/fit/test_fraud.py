"""Fraud: its rate, days and night share; and what is said where there is too little of it."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest

from vecgen.fit.fraud import fit_fraud
from vecgen.model.params import ModelParameters, Period
from vecgen.scan.counts import CustomerTotals
from vecgen.scan.row_counts import RowCounts

USUAL = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)))


def people(defrauded: int, days: int) -> CustomerTotals:
    dates = [(customer, day, 1) for customer in range(defrauded) for day in (100, 100 + days)]
    rows = np.array(dates, dtype=np.int64).reshape(-1, 3)
    return CustomerTotals(Counter({365: 100}), np.full((defrauded, 2), 2), rows)


def hours(night: float) -> RowCounts:
    """Return counts of a million afternoon rows, of which a share keeps to the two hours of night."""
    none = np.zeros(1, dtype=np.int64)
    by_hour = np.zeros((12, 24), dtype=np.int64)
    by_hour[0, 12:] = round(1e6 * (1 - night) / 12)
    by_hour[0, 22:] += round(1e6 * night / 2)
    return RowCounts(none, none, by_hour, none, none, none, none, none, none > 0)


def test_rate_days_and_night_share_are_found() -> None:
    fraud = fit_fraud([people(25, 3)], [hours(0.7)], 250, USUAL, least=20)
    assert (fraud.rate.value, fraud.days.value, fraud.notes) == (0.1, 3, ())
    assert fraud.rate.error == pytest.approx((0.1 * 0.9 / 250) ** 0.5)
    assert fraud.night_share is not None
    assert fraud.night_share.value == pytest.approx(0.7, abs=1e-4)


@pytest.mark.parametrize(
    ("defrauded", "customers", "rate", "said"),
    [
        (0, 250, 0.0, "labelled"),
        (0, 19, USUAL.fraud_rate, "fewer than 20"),
        (19, 250, USUAL.fraud_rate, "fewer than 20"),
    ],
)
def test_too_little_fraud_is_said(defrauded: int, customers: int, rate: float, said: str) -> None:
    fraud = fit_fraud([people(defrauded, 1)], [hours(0.8)], customers, USUAL, least=20)
    assert fraud.rate.value == rate
    assert said in fraud.notes[0]


def test_frauds_longer_than_the_model_has_are_said() -> None:
    fraud = fit_fraud([people(25, 30)], [hours(0.8)], 250, USUAL, least=20)
    assert fraud.days.value == 7
    assert "30 days" in fraud.notes[0]
