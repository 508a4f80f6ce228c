"""The probability that a transaction is fraudulent, given all that a detector may see: exact, since the model is known.

Two detectors: one sees a single row, the other all rows of a customer on that day. No detector of these views can do
better. Every sum is over what the detector cannot see: the customer's rate, the fraud window, whether the customer
travels. Probabilities of a profile's own figures come from `exact`.

One exception: under v1.0 amounts change places among a customer's rows, so those of one day depend on each other a
little. The detector of a day takes them one by one, each with its exact probability.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Final

import numpy as np

from vecgen.config.profile import DAY_PARTS, ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.likelihood import Seen, Side, log_sum, make_fraud, make_regular, reach_of
from vecgen.model.params import ModelParameters
from vecgen.model.rows import Rows
from vecgen.model.transaction_dates import Customers
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.sampling.subsets import cover_all, cut_axis, sum_subsets

_CELLS: Final = 1_000_000  # numbers of days that are summed up at once


class Posterior:
    """The log odds of fraud under the model of a set of profiles."""

    def __init__(self, profiles: ProfileSet, law: ModelParameters) -> None:
        """Write the model out."""
        exact = write_out(profiles, law)
        names = self.categories = exact.categories
        self._law = law
        self._profiles = [
            _Profile(
                make_regular(regular, own[0], names, law), tuple(make_fraud(fraud, names, law) for fraud in frauds), law
            )
            for regular, own, frauds in zip(profiles.regular, exact.rows, exact.frauds, strict=True)
        ]

    @property
    def frauds_of_defrauded(self) -> F64:
        """Fraudulent rows of the customer of a fraudulent row, in expectation, per profile."""
        means = np.array([own.moments for own in self._profiles])
        return np.asarray(means[:, 1] / np.maximum(1e-300, means[:, 0]))

    @property
    def window_days(self) -> int:
        """Days of a fraud window, of the longest."""
        return max(self._law.window_days(own.type) for own in self._law.types)

    @property
    def mixes_days(self) -> bool:
        """Whether there are days with both fraudulent and regular rows of a customer."""
        return any(side.keeps_own_rows for own in self._profiles for side in own.frauds)

    def see(self, rows: Rows, homes: Customers, profile: int, categories: Sequence[str]) -> Seen:
        """Return what detectors see of drawn rows.

        Args:
            homes: Those of the calendar that the rows were drawn of.
            profile: Of all rows, position in `ProfileSet.names`.
            categories: Names by the rows' positions.
        """
        own = {name: position for position, name in enumerate(self.categories)}
        positions = np.array([own.get(name, 0) for name in categories], dtype=np.int64)
        return Seen(
            customer=rows.customer.view(np.uint64),
            profile=np.full(len(rows), profile),
            day=rows.day,
            second=rows.second,
            category=positions.take(rows.category),
            cents=rows.cents,
            lat=rows.lat - homes.lat.take(rows.customer),
            long=rows.long - homes.long.take(rows.customer),
        )

    def add_probability(self, rows: Rows, homes: Customers, profile: int, categories: Sequence[str]) -> Rows:
        """Return drawn rows, whole days of customers, with their probabilities of fraud; arguments as of `see`."""
        by_row, by_day = self.log_odds(self.see(rows, homes, profile, categories))
        return replace(rows, probability=(to_probability(by_row), to_probability(by_day)))

    def log_odds(self, rows: Seen) -> tuple[F64, F64]:
        """Return the log odds of each row by what it shows alone, and by all rows of its customer's day.

        Args:
            rows: With each row, all other rows of the customer on that day.
        """
        row, day = np.full(len(rows), -np.inf), np.full(len(rows), -np.inf)
        for profile in np.unique(rows.profile).tolist():
            own = np.flatnonzero(rows.profile == profile)
            own = own[np.lexsort((rows.day[own], rows.customer[own]))]
            row[own], day[own] = self._profiles[profile].log_odds(rows.take(own))
        return row, day


@lru_cache(maxsize=2)
def compile_posterior(profiles: ProfileSet, law: ModelParameters) -> Posterior:
    """Return the posterior, of the last few models at once."""
    return Posterior(profiles, law)


def to_probability(log_odds: F64) -> F64:
    """Return the probability of log odds."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


