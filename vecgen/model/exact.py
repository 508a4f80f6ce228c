"""Exact probabilities of the model, computed straight from the profiles' figures.

The sampler compiles the same figures into cells and quantile tables (`tables`, `gamma`). Only the weights of dates are
shared with it, so that a comparison of a sample with these probabilities checks the compilation too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from vecgen.config.profile import DAY_PARTS, SUFFIX, Profile, ProfileSet
from vecgen.model.date_weights import date_weights, window_weights
from vecgen.model.fraud.derive import derive_profile
from vecgen.model.fraud.fraud_type import SPARKOV, FraudType
from vecgen.model.fraud.moments import share_seconds
from vecgen.model.params import Dependence, ModelParameters
from vecgen.sampling.arrays import F64, I64

HALF_DAY_HOURS: Final = 12
_NIGHT_SHARE: Final = 0.8  # of fraud rows; the rest keeps the uniform hour
NIGHT: Final = (*range(22, 24), *range(4))
"""The hours in which fraud twins mostly buy, the evening's first."""
_HOME_RADIUS: Final = 1_000_000  # microdegrees
_TRAVEL_RADIUS: Final = 14_300  # microdegrees per unit of travel_max_dist
_LARGEST_AMOUNT: Final = 10**8  # cents; what lies beyond shares a cell
_AMOUNT_CELLS: Final = 160

AMOUNT_EDGES: Final[I64] = np.unique(np.geomspace(100, _LARGEST_AMOUNT, _AMOUNT_CELLS).round().astype(np.int64))
"""Upper ends (excluded) of the cells of amounts in cents; a last cell without end follows."""

_AMOUNT_ENDS: Final[F64] = np.asarray(
    (AMOUNT_EDGES - 0.5) / 100.0, dtype=np.float64
)  # an amount of n cents is any from n - 1/2 to n + 1/2


@dataclass(frozen=True)
class RowDistribution:
    """The distribution of the rows of one profile and label.

    Attributes:
        name: Of the profile; a fraud twin's carries the prefix.
        rates: Transactions a day a customer can have, each as likely as the others.
        choice: Probability of (day part, category), shape (2, categories).
        slots: Probability of (day, day part, category) under v1.0, where they depend on each other; else None.
        days: Probability of each day of the period; None for fraud rows, whose window decides.
        windows: Probability of each day of a window, shape (window starts, days); the first starts on the period's
            second day. None for regular rows, and where nobody is defrauded.
        hours: Probability of each hour of the day part, given day part and category, shape (2, categories, 12).
        amounts: Probability of the cells of `AMOUNT_EDGES`, given both, shape (2, categories, cells).
        permuted: Whether amounts change places among a customer's rows of a day part after they were drawn so.
        home_radius, travel_radius: Half the side of the square of purchases in microdegrees.
        travel_share: Probability that a customer travels.
    """

    name: str
    rates: range
    choice: F64
    slots: F64 | None
    days: F64 | None
    windows: F64 | None
    hours: F64
    amounts: F64
    permuted: bool
    home_radius: int
    travel_radius: int
    travel_share: float

    @property
    def daily_choice(self) -> F64:
        """Probability of (day part, category), given the date, of a regular row, shape (days, 2, categories).

        On a date that regular rows never have, that of any date.
        """
        assert self.days is not None
        given = np.tile(self.choice, (len(self.days), 1, 1))
        if self.slots is not None:
            some = self.days > 0
            given[some] = self.slots[some] / self.days[some, np.newaxis, np.newaxis]
        return given

    @property
    def part_hours(self) -> F64:
        """Probability of each hour of a day part, given the day part alone, shape (2, 12)."""
        return _average_choices(self.hours, self.choice)

    @property
    def near_radius(self) -> int:
        """The smallest radius that a customer can have."""
        return min(self.home_radius, self.travel_radius) if self.travel_share > 0 else self.home_radius

    @property
    def far_radius(self) -> int:
        """The largest radius that a customer can have."""
        return max(self.home_radius, self.travel_radius) if self.travel_share > 0 else self.home_radius

    @property
    def near_share(self) -> float:
        """How much of a side of the larger square lies in the smaller, in whole microdegrees; 1 where both are one."""
        return 1.0 if self.near_radius == self.far_radius else (self.near_radius + 0.5) / self.far_radius


