"""Probabilities of fraud of several types against sums over types, windows, places, bursts and who made which row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, combinations
from math import comb, prod

import numpy as np
import pytest
from scipy import stats

from tests.model.test_posterior import CATEGORIES, EARLY, PERIOD, REGULAR, TWIN, Enumeration, Row, mass, ratio, seen
from vecgen.config.profile import AmountDistribution, Profile, ProfileSet
from vecgen.model.fraud.derive import derive_profile
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.odds.posterior import Posterior
from vecgen.model.params import ModelParameters, Period

ALIKE = AmountDistribution(20, 30)
OWN = FraudType(
    "own", days=2, per_day=(1, 2), spending="own", categories=("food", "gifts"), category_weights=(2, 1),
    amounts=(AmountDistribution(30, 20), AmountDistribution(90, 60)), hours=(*[1] * 6, *[2] * 10, *[0] * 4, *[5] * 4),
)  # fmt: skip
KINDS = {
    "own": OWN,
    "customer, kept": FraudType("like", days=3, spending="customer", amount_factor=1.5, keeps_own_rows=True),
    "twin": FraudType("twin", days=4, amount_factor=0.5),
    "remote": replace(OWN, place="remote", remote_degrees=0.1),
    "remote, kept": replace(OWN, place="remote", remote_degrees=0.15, keeps_own_rows=True),
    "burst": replace(OWN, burst_seconds=900, hours=None),
    "burst, kept": replace(OWN, burst_seconds=7200, keeps_own_rows=True),
    "all at once": replace(OWN, burst_seconds=7200, place="remote", remote_degrees=0.1, keeps_own_rows=True),
}
DAYS: dict[int, list[Row]] = {
    2: [(7200, 0, 1250, 0, 5), (7900, 2, 33_300, 900_000, -600_000)],
    3: [(80_000, 2, 20_000, 600_000, 3), (82_000, 2, 24_000, 10, 700_000), (80_300, 0, 130, 1, 715_000)],
    4: [(30_000, 0, 999, 200_000, 0)],
}


@dataclass(frozen=True)
class Sums:
    """A model of several types of fraud, by loops."""

    law: ModelParameters
    regular: Profile = REGULAR
    twin: Profile = TWIN

    @property
    def one(self) -> Enumeration:
        return Enumeration(self.law, self.regular, self.twin)

    def windows(self, kind: FraudType) -> list[range]:
        days = kind.days or self.law.fraud_days + 1
        return [range(start, start + days) for start in range(1, 9 - max(7, days - 1) + 1)]

    def cases(self) -> Iterator[tuple[float, FraudType, Profile, range]]:
        """Yield each type and window, with its probability."""
        total = sum(own.weight for own in self.law.fraud_types)
        for own in self.law.fraud_types:
            profile, windows = derive_profile(own.type, self.regular, self.twin), self.windows(own.type)
            for window in windows:
                yield self.law.fraud_rate * own.weight / total / len(windows), own.type, profile, window

    def numbers(self, kind: FraudType, profile: Profile) -> list[int]:
        days = kind.days or self.law.fraud_days
        return [days * rate for rate in range(profile.min_per_day, profile.max_per_day + 1)]

    def count(self, numbers: Sequence[int], share: float, rows: int) -> float:
        return float(np.mean([stats.binom.pmf(rows, number, share) for number in numbers]))

    def starts(self, kind: FraudType) -> np.ndarray:
        """Return the probability of each second to be a time, or to start a burst."""
        weights = np.repeat(kind.hours or (1.0,) * 24, 3600)
        if kind.burst_seconds:
            weights[86_400 - kind.burst_seconds + 1 :] = 0
        return np.asarray(weights / weights.sum())

    def pair(self, profile: Profile, window: range, day: int, row: Row, *, whole_day: bool) -> float:
        """Return the probability of category and, unless one part is the whole day, day part, given the date."""
        part, name = ("AM", "PM")[row[0] // 43_200], CATEGORIES[row[1]]
        pieces = [(x, d, p, c) for x, d, p, c in self.one.pieces(profile, window) if d == day]
        total = sum(x for x, *_ in pieces)
        chance = sum(x for x, _, p, c in pieces if c == name and (whole_day or p == part))
        return chance / total if total else 0.0

    def amount(self, kind: FraudType, profile: Profile, row: Row) -> float:
        """Return the probability of an amount; under v1.0, amounts change places among rows of a part of the day."""
        laws, name = dict(zip(profile.categories, profile.amounts, strict=True)), CATEGORIES[row[1]]
        if name not in laws:
            return 0.0
        if self.law.dependence != "v1.0":
            return mass(laws[name], row[2])
        parts = ("AM", "PM") if kind.hour_weights else (("AM", "PM")[row[0] // 43_200],)
        own = [(float(x), c) for x, _, p, c in self.one.pieces(profile, range(10)) if p in parts]
        share = sum(x for x, _ in own)
        mixed = sum(x * mass(laws[c], row[2]) for x, c in own) / share
        numbers = self.numbers(kind, profile)
        kept = sum(
            rows * stats.binom.pmf(others, rows - 1, share) / (others + 1) for rows in numbers for others in range(rows)
        )
        kept /= sum(numbers)
        return float(kept * mass(laws[name], row[2]) + (1 - kept) * mixed)

    def content(self, kind: FraudType, profile: Profile, window: range, day: int, row: Row) -> tuple[float, float]:
        """Return the probability of pair and amount as the type says, and of the second, if it has one of its own."""
        free = kind.hour_weights is not None
        second = 1 / 43_200
        if free:
            second = 1.0 if kind.burst_seconds else self.starts(kind)[row[0]]
        elif kind.spending == "twin":
            night = 4 * 3600 if row[0] < 43_200 else 2 * 3600
            second = 0.2 / 43_200 + 0.8 * (row[0] < 4 * 3600 or row[0] >= 22 * 3600) / night
        return self.pair(profile, window, day, row, whole_day=free) * self.amount(kind, profile, row), second

    def contents(self, kind: FraudType, profile: Profile, window: range, day: int, rows: Sequence[Row]) -> float:
        """Return the probability of categories, seconds and amounts of all rows of a date."""
        share = self.law.fraud_stealth
        disguised = [share * self.one.disguised(day, row) for row in rows]
        own = [(1 - share) * prod(self.content(kind, profile, window, day, row)) for row in rows]
        if not kind.burst_seconds:
            return prod(a + b for a, b in zip(own, disguised, strict=True))
        starts, seconds = self.starts(kind), np.arange(86_400)
        joint = starts.copy()
        for (second, *_), plain, other in zip(rows, own, disguised, strict=True):
            within = (seconds <= second) & (second < seconds + kind.burst_seconds)
            joint *= plain * within / kind.burst_seconds + other
        return float(joint.sum())

    def places(self, kind: FraudType, profile: Profile, rows: Sequence[Row]) -> float:
        if kind.place == "home":
            return self.one.places(profile, rows)
        travels = profile.travel_pct / 100 if self.law.travel else 0.0
        radii = ((1 - travels, 1_000_000), (travels, round(profile.travel_max_distance * 14_300)))
        return sum(
            share * prod(self.along(kind, radius, [row[axis] for row in rows]) for axis in (3, 4))
            for share, radius in radii
            if share
        )

    def along(self, kind: FraudType, radius: int, offsets: Sequence[int]) -> float:
        reach = round(kind.remote_degrees * 1e6)
        centers = np.arange(-reach, reach + 1)
        joint = np.full(len(centers), 1 / len(centers))
        for offset in offsets:
            away = np.abs(offset - centers)
            inside = np.where(away < radius, 1.0, np.where(away == radius, 0.5, 0.0)) / max(1, 2 * radius)
            joint *= inside if radius else away == 0
        return float(joint.sum())

    def regular_rows(self, day: int, rows: Sequence[Row]) -> float:
        """Return the probability of a day's regular rows, where none are dropped."""
        contents = prod(self.one.own_content(self.regular, range(10), day, row, known_day=True) for row in rows)
        share = float(self.one.dates(self.regular, range(10)).get(day, 0))
        return (
            self.count(self.one.numbers(self.regular), share, len(rows))
            * contents
            * self.one.places(self.regular, rows)
        )

    def share(self, profile: Profile, window: range, day: int) -> float:
        return float(self.one.dates(profile, window).get(day, 0))

    def odds_of_day(self, day: int, rows: Sequence[Row]) -> list[float]:
        held, left, struck = np.zeros(len(rows)), np.zeros(len(rows)), 0.0
        for chance, kind, profile, window in self.cases():
            numbers, share = self.numbers(kind, profile), self.share(profile, window, day)
            struck += chance * (1 - self.count(numbers, share, 0))
            everyone = range(len(rows))
            subsets = chain.from_iterable(combinations(everyone, n) for n in range(1, len(rows) + 1))
            for chosen in subsets if kind.keeps_own_rows else [tuple(everyone)]:
                own, others = [rows[n] for n in chosen], [rows[n] for n in everyone if n not in chosen]
                joint = chance * self.count(numbers, share, len(own)) / comb(len(rows), len(own))
                joint *= self.contents(kind, profile, window, day, own) * self.places(kind, profile, own)
                joint *= self.regular_rows(day, others) if kind.keeps_own_rows else 1.0
                inside = np.isin(everyone, chosen)
                held, left = held + joint * inside, left + joint * ~inside
        left += (1 - struck) * self.regular_rows(day, rows)
        return [ratio(a, b) for a, b in zip(held.tolist(), left.tolist(), strict=True)]

    def odds_of_row(self, day: int, row: Row) -> float:
        fraud, dropped = 0.0, 0.0
        for chance, kind, profile, window in self.cases():
            numbers, share = self.numbers(kind, profile), self.share(profile, window, day)
            own = self.contents(kind, profile, window, day, [row]) * self.places(kind, profile, [row])
            fraud += chance * float(np.mean(numbers)) * share * own
            dropped += 0.0 if kind.keeps_own_rows else chance * (1 - self.count(numbers, share, 0))
        regular = self.one.own_content(self.regular, range(10), day, row, known_day=False)
        regular *= float(np.mean(self.one.numbers(self.regular))) * self.one.places(self.regular, [row])
        return ratio(fraud, (1 - dropped) * regular)