@dataclass(frozen=True)
class _Read:
    """What rows say under one label, as logarithms of probabilities.

    Attributes:
        dates: Of window and date, shape (rows, windows); one where windows say nothing of the rest.
        content: Of category, second and amount, given these, same shape.
        timeless: The same but for the second; of rows that pass for regular, `disguised` is the whole of it.
        place: Given that the customer stays, and that it travels, shape (rows, 2).
    """

    side: Side
    dates: F64
    content: F64
    timeless: F64
    disguised: F64
    place: F64

    @property
    def by_row(self) -> F64:
        """Log of the expected number of such rows of a customer with this label."""
        dates = log_sum(self.dates + self.content, 1)
        return np.asarray(np.log(self.side.numbers.mean()) + dates + self._placed)

    @property
    def largest(self) -> F64:
        """Log probability of a row without its date, in the most likely window, up to a factor."""
        return np.asarray(self.content.max(axis=1) + self._placed)

    @property
    def _placed(self) -> F64:
        return log_sum(self.place + np.log(self.side.travel), 1)

    def by_day(self, days: I64, starts: I64, sizes: I64) -> F64:
        """Return the log probability of all rows of each customer's day, where each is of this label."""
        counts = self._count(days, sizes)
        dates = log_sum(counts + np.add.reduceat(self.content, starts), 1)
        return np.asarray(dates + log_sum(np.add.reduceat(self.place, starts) + np.log(self.side.travel), 1))

    def _count(self, days: I64, sizes: I64) -> F64:
        """Return the log probability of so many rows on each day, shape (days, windows)."""
        out = np.empty((len(days), 1 if self.side.ends is None else self.side.windows.shape[1]))
        if self.side.first == 0:
            out = out[:, :1]  # the period is one window
        for size in np.unique(sizes).tolist():
            own = sizes == size
            out[own] = self.side.read_counts(days[own], size)
        return out


@dataclass(frozen=True)
class _Days:
    """Customers' days in rows in the order (customer, day).

    Attributes:
        day, starts, sizes: Day from the start of the period, first row, number of rows.
    """

    day: I64
    starts: I64
    sizes: I64


@dataclass(frozen=True)
class _Profile:
    """All labels of a profile: its regular rows, and the types of fraud."""

    regular: Side
    frauds: tuple[Side, ...]
    law: ModelParameters

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and mean square of the fraudulent rows of a case."""
        numbers = [(np.exp(side.share), side.numbers.astype(np.float64)) for side in self.frauds]
        first, second = (sum(share * float((own**power).mean()) for share, own in numbers) for power in (1, 2))
        return first, second

    def log_odds(self, rows: Seen) -> tuple[F64, F64]:
        """Return the log odds by row and by day of rows in the order (customer, day)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            regular = _read(self.regular, rows)
            frauds = [self._read_fraud(side, regular, rows) for side in self.frauds]
            rate = np.log(np.float64(self.law.fraud_rate))
            free = np.log1p(-self._struck(rows.day, [side for side in self.frauds if not side.keeps_own_rows]))
            fraud = _log_add([read.side.share + read.by_row for read in frauds], len(rows))
            by_row = (rate + fraud) - (free + regular.by_row)
            return _settle(by_row), _settle(self._by_day(rows, regular, frauds))

    def _by_day(self, rows: Seen, regular: _Read, frauds: Sequence[_Read]) -> F64:
        starts = np.flatnonzero(np.append(True, _changes(rows.customer) | _changes(rows.day)))
        days = _Days(rows.day[starts], starts, np.diff(np.append(starts, len(rows))))
        rate = np.log(np.float64(self.law.fraud_rate))
        free = np.log1p(-self._struck(days.day, self.frauds))
        left = [(free + regular.by_day(days.day, starts, days.sizes)).repeat(days.sizes)]
        held = []
        scale = np.max([read.largest for read in (regular, *frauds)], axis=0)
        for read in frauds:
            prior = rate + read.side.share
            if read.side.is_simple:
                held.append((prior + read.by_day(days.day, starts, days.sizes)).repeat(days.sizes))
            else:
                own, rest = _sum_days(rows, days, read, regular, scale)
                held.append(prior + own)
                left.append(prior + rest)
        return _log_add(held, len(rows)) - _log_add(left, len(rows))

    def _read_fraud(self, side: Side, regular: _Read, rows: Seen) -> _Read:
        """Return what rows say as frauds of a type, of which a share passes for regular: with amounts of their own."""
        own, share = _read(side, rows), np.float64(self.law.fraud_stealth)
        if share == 0:
            return own
        plain = replace(self.regular, own_amount=np.ones(len(DAY_PARTS)), ends=None)
        disguised = np.log(share) + (regular if self.regular.ends is None else _read(plain, rows)).content
        content, timeless = (np.log1p(-share) + logs for logs in (own.content, own.timeless))
        return replace(own, content=np.logaddexp(content, disguised), timeless=timeless, disguised=disguised)

    def _struck(self, day: I64, frauds: Sequence[Side]) -> F64:
        """Return the probability that a customer has fraudulent rows of these types on a day."""
        some = [np.exp(side.share) * side.strikes(day) for side in frauds]
        return np.asarray(self.law.fraud_rate * np.sum(some, axis=0)) if some else np.zeros(len(day))


