"""Compiles profiles for one period into arrays, so that a draw has nothing to parse, sum or look up by name.

Only this module decides which uniform drives what (`Dependence`); the draws follow the tables. A *pair* is (category,
day part). A *slot* is what the date uniform selects: a day, under v1.0 with a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Final

import numpy as np

from vecgen.config.demographics import Merchants
from vecgen.config.profile import SUFFIX, AmountDistribution, Profile, ProfileSet
from vecgen.errors import InputError, setting
from vecgen.model.amounts import load_amounts
from vecgen.model.date_weights import date_weights, window_weights
from vecgen.model.fraud.compromise import CompromiseTables, compile_compromise
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.load_fraud_types import check_categories
from vecgen.model.fraud.moments import Moments, compile_moments
from vecgen.model.fraud.reporting import ReportTables, compile_reports
from vecgen.model.fraud.stealth import Stealth, follow_dates, ignore_dates
from vecgen.model.params import Dependence, ModelParameters, Period
from vecgen.sampling.arrays import F64, I64, U64
from vecgen.sampling.categorical import Categorical, cells_to_words, compile_categorical, compile_cells
from vecgen.sampling.gamma import AmountTables

HALF_DAY: Final = 43_200
MAX_CUSTOMER_ROWS: Final = 10_000_000
"""Transactions of one customer, which are never split: a gigabyte of dates."""

_MAX_WINDOW_SLOTS: Final = 40_000_000  # of all profiles, 24 bytes each
_MICRODEGREES: Final = 1_000_000
_HOME_RADIUS: Final = 1.0  # degrees
_TRAVEL_DEGREES: Final = 1.43 / 100  # degrees per unit of travel_max_dist


@dataclass(frozen=True)
class Pairs:
    """Per (category, day part): what the other attributes of a row depend on; int64 arrays of one length."""

    category: I64
    second: I64
    """First second of the day part: 0 or 43,200."""
    amount_distribution: I64
    merchant_first: I64
    merchant_count: I64


@dataclass(frozen=True)
class Behaviour:
    """How one profile spends, apart from dates.

    Attributes:
        per_day: Bounds (included) of a customer's integer rate of transactions per day.
        choice: The pair, from one uniform; unused where the slot already names it.
        travel_share: Probability that a customer travels (0 with travel off).
        home_radius, travel_radius: Half the side of the square of purchases around the customer, microdegrees.
        stealth: Of a fraud twin whose rows can pass for regular ones, else None; the regular pairs follow its own.
    """

    per_day: tuple[int, int]
    choice: Categorical
    pairs: Pairs
    travel_share: float
    home_radius: int
    travel_radius: int
    stealth: Stealth | None = None


@dataclass(frozen=True)
class Schedule:
    """The dates of regular transactions: slots in the order of time.

    Attributes:
        slots: The slot, from one uniform.
        day: Days from the start of the period, per slot (int64, ascending).
        pair: The slot's pair under v1.0, else None.
    """

    slots: Categorical
    day: I64
    pair: I64 | None


@dataclass(frozen=True)
class FraudWindows:
    """The dates of fraudulent transactions: the slots of each possible window, one row per window start.

    Attributes:
        ends: Exclusive upper ends of the slots in units of 2**-64, shape (starts, slots).
        day: Days from the start of the period, same shape.
        pair: Pairs under v1.0, same shape, else None.
    """

    ends: U64
    day: I64
    pair: I64 | None


@dataclass(frozen=True)
class FraudTables:
    """Fraud of one type against customers of one profile, compiled.

    Attributes:
        position: Of the type in `ModelParameters.types`.
        days: What a case's rate is multiplied by.
        starts: The window of a case, from one uniform; None where all are as likely.
        moments: Times of day that the type chooses by itself, else None: then the pair decides.
        keeps_to_night: Whether most rows happen in the night hours of their day part.
        remote_radius: Half the side of the square around home in which a case's place lies, microdegrees; 0 for home.
        keeps_own_rows: Whether regular rows stay on the dates of fraudulent ones.
    """

    position: int
    behaviour: Behaviour
    windows: FraudWindows
    days: int
    starts: Categorical | None
    moments: Moments | None
    keeps_to_night: bool
    remote_radius: int
    keeps_own_rows: bool


@dataclass(frozen=True)
class ProfileTables:
    """One profile, compiled, and the fraud that its customers can suffer: none where no customer is defrauded."""

    name: str
    regular: Behaviour
    schedule: Schedule
    frauds: tuple[FraudTables, ...]

    @property
    def file(self) -> str:
        """Value of the column `profile`: the name of the profile's file."""
        return f"{self.name}{SUFFIX}"


