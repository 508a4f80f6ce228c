"""Probabilities of fraud against brute-force enumeration of small models, and against rows that were drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise, product
from math import comb, prod
from typing import Any

import numpy as np
import pytest
from scipy import stats

import vecgen
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import AmountDistribution, Profile, ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.odds.likelihood import Seen
from vecgen.model.odds.posterior import Posterior, to_probability
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.scan.row_checks import inspect

PERIOD = Period(date(2023, 1, 1), date(2023, 1, 10))  # D = 9: two window starts
REGULAR = Profile(
    "p", 0, 1, (1, 2, 1, 3, 1, 2, 0), (), (), ("food", "fuel", "gifts"), (2, 1, 1),
    (AmountDistribution(20, 30), AmountDistribution(40, 0.5), AmountDistribution(80, 200)),
    ("AM", "PM"), (1, 3), 30.0, 200.0,
)  # fmt: skip
TWIN = Profile(
    "fraud_p", 1, 2, (2, 1, 1, 1, 3, 1, 2), (), (), ("gifts", "food"), (3, 1),
    (AmountDistribution(300, 100), AmountDistribution(25, 40)), ("PM", "AM"), (1, 1), 60.0, 50.0,
)  # fmt: skip
ALIKE = tuple(AmountDistribution(20, 30) for _ in range(3))
EARLY = replace(  # under v1.0, buys early in the period what the twin buys
    REGULAR, categories=("gifts", "food", "fuel"), amounts=REGULAR.amounts[::-1], day_parts=("PM", "AM"),
    day_part_weights=(3, 1),
)  # fmt: skip
CATEGORIES = ("food", "fuel", "gifts")

Row = tuple[int, int, int, int, int]
"""Second, category, cents, latitude, longitude: what a row shows beside its day."""
DAYS: dict[int, list[Row]] = {
    2: [(7200, 0, 1250, 0, 5), (50_000, 2, 33_300, 900_000, -600_000)],
    3: [(80_000, 2, 20_000, 600_000, 3), (82_000, 2, 24_000, 10, 700_000), (3600, 0, 100, 1, 715_000)],
    4: [(30_000, 0, 999, 200_000, 0)],
}
EVENINGS: dict[int, list[Row]] = {
    1: [(50_000, 2, 33_300, 9, -600_000), (80_000, 2, 20_000, 600_000, 3)],
    2: [(80_000, 2, 2_400, 10, 700_000)],
    4: [(82_000, 2, 24_000, 1, 710_000)],
}
FAR: dict[int, list[Row]] = {**DAYS, 4: [(30_000, 0, 999, 1_200_000, 0)]}


@dataclass(frozen=True)
class Enumeration:
    """The model of one customer, by loops over all that can happen."""

    law: ModelParameters
    regular: Profile = REGULAR
    twin: Profile = TWIN

    def dates(self, profile: Profile, days: range) -> dict[int, Fraction]:
        weights = {day: Fraction(profile.weekday_weights[(6 + day) % 7]) for day in days}  # 1 January is a Sunday
        return {day: weight / sum(weights.values()) for day, weight in weights.items()}

    def pieces(self, profile: Profile, days: range) -> Iterator[tuple[float, int, str, str]]:
        """Yield the probability of each date, day part and category."""
        dates = self.dates(profile, days)
        parts = shares(profile.day_parts, profile.day_part_weights)
        categories = shares(profile.categories, profile.category_weights)
        if self.law.dependence == "independent":
            for (d, x), (p, y), (c, z) in product(dates.items(), parts.items(), categories.items()):
                yield float(x * y * z), d, p, c
        elif self.law.dependence == "v0.5":
            for (d, x), (length, (p, c)) in product(dates.items(), one_uniform(parts, categories)):
                yield float(x * length), d, p, c
        else:
            yield from ((float(length), *choice) for length, choice in one_uniform(dates, parts, categories))

    def windows(self) -> list[range]:
        return [range(start, start + self.law.fraud_days + 1) for start in (1, 2)]

    def content(self, profile: Profile, days: range, day: int, row: Row, *, known_day: bool) -> float:
        """Return the probability of a row's date (unless known), category, second and amount."""
        own = self.own_content(profile, days, day, row, known_day=known_day)
        if profile is not self.twin:
            return own
        share, date = self.law.fraud_stealth, 1.0 if known_day else float(self.dates(profile, days).get(day, 0))
        return (1 - share) * own + share * date * self.disguised(day, row)

    def disguised(self, day: int, row: Row) -> float:
        """Return the probability of category, second and amount of a row that passes for a regular one of the day."""
        second, category, cents, _, _ = row
        wanted = ("AM", "PM")[second // 43_200], CATEGORIES[category]
        pieces = list(self.pieces(self.regular, range(10)))
        that_day = [piece for piece in pieces if piece[1] == day]
        possible = that_day if sum(length for length, *_ in that_day) else pieces
        chance = sum(length for length, _, *choice in possible if tuple(choice) == wanted)
        chance /= sum(length for length, *_ in possible)
        return chance / 43_200 * self.amount(self.regular, *wanted, cents)

    def own_content(self, profile: Profile, days: range, day: int, row: Row, *, known_day: bool) -> float:
        """Return the same of rows that follow the profile."""
        pieces = list(self.pieces(profile, days))
        second, category, cents, _, _ = row
        part, name = ("AM", "PM")[second // 43_200], CATEGORIES[category]
        chance = sum(length for length, d, p, c in pieces if (d, p, c) == (day, part, name))
        if known_day and chance:
            chance /= sum(length for length, d, _, _ in pieces if d == day)
        night = 4 * 3600 if part == "AM" else 2 * 3600
        at_night = second < 4 * 3600 or second >= 22 * 3600
        uniform = 1 / 43_200
        chance *= 0.2 * uniform + 0.8 * at_night / night if profile is self.twin else uniform
        return chance * self.amount(profile, part, name, cents)

    def amount(self, profile: Profile, part: str, category: str, cents: int) -> float:
        laws = dict(zip(profile.categories, profile.amounts, strict=True))
        if category not in laws:
            return 0.0
        own = mass(laws[category], cents)
        if self.law.dependence != "v1.0":
            return own
        pieces = [(x, c) for x, _, p, c in self.pieces(profile, range(10)) if p == part]
        share = sum(x for x, _ in pieces)
        mixed = sum(x * mass(laws[c], cents) for x, c in pieces) / share
        kept = total = 0.0
        for rows in self.numbers(profile):
            for others in range(rows):
                chance = comb(rows - 1, others) * share**others * (1 - share) ** (rows - 1 - others)
                kept += rows * chance / (others + 1)
                total += rows * chance
        return kept / total * own + (1 - kept / total) * mixed

    def numbers(self, profile: Profile) -> list[int]:
        each = self.law.fraud_days if profile is self.twin else 9
        return [each * rate for rate in range(profile.min_per_day, profile.max_per_day + 1)]

    def places(self, profile: Profile, rows: Sequence[Row]) -> float:
        """Return the probability of the places of rows of one customer."""
        travels = profile.travel_pct / 100 if self.law.travel else 0.0
        radii = ((1 - travels, 1_000_000), (travels, round(profile.travel_max_distance * 14_300)))
        return sum(
            share * prod(uniform(radius, x) for row in rows for x in row[3:])
            for share, radius in radii
        )  # fmt: skip

    def chance_of_count(self, profile: Profile, days: range, day: int, number: int) -> float:
        """Return the probability of so many rows on the day, from all patterns of rows on it and off it."""
        share = float(self.dates(profile, days).get(day, 0))
        return float(np.mean([
            sum(prod(share if on else 1 - share for on in pattern)
                for pattern in product((True, False), repeat=rows) if sum(pattern) == number)
            for rows in self.numbers(profile)
        ]))  # fmt: skip

    def spared(self, day: int) -> float:
        """Return the probability that no fraudulent row falls on the day."""
        none = np.mean([self.chance_of_count(self.twin, window, day, 0) for window in self.windows()])
        return 1.0 - float(self.law.fraud_rate) * (1.0 - float(none))

    def odds_of_row(self, day: int, row: Row) -> float:
        fraud = float(np.mean([self.content(self.twin, days, day, row, known_day=False) for days in self.windows()]))
        fraud *= self.law.fraud_rate * float(np.mean(self.numbers(self.twin))) * self.places(self.twin, [row])
        regular = self.content(self.regular, range(10), day, row, known_day=False)
        regular *= float(np.mean(self.numbers(self.regular))) * self.places(self.regular, [row]) * self.spared(day)
        return ratio(fraud, regular)

    def odds_of_day(self, day: int, rows: Sequence[Row]) -> float:
        fraud = np.mean([self.day(self.twin, days, day, rows) for days in self.windows()])
        regular = self.day(self.regular, range(10), day, rows) * self.spared(day)
        return ratio(float(self.law.fraud_rate * fraud), regular)

    def day(self, profile: Profile, days: range, day: int, rows: Sequence[Row]) -> float:
        contents = prod(self.content(profile, days, day, row, known_day=True) for row in rows)
        return self.chance_of_count(profile, days, day, len(rows)) * contents * self.places(profile, rows)


def ratio(fraud: float, regular: float) -> float:
    return fraud / regular if regular else np.inf if fraud else 0.0


def shares(values: Sequence[str], weights: Sequence[float]) -> dict[str, Fraction]:
    return {value: Fraction(weight) / Fraction(sum(weights)) for value, weight in zip(values, weights, strict=True)}


def one_uniform(*choices: dict[Any, Fraction]) -> Iterator[tuple[Fraction, tuple[Any, ...]]]:
    """Yield each piece of (0, 1] and what one uniform in it chooses."""
    ends = [np.cumsum(list(choice.values())).tolist() for choice in choices]
    points = sorted({Fraction(0), *(end for own in ends for end in own)})
    for low, high in pairwise(points):
        picked = (
            next(k for k, end in zip(c, own, strict=True) if end >= high) for c, own in zip(choices, ends, strict=True)
        )
        yield high - low, tuple(picked)


def mass(amount: AmountDistribution, cents: int) -> float:
    gamma = stats.gamma((amount.mean / amount.stdev) ** 2, scale=amount.stdev**2 / amount.mean)
    low, high = max(cents / 100 - 0.005, 1), cents / 100 + 0.005
    inside = gamma.sf(low) - gamma.sf(high) if low > amount.mean else gamma.cdf(high) - gamma.cdf(low)
    return float(inside + gamma.cdf(1) * max(min(high, 10) - low, 0) / 9)


def uniform(radius: int, offset: int) -> float:
    share = 1.0 if abs(offset) < radius else 0.5 if abs(offset) == radius else 0.0  # what is rounded to an end
    return share / (2 * radius)


def seen(days: dict[int, list[Row]]) -> Seen:
    rows = [(day, *row) for day, own in days.items() for row in own]
    day, second, category, cents, lat, long = np.array(rows).T
    alike = np.zeros_like(day)
    return Seen(day, second, category, cents, lat, long, customer=alike.astype(np.uint64), profile=alike)


def case(law: ModelParameters) -> tuple[Profile, dict[int, list[Row]]]:
    """Return a profile, and rows that it or its twin can have."""
    if law.dependence == "v1.0":
        return EARLY, EVENINGS
    return REGULAR, FAR if law.travel else DAYS


def posterior(law: ModelParameters, regular: Profile = REGULAR, twin: Profile = TWIN) -> Posterior:
    return Posterior(ProfileSet((regular.name,), (regular,), (twin,), ()), law)


LAWS = [
    ModelParameters(PERIOD, rate, days, dependence, travel, stealth)
    for dependence in ("v0.5", "v1.0", "independent")
    for rate, days, travel, stealth in ((0.3, 1, False, 0.0), (1.0, 2, True, 0.0), (0.3, 2, True, 0.4))
] + [ModelParameters(PERIOD, 0.3, 1, fraud_stealth=1.0)]
NAMES = [f"{law.dependence}-{law.fraud_days}-{law.fraud_stealth:g}" for law in LAWS]


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_probabilities_of_rows_are_those_of_enumeration(law: ModelParameters) -> None:
    regular, days = case(law)
    by_row, _ = posterior(law, regular).log_odds(seen(days))
    model = Enumeration(law, regular)
    odds = np.array([model.odds_of_row(day, row) for day, rows in days.items() for row in rows])
    assert to_probability(by_row) == pytest.approx(1 - 1 / (1 + odds), abs=1e-11)
    assert np.exp(by_row) == pytest.approx(odds, rel=1e-9)
    assert ((odds > 0) & (odds < np.inf)).sum() >= 2


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_probabilities_of_days_are_those_of_enumeration(law: ModelParameters) -> None:
    regular, days = case(law)
    twin = TWIN
    if law.dependence == "v1.0":  # amounts of a day are exact where permuting them changes nothing: see the module
        regular, twin = replace(regular, amounts=ALIKE), replace(TWIN, amounts=ALIKE[:2])
    _, by_day = posterior(law, regular, twin).log_odds(seen(days))
    model = Enumeration(law, regular, twin)
    odds = np.array([model.odds_of_day(day, rows) for day, rows in days.items() for _ in rows])
    assert np.exp(by_day) == pytest.approx(odds, rel=1e-9)
    assert ((odds > 0) & (odds < np.inf)).sum() >= 2


def test_the_order_of_rows_changes_nothing() -> None:
    rows, order = seen(DAYS), np.array([4, 1, 5, 0, 3, 2])
    for plain, mixed in zip(
        posterior(LAWS[0]).log_odds(rows), posterior(LAWS[0]).log_odds(rows.take(order)), strict=True
    ):
        assert mixed == pytest.approx(plain[order], rel=1e-12)


def test_what_only_one_label_can_show_is_certain() -> None:
    rows = seen({2: [(7200, 1, 4000, 0, 0)]})  # the twin buys no fuel
    assert [x.tolist() for x in posterior(LAWS[0]).log_odds(rows)] == [[-np.inf], [-np.inf]]
    weightless = replace(REGULAR, category_weights=(1, 1, 0))
    rows = seen({2: [(7200, 2, 4000, 0, 0)]})
    assert [x.tolist() for x in posterior(LAWS[0], weightless).log_odds(rows)] == [[np.inf], [np.inf]]
    nobody = replace(LAWS[0], fraud_rate=0.0)
    assert [x.tolist() for x in posterior(nobody).log_odds(rows)] == [[-np.inf], [-np.inf]]


def test_frauds_that_pass_for_regular_are_certain_where_no_regular_row_can_be() -> None:
    rows = seen({7: [(50_000, 1, 4000, 0, 0)]})  # a Sunday, on which regular rows never are; the twin buys no fuel
    for dependence in DEPENDENCES:
        law = ModelParameters(PERIOD, 0.3, 6, dependence, fraud_stealth=1.0)
        assert [x.tolist() for x in posterior(law).log_odds(rows)] == [[np.inf], [np.inf]]


@pytest.mark.parametrize(
    ("dependence", "days", "travel", "stealth"),
    [
        ("v0.5", 1, False, 0.0),
        ("v1.0", 3, False, 0.0),
        ("independent", 7, True, 0.0),
        ("v0.5", 3, True, 0.6),
        ("v1.0", 3, False, 0.5),
    ],
)
def test_rows_that_are_drawn_are_fraudulent_as_often_as_they_should(
    dependence: Dependence, days: int, travel: bool, stealth: float
) -> None:
    law = replace(YEAR, fraud_days=days, dependence=dependence, travel=travel, fraud_stealth=stealth)
    assert deviations(*score(law, load_profiles(DEFAULT_PROFILES))).max() < 4.5


def test_a_wrong_model_is_found() -> None:
    profiles = load_profiles(DEFAULT_PROFILES)
    dearer = tuple(
        replace(p, amounts=tuple(AmountDistribution(1.2 * a.mean, a.stdev) for a in p.amounts)) for p in profiles.fraud
    )
    for own, model, law in (
        (YEAR, replace(profiles, fraud=dearer), YEAR),
        (replace(YEAR, fraud_days=5), profiles, YEAR),
    ):
        chances, labels, _ = score(own, model, law)
        assert deviations(chances, labels).max() > 6


YEAR = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)), 0.9)