def _read(side: Side, rows: Seen) -> _Read:
    """Return what rows say as rows of one label."""
    timeless = side.read_pairs(rows) + side.read_amounts(rows)[:, np.newaxis]
    content = timeless + side.read_seconds(rows)[:, np.newaxis]
    nothing = np.full_like(content, -np.inf)
    return _Read(side, side.read_dates(rows.day), content, timeless, nothing, side.read_places(rows))


@dataclass(frozen=True)
class _Group:
    """Days of as many rows each, to be held against one type of fraud.

    Attributes:
        places: Of the rows, shape (days, rows of a day).
        scale: What is taken off the logarithms of each row, same shape.
    """

    rows: Seen
    day: I64
    places: I64
    scale: F64

    @property
    def size(self) -> int:
        """Rows of each day."""
        return int(self.places.shape[1])

    def sum_up(self, read: _Read, regular: _Read) -> tuple[F64, F64]:
        """Return the log probability of each row to be on such a day and fraudulent, and regular; shape as `places`."""
        held, left = np.zeros(self.places.shape), np.zeros(self.places.shape)
        counts = self._count(read, regular)
        for window in range(read.content.shape[1]):
            for weight, inside in self._cut(read, window):
                if read.side.keeps_own_rows:
                    own = self._share_out(regular, counts[..., window], weight, inside)
                    held, left = held + own[0], left + own[1]
                else:
                    held += (counts[:, -1, window] * (weight * inside.prod(axis=2)).sum(axis=1))[:, np.newaxis]
        return np.log(held) + self._total, np.log(left) + self._total

    @property
    def _total(self) -> F64:
        return np.asarray(self.scale.sum(axis=1, keepdims=True))

    def _count(self, read: _Read, regular: _Read) -> F64:
        """Return the probability of each number of fraudulent rows, shape (days, numbers, windows).

        For each choice of which rows they are, where regular rows are among them.
        """
        out = np.zeros((len(self.day), self.size + 1, read.content.shape[1]))
        for number in range(1 if read.side.keeps_own_rows else self.size, self.size + 1):
            logs = read.side.read_counts(self.day, number)
            if read.side.keeps_own_rows:
                logs = logs + regular.side.read_counts(self.day, self.size - number)
            out[:, number] = np.exp(logs - _log_choices(self.size, number))
        return out

    def _share_out(self, regular: _Read, counts: F64, weight: F64, inside: F64) -> tuple[F64, F64]:
        """Return the sums over which of a day's rows are fraudulent, of those that hold each row, and of the others."""
        days, pieces = weight.shape
        held, left = np.zeros(self.places.shape), np.zeros(self.places.shape)
        for travels, share in enumerate(regular.side.travel.tolist()):
            if share > 0:
                outside = np.exp(regular.content[self.places, 0] + regular.place[self.places, travels] - self.scale)
                spread = (np.repeat(values, pieces, axis=0) for values in (outside, counts))
                sums = sum_subsets(inside.reshape(-1, self.size), *spread)
                own = ((share * weight[..., np.newaxis] * s.reshape(days, pieces, -1)).sum(axis=1) for s in sums)
                held, left = held + next(own), left + next(own)
        return held, left

    def _cut(self, read: _Read, window: int) -> Iterator[tuple[F64, F64]]:
        """Yield pieces of what fraudulent rows share, their place and the start of their burst.

        Of each piece its probability, shape (days, pieces), and that of each row in it, shape (days, pieces, rows).
        """
        side = read.side
        begun, within = self._cut_bursts(read)
        timed = (read.timeless[:, window] - np.log(side.burst)) if side.burst else read.content[:, window]
        disguised = read.disguised[:, window if read.disguised.shape[1] > 1 else 0] if side.burst else None
        for travels, share in enumerate(side.travel.tolist()):
            if share > 0:
                away, around, place = self._cut_places(read, travels)
                inside = np.exp(timed[self.places] + place - self.scale)[:, np.newaxis] * within
                if disguised is not None:
                    inside = inside + np.exp(disguised[self.places] + place - self.scale)[:, np.newaxis]
                both = inside[:, :, np.newaxis] * around[:, np.newaxis]
                weight = share * begun[:, :, np.newaxis] * away[:, np.newaxis]
                yield weight.reshape(len(self.day), -1), both.reshape(len(self.day), -1, self.size)

    def _cut_bursts(self, read: _Read) -> tuple[F64, F64]:
        """Return the pieces of when a burst can start, and which rows lie within."""
        side, stealth = read.side, bool(np.isfinite(read.disguised).any())
        whole = np.ones((len(self.day), 1)), np.ones((len(self.day), 1, self.size))
        if not side.burst:
            return whole
        second = self.rows.second[self.places].astype(np.float64)
        if not (side.keeps_own_rows or stealth):
            return cover_all(second - side.burst, second, side.measure_starts)[:, np.newaxis], whole[1]
        weights, covers = cut_axis(second - side.burst, second, side.measure_starts)
        rest = 1.0 - weights.sum(axis=1, keepdims=True)  # no row lies within: then all pass for regular
        return np.append(weights, rest, axis=1), np.append(covers, np.zeros_like(whole[1]), axis=1)

    def _cut_places(self, read: _Read, travels: int) -> tuple[F64, F64, F64]:
        """Return the pieces of where a remote place can be, which rows are around it, with which log probability."""
        side, radius = read.side, reach_of(read.side.radii[travels])
        whole = np.ones((len(self.day), 1)), np.ones((len(self.day), 1, self.size))
        if not side.remote:
            return *whole, read.place[self.places, travels]
        place = np.full(self.places.shape, -2.0 * np.log(2.0 * radius))
        axes = [values[self.places].astype(np.float64) for values in (self.rows.lat, self.rows.long)]
        ends = [(axis - radius, axis + radius) for axis in axes]
        if not side.keeps_own_rows:
            weights = np.prod([cover_all(*pair, side.measure_centers) for pair in ends], axis=0)
            return weights[:, np.newaxis], whole[1], place
        (north, northern), (east, eastern) = (cut_axis(*pair, side.measure_centers) for pair in ends)
        weights = (north[:, :, np.newaxis] * east[:, np.newaxis]).reshape(len(self.day), -1)
        covers = (northern[:, :, np.newaxis] * eastern[:, np.newaxis]).reshape(len(self.day), -1, self.size)
        return weights, covers, place


