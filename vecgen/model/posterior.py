"""The probability that a transaction is fraudulent, given all that a detector may see: exact, since the model is known.

Two detectors: one sees a single row, the other all rows of a customer on that day. No detector of these views can do
better. Every sum is over what the detector cannot see: the customer's rate, the fraud window, whether the customer
travels. Probabilities of a profile's own figures come from `exact`.

One exception: under v1.0 amounts change places among a customer's rows, so those of one day depend on each other a
little. The detector of a day takes them one by one, each with its exact probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Final

import numpy as np

from vecgen.config.profile import DAY_PARTS, Profile, ProfileSet
from vecgen.model.amount_mass import amount_mass
from vecgen.model.exact import NIGHT, RowDistribution, keep_amounts, write_out
from vecgen.model.params import ModelParameters
from vecgen.model.rows import Rows
from vecgen.model.transaction_dates import Customers
from vecgen.sampling.arrays import F64, I64, U64, Bools

_HALF_DAY: Final = 43_200  # seconds
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

    def take(self, places: I64) -> Seen:
        """Return the rows at these places."""
        return Seen(*(getattr(self, f.name)[places] for f in fields(Seen)))


class Posterior:
    """The log odds of fraud under the model of a set of profiles."""

    def __init__(self, profiles: ProfileSet, law: ModelParameters) -> None:
        """Write the model out."""
        exact = write_out(profiles, replace(law, fraud_stealth=0.0))  # what passes for regular is added by `_Pair`
        names = self.categories = exact.categories
        self._pairs = [
            _Pair(_make_side(regular, own[0], names, law), _make_side(fraud, own[1], names, law), law)
            for regular, fraud, own in zip(profiles.regular, profiles.fraud, exact.rows, strict=True)
        ]

    @property
    def frauds_of_defrauded(self) -> F64:
        """Fraudulent rows of the customer of a fraudulent row, in expectation, per profile."""
        numbers = [pair.fraud.numbers.astype(np.float64) for pair in self._pairs]
        return np.array([(own**2).sum() / max(1.0, own.sum()) for own in numbers])

    @property
    def window_days(self) -> int:
        """Days of a fraud window."""
        return self._pairs[0].law.fraud_days + 1

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
            row[own], day[own] = self._pairs[profile].log_odds(rows.take(own))
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
class _Parts:
    """What rows say under one label, as logarithms of probabilities.

    Attributes:
        window: Of the date within each window that the row can lie in, shape (rows, windows).
        choice: Of category and day part, given date and window, same shape, or one window for all.
        rest: Of second and amount.
        place: Given that the customer stays, and that it travels, shape (rows, 2).
    """

    window: F64
    choice: F64
    rest: F64
    place: F64


@dataclass(frozen=True)
class _Side:
    """One label of a profile.

    Attributes:
        numbers: Rows that a customer can have in the period, or in the window of fraud, each as likely.
        windows: Probability of each day of a window, shape (windows, days of a window): the period is one window.
        first: Day on which the first window starts.
        ends: Cumulative probabilities of `windows`, from 0, where one uniform drives dates and choices; else None.
        parts, categories: Where day parts and categories lie in (0, 1] of that uniform, shape (2, ...).
        choice: Probability of (day part, category).
        second: Probability of a second of each day part, by day and by night, shape (2, 2).
        own_amount: Probability that a row keeps its own amount, per day part.
        amounts: Mean and standard deviation of each category, None where the profile has none.
        travel: Probability that the customer stays, and that it travels.
        radii: Half the side of the square of purchases in both cases.
    """

    numbers: I64
    windows: F64
    first: int
    ends: F64 | None
    parts: F64
    categories: F64
    choice: F64
    second: F64
    own_amount: F64
    amounts: tuple[tuple[float, float] | None, ...]
    travel: F64
    radii: tuple[int, int]

    def read(self, rows: Seen) -> _Parts:
        """Return what rows say."""
        part = rows.second // _HALF_DAY
        window, place, there = self._locate(rows.day)
        dates = np.where(there, self.windows[window, place], 0.0)
        choice = self.choice[part, rows.category][:, np.newaxis]
        if self.ends is not None:
            overlap = self._overlap(self.ends, window, place, part, rows.category)
            choice = np.divide(overlap, dates, out=np.zeros_like(dates), where=dates > 0)
        return _Parts(np.log(dates), np.log(choice), self.read_rest(rows), np.log(self._place(rows)))

    def read_rest(self, rows: Seen) -> F64:
        """Return the log probability of second and amount."""
        part = rows.second // _HALF_DAY
        second = self.second[part, _is_night(rows.second).astype(np.int64)]
        return np.asarray(np.log(second) + np.log(self._amount(part, rows.category, rows.cents)))

    def read_content(self, rows: Seen) -> F64:
        """Return the log probability of category, second and amount, whatever the date."""
        return np.asarray(np.log(self.choice[rows.second // _HALF_DAY, rows.category]) + self.read_rest(rows))

    def count(self, day: I64, number: I64) -> F64:
        """Return the log probability of so many rows on a day, for each window that it can lie in.

        The mean over the rates that a customer can have; shape (days, windows).
        """
        from scipy import special

        window, place, there = self._locate(day)
        share = np.where(there, self.windows[window, place], 0.0)[..., np.newaxis]
        total, some = self.numbers.astype(np.float64), number.astype(np.float64)[:, np.newaxis, np.newaxis]
        left = np.maximum(total - some, 0.0)
        ways = -np.log1p(total) - special.betaln(left + 1.0, some + 1.0)
        logs = ways + special.xlogy(some, share) + special.xlog1py(left, -share)
        return np.asarray(_log_sum(np.where(some > total, -np.inf, logs), 2) - np.log(len(total)))

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

    def _place(self, rows: Seen) -> F64:
        masses = [_side_mass(radius, rows.lat) * _side_mass(radius, rows.long) for radius in self.radii]
        return np.stack(masses, axis=1)


@dataclass(frozen=True)
class _Pair:
    """Both labels of a profile."""

    regular: _Side
    fraud: _Side
    law: ModelParameters

    def log_odds(self, rows: Seen) -> tuple[F64, F64]:
        """Return the log odds by row and by day of rows in the order (customer, day)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            free = np.log1p(-self._struck(rows.day))
            regular, fraud = self.regular.read(rows), self._add_stealth(self.fraud.read(rows), rows)
            rate = np.log(np.float64(self.law.fraud_rate))
            by_row = (rate + self._row(fraud, self.fraud)) - (free + self._row(regular, self.regular))
            starts = np.flatnonzero(np.append(True, _changes(rows.customer) | _changes(rows.day)))
            sizes = np.diff(np.append(starts, len(rows)))
            days = rows.day[starts]
            by_day = rate + self._day(fraud, self.fraud, days, starts, sizes)
            by_day -= free[starts] + self._day(regular, self.regular, days, starts, sizes)
        return _settle(by_row), _settle(by_day).repeat(sizes)

    def _add_stealth(self, own: _Parts, rows: Seen) -> _Parts:
        """Return what rows say as frauds of which a share passes for regular: with pairs and amounts of their own."""
        share = np.float64(self.law.fraud_stealth)
        if share == 0:
            return own
        regular = replace(self.regular, own_amount=np.ones(len(DAY_PARTS))).read_content(rows)
        twin = own.choice + own.rest[:, np.newaxis]
        content = np.logaddexp(np.log1p(-share) + twin, (np.log(share) + regular)[:, np.newaxis])
        return replace(own, choice=content, rest=np.zeros(len(rows)))

    def _struck(self, day: I64) -> F64:
        """Return the probability that a customer has fraudulent rows on a day."""
        days, places = np.unique(day, return_inverse=True)
        none = np.exp(self.fraud.count(days, np.zeros_like(days)))
        _, _, there = self.fraud._locate(days)
        some = np.where(there, 1.0 - none, 0.0).sum(axis=1) / len(self.fraud.windows)
        return np.asarray(self.law.fraud_rate * some)[places.ravel()]

    @staticmethod
    def _row(parts: _Parts, side: _Side) -> F64:
        """Return the log of the expected number of such rows of a customer with this label."""
        dates = _log_sum(parts.window + parts.choice, 1) - np.log(len(side.windows))
        place = _log_sum(parts.place + np.log(side.travel), 1)
        return np.asarray(np.log(side.numbers.mean()) + dates + parts.rest + place)

    @staticmethod
    def _day(parts: _Parts, side: _Side, days: I64, starts: I64, sizes: I64) -> F64:
        """Return the log probability of all rows of each customer's day."""
        pairs, places = np.unique(np.stack([days, sizes]), axis=1, return_inverse=True)
        counts = side.count(pairs[0], pairs[1])[places.ravel()]
        dates = _log_sum(counts + np.add.reduceat(parts.choice, starts), 1) - np.log(len(side.windows))
        place = _log_sum(np.add.reduceat(parts.place, starts) + np.log(side.travel), 1)
        return np.asarray(dates + np.add.reduceat(parts.rest, starts) + place)


