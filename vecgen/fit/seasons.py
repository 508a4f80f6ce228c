"""Finds seasons: a few stretches of the year in each of which all days weigh the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from vecgen.config.profile import DEFAULT_WEIGHT, MONTH_LENGTHS, MonthDay, Season
from vecgen.fit.estimate import round_figure
from vecgen.sampling.arrays import F64, I64

MONTH_DAYS: Final[tuple[MonthDay, ...]] = tuple(
    (month + 1, day + 1) for month, length in enumerate(MONTH_LENGTHS) for day in range(length)
)
LEAP_DAY: Final = MONTH_DAYS.index((2, 29))

_CHANGE: Final = 3.0  # of log(days): what a further stretch must gain in log-likelihood
_SAME: Final = 6.0  # what two weights instead of one must gain


@dataclass(frozen=True)
class _Level:
    """Days that weigh the same: rows seen, rows expected if they weighed 1, which days."""

    seen: float
    expected: float
    days: frozenset[int]


@dataclass(frozen=True)
class YearShape:
    """Weights of the days of a year.

    Attributes:
        weights: By position in `MONTH_DAYS`; those that the data does not show weigh 100.
        errors: Their standard errors, 0 for the days that the others are compared with.
        seasons: What makes these weights.
    """

    weights: F64
    errors: F64
    seasons: tuple[Season, ...]


def find_seasons(seen: F64, expected: F64) -> YearShape:
    """Return the weights of month-days, given the rows seen and those expected if all weighed the same.

    Change points are where the likelihood less a price of each is largest (optimal partitioning); stretches whose
    weights cannot be told apart share one. The weight that most days share is 100.
    """
    shown = np.flatnonzero(expected > 0)
    weights, errors = np.full(len(MONTH_DAYS), DEFAULT_WEIGHT), np.zeros(len(MONTH_DAYS))
    levels = _merge(
        [
            _Level(seen[days].sum(), expected[days].sum(), frozenset(days.tolist()))
            for days in _cut(seen, expected, shown)
        ]
    )
    usual = max(levels, key=lambda level: (len(level.days), level.seen))
    level_of = np.full(len(MONTH_DAYS), -1)
    for number, level in enumerate(levels):
        level_of[list(level.days)] = number if level is not usual else -1
        if level is not usual and usual.seen > 0:
            ratio = (level.seen / level.expected) / (usual.seen / usual.expected)
            weights[list(level.days)] = round_figure(DEFAULT_WEIGHT * ratio)
            spread = np.sqrt(1.0 / max(level.seen, 1.0) + 1.0 / usual.seen)
            errors[list(level.days)] = DEFAULT_WEIGHT * max(ratio, 1.0 / usual.seen) * spread
    if LEAP_DAY not in shown and LEAP_DAY - 1 in shown:  # most periods lack it; it belongs to the day before
        for values in (weights, errors, level_of):
            values[LEAP_DAY] = values[LEAP_DAY - 1]
    return YearShape(weights, errors, _spell(level_of, weights))


def _cut(seen: F64, expected: F64, shown: I64) -> list[I64]:
    """Return the days that are shown, in stretches of one weight each."""
    rows = np.append(0.0, np.cumsum(seen[shown], dtype=np.float64))
    hoped = np.append(0.0, np.cumsum(expected[shown]))
    price = _CHANGE * np.log(len(shown) + 1.0)
    best, cut = np.zeros(len(shown) + 1), np.zeros(len(shown) + 1, dtype=np.int64)
    for end in range(1, len(shown) + 1):
        gain = best[:end] + _fit(rows[end] - rows[:end], hoped[end] - hoped[:end]) - price
        cut[end] = np.argmax(gain)
        best[end] = gain[cut[end]]
    stretches, end = [], len(shown)
    while end > 0:
        stretches.append(shown[cut[end] : end])
        end = int(cut[end])
    return stretches[::-1]


def _fit(seen: F64, expected: F64) -> F64:
    """Return the log-likelihood of rows at their own weight, but for what does not depend on it."""
    return np.where(seen > 0, seen * np.log(np.maximum(seen, 1e-300) / expected), 0.0)


def _merge(levels: list[_Level]) -> list[_Level]:
    """Return levels of which no two can be one."""
    levels = sorted(levels, key=lambda level: level.seen / level.expected)
    while len(levels) > 1:
        losses = [_loss(low, high) for low, high in pairwise(levels)]
        place = int(np.argmin(losses))
        if losses[place] >= _SAME:
            break
        levels[place : place + 2] = [_join(levels[place], levels[place + 1])]
    return levels


def _join(one: _Level, other: _Level) -> _Level:
    joined = replace(one, seen=one.seen + other.seen, expected=one.expected + other.expected)
    return replace(joined, days=one.days | other.days)


def _loss(one: _Level, other: _Level) -> float:
    both = _join(one, other)
    fits = [float(_fit(np.array(level.seen), np.array(level.expected))) for level in (one, other, both)]
    return fits[0] + fits[1] - fits[2]


def _spell(level_of: I64, weights: F64) -> tuple[Season, ...]:
    """Return a season for each run of days of one level; -1 stands for the usual weight."""
    starts = np.append(0, np.flatnonzero(np.diff(level_of)) + 1)
    ends = np.append(starts[1:], len(level_of)) - 1
    runs = [(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if level_of[a] >= 0]
    return tuple(
        Season(f"season_{number}", MONTH_DAYS[start], MONTH_DAYS[end], float(weights[start]))
        for number, (start, end) in enumerate(runs, 1)
    )