def _sum_days(rows: Seen, days: _Days, read: _Read, regular: _Read, scale: F64) -> tuple[F64, F64]:
    """Return the log probability of each row to be on a day with fraud of a type and fraudulent, and regular."""
    held, left = np.full(len(rows), -np.inf), np.full(len(rows), -np.inf)
    unknown = int(read.side.burst > 0) + 2 * (read.side.remote > 0 and read.side.keeps_own_rows)
    for size in np.unique(days.sizes).tolist():
        every = np.flatnonzero(days.sizes == size)
        step = max(1, _CELLS // (size * size * (2 * size) ** unknown))
        for first in range(0, len(every), step):
            chosen = every[first : first + step]
            places = days.starts[chosen][:, np.newaxis] + np.arange(size)
            group = _Group(rows, days.day[chosen], places, scale[places])
            held[places], left[places] = group.sum_up(read, regular)
    return held, left


def _log_choices(size: int, number: int) -> float:
    from scipy import special

    return float(-np.log1p(size) - special.betaln(size - number + 1.0, number + 1.0))


def _log_add(logs: Sequence[F64], number: int) -> F64:
    """Return the logarithm of the sum of exponentials of so many values each; of nothing, that of 0."""
    return np.asarray(reduce(np.logaddexp, logs, np.full(number, -np.inf)))


def _changes(values: I64 | U64) -> Bools:
    return np.asarray(values[1:] != values[:-1])


def _settle(log_odds: F64) -> F64:
    """Return log odds in which what no label can have made counts as regular."""
    return np.asarray(np.where(np.isnan(log_odds), -np.inf, log_odds))
