"""What transactions say under one label of a profile, regular or fraud of a type: logarithms of exact probabilities.

Every sum is over what a detector cannot see: the customer's rate, the fraud window, whether the customer travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final

import numpy as np

from vecgen.config.profile import DAY_PARTS, Profile
from vecgen.model.exact import FraudDistribution, RowDistribution, keep_amounts, to_microdegrees
from vecgen.model.fraud.moments import share_seconds, share_starts
from vecgen.model.params import ModelParameters
from vecgen.sampling.amount_mass import amount_mass
from vecgen.sampling.arrays import F64, I64, U64, Bools

HALF_DAY: Final = 43_200  # seconds
_HOUR: Final = 3600


@dataclass(frozen=True)
class Seen:
    """Transactions as detectors see them, as columns of one length.

    Attributes:
        customer: Equal for rows of one customer, and for no others.
        profile, category: Positions in `ExactModel.profiles` and `ExactModel.categories`.
        day: Days from the start of the period.
        second: Second of the day.
        lat, long: Place of the purchase from home, microdegrees.
    """

    customer: U64
    profile: I64
    day: I64
    second: I64
    category: I64
    cents: I64
    lat: I64
    long: I64

    def __len__(self) -> int:
        return len(self.customer)

    @cached_property
    def part(self) -> I64:
        """Part of the day."""
        return np.asarray(self.second // HALF_DAY)

    @cached_property
    def cell(self) -> I64:
        """Number of category and day part."""
        return np.asarray(len(DAY_PARTS) * self.category + self.part)

    def take(self, places: I64) -> Seen:
        """Return the rows at these places."""
        return Seen(*(getattr(self, f.name)[places] for f in fields(Seen)))


@dataclass(frozen=True)
class Side:
    """One label of a profile.

    Attributes:
        share: Log probability of a case to be of this type; 0 for regular rows.
        numbers: Rows that a customer can have in the period, or in the window of fraud, each as likely.
        windows: Probability of each day of a window, shape (windows, days of a window): the period is one window.
        starts: Log probability of each window.
        first: Day on which the first window starts.
        ends: Cumulative probabilities of `windows`, from 0, where one uniform drives dates and choices; else None.
        parts, categories: Where day parts and categories lie in (0, 1] of that uniform, shape (2, ...).
        part: Log probability of each day part, where that uniform does not choose it; else 0.
        choice: Probability of (day part, category).
        second: Probability of each second of the day, given its day part (in bursts, of any), shape (86,400,).
        own_amount: Probability that a row keeps its own amount, per day part.
        amounts: Mean and standard deviation of each category, None where the profile has none.
        travel: Probability that the customer stays, and that it travels.
        radii: Half the side of the square of purchases in both cases.
        remote: Half the side of the square around home in which the place of a case lies, microdegrees; 0 for home.
        burst: Seconds within which all rows of a date lie; 0 for no bursts.
        begun: Probability that a burst has started before each second, shape (86,401,); None for no bursts.
        keeps_own_rows: Whether the customer's regular rows stay on the dates of these.
        period: Days of the period.
        counts, tables: What `read_counts` and `share_counts` have worked out before, by the number of rows.
    """

    share: float
    numbers: I64
    windows: F64
    starts: F64
    first: int
    ends: F64 | None
    parts: F64
    categories: F64
    part: F64
    choice: F64
    second: F64
    own_amount: F64
    amounts: tuple[tuple[float, float] | None, ...]
    travel: F64
    radii: tuple[int, int]
    remote: int = 0
    burst: int = 0
    begun: F64 | None = None
    keeps_own_rows: bool = False
    period: int = 0
    counts: dict[int, F64] = field(default_factory=dict, compare=False)
    tables: dict[int, F64] = field(default_factory=dict, compare=False)

    @property
    def is_simple(self) -> bool:
        """Whether rows of a day share window and travelling alone, and no regular ones are among them."""
        return not (self.remote or self.burst or self.keeps_own_rows)

    def read_dates(self, day: I64) -> F64:
        """Return the log probability of window and date, shape (rows, windows); one for all if pairs ignore dates."""
        return self._dates[day]

    @cached_property
    def _dates(self) -> F64:
        window, place, there = self._locate(np.arange(self.period))
        return self._gather(np.log(np.where(there, self.windows[window, place], 0.0)) + self.starts[window])

    def read_counts(self, day: I64, number: int) -> F64:
        """Return the log probability of so many rows on a day and of the window, shape as of `read_dates`.

        The mean over the rates that a customer can have. Windows that the day does not lie in are left out.
        """
        return self._all_counts(number)[day]

    def _all_counts(self, number: int) -> F64:
        if number not in self.counts and number > self.numbers.max():
            self.counts[number] = np.full_like(self._dates, -np.inf)
        if number not in self.counts:
            days = np.arange(self.period)
            window, _, there = self._locate(days)
            counts = self._count(days, np.full_like(days, number)) + self.starts[window]
            self.counts[number] = self._gather(np.where(there, counts, -np.inf))
        return self.counts[number]

    def strikes(self, day: I64) -> F64:
        """Return the probability that a case of this type has rows on a day."""
        return np.asarray(self._strikes[day])

    @cached_property
    def _strikes(self) -> F64:
        days = np.arange(self.period)
        window, _, there = self._locate(days)
        some = -np.expm1(self._count(days, np.zeros_like(days)))
        return np.asarray(np.where(there, some * np.exp(self.starts[window]), 0.0).sum(axis=1))

    def share_counts(self, most: int) -> F64:
        """Return the probability of 0 to `most` rows on a day and of the window, shape (numbers, days, windows)."""
        if most not in self.tables:
            self.tables[most] = np.exp([self._all_counts(number) for number in range(most + 1)])
        return self.tables[most]

    def read_pairs(self, rows: Seen) -> F64:
        """Return the log probability of day part and category, shape (rows, windows) as of `read_dates`.

        In bursts, of the category alone: their rows choose no time of day.
        """
        if self.ends is None:
            return self._pairs.take(rows.cell)[:, np.newaxis]
        part = rows.part
        window, place, there = self._locate(rows.day)
        dates = np.where(there, self.windows[window, place], 0.0)
        overlap = self._overlap(self.ends, window, place, part, rows.category)
        pairs = np.log(np.divide(overlap, dates, out=np.zeros_like(dates), where=dates > 0))
        return np.asarray(pairs if self.burst else pairs + self.part[part][:, np.newaxis])

    def read_seconds(self, rows: Seen) -> F64:
        """Return the log probability of the second of each row alone, given what `read_pairs` says."""
        return self._seconds.take(rows.second)

    @cached_property
    def _pairs(self) -> F64:
        choice = np.broadcast_to(self.choice.sum(axis=0), self.choice.shape) if self.burst else self.choice
        return np.log(choice).T.ravel()

    @cached_property
    def _seconds(self) -> F64:
        return np.log(self.second)

    def read_amounts(self, rows: Seen) -> F64:
        """Return the log probability of the amount, given category and day part."""
        return np.asarray(np.log(self._amount(rows.part, rows.category, rows.cents)))

    @property
    def place_key(self) -> tuple[object, ...]:
        """Equal for sides of which places say the same."""
        return (self.radii, self.remote, *self.travel.tolist())

    def read_places(self, rows: Seen) -> F64:
        """Return the log probability of each row's place, given that the customer stays, and that it travels."""
        masses = [self._along(radius, rows.lat) * self._along(radius, rows.long) for radius in self.radii]
        return np.asarray(np.log(np.stack(masses, axis=1)))

    def measure_centers(self, microdegrees: F64) -> F64:
        """Return the probability that the place of a case lies less far along an axis; half of a point counts."""
        points = 2.0 * self.remote + 1.0
        return np.asarray(np.clip((microdegrees + self.remote + 0.5) / points, 0.0, 1.0))

    def measure_starts(self, seconds: F64) -> F64:
        """Return the probability that a burst starts at a second or before."""
        assert self.begun is not None
        return np.asarray(self.begun[np.clip(seconds.astype(np.int64) + 1, 0, len(self.begun) - 1)])

    def _along(self, radius: int, offset: I64) -> F64:
        if not self.remote:
            return _side_mass(radius, offset)
        away, reach = offset.astype(np.float64), reach_of(radius)
        mass = self.measure_centers(away + reach) - self.measure_centers(away - reach)
        return np.asarray(mass / (2.0 * reach))

    def _gather(self, logs: F64) -> F64:
        # Only where one uniform drives them do dates say something of pairs.
        return logs if self.ends is not None else log_sum(logs, 1)[:, np.newaxis]

    def _count(self, day: I64, number: I64) -> F64:
        from scipy import special

        window, place, there = self._locate(day)
        share = np.where(there, self.windows[window, place], 0.0)[..., np.newaxis]
        total, some = self.numbers.astype(np.float64), number.astype(np.float64)[:, np.newaxis, np.newaxis]
        left = np.maximum(total - some, 0.0)
        ways = -np.log1p(total) - special.betaln(left + 1.0, some + 1.0)
        logs = ways + special.xlogy(some, share) + special.xlog1py(left, -share)
        return np.asarray(log_sum(np.where(some > total, -np.inf, logs), 2) - np.log(len(total)))

    def _locate(self, day: I64) -> tuple[I64, I64, Bools]:
        """Return the windows that a day can lie in, its place in each, and whether there is such a window."""
        count, width = self.windows.shape
        place = day[:, np.newaxis] - self.first if count == 1 and self.first == 0 else np.arange(width)[np.newaxis]
        window = day[:, np.newaxis] - self.first - place
        there = (window >= 0) & (window < count)
        return np.clip(window, 0, count - 1), np.broadcast_to(place, window.shape), there

    def _overlap(self, ends: F64, window: I64, place: I64, part: I64, category: I64) -> F64:
        """Return how much of the uniform chooses date, day part and category together, for each window."""
        low = np.maximum(self.parts[0][part], self.categories[0][category])[:, np.newaxis]
        high = np.minimum(self.parts[1][part], self.categories[1][category])[:, np.newaxis]
        overlap = np.minimum(high, ends[window, place + 1]) - np.maximum(low, ends[window, place])
        return np.asarray(np.maximum(overlap, 0.0))

    def _amount(self, part: I64, category: I64, cents: I64) -> F64:
        mass = np.zeros(len(cents))
        for position in np.unique(category).tolist():
            if (figures := self.amounts[position]) is not None:
                own = category == position
                mass[own] = amount_mass(figures[0], figures[1], cents[own])
        if (self.own_amount == 1.0).all():
            return mass
        return np.asarray(self.own_amount[part] * mass + (1.0 - self.own_amount[part]) * self._mixed(part, cents))

    def _mixed(self, part: I64, cents: I64) -> F64:
        """Return the probability of an amount of any category of the day part."""
        values, places = np.unique(cents, return_inverse=True)
        shares = self.choice / np.maximum(self.choice.sum(axis=1, keepdims=True), 1e-300)
        mass = np.zeros((len(DAY_PARTS), len(values)))
        for figures, share in zip(self.amounts, shares.T, strict=True):
            if figures is not None and share.any():
                mass += share[:, np.newaxis] * amount_mass(figures[0], figures[1], values)
        return np.asarray(mass[part, places.ravel()])