def law_of(*kinds: FraudType, **changes: object) -> ModelParameters:
    types = tuple(WeightedType(replace(kind, name=f"kind{n}"), n + 1.0) for n, kind in enumerate(kinds))
    return replace(ModelParameters(PERIOD, 0.3, 1, fraud_types=types), **changes)  # type: ignore[arg-type]


def log_odds(
    law: ModelParameters, regular: Profile, days: dict[int, list[Row]] = DAYS, twin: Profile = TWIN
) -> tuple[np.ndarray, np.ndarray]:
    return Posterior(ProfileSet((regular.name,), (regular,), (twin,), ()), law).log_odds(seen(days))


def rounding_of(law: ModelParameters) -> float:
    """Return how far odds against fraud by the day may be off: some are what a probability lacks to 1."""
    simple = all(
        not (own.type.keeps_own_rows or own.type.burst_seconds or own.type.remote_degrees) for own in law.fraud_types
    )
    return 0.0 if simple else 5e-16


CASES = {name: law_of(kind) for name, kind in KINDS.items()}
STEALTHY = ("burst", "burst, kept", "remote, kept")
CASES |= {f"{name}, stealth": law_of(KINDS[name], fraud_stealth=0.3) for name in STEALTHY}
CASES["mixture"] = law_of(*KINDS.values(), fraud_stealth=0.2)
CASES["mixture, independent"] = law_of(*KINDS.values(), dependence="independent")
CASES["mixture, travel"] = law_of(*list(KINDS.values())[:6], travel=True)


