"""The reference: the law of release 0.5, one transaction at a time, with nothing but the standard library's `random`.

Written to be read beside the law: the equivalence tests compare the arrays of `vecgen` with this, and the benchmarks
quote their ratios against it. Everything that does not change from row to row is looked up once per customer.

`python -m bench.contenders.row_loop CUSTOMERS.csv TRANSACTIONS.csv` writes the 26 columns for
customers in the `|` format.
"""

from __future__ import annotations

import argparse
import csv
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random  # noqa: TID251 - the reference draws as the original does, row by row
from typing import NamedTuple

from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import DEFAULT_WEIGHT, Profile, Season
from vecgen.io.schema import COLUMNS
from vecgen.model.params import ModelParameters, Period

EPOCH = date(1970, 1, 1)
HOME_RADIUS = 1.0  # degrees
TRAVEL_DEGREES = 1.43 / 100  # degrees per unit of travel_max_dist
NIGHT_SHARE = 0.8
LAST_WINDOW_MARGIN = 7  # days


class Customer(NamedTuple):
    """A customer: home in degrees, profile without suffix, and the text of its sixteen columns, joined by `|`."""

    lat: float
    long: float
    profile: str = ""
    text: str = ""


class Transaction(NamedTuple):
    """The ten columns a transaction adds to its customer's, in the order of the files."""

    trans_num: str
    trans_date: date
    trans_time: str
    unix_time: int
    category: str
    amt: float
    is_fraud: int
    merchant: str
    merch_lat: float
    merch_long: float


@dataclass(frozen=True)
class Behaviour:
    """What a profile fixes for every row: cumulative shares, gamma shapes and scales, merchants by category."""

    categories: tuple[str, ...]
    category_ends: list[float]
    day_parts: tuple[str, ...]
    day_part_ends: list[float]
    gammas: list[tuple[float, float]]
    merchants: list[Sequence[str]]


def check_dependence(law: ModelParameters) -> None:
    """Accept the model of release 0.5.

    Raises:
        ValueError: Another one.
    """
    if law.dependence != "v0.5":
        raise ValueError(f"the row loop knows the model v0.5, not {law.dependence}")


def generate(
    profile: Profile,
    twin: Profile,
    customer: Customer,
    law: ModelParameters,
    merchants: Mapping[str, Sequence[str]],
    rng: Random,
) -> Iterator[Transaction]:
    """Yield one customer's transactions under the model v0.5: the fraudulent ones, if any, then the regular ones.

    Args:
        profile, twin: The customer's profile and its fraud twin.
        merchants: Names by category.

    Raises:
        ValueError: Another model than v0.5, or weights of which none is positive.
    """
    check_dependence(law)
    period, fraud_dates = law.period, set()
    if rng.random() < law.fraud_rate:
        window_start = period.start + timedelta(days=rng.randint(1, period.span - LAST_WINDOW_MARGIN))
        window = Period(window_start, window_start + timedelta(days=law.fraud_days))
        dates = draw_dates(twin, window, law.fraud_days, rng)
        fraud_dates = set(dates)
        yield from complete(twin, dates, customer, law, merchants, rng, disguise=profile)
    dates = [day for day in draw_dates(profile, period, period.span, rng) if day not in fraud_dates]
    yield from complete(profile, dates, customer, law, merchants, rng)


def draw_dates(profile: Profile, period: Period, days: int, rng: Random) -> list[date]:
    """Return the dates of `days` times the customer's rate (one integer per call) of transactions."""
    rate = rng.randint(profile.min_per_day, profile.max_per_day)
    dates, ends = weigh_dates(profile, period)
    return [dates[bisect_left(ends, rng.random())] for _ in range(days * rate)]


def complete(
    profile: Profile,
    dates: Sequence[date],
    customer: Customer,
    law: ModelParameters,
    merchants: Mapping[str, Sequence[str]],
    rng: Random,
    *,
    disguise: Profile | None = None,
) -> Iterator[Transaction]:
    """Yield a transaction for each date: all that `profile` says about it except when.

    Args:
        disguise: Of fraudulent rows, what some follow instead, but for dates and places; None for regular rows.
    """
    is_fraud = int(disguise is not None)
    own, other = look_up(profile, merchants), look_up(disguise or profile, merchants)
    radius = draw_radius(profile, law, rng)
    for day in dates:
        stealthy = is_fraud and law.fraud_stealth > 0 and rng.random() < law.fraud_stealth
        behaviour = other if stealthy else own
        u = rng.random()  # one uniform for both: so some categories happen only in the morning
        category = bisect_left(behaviour.category_ends, u)
        day_part = behaviour.day_parts[bisect_left(behaviour.day_part_ends, u)]
        hour = draw_hour(day_part, is_fraud and not stealthy, rng)
        minute, second = rng.randrange(60), rng.randrange(60)
        yield Transaction(
            f"{rng.getrandbits(128):032x}",
            day,
            f"{hour:02}:{minute:02}:{second:02}",
            (day - EPOCH).days * 86_400 + hour * 3600 + minute * 60 + second,
            behaviour.categories[category],
            draw_amount(*behaviour.gammas[category], rng),
            is_fraud,
            rng.choice(behaviour.merchants[category]),
            round(customer.lat + rng.uniform(-radius, radius), 6),
            round(customer.long + rng.uniform(-radius, radius), 6),
        )