def make_regular(profile: Profile, rows: RowDistribution, categories: Sequence[str], law: ModelParameters) -> Side:
    """Return the side of a profile's regular rows."""
    assert rows.days is not None
    numbers = law.period.span * np.array(rows.rates, dtype=np.int64)
    amounts = _own_amounts(rows.choice.sum(axis=1), numbers, law)
    hours = rows.hours[:, 0].ravel()  # of any category: without stealth they say nothing of it
    return Side(
        share=0.0,
        numbers=numbers,
        windows=rows.days[np.newaxis],
        starts=np.zeros(1),
        first=0,
        ends=_cumulate(rows.days[np.newaxis]) if law.dependence == "v1.0" else None,
        part=np.zeros(len(DAY_PARTS)),
        second=np.repeat(hours / _HOUR, _HOUR),
        own_amount=amounts,
        period=law.period.days,
        **_choose(profile, rows, categories),
    )


def make_fraud(fraud: FraudDistribution, categories: Sequence[str], law: ModelParameters) -> Side:
    """Return the side of the fraudulent rows of one type."""
    rows, kind = fraud.rows, fraud.kind
    assert rows.windows is not None
    seconds, parts = share_seconds(kind), rows.choice.sum(axis=1)
    choice = _choose(fraud.profile, rows, categories)
    second, part = np.repeat(rows.hours[:, 0].ravel() / _HOUR, _HOUR), np.zeros(len(DAY_PARTS))
    if seconds is not None:
        # Categories know one part of the day alone, which is all of it.
        choice["parts"] = np.array([[0.0] * len(DAY_PARTS), [1.0] * len(DAY_PARTS)])
        part = np.log(parts)
        second = seconds if kind.burst_seconds else seconds / np.repeat(np.maximum(parts, 1e-300), HALF_DAY)
    starts = share_starts(kind) if kind.burst_seconds else None
    return Side(
        share=float(np.log(fraud.share)),
        numbers=fraud.numbers,
        windows=rows.windows,
        starts=np.log(fraud.starts),
        first=1,
        ends=_cumulate(rows.windows) if law.dependence == "v1.0" else None,
        part=part,
        second=second,
        own_amount=_own_amounts(fraud.amount_parts, fraud.numbers, law),
        remote=to_microdegrees(kind.remote_degrees),
        burst=kind.burst_seconds or 0,
        begun=None if starts is None else np.append(0.0, np.cumsum(starts)),
        keeps_own_rows=kind.keeps_own_rows,
        period=law.period.days,
        **choice,
    )