@pytest.mark.parametrize("law", CASES.values(), ids=CASES.keys())
def test_probabilities_are_those_of_sums(law: ModelParameters) -> None:
    by_row, by_day = log_odds(law, REGULAR)
    model = Sums(law)
    alone = np.array([model.odds_of_row(day, row) for day, rows in DAYS.items() for row in rows])
    assert np.exp(by_row) == pytest.approx(alone, rel=1e-9)
    together = np.array([value for day, rows in DAYS.items() for value in model.odds_of_day(day, rows)])
    with np.errstate(divide="ignore"):
        assert np.exp(-by_day) == pytest.approx(1.0 / together, rel=1e-9, abs=rounding_of(law))
    odds = np.append(alone, together)
    assert ((odds > 0) & (odds < np.inf)).sum() >= 2


@pytest.mark.parametrize("kept", [False, True])
def test_customers_who_travel_nowhere_from_a_remote_place_have_all_rows_at_one_point(kept: bool) -> None:
    here = [(row[0], row[1], row[2], 70_000, -3) for row in DAYS[3]]
    days: dict[int, list[Row]] = {2: DAYS[2], 3: here, 4: [(30_000, 0, 999, 100_001, 0)]}  # the last is out of reach
    law = law_of(replace(KINDS["remote"], keeps_own_rows=kept), KINDS["customer, kept"], travel=True)
    twin = replace(TWIN, travel_max_distance=0.0)
    by_row, by_day = log_odds(law, REGULAR, days, twin)
    model = Sums(law, REGULAR, twin)
    alone = np.array([model.odds_of_row(day, row) for day, rows in days.items() for row in rows])
    assert np.exp(by_row) == pytest.approx(alone, rel=1e-9)
    together = np.array([value for day, rows in days.items() for value in model.odds_of_day(day, rows)])
    with np.errstate(divide="ignore"):
        assert np.exp(-by_day) == pytest.approx(1.0 / together, rel=1e-9, abs=rounding_of(law))
    assert (together > 0).all()


