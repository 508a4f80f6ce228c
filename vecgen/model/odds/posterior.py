"""The probability that a transaction is fraudulent, given all that a detector may see: exact, since the model is known.

Two detectors: one sees a single row, the other all rows of a customer on that day. No detector of these views can do
better. Every sum is over what the detector cannot see: the customer's rate, the fraud window, whether the customer
travels. Probabilities of a profile's own figures come from `exact`.

One exception: under v1.0 amounts change places among a customer's rows, so those of one day depend on each other a
little. The detector of a day takes them one by one, each with its exact probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce

import numpy as np

from vecgen.config.profile import DAY_PARTS, ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.odds.likelihood import Seen, Side, make_fraud, make_regular
from vecgen.model.odds.mixed_days import sum_mixed_days
from vecgen.model.odds.reading import Days, Masses, Read, read_label
from vecgen.model.params import ModelParameters
from vecgen.model.rows import Rows
from vecgen.model.transaction_dates import Customers
from vecgen.sampling.arrays import F64, I64, U64, Bools


class Posterior:
    """The log odds of fraud under the model of a set of profiles."""

    def __init__(self, profiles: ProfileSet, law: ModelParameters) -> None:
        """Write the model out."""
        exact = write_out(profiles, law)
        names = self.categories = exact.categories
        self._law = law
        self._profiles = [
            _make_profile(
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
        if _is_ordered(rows):
            return self._profiles[int(rows.profile[0])].log_odds(rows)
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
class _Profile:
    """All labels of a profile: its regular rows, and the types of fraud."""

    regular: Side
    frauds: tuple[Side, ...]
    law: ModelParameters
    masses: Masses | None = None

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and mean square of the fraudulent rows of a case."""
        numbers = [(np.exp(side.share), side.numbers.astype(np.float64)) for side in self.frauds]
        first, second = (sum(share * float((own**power).mean()) for share, own in numbers) for power in (1, 2))
        return first, second

    def log_odds(self, rows: Seen) -> tuple[F64, F64]:
        """Return the log odds by row and by day of rows in the order (customer, day)."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            regular, *frauds = self._read_all(rows)
            rate = np.log(np.float64(self.law.fraud_rate))
            free = np.log1p(-self._struck([side for side in self.frauds if not side.keeps_own_rows]))[rows.day]
            fraud = _log_add([read.side.share + read.by_row for read in frauds], len(rows))
            by_row = (rate + fraud) - (free + regular.by_row)
            return _settle(by_row), _settle(self._by_day(rows, regular, frauds))

    def _read_all(self, rows: Seen) -> list[Read]:
        """Return what rows say under every label, the regular one first."""
        sides = (self.regular, *self.frauds)
        amounts = self._read_amounts(rows)
        places: dict[tuple[object, ...], F64] = {}
        for side in sides:
            if side.place_key not in places:
                places[side.place_key] = side.read_places(rows)
        regular, *frauds = (
            read_label(side, rows, own, places[side.place_key]) for side, own in zip(sides, amounts, strict=True)
        )
        return [regular, *(self._disguise(read, regular, rows, amounts[0]) for read in frauds)]

    def _read_amounts(self, rows: Seen) -> Sequence[F64]:
        if self.masses is None:
            return [side.read_amounts(rows) for side in (self.regular, *self.frauds)]
        return [*self.masses.read(rows)]

    def _by_day(self, rows: Seen, regular: Read, frauds: Sequence[Read]) -> F64:
        starts = np.flatnonzero(np.append(True, _changes(rows.customer) | _changes(rows.day)))
        days = Days(rows.day[starts], starts, np.diff(np.append(starts, len(rows))))
        rate = np.log(np.float64(self.law.fraud_rate))
        free = np.log1p(-self._struck(self.frauds))[days.day]
        left = (free + regular.by_day(days.day, starts, days.sizes)).repeat(days.sizes)
        simple = [read for read in frauds if read.side.is_simple]
        struck = [read.side.share + read.by_day(days.day, starts, days.sizes) for read in simple]
        held = (rate + _log_add(struck, len(days.day))).repeat(days.sizes)
        mixed = [read for read in frauds if not read.side.is_simple]
        if mixed:
            scale = reduce(np.maximum, [read.largest for read in (regular, *frauds)])
            each = [np.exp(read.side.share) * sum_mixed_days(rows, days, read, regular, scale) for read in mixed]
            total = rate + np.add.reduceat(scale, starts).repeat(days.sizes)
            logs = np.log(sum(each)) + total
            held, left = np.logaddexp(held, logs[0]), np.logaddexp(left, logs[1])
        return np.asarray(held - left)

    def _disguise(self, own: Read, regular: Read, rows: Seen, amounts: F64) -> Read:
        """Return what rows say as frauds of a type, of which a share passes for regular: with amounts of their own."""
        share = np.float64(self.law.fraud_stealth)
        if share == 0:
            return own
        if self.regular.ends is not None:
            plain = replace(self.regular, own_amount=np.ones(len(DAY_PARTS)), ends=None)
            regular = read_label(plain, rows, plain.read_amounts(rows), regular.place)
        disguised = np.log(share) + regular.content
        content, timeless = (np.log1p(-share) + logs for logs in (own.content, own.timeless))
        return replace(own, content=np.logaddexp(content, disguised), timeless=timeless, disguised=disguised)

    def _struck(self, frauds: Sequence[Side]) -> F64:
        """Return the probability that a customer has fraudulent rows of these types on each day of the period."""
        days = np.arange(self.regular.period)
        some = [np.exp(side.share) * side.strikes(days) for side in frauds]
        return np.asarray(self.law.fraud_rate * np.sum(some, axis=0)) if some else np.zeros(len(days))


def _make_profile(regular: Side, frauds: tuple[Side, ...], law: ModelParameters) -> _Profile:
    masses = None if law.dependence == "v1.0" else Masses((regular, *frauds))
    return _Profile(regular, frauds, law, masses)


def _log_add(logs: Sequence[F64], number: int) -> F64:
    """Return the logarithm of the sum of exponentials of so many values each; of nothing, that of 0.

    Term by term, which gives the same bits for any number of values.
    """
    if len(logs) < 2:
        return logs[0] if logs else np.full(number, -np.inf)
    largest = reduce(np.maximum, logs)
    largest = np.where(largest > -np.inf, largest, 0.0)
    total = np.zeros(number)
    for own in logs:
        total += np.exp(own - largest)
    return np.asarray(np.log(total) + largest)


def _is_ordered(rows: Seen) -> bool:
    """Whether rows are of one profile, and in the order (customer, day)."""
    if not len(rows) or (rows.profile != rows.profile[0]).any():
        return False
    customer, day = rows.customer, rows.day
    later = (customer[1:] > customer[:-1]) | ((customer[1:] == customer[:-1]) & (day[1:] >= day[:-1]))
    return bool(later.all())


def _changes(values: I64 | U64) -> Bools:
    return np.asarray(values[1:] != values[:-1])


def _settle(log_odds: F64) -> F64:
    """Return log odds in which what no label can have made counts as regular."""
    return np.asarray(np.where(np.isnan(log_odds), -np.inf, log_odds))
