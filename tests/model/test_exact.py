"""Exact laws against enumeration, numbers worked out by hand, and SciPy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.model.exact import AMOUNT_EDGES, amount_shares, overlap, write_out
from vecgen.model.params import Dependence, ModelParameters, Period

YEAR = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)))
PROFILES = load_profiles(DEFAULT_PROFILES)

weights = st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(any).map(lambda w: np.array(w, dtype=np.float64))


def test_intervals_that_meet_are_combinations() -> None:
    # Morning fills the first fifth: the first category lies in it, the second is cut, the third is afternoon.
    shares = overlap(np.array([20.0, 80.0]), np.array([10.0, 40.0, 50.0]))
    assert shares == pytest.approx(np.array([[0.1, 0.1, 0.0], [0.0, 0.3, 0.5]]))


@given(weights, weights, weights)
def test_a_joint_law_has_the_margins_it_was_made_of(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    joint = overlap(a, b, c)
    assert joint.sum(axis=(1, 2)) == pytest.approx(a / a.sum())
    assert joint.sum(axis=(0, 2)) == pytest.approx(b / b.sum())
    assert joint.sum(axis=(0, 1)) == pytest.approx(c / c.sum())
    # One uniform cuts (0, 1] at most once for every share: no more combinations than that.
    assert (joint > 1e-12).sum() <= len(a) + len(b) + len(c) - 2


def test_amounts_follow_gamma_but_below_one_dollar() -> None:
    mean, stdev = 20.0, 30.0
    shares = amount_shares(mean, stdev)
    gamma = stats.gamma((mean / stdev) ** 2, scale=stdev**2 / mean)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] == pytest.approx(0.0)  # less than 1 dollar
    upper = (AMOUNT_EDGES - 0.5) / 100
    far = np.flatnonzero(upper > 10.0)
    assert shares[far[1:]] == pytest.approx(np.diff(gamma.cdf(upper[far])))
    below_ten = shares[: far[0] + 1].sum()
    assert below_ten == pytest.approx(gamma.cdf(upper[far[0]]))


@pytest.mark.parametrize("stealth", [0.0, 0.4])
@pytest.mark.parametrize("dependence", ["v0.5", "v1.0", "independent"])
def test_every_law_sums_to_one(dependence: Dependence, stealth: float) -> None:
    model = write_out(PROFILES, replace(YEAR, dependence=dependence, fraud_days=3, fraud_stealth=stealth))
    for regular, fraud in model.rows:
        assert regular.days is not None
        assert fraud.windows is not None
        sums = [law.choice.sum() for law in (regular, fraud)] + [regular.days.sum()]
        sums += [*fraud.windows.sum(axis=1), *regular.part_hours.sum(axis=1), *fraud.part_hours.sum(axis=1)]
        assert sums == pytest.approx([1.0] * len(sums))
        for law in (regular, fraud):
            assert law.amounts[law.choice > 0].sum(axis=1) == pytest.approx(1.0)
            assert law.hours[law.choice > 0].sum(axis=1) == pytest.approx(1.0)
        if regular.slots is not None:
            assert regular.slots.sum(axis=(1, 2)) == pytest.approx(regular.days)
            assert regular.slots.sum(axis=0) == pytest.approx(regular.choice)
        else:
            assert dependence != "v1.0"


def test_fraud_happens_at_night_four_times_in_five() -> None:
    _, fraud = write_out(PROFILES, YEAR).rows[0]
    hours = fraud.part_hours
    assert hours[0, :4] == pytest.approx([0.8 / 4 + 0.2 / 12] * 4)
    assert hours[1, 10:] == pytest.approx([0.8 / 2 + 0.2 / 12] * 2)
    assert hours[0, 4:] == pytest.approx([0.2 / 12] * 8)


@pytest.mark.parametrize("dependence", ["v0.5", "v1.0", "independent"])
def test_stealth_leads_from_the_twin_to_the_regular_rows(dependence: Dependence) -> None:
    law = replace(YEAR, dependence=dependence)
    regular, twin = write_out(PROFILES, law).rows[0]
    _, some = write_out(PROFILES, replace(law, fraud_stealth=0.25)).rows[0]
    _, alike = write_out(PROFILES, replace(law, fraud_stealth=1.0)).rows[0]
    bought = alike.choice > 0
    assert alike.hours[bought] == pytest.approx(regular.hours[bought])
    joint = [law.choice[..., np.newaxis] * law.hours for law in (twin, alike, some)]
    assert joint[2] == pytest.approx(0.75 * joint[0] + 0.25 * joint[1])
    amounts = [(law.choice[..., np.newaxis] * law.amounts).sum(axis=1) for law in (twin, alike, some)]
    assert amounts[2] == pytest.approx(0.75 * amounts[0] + 0.25 * amounts[1])  # permuting changes no day part's mean
    assert some.windows is not None
    assert np.array_equal(some.windows, twin.windows)  # type: ignore[arg-type]
    if dependence != "v1.0":
        assert alike.choice == pytest.approx(regular.choice)
        assert alike.amounts[bought] == pytest.approx(regular.amounts[bought])


def test_under_v1_rows_pass_for_regular_ones_of_their_date() -> None:
    law = replace(YEAR, dependence="v1.0", fraud_days=2, fraud_stealth=1.0)
    regular, alike = write_out(PROFILES, law).rows[0]
    assert regular.slots is not None
    assert regular.days is not None
    assert alike.windows is not None
    expected = np.zeros_like(regular.choice)
    for start, window in enumerate(alike.windows, 1):
        for day, share in enumerate(window, start):
            expected += share / len(alike.windows) * regular.slots[day] / regular.days[day]
    assert alike.choice == pytest.approx(expected)
    assert np.abs(alike.choice - regular.choice).max() > 0.01
    # Amounts change places within a part of the day, and stay the same there in all.
    exchanged, own = ((regular.choice[..., np.newaxis] * rows.amounts).sum(axis=1) for rows in (alike, regular))
    assert exchanged == pytest.approx(own)
    assert np.abs(alike.amounts - regular.amounts).max() > 0.1


def test_travel_leaves_two_radii() -> None:
    law, _ = write_out(PROFILES, replace(YEAR, travel=True)).rows[0]
    away = replace(law, travel_radius=4_000_000, travel_share=0.3)
    assert (away.near_radius, away.far_radius) == (1_000_000, 4_000_000)
    assert away.near_share == pytest.approx(0.25, abs=1e-6)
    close = replace(law, travel_radius=500_000, travel_share=0.3)
    assert (close.near_radius, close.far_radius) == (500_000, 1_000_000)
    stays = replace(law, travel_share=0.0)
    assert (stays.near_radius, stays.far_radius, stays.near_share) == (1_000_000, 1_000_000, 1.0)
