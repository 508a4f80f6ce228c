"""The probability that a transaction is fraudulent, given all that a detector may see: exact, since the model is known.

Two detectors: one sees a single row, the other all rows of a customer on that day. No detector of these views can do
better. Every sum is over what the detector cannot see: the customer's rate, the fraud window, whether the customer
travels. Probabilities of a profile's own figures come from `exact`.

One exception: under v1.0 amounts change places among a customer's rows, so those of one day depend on each other a
little. The detector of a day takes them one by one, each with its exact probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce

import numpy as np

from vecgen.config.profile import ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.odds.candidates import HonestRows
from vecgen.model.odds.labels import make_fraud, make_regular
from vecgen.model.odds.likelihood import Seen, Shown, Side, join_seen, log_sum
from vecgen.model.odds.mixed_days import sum_mixed_days
from vecgen.model.odds.reading import Contents, Read, Scaled, find_days, read_labels, scale_all
from vecgen.model.params import ModelParameters
from vecgen.model.rows import Rows
from vecgen.model.transaction_dates import Customers
from vecgen.sampling.arrays import F64


class Posterior:
    """The log odds of fraud under the model of a set of profiles."""

    def __init__(self, profiles: ProfileSet, law: ModelParameters) -> None:
        """Write the model out."""
        exact = write_out(profiles, law)
        names = self.categories = exact.categories
        self._law = law
        with np.errstate(divide="ignore"):  # what cannot be has the logarithm of 0
            self._profiles = [
                _make_profile(
                    make_regular(regular, own[0], names, law),
                    tuple(make_fraud(fraud, names, law) for fraud in frauds),
                    law,
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
            homes: Of the rows' customers, by their positions.
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
            lat=rows.lat - rows.spread(homes.lat),
            long=rows.long - rows.spread(homes.long),
        )

    def list_probabilities(self, batches: Sequence[Seen]) -> Iterator[tuple[F64, F64]]:
        """Yield the probabilities of fraud of each batch, by row and by day.

        Args:
            batches: Whole days of customers of one profile, all in the order (customer, day).
        """
        rows = batches[0] if len(batches) == 1 else join_seen(batches)
        found = self._profiles[int(rows.profile[0])].judge(rows, _share)
        ends = np.cumsum([len(own) for own in batches])[:-1]
        by_row, by_day = (np.split(by, ends) for by in found)
        yield from zip(by_row, by_day, strict=True)

    def log_odds(self, rows: Seen) -> tuple[F64, F64]:
        """Return the log odds of each row by what it shows alone, and by all rows of its customer's day.

        Beyond about 745 they are infinite. Those by day come from probabilities where regular rows stay on days of
        fraud, or frauds share a burst or a remote place: then they lose digits beyond 20, and are infinite beyond 37.

        Args:
            rows: With each row, all other rows of the customer on that day.
        """
        if _is_ordered(rows):
            return self._profiles[int(rows.profile[0])].judge(rows, _compare)
        row, day = np.empty(len(rows)), np.empty(len(rows))
        for profile in np.unique(rows.profile).tolist():
            own = np.flatnonzero(rows.profile == profile)
            own = own[np.lexsort((rows.day[own], rows.customer[own]))]
            row[own], day[own] = self._profiles[profile].judge(rows.take(own), _compare)
        return row, day


@lru_cache(maxsize=2)
def compile_posterior(profiles: ProfileSet, law: ModelParameters) -> Posterior:
    """Return the posterior, of the last few models at once."""
    return Posterior(profiles, law)


def to_probability(log_odds: F64) -> F64:
    """Return the probability of log odds."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def _share(fraud: F64, regular: F64) -> F64:
    """Return the probability of fraud; 0 for what no label can have made."""
    return _settle(fraud / (fraud + regular), 0.0)


def _compare(fraud: F64, regular: F64) -> F64:
    """Return the log odds of fraud; those of what no label can have made are -inf."""
    return _settle(np.log(fraud / regular), -np.inf)


def _settle(found: F64, otherwise: float) -> F64:
    """Replace what is not a number."""
    none = np.isnan(found)
    if none.any():
        found[none] = otherwise
    return found


Verdict = Callable[[F64, F64], F64]
"""What becomes of two numbers in the ratio of the probabilities that rows are fraudulent and regular."""