@dataclass(frozen=True)
class Tables:
    """All that decides transactions besides their customers; picklable, about 10 MB for the shipped profiles.

    Attributes:
        written: The profiles as they are written, which the probability of fraud is computed from.
        reports: When transactions are reported as fraud.
        fraud_choice: The type of a case, position in `ModelParameters.types`, from one uniform; None where it has one.
        compromise: Merchants where cards are copied; None where no type of fraud knows any.
    """

    law: ModelParameters
    profiles: tuple[ProfileTables, ...]
    amounts: AmountTables
    categories: tuple[str, ...]
    merchants: tuple[str, ...]
    written: ProfileSet
    seed: int
    reports: ReportTables
    fraud_choice: Categorical | None = None
    compromise: CompromiseTables | None = None

    def profile(self, position: int) -> ProfileTables:
        """Return the tables of the profile at `position` of `ProfileSet.names`."""
        return self.profiles[position]


def compile_tables(profiles: ProfileSet, merchants: Merchants, law: ModelParameters, seed: int) -> Tables:
    """Compile every profile and its twin for `law`.

    Raises:
        InputError: A profile whose weights leave no date in the period or in a fraud window, that asks for more than
            MAX_CUSTOMER_ROWS of a customer, or whose windows would take more than a gigabyte.
    """
    check_categories((own.type for own in law.fraud_types), merchants)
    frauds = [law.derive_profiles(*pair) for pair in zip(profiles.regular, profiles.fraud, strict=True)]
    derived = [profile for own in frauds for _, profile in own]
    everyone = (*profiles.regular, *profiles.fraud, *derived)
    amount_distributions = sorted({_as_pair(amount) for profile in everyone for amount in profile.amounts})
    positions = {amount: position for position, amount in enumerate(amount_distributions)}
    compiler = _Compiler(law, merchants, positions, max(1, len(derived)))
    groups = zip(profiles.names, profiles.regular, frauds, strict=True)
    return Tables(
        law,
        tuple(compiler.compile_profile(name, regular, own) for name, regular, own in groups),
        load_amounts(amount_distributions),
        merchants.categories,
        tuple(name for names in merchants.names for name in names),
        profiles,
        seed,
        compile_reports(law.reporting, [own.type.report for own in law.types]),
        compile_categorical(law.type_shares) if law.fraud_rate > 0 and len(law.types) > 1 else None,
        compile_compromise([own.type for own in law.types], merchants, seed, law.period.start, law.period.days),
    )


def _as_pair(amount: AmountDistribution) -> tuple[float, float]:
    return (amount.mean, amount.stdev)


