"""Times of day that a fraud type chooses by itself: by weights of hours, one by one or in bursts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from vecgen.model.fraud.fraud_type import HOURS, FraudType
from vecgen.sampling.arrays import F64, I64, U64
from vecgen.sampling.categorical import Categorical, compile_categorical
from vecgen.sampling.rng import Keys, draw_words, high_half, low_half, scale_to, start_counters

_HOUR: Final = 3600
_BURST: Final = 0  # word of entry 1 + n of a case, for the window's n-th date


@dataclass(frozen=True)
class Moments:
    """Seconds of the day, compiled.

    Attributes:
        hours: The hour of a time, or of the start of a burst.
        seconds: Of each hour, how many seconds can be such a time (int64).
        burst: Seconds from the first to the last that a burst can have, both included; None for no bursts.
    """

    hours: Categorical
    seconds: I64
    burst: int | None

    def draw_starts(self, words: U64) -> I64:
        """Return the second of the day of a time, or of the start of a burst, per word."""
        hour = self.hours.draw(words)
        start = scale_to(low_half(words), self.seconds.take(hour).view(np.uint64)).view(np.int64)
        start += hour * _HOUR
        return start

    def draw_bursts(self, cases: Keys, day: I64) -> I64 | None:
        """Return when the burst of each date starts, shape as `day` (cases, slots); None for no bursts.

        Args:
            day: That of the first slot is the first of the window.
        """
        if self.burst is None:
            return None
        # Slots of one date share its burst: the entry is the date's position in the window.
        keys = cases.take(np.repeat(np.arange(len(day)), day.shape[1]))
        entries = 1 + (day - day[:, :1]).ravel()
        return self.draw_starts(draw_words(keys, start_counters(keys, entries), _BURST)).reshape(day.shape)

    def draw_within(self, starts: I64, words: U64) -> I64:
        """Return the second of the day of a row of a burst that starts at `starts`, per word."""
        assert self.burst is not None
        return starts + scale_to(high_half(words), self.burst).view(np.int64)


def compile_moments(kind: FraudType) -> Moments | None:
    """Return the times that a type chooses by itself; None where it chooses none."""
    weights = kind.hour_weights
    if weights is None:
        return None
    seconds = count_starts(kind.burst_seconds or 1)
    return Moments(compile_categorical(weigh_hours(weights, seconds)), seconds, kind.burst_seconds)


def count_starts(burst: int) -> I64:
    """Return how many seconds of each hour can start something that takes `burst` seconds and ends on the same day."""
    return np.clip(HOURS * _HOUR - burst + 1 - np.arange(HOURS) * _HOUR, 0, _HOUR)


def weigh_hours(weights: Sequence[float], seconds: I64) -> F64:
    """Return the probability of each hour to hold a start: every second of an hour has the same."""
    own = np.array(weights, dtype=np.float64) * seconds
    return np.asarray(own / own.sum())


@lru_cache(maxsize=64)
def share_starts(kind: FraudType) -> F64 | None:
    """Return the probability of each second of the day to be a time or the start of a burst; None for no choice."""
    weights = kind.hour_weights
    if weights is None:
        return None
    seconds = count_starts(kind.burst_seconds or 1)
    each = weigh_hours(weights, seconds) / np.maximum(seconds, 1)
    inside = np.arange(_HOUR) < seconds[:, np.newaxis]
    return np.asarray((each[:, np.newaxis] * inside).ravel())


@lru_cache(maxsize=64)
def share_seconds(kind: FraudType) -> F64 | None:
    """Return the probability of each second of the day to be a transaction's time; None for no choice."""
    starts = share_starts(kind)
    if starts is None or kind.burst_seconds is None:
        return starts
    below = np.append(0.0, np.cumsum(starts))
    last = np.arange(HOURS * _HOUR) + 1
    return np.asarray((below[last] - below[np.maximum(last - kind.burst_seconds, 0)]) / kind.burst_seconds)
