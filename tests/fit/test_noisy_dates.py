"""Dates from noisy shares: weekdays and seasons come back, by month where noise hides days, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import Profile
from vecgen.fit.private.noise import NoisyTable, NoisyTables
from vecgen.fit.private.noisy_dates import fit_noisy_dates
from vecgen.model.date_weights import date_weights
from vecgen.model.params import ModelParameters, Period
from vecgen.scan.bounded.bounded_tables import number_months, number_weekdays
from vecgen.verify.without_model.look import Look, make_open_model

PERIOD = Period(date(2023, 1, 1), date(2023, 12, 31))
MODEL = make_open_model(Look(("all",), ("food",), PERIOD.start, PERIOD.end), ModelParameters(PERIOD))


@pytest.fixture(scope="module")
def usual() -> Profile:
    return load_profiles(DEFAULT_PROFILES).regular[0]


def make_tables(profile: Profile, customers: float, spread: float) -> NoisyTables:
    weights = date_weights(profile, PERIOD)
    days = customers * weights / weights.sum()
    cells = {
        "days": days,
        "months": np.bincount(number_months(MODEL), days),
        "weekdays": np.bincount(number_weekdays(MODEL), days)[np.newaxis],
    }
    wave = {name: own + spread * np.sin(1.0 + 2.0 * np.arange(own.shape[-1])) for name, own in cells.items()}
    return NoisyTables({name: NoisyTable(own, spread) for name, own in wave.items()}, ())


def test_seasons_come_back_to_the_day(usual: Profile) -> None:
    flat = replace(usual, seasons=())
    found = fit_noisy_dates(make_tables(usual, 20_000.0, 1.0), MODEL, 0, 365.0, flat)
    assert found is not None
    assert [(s.start, s.end) for s in found.year.seasons] == [
        ((1, 1), (2, 29)),
        ((5, 24), (9, 1)),
        ((11, 30), (12, 31)),
    ]
    assert [s.weight for s in found.year.seasons] == pytest.approx([75, 125, 200], rel=0.03)
    assert [w.value for w in found.weekdays] == pytest.approx(usual.weekday_weights, rel=0.03)


def test_seasons_are_months_where_noise_hides_days(usual: Profile) -> None:
    found = fit_noisy_dates(make_tables(usual, 20_000.0, 40.0), MODEL, 0, 365.0, usual)
    assert found is not None
    assert ((12, 1), (12, 31)) in {(s.start, s.end) for s in found.year.seasons}
    assert {s.start[1] for s in found.year.seasons} == {1}


def test_what_noise_hides_is_left(usual: Profile) -> None:
    assert fit_noisy_dates(make_tables(usual, 100.0, 40.0), MODEL, 0, 365.0, usual) is None


def test_a_profile_of_few_has_the_weekdays_of_all(usual: Profile) -> None:
    tables = make_tables(usual, 20_000.0, 5.0)
    weekdays = np.concatenate([tables["weekdays"].cells, np.full((1, 7), 5.0)])
    both = NoisyTables({**tables.tables, "weekdays": NoisyTable(weekdays, 5.0)}, ())
    every, few = (fit_noisy_dates(both, MODEL, position, 365.0, usual) for position in (0, 1))
    assert every is not None
    assert few is not None
    assert [w.value for w in few.weekdays] == pytest.approx([w.value for w in every.weekdays], rel=0.03)


def test_weekdays_that_the_period_lacks_are_no_dates(usual: Profile) -> None:
    period = Period(date(2023, 1, 2), date(2023, 1, 2))  # a Monday
    model = make_open_model(Look(("all",), ("food",), period.start, period.end), ModelParameters(period, 0.0))
    cells = {
        "days": np.array([900.0]),
        "months": np.array([900.0]),
        "weekdays": np.array([[0.0, 900.0, 0, 0, 0, 0, 0]]),
    }
    tables = NoisyTables({name: NoisyTable(own, 1.0) for name, own in cells.items()}, ())
    assert fit_noisy_dates(tables, model, 0, 365.0, usual) is None