@dataclass(frozen=True)
class _Compiler:
    law: ModelParameters
    merchants: Merchants
    amount_positions: dict[tuple[float, float], int]
    window_sets: int
    windows: dict[tuple[Profile, int | None], FraudWindows] = field(default_factory=dict)

    def compile_profile(self, name: str, regular: Profile, frauds: Sequence[tuple[int, Profile]]) -> ProfileTables:
        self._check_rows(regular)
        behaviour, schedule = self._behaviour(regular), self._schedule(regular)
        stealth = self._stealth(regular, behaviour.pairs) if frauds and self.law.fraud_stealth > 0 else None
        return ProfileTables(
            name,
            behaviour,
            schedule,
            tuple(self._fraud(position, profile, behaviour, stealth) for position, profile in frauds),
        )

    def _stealth(self, regular: Profile, pairs: Pairs) -> Stealth:
        share, period = self.law.fraud_stealth, self.law.period
        if self.law.dependence != "v1.0":
            return ignore_dates(share, _joint_pairs(regular, self.law.dependence)[1])
        ends, day, pair = _slots_of_one_uniform(date_weights(regular, period), regular)
        slots = np.zeros((period.days, len(pairs.category)))
        np.add.at(slots, (day, pair), np.diff(ends, prepend=0.0))
        numbers = period.span * np.arange(regular.min_per_day, regular.max_per_day + 1)
        return follow_dates(share, slots, pairs.second, numbers)

    def _fraud(self, position: int, profile: Profile, regular: Behaviour, stealth: Stealth | None) -> FraudTables:
        kind = self.law.types[position].type
        starts, moments = self.law.weigh_starts(kind), compile_moments(kind)
        return FraudTables(
            position=position,
            behaviour=_add_stealth(self._behaviour(profile), regular, stealth),
            windows=self._windows(profile, kind),
            days=self.law.rate_days(kind),
            starts=None if (starts == starts[0]).all() else compile_categorical(starts),
            moments=moments,
            keeps_to_night=kind.spending == "twin" and moments is None,
            remote_radius=round(kind.remote_degrees * _MICRODEGREES),
            keeps_own_rows=kind.keeps_own_rows,
        )

    def _check_rows(self, profile: Profile) -> None:
        if self.law.period.span * profile.max_per_day > MAX_CUSTOMER_ROWS:
            raise InputError(
                f"profile {profile.name}",
                "avg_transactions_per_day.max",
                profile.max_per_day,
                f"at most {MAX_CUSTOMER_ROWS // self.law.period.span:,} in a period of {self.law.period.days:,} days",
                "shorten the period, or spread the transactions over more customers",
            )

    def _behaviour(self, profile: Profile) -> Behaviour:
        pairs, shares = _joint_pairs(profile, self.law.dependence)
        return Behaviour(
            per_day=(profile.min_per_day, profile.max_per_day),
            choice=compile_categorical(shares),
            pairs=self._pairs(profile, pairs),
            travel_share=profile.travel_pct / 100.0 if self.law.travel else 0.0,
            home_radius=round(_HOME_RADIUS * _MICRODEGREES),
            travel_radius=round(profile.travel_max_distance * _TRAVEL_DEGREES * _MICRODEGREES),
        )

    def _pairs(self, profile: Profile, pairs: Sequence[tuple[int, int]]) -> Pairs:
        sizes = np.array([len(names) for names in self.merchants.names], dtype=np.int64)
        firsts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        position = {name: number for number, name in enumerate(self.merchants.categories)}
        category = [position[profile.categories[c]] for c, _ in pairs]
        return Pairs(
            np.array(category, dtype=np.int64),
            np.array([HALF_DAY * (profile.day_parts[p] == "PM") for _, p in pairs], dtype=np.int64),
            np.array([self.amount_positions[_as_pair(profile.amounts[c])] for c, _ in pairs], dtype=np.int64),
            firsts[category],
            sizes[category],
        )

    def _schedule(self, profile: Profile) -> Schedule:
        weights = date_weights(profile, self.law.period)
        if not weights.any():
            raise _no_date(profile, f"the period {self.law.period.start} to {self.law.period.end}")
        if self.law.dependence != "v1.0":
            slots = compile_categorical(weights)
            return Schedule(slots, slots.outcomes, None)
        ends, day, pair = _slots_of_one_uniform(weights, profile)
        keep = np.diff(ends, prepend=0.0) > 0
        slots = compile_cells(ends[keep], np.arange(keep.sum()))
        return Schedule(slots, day[keep], pair[keep])

    def _windows(self, profile: Profile, kind: FraudType) -> FraudWindows:
        """Compile windows; customers of several profiles share those of a type that spends like none of them."""
        same = replace(profile, name="", travel_pct=0.0, travel_max_distance=0.0)
        if (same, kind.days) not in self.windows:
            self.windows[same, kind.days] = self._compile_windows(profile, kind)
        return self.windows[same, kind.days]

    def _compile_windows(self, profile: Profile, kind: FraudType) -> FraudWindows:
        period, starts, days = self.law.period, self.law.count_starts(kind), self.law.window_days(kind)
        self._check_slots(profile, kind)
        weights = window_weights(profile, period, 1, starts, days)
        _refuse_empty_windows(weights, profile, period)
        if self.law.dependence != "v1.0":
            day = np.arange(1, starts + 1)[:, np.newaxis] + np.arange(days)
            return FraudWindows(cells_to_words(_shares(weights)), day, None)
        ends, day, pair = _slots_of_one_uniform(weights, profile)
        return FraudWindows(cells_to_words(ends), day + np.arange(1, starts + 1)[:, np.newaxis], pair)

    def _check_slots(self, profile: Profile, kind: FraudType) -> None:
        joint = self.law.dependence == "v1.0"
        parts = self.law.window_days(kind) + joint * (len(profile.categories) + len(profile.day_parts))
        slots, most = self.law.count_starts(kind) * parts, _MAX_WINDOW_SLOTS // self.window_sets
        if slots > most and (joint or kind.days):  # else at most eight days of 200 years
            name, value = ("dependence", self.law.dependence) if joint else ("fraud_types", kind.name)
            expected = f"at most {most:,} parts of fraud windows in a profile, not {slots:,}"
            remedy = f"shorten the period, choose another {setting(name)}, or pass {setting('fraud_rate', 0)}"
            raise InputError(setting(name), "", value, expected, remedy)


