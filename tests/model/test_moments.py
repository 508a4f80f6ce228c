"""Times of day of fraud types, drawn from every part of the words: hours by weight, bursts that end on their day."""

from __future__ import annotations

import numpy as np
import pytest

from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.moments import Moments, compile_moments, count_starts, weigh_hours

HOURS = (3.0, *[0.0] * 11, 1.0, *[0.0] * 10, 4.0)
# Evenly spread in both halves: the low half goes through all values many times.
STEP = np.uint64(0x9E3779B97F4A7C15)
WORDS = np.arange(1 << 18, dtype=np.uint64) * STEP


def compile_type(kind: FraudType) -> Moments:
    moments = compile_moments(kind)
    assert moments is not None
    return moments


def test_hours_by_weight_and_seconds_evenly_within_them() -> None:
    seconds = compile_type(FraudType("a", hours=HOURS)).draw_starts(WORDS)
    shares = np.bincount(seconds // 3600, minlength=24) / len(WORDS)
    assert shares == pytest.approx(np.array(HOURS) / 8.0, abs=1e-3)
    within = np.bincount(seconds % 3600 // 60, minlength=60) / len(WORDS)
    assert within == pytest.approx(np.full(60, 1 / 60), abs=1e-3)
    assert [seconds.min(), seconds.max()] == [0, 86_399]


def test_without_hours_of_its_own_a_type_leaves_them_to_its_pairs() -> None:
    assert compile_moments(FraudType("a")) is None
    assert compile_moments(FraudType("a", spending="customer", place="remote", remote_degrees=1.0)) is None


@pytest.mark.parametrize("burst", [1, 60, 3600, 5000, 43_200])
def test_bursts_end_on_the_day_and_their_starts_are_evenly_dense(burst: int) -> None:
    moments = compile_type(FraudType("a", burst_seconds=burst))
    starts = moments.draw_starts(WORDS)
    assert [starts.min(), starts.max()] == [0, 86_400 - burst]
    cells = np.bincount(starts * 16 // (86_400 - burst + 1), minlength=16) / len(WORDS)
    assert cells == pytest.approx(np.full(16, 1 / 16), abs=1e-3)
    rows = moments.draw_within(starts, WORDS[::-1])
    assert [(rows - starts).min(), (rows - starts).max()] == [0, burst - 1]
    assert rows.max() < 86_400


def test_an_hour_cut_short_by_the_end_of_the_day_keeps_its_density() -> None:
    seconds = count_starts(5000)
    assert seconds.tolist() == [3600] * 22 + [86_400 - 5000 + 1 - 22 * 3600, 0]
    shares = weigh_hours((1.0,) * 24, seconds)
    assert shares[:22] / 3600 == pytest.approx(np.full(22, shares[22] / seconds[22]))
    assert shares.sum() == pytest.approx(1.0)