def _choose(profile: Profile, rows: RowDistribution, categories: Sequence[str]) -> dict[str, Any]:
    """Return what is read from a profile for either label."""
    own = {name: (amount.mean, amount.stdev) for name, amount in zip(profile.categories, profile.amounts, strict=True)}
    parts = [DAY_PARTS.index(part) for part in profile.day_parts]
    return {
        "parts": _intervals(profile.day_part_weights, parts, len(DAY_PARTS)),
        "categories": _intervals(
            profile.category_weights, [categories.index(c) for c in profile.categories], len(categories)
        ),
        "choice": rows.choice,
        "amounts": tuple(own.get(name) for name in categories),
        "travel": np.array([1.0 - rows.travel_share, rows.travel_share]),
        "radii": (rows.home_radius, rows.travel_radius),
    }


def _own_amounts(parts: F64, numbers: I64, law: ModelParameters) -> F64:
    return keep_amounts(parts, numbers) if law.dependence == "v1.0" else np.ones(len(DAY_PARTS))


def _cumulate(windows: F64) -> F64:
    ends = np.cumsum(windows, axis=1)
    ends /= np.maximum(ends[:, -1:], 1e-300)
    return np.concatenate([np.zeros((len(windows), 1)), ends], axis=1)


def _intervals(weights: Sequence[float], places: Sequence[int], count: int) -> F64:
    """Return where shares begin and end in (0, 1], in the common order; what is not listed has no length."""
    ends = np.cumsum(np.array(weights, dtype=np.float64))
    ends /= ends[-1]
    out = np.zeros((2, count))
    out[1, places], out[0, places] = ends, np.append(0.0, ends[:-1])
    return out


def _side_mass(radius: int, offset: I64) -> F64:
    """Return the probability of an offset in one direction, uniform and rounded: both ends have half a share."""
    away = np.abs(offset)
    if radius == 0:
        return np.asarray(away == 0, dtype=np.float64)
    return np.asarray(np.where(away < radius, 1.0, np.where(away == radius, 0.5, 0.0)) / (2.0 * radius))


def reach_of(radius: int) -> float:
    """Return how far a row can be from its place along an axis; at the place itself, all within half a microdegree."""
    return max(float(radius), 0.5)


def log_sum(logs: F64, axis: int) -> F64:
    """Return the logarithm of a sum of exponentials along an axis."""
    if logs.shape[axis] == 1:
        return np.asarray(logs.squeeze(axis))
    largest = logs.max(axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    return np.asarray(np.log(np.exp(logs - largest).sum(axis=axis)) + largest.squeeze(axis))