def _make_side(profile: Profile, law: RowDistribution, categories: Sequence[str], asked: ModelParameters) -> _Side:
    windows, first = (law.windows, 1) if law.windows is not None else (np.zeros((1, asked.fraud_days + 1)), 1)
    days = asked.fraud_days
    if law.days is not None:
        windows, first, days = law.days[np.newaxis], 0, asked.period.span
    together = asked.dependence == "v1.0"
    numbers = days * np.array(law.rates, dtype=np.int64)
    own = {name: (amount.mean, amount.stdev) for name, amount in zip(profile.categories, profile.amounts, strict=True)}
    night = law.hours[:, 0, [6, 0]]  # an hour of the day part that is never night, and one that is in the morning
    night[1, 1] = law.hours[1, 0, -1]  # the same for all categories
    return _Side(
        numbers=numbers,
        windows=windows,
        first=first,
        ends=_cumulate(windows) if together else None,
        parts=_intervals(
            profile.day_part_weights, [DAY_PARTS.index(part) for part in profile.day_parts], len(DAY_PARTS)
        ),
        categories=_intervals(
            profile.category_weights, [categories.index(c) for c in profile.categories], len(categories)
        ),
        choice=law.choice,
        second=night / _HOUR,
        own_amount=keep_amounts(law.choice.sum(axis=1), numbers) if together else np.ones(len(DAY_PARTS)),
        amounts=tuple(own.get(name) for name in categories),
        travel=np.array([1.0 - law.travel_share, law.travel_share]),
        radii=(law.home_radius, law.travel_radius),
    )


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


def _is_night(second: I64) -> Bools:
    return np.isin(np.arange(24), NIGHT).take(second // _HOUR)


def _changes(values: I64 | U64) -> Bools:
    return np.asarray(values[1:] != values[:-1])


def _log_sum(logs: F64, axis: int) -> F64:
    """Return the logarithm of a sum of exponentials along an axis."""
    largest = logs.max(axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    return np.asarray(np.log(np.exp(logs - largest).sum(axis=axis)) + largest.squeeze(axis))


def _settle(log_odds: F64) -> F64:
    """Return log odds in which what no label can have made counts as regular."""
    return np.asarray(np.where(np.isnan(log_odds), -np.inf, log_odds))
