"""What rows of a case share: ranks by enumeration, places by a fine grid, and rows that no case can have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.model.exact import FraudDistribution, write_out
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.params import ModelParameters, Period
from vecgen.sampling.rng import mix, unit_interval
from vecgen.scan.groups.case_shapes import (
    PIECES,
    CaseRows,
    CaseShapes,
    measure_burst,
    share_places,
    spread_out,
    sum_up_cases,
)

KIND = FraudType("far_bursts", days=3, burst_seconds=600, place="remote", remote_degrees=1.5)


def make_fraud(**changes: float) -> FraudDistribution:
    law = ModelParameters(Period(date(2023, 1, 1), date(2023, 3, 1)), 1.0, fraud_types=(WeightedType(KIND, 1.0),))
    (fraud,) = write_out(load_profiles(DEFAULT_PROFILES), law).frauds[0]
    return replace(fraud, rows=replace(fraud.rows, **changes))  # type: ignore[arg-type]


def draw_cases(cases: int, rows: int, radius: int = 1_000_000) -> CaseRows:
    """Return cases of so many rows each on one date, as the model has them."""
    uniform = [unit_interval(mix(np.arange(cases * rows, dtype=np.uint64) + np.uint64(n << 40))) for n in range(7)]
    who = np.repeat(np.arange(cases), rows)
    start = (uniform[0] * (86_400 - 600 + 1)).astype(np.int64)[who] + (uniform[1] * 600).astype(np.int64)
    lat, long = (
        np.rint((2 * uniform[n] - 1) * 1_500_000)[who] + np.rint((2 * uniform[n + 2] - 1) * radius) for n in (2, 3)
    )
    return CaseRows(who, who % 50, start, lat.astype(np.int64), long.astype(np.int64))


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_ranks_of_bursts_agree_with_enumeration(rows: int) -> None:
    lengths = np.array([max(own) - min(own) for own in product(range(6), repeat=rows)])
    for length in range(-1, 7):
        found = measure_burst(np.array([length]), np.array([rows]), 6)
        assert found == pytest.approx([np.mean(lengths <= length)])


def test_places_agree_with_a_grid() -> None:
    fraud = make_fraud(travel_share=0.25, travel_radius=400_000)
    grid = (np.arange(4000) + 0.5) / 4000 * 2 - 1
    along = []
    for radius in (1_000_000, 400_000):
        sums = (1_500_000 * grid[:, np.newaxis] + radius * grid).ravel()
        along.append(np.histogram(sums, 40, (-2_500_000, 2_500_000))[0] / sums.size)
    expected = 0.75 * np.outer(along[0], along[0]) + 0.25 * np.outer(along[1], along[1])
    assert share_places(fraud, fraud.reach) == pytest.approx(expected, abs=2e-6)


def test_a_stretch_is_shared_out_among_the_pieces_it_touches() -> None:
    found = spread_out(np.array([0.1, 0.5]), np.array([0.35, 1.0]), 4)
    assert found == pytest.approx([0.6, 0.4, 0.5, 0.5])


def test_cases_of_the_model_have_even_ranks_and_add_up() -> None:
    fraud = make_fraud()
    one, other = (sum_up_cases(draw_cases(4000, rows), fraud, 0.0) for rows in (3, 5))
    total = CaseShapes()
    total.add(one)
    total.add(other)
    assert (total.too_long, total.too_wide) == (0, 0)
    for counts in (total.bursts, *total.spreads):
        assert counts.sum() == pytest.approx(8000)
        assert counts == pytest.approx(np.full(PIECES, 8000 / PIECES), rel=0.2)
    assert [own.sum() for own in (total.places, total.hours, total.seconds)] == pytest.approx([8000] * 3)
    assert total.places.sum(axis=1) == pytest.approx(8000 * share_places(fraud, fraud.reach).sum(axis=1), abs=60)


def test_what_no_case_can_have_is_counted() -> None:
    rows = draw_cases(10, 2)
    rows.second[:2] = 1000, 1600  # 601 seconds, both ends included
    rows.lat[2:4] = -1_000_001, 1_000_000
    shapes = sum_up_cases(rows, make_fraud(), 0.0)
    assert (shapes.too_long, shapes.too_wide) == (1, 1)
    assert shapes.bursts.sum() == pytest.approx(9)


def test_where_rows_pass_for_regular_gaps_are_measured_instead_of_lengths() -> None:
    shapes = sum_up_cases(draw_cases(10, 2), make_fraud(), 0.3)
    assert not shapes.bursts.any()
    assert shapes.gaps.sum() == pytest.approx(10)
    assert shapes.outside.tolist() == [20, 0]
    assert shapes.hours.sum() == pytest.approx(10)


def test_of_customers_who_travel_nowhere_rows_of_a_case_lie_in_one_point() -> None:
    fraud = make_fraud(travel_share=0.5, travel_radius=0)
    shapes = sum_up_cases(draw_cases(100, 2, radius=0), fraud, 0.0)
    assert shapes.spreads.sum() == pytest.approx(200)
    assert shapes.spreads[0, : PIECES // 2] == pytest.approx(np.full(PIECES // 2, 200 / PIECES))
