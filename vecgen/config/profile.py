"""Behaviour profiles as frozen values, and the bounds of their figures."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

Gender = Literal["F", "M"]
MonthDay = tuple[int, int]

LEFTOVERS: Final = "leftovers"
"""The profile of every customer no segment matches."""
FRAUD_PREFIX: Final = "fraud_"
SUFFIX: Final = ".json"
SCHEMA_KEY: Final = "$schema"
"""Key by which editors find a file's schema; any file may have it, vecgen ignores it."""
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_PARTS: Final = ("AM", "PM")
DEFAULT_WEIGHT: Final = 100.0
"""Weight of a weekday, month-day or year that the profile does not mention."""

MIN_WEIGHT: Final = 1e-100
MAX_WEIGHT: Final = 1e100
"""A date's weight, the product of three, stays a number of full precision."""
MAX_END: Final = 1e12
"""Of a range of ages or populations."""
MAX_PER_DAY: Final = 10_000
MIN_MEAN: Final = 1.0
"""Dollars. Amounts below 1 dollar are replaced: with a smaller mean most amounts would be replacements."""
MAX_AMOUNT: Final = 1e7
MIN_SHAPE: Final = 1e-8
MAX_SHAPE: Final = 1e8
MAX_PERCENT: Final = 100.0
MAX_TRAVEL_DISTANCE: Final = 6000.0
MAX_NAME: Final = 100

MONTH_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
YEAR: Final = re.compile(r"[0-9]{1,4}")
FORBIDDEN: Final = "|/\"'`"
"""Characters that no category and no season may have in its name."""
SEASON_SPELLINGS: Final = {"start_date": "start_date (MM-DD)", "end_date": "end_date (MM-DD)"}
"""Keys of a season as the original's files spell them."""
UNLIMITED: Final = ("inf", None, -1, math.inf)
"""Upper ends of a segment that mean none."""


@dataclass(frozen=True)
class Season:
    """Month-days from `start` to `end`, both included and start <= end, that weigh `weight` instead of 100."""

    name: str
    start: MonthDay
    end: MonthDay
    weight: float


@dataclass(frozen=True)
class AmountDistribution:
    """Gamma distribution of an amount: mean and standard deviation in dollars, both > 0."""

    mean: float
    stdev: float


@dataclass(frozen=True)
class Profile:
    """How one group of customers spends; see profiles/README.md for the meaning of each field.

    Attributes:
        min_per_day: Smallest number of transactions a day, 0..10,000.
        max_per_day: Largest number, bounds included.
        weekday_weights: Seven weights, Monday first.
        seasons: In file order; a later season overrides an earlier one.
        year_weights: Weight of the i-th calendar year of the period; years past the end weigh 100.
        categories: In file order.
        category_weights: One weight per category, not all zero.
        amounts: One distribution per category.
        day_parts: "AM" and "PM" in file order; one of them may be missing.
        day_part_weights: One weight per day part, not all zero.
        travel_pct: Share of customers who travel, percent, 0..100.
        travel_max_distance: Miles, 0..6,000.
    """

    name: str
    min_per_day: int
    max_per_day: int
    weekday_weights: tuple[float, float, float, float, float, float, float]
    seasons: tuple[Season, ...]
    year_weights: tuple[float, ...]
    categories: tuple[str, ...]
    category_weights: tuple[float, ...]
    amounts: tuple[AmountDistribution, ...]
    day_parts: tuple[str, ...]
    day_part_weights: tuple[float, ...]
    travel_pct: float
    travel_max_distance: float


@dataclass(frozen=True)
class Segment:
    """Customers of one gender with age_min <= age < age_max and city_pop_min <= city_pop < city_pop_max.

    Ages in years, populations in people; an upper end may be infinite. Two segments may name the same profile.
    """

    profile: str
    gender: Gender
    age_min: float
    age_max: float
    city_pop_min: float
    city_pop_max: float


@dataclass(frozen=True)
class ProfileSet:
    """Everything a profiles directory says.

    Attributes:
        names: Regular profiles, each once, in the order of the segments; "leftovers" last.
        regular: One profile per name.
        fraud: Their fraud twins, one per name.
        segments: The first that matches a customer names the profile; look it up in `names`, positions may differ.
    """

    names: tuple[str, ...]
    regular: tuple[Profile, ...]
    fraud: tuple[Profile, ...]
    segments: tuple[Segment, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Values of the column `profile`: the names of the profiles' files."""
        return tuple(f"{name}{SUFFIX}" for name in self.names)
