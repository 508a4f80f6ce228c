"""Seasons: change points and weights of the days of a year."""

from __future__ import annotations

import numpy as np
import pytest

from vecgen.config.profile import Season
from vecgen.fit.seasons import LEAP_DAY, MONTH_DAYS, find_seasons

SEASONS = (
    Season("a", (1, 1), (2, 28), 75.0),
    Season("b", (5, 24), (9, 1), 125.0),
    Season("c", (11, 30), (12, 31), 200.0),
)


def weigh(seasons: tuple[Season, ...]) -> np.ndarray:
    weights = np.full(len(MONTH_DAYS), 100.0)
    for season in seasons:
        weights[[season.start <= day <= season.end for day in MONTH_DAYS]] = season.weight
    return weights


@pytest.mark.parametrize("leap", [True, False])
def test_change_points_and_weights_are_found(leap: bool) -> None:
    expected = np.full(len(MONTH_DAYS), 500.0)
    expected[LEAP_DAY] *= leap
    seen = np.rint(weigh(SEASONS) / 100.0 * expected)
    shape = find_seasons(seen, expected)
    assert [(s.end, s.weight) for s in shape.seasons[1:]] == [((9, 1), 125.0), ((12, 31), 200.0)]
    assert shape.seasons[0].end in ((2, 28), (2, 29))
    assert shape.weights[0] == 75.0
    assert 0 < shape.errors[0] < 1.0


def test_noise_makes_no_season() -> None:
    """Counts that scatter as Poisson's do, by fixed quantiles in an order that is no order."""
    from scipy import stats

    places = (np.arange(len(MONTH_DAYS)) * 0.6180339887498949 + 0.5) % 1.0
    seen = stats.poisson.ppf(places, 300.0)
    assert find_seasons(seen, np.full(len(MONTH_DAYS), 300.0)).seasons == ()


def test_days_that_the_data_does_not_show_weigh_as_usual() -> None:
    expected = np.zeros(len(MONTH_DAYS))
    expected[:90] = 1000.0
    seen = expected * np.where(np.arange(len(MONTH_DAYS)) < 30, 2.0, 1.0)
    shape = find_seasons(seen, expected)
    assert [(s.start, s.end, s.weight) for s in shape.seasons] == [((1, 1), (1, 30), 200.0)]
    assert (shape.weights[90:] == 100.0).all()