@dataclass(frozen=True)
class FraudDistribution:
    """Fraud of one type against customers of one profile.

    Attributes:
        position: Of the type in `ModelParameters.types`.
        share: Probability that a case is of the type.
        profile: Whom its rows spend like.
        rows: The distribution of its rows, if none passes for regular.
        shown: The distribution of its rows, of which a share passes for regular.
        starts: Probability of each window of `rows.windows`.
        numbers: Fraudulent rows that a case can have, each number as likely.
    """

    kind: FraudType
    position: int
    share: float
    profile: Profile
    rows: RowDistribution
    shown: RowDistribution
    starts: F64
    numbers: I64

    def share_days(self, days: int) -> F64:
        """Return the probability of each day of a period of so many, of a row."""
        assert self.rows.windows is not None
        out = np.zeros(days)
        for place, shares in enumerate(self.rows.windows.T, 1):
            out[place : place + len(shares)] += self.starts * shares
        return out

    @property
    def amount_parts(self) -> F64:
        """Probability of each part of the day within which amounts change places: all of it under hours of its own."""
        return np.ones(len(DAY_PARTS)) if self.kind.hour_weights else self.rows.choice.sum(axis=1)

    @property
    def reach(self) -> int:
        """The farthest from home that a row can be, in either direction, microdegrees."""
        return self.rows.far_radius + to_microdegrees(self.kind.remote_degrees)


@dataclass(frozen=True)
class ExactModel:
    """The distributions of all rows: `rows[i]` has those of regular and fraud rows of the i-th profile.

    Attributes:
        frauds: The types of fraud that customers of each profile can suffer; none where nobody is defrauded. Of
            several, `rows[i][1]` is the mixture.
    """

    law: ModelParameters
    categories: tuple[str, ...]
    profiles: tuple[str, ...]
    rows: tuple[tuple[RowDistribution, RowDistribution], ...]
    frauds: tuple[tuple[FraudDistribution, ...], ...] = ()

    @property
    def is_typed(self) -> bool:
        """Whether there is fraud of another type than Sparkov's."""
        plain = {replace(own.type, description="", source="", report=None) for own in self.law.types}
        return plain != {FraudType(SPARKOV)}

    @property
    def keeps_own_rows(self) -> frozenset[bool]:
        """Whether regular rows stay on the dates of fraudulent ones: both, where types differ in it."""
        return frozenset(fraud.kind.keeps_own_rows for own in self.frauds for fraud in own)

    @property
    def profile_files(self) -> tuple[str, ...]:
        """Values of the column `profile`: the names of the profiles' files."""
        return tuple(f"{name}{SUFFIX}" for name in self.profiles)


def write_out(profiles: ProfileSet, law: ModelParameters) -> ExactModel:
    """Return the distributions of all profiles; `categories` are those that any of them lists, sorted."""
    kinds = tuple(own.type for own in law.fraud_types)
    spent = [profile.categories for profile in (*profiles.regular, *profiles.fraud)]
    listed = {category for own in (*spent, *(kind.categories for kind in kinds)) for category in own}
    categories, pairs = tuple(sorted(listed)), [*zip(profiles.regular, profiles.fraud, strict=True)]
    regular = [_regular_distribution(profile, law, categories) for profile in profiles.regular]
    frauds = tuple(
        tuple(_write_frauds(*pair, own, law, categories)) if law.fraud_rate > 0 else ()
        for pair, own in zip(pairs, regular, strict=True)
    )
    twins = (
        _join_types(own) if own else _fraud_distribution(twin, FraudType(SPARKOV), law, categories)
        for twin, own in zip(profiles.fraud, frauds, strict=True)
    )
    return ExactModel(law, categories, profiles.names, tuple(zip(regular, twins, strict=True)), frauds)


def _write_frauds(
    regular: Profile, twin: Profile, honest: RowDistribution, law: ModelParameters, categories: Sequence[str]
) -> Iterator[FraudDistribution]:
    """Yield the types of fraud that customers of a profile can suffer, whose own rows are `honest`."""
    for position, (own, share) in enumerate(zip(law.types, law.type_shares, strict=True)):
        if share > 0:
            profile, starts = derive_profile(own.type, regular, twin), law.weigh_starts(own.type)
            rows = _fraud_distribution(profile, own.type, law, categories)
            numbers = law.rate_days(own.type) * np.array(rows.rates, dtype=np.int64)
            fraud = FraudDistribution(own.type, position, share, profile, rows, rows, starts / starts.sum(), numbers)
            yield replace(fraud, shown=_add_stealth(fraud, honest, law))