def score(
    law: ModelParameters, model: ProfileSet, taken_for: ModelParameters | None = None
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Return the probabilities by row and by day of rows that were drawn, their labels, and whose they are."""
    table = vecgen.generate_transactions(
        customers=80,
        fraud_rate=law.fraud_rate,
        fraud_days=law.fraud_days,
        fraud_stealth=law.fraud_stealth,
        dependence=law.dependence,
        travel=law.travel,
    )
    batch = table.combine_chunks().to_batches()[0]
    columns, faults = inspect(batch, write_out(load_profiles(DEFAULT_PROFILES), law))
    assert not faults
    odds = Posterior(model, taken_for or law).log_odds(columns.seen)
    return [to_probability(by) for by in odds], columns.is_fraud, np.unique(columns.customer, return_inverse=True)[1]


def deviations(detectors: list[np.ndarray], labels: np.ndarray, customers: np.ndarray | None = None) -> np.ndarray:
    """Return how many standard deviations each bin of a detector's probability is off, of bins with enough rows.

    Frauds of a customer come together: with `customers`, variances are no less than those of whole customers.
    """
    edges, out = [0.0, 1e-3, 1e-2, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0], []
    for chances in detectors:
        bins = np.digitize(chances, edges)
        variance = np.bincount(bins, chances * (1 - chances))
        off, enough = np.bincount(bins, labels - chances), variance > 3
        if customers is not None:
            own = np.bincount(10 * customers + bins, labels - chances, 10 * (customers.max() + 1)).reshape(-1, 10)
            variance = np.maximum(variance, (own**2).sum(axis=0)[: len(variance)])
        out += (np.abs(off[enough]) / np.sqrt(variance[enough])).tolist()
    return np.array(out)