@dataclass(frozen=True)
class _Profile:
    """All labels of a profile: its regular rows, and the types of fraud."""

    regular: Side
    frauds: tuple[Side, ...]
    law: ModelParameters
    contents: Contents | None = None

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and mean square of the fraudulent rows of a case."""
        numbers = [(np.exp(side.share), side.numbers.astype(np.float64)) for side in self.frauds]
        first, second = (sum(share * float((own**power).mean()) for share, own in numbers) for power in (1, 2))
        return first, second

    def judge(self, rows: Seen, say: Verdict) -> tuple[F64, F64]:
        """Return the verdicts by row and by day on rows in the order (customer, day)."""
        order = np.argsort(rows.category.astype(np.int16), kind="stable")
        days, shown = find_days(rows, order), rows.show(order)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            regular, *frauds = self._read_all(shown)
            by_row = say(*self._by_row(shown, regular, frauds)).take(days.place)
            return by_row, say(*self._by_day(HonestRows(shown, days, regular), frauds))

    def _read_all(self, rows: Shown) -> list[Scaled]:
        """Return what rows say under every label, the regular one first, up to a factor of each row."""
        sides = (self.regular, *self.frauds)
        regular, *frauds = read_labels(sides, rows) if self.contents is None else self.contents.read(rows)
        return scale_all([regular, *(self._disguise(read, regular) for read in frauds)])

    def _by_row(self, rows: Shown, regular: Scaled, frauds: Sequence[Scaled]) -> tuple[F64, F64]:
        """Return how probable rows are as fraudulent and as regular ones, up to a factor."""
        fraud, honest = np.zeros(len(rows)), np.zeros(len(rows))
        regular.add_expected(honest, rows.day)
        for read in frauds:
            read.add_expected(fraud, rows.day)
        return self.law.fraud_rate * fraud, self._free.take(rows.day) * honest

    def _by_day(self, honest: HonestRows, frauds: Sequence[Scaled]) -> tuple[F64, F64]:
        """Return the same of rows day by day, given all rows of the day."""
        rate, days = np.log(np.float64(self.law.fraud_rate)), honest.days
        left = np.log(self._spared).take(days.day) + honest.regular.by_day(days)
        none = np.full(len(days.day), -np.inf)
        simple = [read.side.share + read.by_day(days) for read in frauds if read.side.is_simple]
        held = rate + log_sum([none, *simple])
        mixed = [read for read in frauds if not read.side.is_simple]
        if not mixed:
            largest = np.maximum(held, left)
            both = np.exp(np.stack([held, left]) - largest).take(days.of_place, axis=1)
            return both[0], both[1]
        sums = sum_mixed_days(honest, mixed)
        shift = reduce(np.maximum, [held, left, rate + np.log(sums.every)])  # a day far from its scale vanishes nowhere
        factor, held = np.exp(rate - shift), np.exp(held - shift)
        total = factor * sums.every + held + np.exp(left - shift)
        own = sums.held * (factor / total).take(days.of_place) + (held / total).take(days.of_place)
        np.minimum(own, 1.0, out=own)  # beyond it is rounding
        return own, 1.0 - own

    def _disguise(self, own: Read, regular: Read) -> Read:
        """Return what rows say as frauds of a type, of which a share passes for regular."""
        share = np.float64(self.law.fraud_stealth)
        if share == 0:
            return own
        disguised = np.log(share) + regular.content
        content = np.log1p(-share) + own.content
        timeless = None if own.timeless is None else np.log1p(-share) + own.timeless
        return replace(own, content=np.logaddexp(content, disguised), timeless=timeless, disguised=disguised)

    @cached_property
    def _spared(self) -> F64:
        """Probability that a customer has no fraudulent rows on each day of the period."""
        return 1.0 - self._strike(self.frauds)

    @cached_property
    def _free(self) -> F64:
        """The same but for types that keep own rows: that nothing replaces these."""
        return 1.0 - self._strike([side for side in self.frauds if not side.keeps_own_rows])

    def _strike(self, frauds: Sequence[Side]) -> F64:
        some = [np.exp(side.share) * side.strikes for side in frauds]
        return np.asarray(self.law.fraud_rate * sum(some, np.zeros(self.regular.period)))


def _make_profile(regular: Side, frauds: tuple[Side, ...], law: ModelParameters) -> _Profile:
    contents = None if law.dependence == "v1.0" else Contents((regular, *frauds), everywhere=law.fraud_stealth > 0)
    return _Profile(regular, frauds, law, contents)


def _is_ordered(rows: Seen) -> bool:
    """Whether rows are of one profile, and in the order (customer, day)."""
    if not len(rows) or (rows.profile != rows.profile[0]).any():
        return False
    customer, day = rows.customer, rows.day
    later = (customer[1:] > customer[:-1]) | ((customer[1:] == customer[:-1]) & (day[1:] >= day[:-1]))
    return bool(later.all())