def _join_types(frauds: Sequence[FraudDistribution]) -> RowDistribution:
    """Return the distribution of fraudulent rows of any type; of several, without dates, which depend on the type."""
    types = [fraud.shown for fraud in frauds]
    if len(types) == 1 and frauds[0].reach == types[0].far_radius:
        return types[0]
    weights = np.array([fraud.share * fraud.numbers.mean() for fraud in frauds])
    choices = np.stack([own.choice for own in types]) * (weights / weights.sum())[:, np.newaxis, np.newaxis]
    choice = choices.sum(axis=0)
    shares = np.divide(choices, choice, out=np.zeros_like(choices), where=choice > 0)[..., np.newaxis]
    return replace(
        types[0],
        rates=range(min(own.rates[0] for own in types), max(own.rates[-1] for own in types) + 1),
        choice=choice,
        windows=None,
        hours=(shares * np.stack([own.hours for own in types])).sum(axis=0),
        amounts=(shares * np.stack([own.amounts for own in types])).sum(axis=0),
        permuted=False,
        home_radius=max(fraud.reach for fraud in frauds),
        travel_share=0.0,
    )


def to_microdegrees(degrees: float) -> int:
    """Return degrees as whole microdegrees."""
    return round(degrees * 1_000_000)


def overlap(*shares: F64) -> F64:
    """Return the probability of every combination of choices that one uniform drives: one axis per argument.

    Each argument cuts (0, 1] into intervals of these lengths, in order; a combination is where its intervals meet.
    """
    ends = [np.cumsum(share) / share.sum() for share in shares]
    for end in ends:
        end[-1] = 1.0
    starts = [np.append(0.0, end[:-1]) for end in ends]
    lengths = reduce(np.minimum, np.ix_(*ends)) - reduce(np.maximum, np.ix_(*starts))
    return np.asarray(np.maximum(lengths, 0.0))


def amount_shares(mean: float, stdev: float, dollars: F64 = _AMOUNT_ENDS) -> F64:
    """Return the probability of the cells that end at `dollars`, and of one more: gamma, U(1, 10) for less than 1."""
    from scipy import special

    shape, scale = (mean / stdev) ** 2, stdev**2 / mean
    below = special.gammainc(shape, 1.0 / scale)
    regular = np.maximum(special.gammainc(shape, dollars / scale) - below, 0.0)
    redrawn = below * np.clip((dollars - 1.0) / 9.0, 0.0, 1.0)
    return np.diff(regular + redrawn, prepend=0.0, append=1.0)


def keep_amounts(parts: F64, numbers: I64) -> F64:
    """Return the probability that a row keeps its amount where amounts are permuted, per day part.

    A row that shares customer and day part with k others keeps it with probability 1 / (k + 1).

    Args:
        parts: Probability of each day part.
        numbers: Rows that a customer can have, each number as likely.
    """
    shares = np.maximum(parts, 1e-300)[:, np.newaxis]
    kept = -np.expm1(numbers * np.log1p(-np.minimum(shares, 1.0 - 1e-16))) / shares
    return np.asarray(kept.sum(axis=1) / max(1, numbers.sum()))


def _add_stealth(fraud: FraudDistribution, regular: RowDistribution, law: ModelParameters) -> RowDistribution:
    """Return the distribution of fraudulent rows of which a share passes for regular."""
    stealth, days = law.fraud_stealth, law.period.days
    if stealth == 0.0:
        return fraud.rows
    disguised = np.tensordot(fraud.share_days(days), regular.daily_choice, 1)
    weights = np.stack([(1.0 - stealth) * fraud.rows.choice, stealth * disguised])
    choice = weights.sum(axis=0)
    shares = np.divide(weights, choice, out=np.zeros_like(weights), where=choice > 0)[..., np.newaxis]
    numbers = law.period.span * np.array(regular.rates, dtype=np.int64)
    own = _permute(fraud.rows, fraud.amount_parts, fraud.numbers)
    amounts = shares[0] * own + shares[1] * _permute(regular, regular.choice.sum(axis=1), numbers)
    hours = shares[0] * fraud.rows.hours + shares[1] * regular.hours
    return replace(fraud.rows, choice=choice, hours=hours, amounts=amounts, permuted=False)


def _permute(rows: RowDistribution, parts: F64, numbers: I64) -> F64:
    """Return the amounts of rows once they have changed places; arguments as of `keep_amounts`."""
    if not rows.permuted:
        return rows.amounts
    kept = keep_amounts(parts, numbers)[:, np.newaxis, np.newaxis]
    mixed = _average_choices(rows.amounts, rows.choice)[:, np.newaxis]
    return np.asarray(kept * rows.amounts + (1.0 - kept) * mixed)


