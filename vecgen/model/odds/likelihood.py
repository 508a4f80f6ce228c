"""What transactions say under one label of a profile, regular or fraud of a type: logarithms of exact probabilities.

Every sum is over what a detector cannot see: the customer's rate, the fraud window, whether the customer travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, reduce
from typing import Final

import numpy as np

from vecgen.config.profile import DAY_PARTS
from vecgen.sampling.amount_mass import amount_mass
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.sampling.subsets import share_choices

HALF_DAY: Final = 43_200  # seconds
HOUR: Final = 3600
_NEVER: Final = -1e299  # log probabilities below are those of what cannot be; nothing of them is 0, not nan


@dataclass(frozen=True)
class Shown:
    """What single transactions show to detectors, as columns of one length.

    Attributes:
        day: Days from the start of the period.
        second: Second of the day.
        category: Position in `ExactModel.categories`.
        lat, long: Place of the purchase from home, microdegrees.
    """

    day: I64
    second: I64
    category: I64
    cents: I64
    lat: I64
    long: I64

    def __len__(self) -> int:
        return len(self.day)

    @cached_property
    def part(self) -> I64:
        """Part of the day."""
        return np.asarray(self.second // HALF_DAY)

    def show(self, places: I64) -> Shown:
        """Return what the rows at these places show."""
        return Shown(*(getattr(self, f.name).take(places) for f in fields(Shown)))


@dataclass(frozen=True)
class Seen(Shown):
    """Transactions as detectors see them.

    Attributes:
        customer: Equal for rows of one customer, and for no others.
        profile: Position in `ExactModel.profiles`.
    """

    customer: U64
    profile: I64

    def take(self, places: I64) -> Seen:
        """Return the rows at these places."""
        return Seen(*(getattr(self, f.name).take(places) for f in fields(Seen)))


def join_seen(batches: Sequence[Seen]) -> Seen:
    """Return the rows of batches, one after the other."""
    return Seen(*(np.concatenate([getattr(rows, f.name) for rows in batches]) for f in fields(Seen)))


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
        hours: Probability of a second of each hour of the day, given its day part.
        second: That of each second of the day in bursts, whatever the day part; None for no bursts.
        own_amount: Probability that a row keeps its own amount, per day part.
        amounts: Mean and standard deviation of each category, None where the profile has none.
        travel: Probability that the customer stays, and that it travels, of those that can be.
        radii: Half the side of the square of purchases in each case.
        remote: Half the side of the square around home in which the place of a case lies, microdegrees; 0 for home.
        burst: Seconds within which all rows of a date lie; 0 for no bursts.
        begun: Probability that a burst has started before each second, shape (86,401,); None for no bursts.
        keeps_own_rows: Whether the customer's regular rows stay on the dates of these.
        period: Days of the period.
        tables, shares: What `log_counts` and `share_counts` have worked out, by the most rows.
        among: What `share_among` has, by its numbers.
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
    hours: F64
    own_amount: F64
    amounts: tuple[tuple[float, float] | None, ...]
    travel: F64
    radii: tuple[int, ...]
    remote: int = 0
    burst: int = 0
    second: F64 | None = None
    begun: F64 | None = None
    keeps_own_rows: bool = False
    period: int = 0
    tables: dict[int, F64] = field(default_factory=dict, compare=False)
    shares: dict[int, F64] = field(default_factory=dict, compare=False)
    among: dict[tuple[int, int, int], F64] = field(default_factory=dict, compare=False)

    @property
    def is_simple(self) -> bool:
        """Whether rows of a day share window and travelling alone, and no regular ones are among them."""
        return not (self.axes or self.keeps_own_rows)

    @property
    def axes(self) -> int:
        """On how many axes the rows of a date share something that is not seen: start of a burst, remote place."""
        return int(self.burst > 0) + 2 * int(self.remote > 0)

    @property
    def fewest(self) -> int:
        """Rows that a day with any has at least."""
        return max(1, int(self.numbers.min())) if self.windows.shape[1] == 1 else 1

    @cached_property
    def dates(self) -> F64:
        """Probability of window and date, shape (windows, days); one window for all if pairs ignore dates."""
        window, place, there = self._locate(np.arange(self.period))
        logs = np.log(np.where(there, self.windows[window, place], 0.0)) + self.starts[window]
        return np.exp(self._gather(logs))

    @cached_property
    def expected(self) -> F64:
        """Expected rows of a customer with the label, by window and date as of `dates`."""
        return np.asarray(np.exp(self.share) * self.numbers.mean() * self.dates)

    def log_counts(self, most: int) -> F64:
        """Return the log probability of 0 to `most` or more rows on a day and of the window.

        The mean over the rates that a customer can have; shape (numbers, windows, days), windows as of `dates`.
        """
        most |= 7  # few tables
        if most not in self.tables:
            window, _, there = self._locate(np.arange(self.period))
            starts = np.where(there, self.starts[window], -np.inf)
            by_window = (self._count(most) + starts).swapaxes(0, 1)
            self.tables[most] = np.ascontiguousarray(self._gather(by_window).swapaxes(0, 1))
        return self.tables[most]

    def share_counts(self, most: int) -> F64:
        """Return the probabilities of `log_counts`."""
        if most | 7 not in self.shares:
            self.shares[most | 7] = np.exp(self.log_counts(most))
        return self.shares[most | 7]

    def share_among(self, regular: Side, number: int, window: int, most: int) -> F64:
        """Return the probability of so many rows on a day among regular ones, for each choice of which rows these are.

        Args:
            regular: Side of the profile's regular rows.
            window: Of these rows.

        Returns:
            By the number of all, up to `most` or more, and the day: shape (numbers * days,).
        """
        key = number, window, most | 7
        if key not in self.among:
            others = regular.share_counts(most)[:, 0]
            ways = share_choices(len(others) - 1)[number:, number, np.newaxis]
            some = others[: len(ways)] * ways * self.share_counts(most)[number, window]
            self.among[key] = np.append(np.zeros_like(others[:number]), some, axis=0).ravel()
        return self.among[key]

    @cached_property
    def strikes(self) -> F64:
        """Probability that a case of this type has rows on each day of the period."""
        window, _, there = self._locate(np.arange(self.period))
        some = -np.expm1(self._count(0)[0])
        return np.asarray(np.where(there, some * np.exp(self.starts[window]), 0.0).sum(axis=0))

    def read_pairs(self, rows: Shown) -> F64:
        """Return the log probability of day part and category, shape (windows, rows) as of `dates`.

        In bursts, of the category alone: their rows choose no time of day.
        """
        if self.ends is None:
            return self.pairs[rows.category, rows.part][np.newaxis]
        part = rows.part
        window, place, there = self._locate(rows.day)
        dates = np.where(there, self.windows[window, place], 0.0)
        overlap = self._overlap(self.ends, window, place, part, rows.category)
        # On a date that regular rows never have, a pair is as likely as on any: so frauds that pass for one have it.
        any_date = self.choice[part, rows.category] if self.first == 0 else 0.0
        pairs = np.log(np.divide(overlap, dates, out=np.zeros_like(dates) + any_date, where=dates > 0))
        return np.asarray(pairs if self.burst else pairs + self.part[part])

    @cached_property
    def pairs(self) -> F64:
        """Log probability of category and day part, shape (categories, day parts), where dates say nothing of them."""
        choice = np.broadcast_to(self.choice.sum(axis=0), self.choice.shape) if self.burst else self.choice
        return np.log(choice).T

    def read_seconds(self, second: I64) -> F64:
        """Return the log probability of seconds of the day, given what `read_pairs` says."""
        if self.second is None:
            return np.log(self.hours).take(second // HOUR)
        return np.log(self.second.take(second))

    def read_amounts(self, rows: Shown) -> F64:
        """Return the log probability of the amount, given category and day part."""
        return np.asarray(np.log(self._amount(rows.part, rows.category, rows.cents)))

    @property
    def place_key(self) -> tuple[object, ...]:
        """Equal for sides of which places say the same."""
        return (self.radii, *self.travel.tolist())

    def read_places(self, lat: I64, long: I64) -> F64:
        """Return the log probability of each place around home, for each of `travel`, shape (ways, rows)."""
        return np.stack([_read_places(radius, lat, long) for radius in self.radii])

    def find_remote(self, lat: I64, long: I64) -> F64:
        """Return between which bounds the remote place of each row lies, shape (ways, ends, axes, rows).

        The upper ones, then the lower ones, negated: the probability that the place of a case lies less far along an
        axis than the last or first from which the row can be reached, for each of `travel`.
        """
        points = 2.0 * self.remote + 1.0
        middle = np.stack([lat, long]) / points
        out = np.empty((len(self.radii), 2, *middle.shape))
        for own, radius in zip(out, self.radii, strict=True):
            reach = reach_of(radius) / points
            np.clip(middle + (reach + 0.5), 0.0, 1.0, out=own[0])
            np.clip((reach - 0.5) - middle, -1.0, 0.0, out=own[1])
        return out

    @property
    def log_reached(self) -> F64:
        """Log probability of a place, given a remote place from which it can be reached, for each of `travel`."""
        return np.log([(2.0 * reach_of(radius)) ** -2.0 for radius in self.radii])

    def measure_starts(self, second: I64) -> F64:
        """Return the probability that a burst starts at a second of the day or before."""
        assert self.begun is not None
        return self.begun.take(second + 1, mode="clip")

    def _gather(self, logs: F64) -> F64:
        # Only where one uniform drives them do dates say something of pairs.
        return logs if self.ends is not None else log_sum(logs)[np.newaxis]

    def _count(self, most: int) -> F64:
        """Return the log probability of 0 to `most` rows on each day, given the window.

        Shape (numbers, windows, days).
        """
        total, number = self.numbers.astype(np.float64)[:, np.newaxis], np.arange(most + 1.0)
        left = np.maximum(total - number, 0.0)
        steps = np.log(left[:, :-1] / number[1:])  # of the ways to choose one row more
        ways = np.append(np.zeros_like(total), np.cumsum(steps, axis=1), axis=1)
        inside, outside, place = self._chances
        counts = log_sum(ways[..., np.newaxis] + left[..., np.newaxis] * outside)
        counts += np.outer(number, inside) - np.log(len(total))
        return np.where(counts < _NEVER, -np.inf, counts)[:, place]

    @cached_property
    def _chances(self) -> tuple[F64, F64, I64]:
        """Different log probabilities of a row to be on a day, and not to be, given the window; which each day has.

        The last of shape (windows, days).
        """
        window, place, there = self._locate(np.arange(self.period))
        share, which = np.unique(np.where(there, self.windows[window, place], 0.0), return_inverse=True)
        logs = (np.maximum(own, 2.0 * _NEVER) for own in (np.log(share), np.log1p(-share)))
        return next(logs), next(logs), which.reshape(window.shape)

    def _locate(self, day: I64) -> tuple[I64, I64, Bools]:
        """Return the windows that a day can lie in, its place in each, and whether there is such a window.

        Shape (windows, days).
        """
        count, width = self.windows.shape
        place = (day - self.first)[np.newaxis] if count == 1 and self.first == 0 else np.arange(width)[:, np.newaxis]
        window = day - self.first - place
        there = (window >= 0) & (window < count)
        return np.clip(window, 0, count - 1), np.broadcast_to(place, window.shape), there

    def _overlap(self, ends: F64, window: I64, place: I64, part: I64, category: I64) -> F64:
        """Return how much of the uniform chooses date, day part and category together, for each window."""
        low = np.maximum(self.parts[0][part], self.categories[0][category])
        high = np.minimum(self.parts[1][part], self.categories[1][category])
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


def _read_places(radius: int, lat: I64, long: I64) -> F64:
    logs = np.full(len(lat), -2.0 * np.log(2.0 * radius) if radius else 0.0)
    away = np.flatnonzero((np.abs(lat) >= radius) | (np.abs(long) >= radius))
    logs[away] = np.log(_side_mass(radius, lat[away]) * _side_mass(radius, long[away]))
    return logs


def _side_mass(radius: int, offset: I64) -> F64:
    """Return the probability of an offset in one direction, uniform and rounded: both ends have half a share."""
    away = np.abs(offset)
    if radius == 0:
        return np.asarray(away == 0, dtype=np.float64)
    return np.asarray(np.where(away < radius, 1.0, np.where(away == radius, 0.5, 0.0)) / (2.0 * radius))


def reach_of(radius: int) -> float:
    """Return how far a row can be from its place along an axis; at the place itself, all within half a microdegree."""
    return max(float(radius), 0.5)


def log_sum(logs: Sequence[F64] | F64) -> F64:
    """Return the logarithm of a sum of exponentials along the first axis.

    Term by term, which gives the same bits for any number of values.
    """
    if len(logs) == 1:
        return logs[0]
    largest = reduce(np.maximum, logs)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    total = np.zeros_like(largest)
    for own in logs:
        total += np.exp(own - largest)
    return np.asarray(np.log(total) + largest)