def draw_hour(day_part: str, is_fraud: bool | int, rng: Random) -> int:
    """Return the hour: uniform in the half day, or (fraud, four times in five) at night."""
    at_night = is_fraud and rng.random() < NIGHT_SHARE
    if day_part == "AM":
        return rng.randrange(4) if at_night else rng.randrange(12)
    return 22 + rng.randrange(2) if at_night else 12 + rng.randrange(12)


def draw_amount(shape: float, scale: float, rng: Random) -> float:
    """Return dollars rounded to cents: gamma distributed, or uniform in 1..10 where that gives less than 1."""
    amount = rng.gammavariate(shape, scale)
    return round(amount if amount >= 1 else rng.uniform(1, 10), 2)


def draw_radius(profile: Profile, law: ModelParameters, rng: Random) -> float:
    """Return half the side, in degrees, of the square around home in which a customer buys."""
    travels = law.travel and rng.random() < profile.travel_pct / 100
    return profile.travel_max_distance * TRAVEL_DEGREES if travels else HOME_RADIUS


def look_up(profile: Profile, merchants: Mapping[str, Sequence[str]]) -> Behaviour:
    """Return what a profile fixes for every row."""
    return Behaviour(
        profile.categories,
        cumulate(profile.category_weights),
        profile.day_parts,
        cumulate(profile.day_part_weights),
        [((law.mean / law.stdev) ** 2, law.stdev**2 / law.mean) for law in profile.amounts],
        [merchants[category] for category in profile.categories],
    )


@lru_cache(maxsize=5_000)  # the twelve profiles over the period, and over each fraud window of a year
def weigh_dates(profile: Profile, period: Period) -> tuple[list[date], list[float]]:
    """Return the dates of a period and their cumulative shares: year x season x weekday."""
    dates = [period.start + timedelta(days=offset) for offset in range(period.days)]
    weekday_sum = sum(profile.weekday_weights)
    seasons = {year: weigh_month_days(profile.seasons, year) for year in {day.year for day in dates}}
    weights = []
    for day in dates:
        position = day.year - period.start.year
        year = profile.year_weights[position] if position < len(profile.year_weights) else DEFAULT_WEIGHT
        season = seasons[day.year][day.month, day.day]
        weights.append(year * season * profile.weekday_weights[day.weekday()] / weekday_sum)
    return dates, cumulate(weights)


def weigh_month_days(seasons: Sequence[Season], year: int) -> dict[tuple[int, int], float]:
    """Return the share of each month-day of a year: 365, or 366 where 4 divides the year."""
    like = date(2000 if year % 4 == 0 else 2001, 1, 1)
    days = [like + timedelta(days=offset) for offset in range(366 if year % 4 == 0 else 365)]
    weights = {(day.month, day.day): DEFAULT_WEIGHT for day in days}
    for season in seasons:
        for month_day in weights:
            if season.start <= month_day <= season.end:
                weights[month_day] = season.weight
    total = sum(weights.values()) or 1.0  # seasons may leave a common year without weight: 29 February alone
    return {month_day: weight / total for month_day, weight in weights.items()}


def cumulate(weights: Sequence[float]) -> list[float]:
    """Return cumulative shares; the last is exactly 1.

    Raises:
        ValueError: No positive weight.
    """
    sums = list(accumulate(weights))
    if not sums[-1] > 0:
        raise ValueError("no weight is positive")
    return [value / sums[-1] for value in sums]


def read_customers(path: Path) -> Iterator[Customer]:
    """Yield the customers of a file in the `|` format."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE):
            profile = row["profile"].removesuffix(".json")
            yield Customer(float(row["lat"]), float(row["long"]), profile, "|".join(row.values()))


def write_csv(customers: Path, output: Path, law: ModelParameters, seed: int) -> int:
    """Write the transactions of customers, 26 columns, and return their number."""
    profiles = load_profiles(DEFAULT_PROFILES)
    merchants = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
    names = dict(zip(merchants.categories, merchants.names, strict=True))
    pairs = dict(zip(profiles.names, zip(profiles.regular, profiles.fraud, strict=True), strict=True))
    rng, rows = Random(seed), 0
    with output.open("w", encoding="utf-8", newline="") as file:
        file.write("|".join(column.name for column in COLUMNS) + "\n")
        for customer in read_customers(customers):
            for row in generate(*pairs[customer.profile], customer, law, names, rng):
                file.write(format_line(customer, row))
                rows += 1
    return rows


def format_line(customer: Customer, row: Transaction) -> str:
    """Return a line of the `|` format."""
    return (
        f"{customer.text}|{row.trans_num}|{row.trans_date}|{row.trans_time}|{row.unix_time}|{row.category}|"
        f"{row.amt:.2f}|{row.is_fraud}|{row.merchant}|{row.merch_lat:.6f}|{row.merch_long:.6f}\n"
    )


def main() -> None:
    """Write a file with the defaults of `vecgen generate`."""
    parser = argparse.ArgumentParser(prog="python -m bench.contenders.row_loop", description=__doc__)
    parser.add_argument("customers", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    law = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)))
    print(f"{write_csv(options.customers, options.output, law, options.seed):,} rows")


if __name__ == "__main__":
    main()
