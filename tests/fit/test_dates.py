"""Dates: weekdays, seasons and years together, from the rows to expect on each date."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.fit.dates import draw_of_defrauded, fit_dates
from vecgen.model.date_weights import date_weights
from vecgen.model.params import Period
from vecgen.scan.counts import CustomerTotals

PROFILE = replace(load_profiles(DEFAULT_PROFILES).regular[0], year_weights=(100.0, 130.0))
YEARS = Period(date(2023, 1, 1), date(2024, 12, 31))  # the second is a leap year
WINTER = Period(date(2023, 12, 20), date(2024, 1, 20))


def test_weights_are_those_that_made_the_rows() -> None:
    weights = date_weights(PROFILE, YEARS)
    rows = np.rint(1e8 * weights / weights.sum()).astype(np.int64)
    dates = fit_dates(rows, CustomerTotals(rows=Counter({1000: 100_000})), replace(PROFILE, seasons=()), YEARS)
    assert [w.value for w in dates.weekdays] == pytest.approx(PROFILE.weekday_weights, rel=1e-3)
    assert [w.value for w in dates.years] == pytest.approx([100.0, 130.0], rel=1e-3)
    fitted = date_weights(dates.put_into(PROFILE), YEARS)
    assert fitted / fitted.sum() == pytest.approx(weights / weights.sum(), rel=2e-3)


def test_years_that_may_be_seasons_are_kept() -> None:
    weights = date_weights(PROFILE, WINTER)
    rows = np.rint(1e6 * weights / weights.sum()).astype(np.int64)
    dates = fit_dates(rows, CustomerTotals(rows=Counter({100: 10_000})), PROFILE, WINTER)
    assert dates.years == ()
    assert dates.put_into(PROFILE).year_weights == PROFILE.year_weights


def test_rows_dropped_for_fraud_are_not_taken_for_light_dates() -> None:
    """Half of the customers have no rows on one Monday: the weight of Mondays stays."""
    weights = date_weights(PROFILE, WINTER)
    share = weights / weights.sum()
    monday = 5  # 2023-12-25
    drawn = 1e6 * share
    drawn[monday] /= 2
    people = CustomerTotals(
        rows=Counter({100: 5000}),
        defrauded=np.column_stack([np.full(5000, 100 * (1 - share[monday])), np.ones(5000)]),
        fraud_dates=np.column_stack([np.arange(5000), np.full(5000, monday), np.ones(5000)]).astype(np.int64),
    )
    assert draw_of_defrauded(people, share) == pytest.approx(np.full(5000, 100.0))
    dates = fit_dates(np.rint(drawn).astype(np.int64), people, PROFILE, WINTER)
    fitted = date_weights(dates.put_into(PROFILE), WINTER)
    assert fitted / fitted.sum() == pytest.approx(share, rel=0.02)