V1 = {name: law_of(kind, dependence="v1.0") for name, kind in KINDS.items()}
V1 |= {f"{name}, stealth": law_of(KINDS[name], dependence="v1.0", fraud_stealth=0.3) for name in STEALTHY}
V1["mixture"] = law_of(*KINDS.values(), dependence="v1.0", fraud_stealth=0.2)
LATE: dict[int, list[Row]] = {
    1: [(50_000, 2, 3330, 9, -600_000), (80_000, 2, 2000, 600_000, 3)],
    2: [(80_000, 2, 2400, 10, 700_000), (82_000, 2, 5200, 10, 40)],
    3: [(82_000, 0, 900, 0, 5), (83_000, 0, 1250, 7, 5), (7200, 0, 1250, 0, 5)],
    4: [(82_000, 2, 2400, 1, 710_000)],
}


@pytest.mark.parametrize("law", V1.values(), ids=V1.keys())
def test_one_uniform_for_date_and_choice_gives_types_the_probabilities_of_sums(law: ModelParameters) -> None:
    by_row, _ = log_odds(law, EARLY, LATE)
    alone = np.array([Sums(law, EARLY).odds_of_row(day, row) for day, rows in LATE.items() for row in rows])
    assert np.exp(by_row) == pytest.approx(alone, rel=1e-9)
    # Amounts of a day are exact where permuting them changes nothing: see `posterior`.
    regular, twin = (replace(p, amounts=(ALIKE,) * len(p.amounts)) for p in (EARLY, TWIN))
    kinds = [replace(own.type, amounts=(ALIKE,) * len(own.type.amounts)) for own in law.fraud_types]
    alike = replace(law, fraud_types=tuple(WeightedType(kind, n + 1.0) for n, kind in enumerate(kinds)))
    _, by_day = log_odds(alike, regular, LATE, twin)
    model = Sums(alike, regular, twin)
    together = np.array([value for day, rows in LATE.items() for value in model.odds_of_day(day, rows)])
    assert np.exp(by_day) == pytest.approx(together, rel=1e-9)
    odds = np.append(alone, together)
    assert ((odds > 0) & (odds < np.inf)).sum() >= 2


def test_days_of_many_rows_that_only_one_type_has_are_certain() -> None:
    brief = FraudType("brief", days=5, per_day=(0, 3), spending="customer", burst_seconds=1)
    amounts = (AmountDistribution(1.0, 1e-4), AmountDistribution(1.5, 1000.0))
    own = replace(brief, name="many", days=1, per_day=(400, 400), spending="own", burst_seconds=None)
    many = replace(own, categories=("fuel", "gifts"), category_weights=(1e-100, 1e100), amounts=amounts)
    rows = [(100 * n, 2, 100 + n % 900, 0, 0) for n in range(400)]
    _, by_day = log_odds(law_of(brief, many), REGULAR, {2: rows})
    assert (by_day > 20.0).all()


def test_months_without_fraud_of_a_type_have_no_windows() -> None:
    period = Period(date(2023, 1, 1), date(2023, 3, 31))
    rare = replace(KINDS["own"], months=((date(2023, 2, 1), 0.0), (date(2023, 3, 1), 2.0)))
    by_row, _ = log_odds(replace(law_of(rare), period=period), REGULAR, dict.fromkeys((5, 45, 80), DAYS[4]))
    assert (by_row > -np.inf).tolist() == [True, False, True]