def _add_stealth(fraud: Behaviour, regular: Behaviour, stealth: Stealth | None) -> Behaviour:
    """Return the fraud twin's behaviour, of whose rows a share passes for regular ones."""
    if stealth is None:
        return fraud
    both = ((getattr(own.pairs, f.name) for own in (fraud, regular)) for f in fields(Pairs))
    pairs = Pairs(*(np.concatenate([*values]) for values in both))
    return replace(fraud, pairs=pairs, stealth=replace(stealth, first=len(fraud.pairs.category)))


def _refuse_empty_windows(weights: F64, profile: Profile, period: Period) -> None:
    empty = np.flatnonzero(weights.sum(axis=1) == 0)
    if len(empty):
        start = period.start + timedelta(days=int(empty[0]) + 1)
        raise _no_date(profile, f"the fraud window of {weights.shape[1]} days from {start} on")


def _no_date(profile: Profile, where: str) -> InputError:
    return InputError(
        f"profile {profile.name}",
        "date_wt",
        0,
        f"a positive weight on some date of {where}",
        "give one of its weekdays, seasons or years a positive weight",
    )


def _shares(weights: Sequence[float] | F64) -> F64:
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64), axis=-1)
    return np.asarray(cumulative / cumulative[..., -1:])


def _joint_pairs(profile: Profile, dependence: Dependence) -> tuple[list[tuple[int, int]], F64]:
    """Return the (category, day part) pairs with positive share, in the order of the uniform, and their shares."""
    if dependence == "independent":
        shares = np.outer(profile.category_weights, profile.day_part_weights).ravel()
        parts = len(profile.day_parts)
        pairs = [divmod(position, parts) for position in range(len(shares))]
    else:
        ends, (category, part) = _overlay(_shares(profile.category_weights), _shares(profile.day_part_weights))
        shares = np.diff(ends, prepend=0.0)
        pairs = list(zip(category.tolist(), part.tolist(), strict=True))
    return [pair for pair, share in zip(pairs, shares, strict=True) if share > 0], shares[shares > 0]


def _slots_of_one_uniform(weights: F64, profile: Profile) -> tuple[F64, I64, I64]:
    """Return the slots of the v1.0 model: cumulative ends, day and pair where one uniform drives both.

    `weights` are those of the days, or of several windows of days, one per row.
    """
    _, shares = _joint_pairs(profile, "v1.0")
    ends, (day, pair) = _overlay(_shares(weights), _shares(shares))
    return ends, day, pair


def _overlay(first: F64, second: F64) -> tuple[F64, list[I64]]:
    """Cut (0, 1] wherever one of the cumulative shares does: return the ends and what each chooses in every piece.

    Always as many pieces as there are shares in all, less one; pieces of length zero are kept. `first` may hold several
    cumulative shares, one per row, and so will the results.
    """
    inner = np.broadcast_to(second[:-1], (*first.shape[:-1], len(second) - 1))
    last = np.ones((*first.shape[:-1], 1))
    ends = np.concatenate([np.sort(np.concatenate([first[..., :-1], inner], axis=-1)), last], axis=-1)
    return ends, [_choose(first, ends), _choose(second, ends)]


def _choose(cumulative: F64, ends: F64) -> I64:
    # "First whose cumulative share >= u": a piece ending at e lies under the first share that reaches e. Shares past
    # the last positive one equal 1 as well, hence the left side, which finds the first of equals.
    if cumulative.ndim == 1:
        return np.searchsorted(cumulative, ends, side="left").astype(np.int64)
    below = np.zeros(ends.shape, dtype=np.int64)
    for column in cumulative.T:  # a window has few days
        below += column[:, np.newaxis] < ends
    return below