def _average_choices(values: F64, choice: F64) -> F64:
    """Return the mean over categories of values by (day part, category, ...), weighted by the choice."""
    parts = choice.sum(axis=1, keepdims=True)
    shares = np.divide(choice, parts, out=np.full_like(choice, 1.0 / choice.shape[1]), where=parts > 0)
    return np.asarray((shares[..., np.newaxis] * values).sum(axis=1))


def _regular_distribution(profile: Profile, law: ModelParameters, categories: Sequence[str]) -> RowDistribution:
    weights = date_weights(profile, law.period)
    slots = _spread(overlap(weights, *_choices(profile)), profile, categories) if law.dependence == "v1.0" else None
    hours = np.full((len(DAY_PARTS), HALF_DAY_HOURS), 1.0 / HALF_DAY_HOURS)
    return _row_distribution(profile, law, categories, slots, weights / weights.sum(), None, hours)


def _fraud_distribution(
    profile: Profile, kind: FraudType, law: ModelParameters, categories: Sequence[str]
) -> RowDistribution:
    windows = None
    if law.fraud_rate > 0:
        weights = window_weights(profile, law.period, 1, law.count_starts(kind), law.window_days(kind))
        windows = weights / weights.sum(axis=1, keepdims=True)
    hours = _fraud_hours(kind)
    rows = _row_distribution(profile, law, categories, None, None, windows, hours)
    seconds = share_seconds(kind)
    if seconds is None:
        return rows
    # The type chooses times of the day by itself: which day part it is says nothing of the category.
    parts = seconds.reshape(len(DAY_PARTS), -1).sum(axis=1)
    return replace(rows, choice=np.outer(parts, rows.choice.sum(axis=0)))


def _fraud_hours(kind: FraudType) -> F64:
    """Return the probability of each hour of a day part under a type of fraud, shape (2, 12)."""
    even = np.full((len(DAY_PARTS), HALF_DAY_HOURS), 1.0 / HALF_DAY_HOURS)
    seconds = share_seconds(kind)
    if seconds is not None:
        hours = seconds.reshape(*even.shape, -1).sum(axis=2)
        parts = hours.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(hours, parts, out=even, where=parts > 0))
    if kind.spending == "customer":
        return even
    hours = even * (1.0 - _NIGHT_SHARE)
    for number, part in enumerate(hours):
        night = [hour % HALF_DAY_HOURS for hour in NIGHT if hour // HALF_DAY_HOURS == number]
        part[night] += _NIGHT_SHARE / len(night)
    return hours


def _row_distribution(
    profile: Profile,
    law: ModelParameters,
    categories: Sequence[str],
    slots: F64 | None,
    days: F64 | None,
    windows: F64 | None,
    hours: F64,
) -> RowDistribution:
    amounts = np.zeros((len(categories), len(AMOUNT_EDGES) + 1))
    for category, amount in zip(profile.categories, profile.amounts, strict=True):
        amounts[categories.index(category)] = amount_shares(amount.mean, amount.stdev)
    both = (len(DAY_PARTS), len(categories))
    return RowDistribution(
        name=profile.name,
        rates=range(profile.min_per_day, profile.max_per_day + 1),
        choice=_spread(_choice(profile, law.dependence), profile, categories),
        slots=slots,
        days=days,
        windows=windows,
        hours=np.broadcast_to(hours[:, np.newaxis], (*both, HALF_DAY_HOURS)),
        amounts=np.broadcast_to(amounts, (*both, amounts.shape[1])),
        permuted=law.dependence == "v1.0",
        home_radius=_HOME_RADIUS,
        travel_radius=round(profile.travel_max_distance * _TRAVEL_RADIUS),
        travel_share=profile.travel_pct / 100.0 if law.travel else 0.0,
    )


def _choice(profile: Profile, dependence: Dependence) -> F64:
    parts, categories = _choices(profile)
    if dependence == "independent":
        return np.outer(parts / parts.sum(), categories / categories.sum())
    return overlap(parts, categories)


def _choices(profile: Profile) -> tuple[F64, F64]:
    return np.array(profile.day_part_weights, np.float64), np.array(profile.category_weights, np.float64)


def _spread(shares: F64, profile: Profile, categories: Sequence[str]) -> F64:
    """Put the last two axes, day parts and categories of a profile, in the order common to all profiles."""
    out = np.zeros((*shares.shape[:-2], len(DAY_PARTS), len(categories)))
    parts = [DAY_PARTS.index(part) for part in profile.day_parts]
    columns = [categories.index(category) for category in profile.categories]
    out[..., np.array(parts)[:, np.newaxis], np.array(columns)] = shares
    return out
