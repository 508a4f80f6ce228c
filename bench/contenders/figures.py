"""What both Spark peers are told: profiles, places, names and weights, so that their columns hold what ours hold.

They get the margins only. Neither keeps the law: no rate per customer and profile weight per date, no fraud window,
no dependence of category and day part. That makes their work lighter, never heavier.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vecgen.config.faker_lists import WordList, compile_word_lists
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request

Place = tuple[str, str, str, float, float, int]
CHOICES = 1_000  # entries of a list that stands for weights: an entry is repeated as often as it weighs
FRAUD_SHARE = 0.005
DAYS = 365


@dataclass(frozen=True)
class Figures:
    """Lists for the columns.

    Attributes:
        profiles: Names with suffix, each as often as it has customers, CHOICES in all.
        rates: Transactions per day of each entry of `profiles`, the mean of its bounds.
        categories, means: Categories as often as they weigh, CHOICES in all, and the mean amount of each entry.
        merchants: Names for any category.
    """

    profiles: list[str]
    rates: list[float]
    categories: list[str]
    means: list[float]
    merchants: list[str]
    places: list[Place]
    first: list[str]
    last: list[str]
    streets: list[str]
    jobs: list[str]


def load_figures() -> Figures:
    """Return the figures the peers share."""
    profiles, demographics = load_profiles(DEFAULT_PROFILES), load_demographics(DEFAULT_DEMOGRAPHICS)
    shares = compile_plan(Request(customers=100_000)).source.shares(len(profiles.names)).tolist()
    positions = repeat(range(len(profiles.names)), shares)
    one = profiles.regular[0]
    chosen = repeat(range(len(one.categories)), one.category_weights)
    places, words = demographics.places, compile_word_lists()
    columns = (places.zip, places.city, places.state, places.lat.tolist(), places.long.tolist())
    return Figures(
        [f"{profiles.names[position]}.json" for position in positions],
        [(profiles.regular[p].min_per_day + profiles.regular[p].max_per_day) / 2 for p in positions],
        [one.categories[position] for position in chosen],
        [one.amounts[position].mean for position in chosen],
        [name for names in demographics.merchants.names for name in names],
        list(zip(*columns, places.city_pop.tolist(), strict=True)),
        _texts(words.first_female) + _texts(words.first_male),
        _texts(words.last),
        [f"{name} {suffix}" for name, suffix in zip(_texts(words.last), _texts(words.street_suffix) * 9, strict=False)],
        _texts(words.job),
    )


def repeat(values: Sequence[int], weights: Sequence[float]) -> list[int]:
    """Return CHOICES entries, each value at least once and otherwise as often as it weighs."""
    total, ends, running = sum(weights), [], 0.0
    for weight in weights:
        running += weight
        ends.append(running / total)
    counts = [
        max(1, round(CHOICES * end) - round(CHOICES * start)) for start, end in zip([0, *ends], ends, strict=False)
    ]
    return [value for value, count in zip(values, counts, strict=True) for _ in range(count)]


def _texts(words: WordList) -> list[str]:
    return list(dict.fromkeys(words.texts))


def parse_job(name: str) -> tuple[int, Path]:
    """Return the customers to make and the directory to write to."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    return options.customers, options.output
