"""Behaviour profiles: from parsed JSON to frozen, validated values in one step.

Order is part of the law: categories, day parts and seasons keep the order of the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from vecgen.errors import InputError
from vecgen.json_value import JsonValue, shorten

Gender = Literal["F", "M"]
MonthDay = tuple[int, int]

LEFTOVERS: Final = "leftovers"
"""The profile of every customer no segment matches."""
FRAUD_PREFIX: Final = "fraud_"
SUFFIX: Final = ".json"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_PARTS: Final = ("AM", "PM")
DEFAULT_WEIGHT: Final = 100.0
"""Weight of a weekday, month-day or year that the profile does not mention."""

MIN_WEIGHT: Final = 1e-12
MAX_WEIGHT: Final = 1e12
MAX_PER_DAY: Final = 10_000
MIN_MEAN: Final = 1.0
"""Dollars. Amounts below 1 dollar are replaced: with a smaller mean the replacements would be the law."""
MAX_AMOUNT: Final = 1e7
MIN_SHAPE: Final = 1e-4
MAX_SHAPE: Final = 1e8
MAX_TRAVEL_DISTANCE: Final = 6000.0
MAX_NAME: Final = 100

_MONTH_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_MONTH_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})")
_YEAR: Final = re.compile(r"[0-9]{1,4}")
_FORBIDDEN: Final = frozenset("|/\"'`")


@dataclass(frozen=True)
class Season:
    """Month-days from `start` to `end`, both included and start <= end, that weigh `weight` instead of 100."""

    name: str
    start: MonthDay
    end: MonthDay
    weight: float


@dataclass(frozen=True)
class AmountLaw:
    """Gamma law of an amount: mean and standard deviation in dollars, both > 0."""

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
        amounts: One law per category.
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
    amounts: tuple[AmountLaw, ...]
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


def parse_profile(where: str, name: str, raw: object) -> Profile:
    """Return the profile `name` (no suffix) that the parsed JSON value `raw` describes; `where` names it in errors.

    Raises:
        InputError: An unknown or missing key, a wrong type, or a value outside its range.
    """
    check_name(where, "", name)
    required = ("avg_transactions_per_day", "date_wt", "categories_wt", "categories_amt")
    fields = JsonValue(where, "", raw).fields((*required, "shopping_time", "travel_pct", "travel_max_dist"))
    low, high = _parse_per_day(fields["avg_transactions_per_day"])
    dates = fields["date_wt"].fields(("day_of_week", "time_of_year", "year"))
    categories, category_weights = _parse_categories(fields["categories_wt"])
    day_parts, day_part_weights = _parse_day_parts(fields["shopping_time"])
    return Profile(
        name=name,
        min_per_day=low,
        max_per_day=high,
        weekday_weights=_parse_weekdays(dates["day_of_week"]),
        seasons=_parse_seasons(dates["time_of_year"]),
        year_weights=_parse_years(dates["year"]),
        categories=categories,
        category_weights=category_weights,
        amounts=_parse_amounts(fields["categories_amt"], categories),
        day_parts=day_parts,
        day_part_weights=day_part_weights,
        travel_pct=fields["travel_pct"].number(0.0, 100.0),
        travel_max_distance=fields["travel_max_dist"].number(0.0, MAX_TRAVEL_DISTANCE),
    )


def check_name(where: str, field: str, name: str) -> None:
    """Accept a profile name of at most 100 ASCII letters, digits, `_`, `-` and inner `.`, without the suffix.

    It becomes the name of a file and of a directory.

    Raises:
        InputError: Any other name.
    """
    # With two suffixes, "a.json" in a customers file could mean two profiles.
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or name.endswith(SUFFIX):
        expected = f"a profile name of at most {MAX_NAME} letters, digits, '_', '-' and '.', not starting with '.'"
        raise InputError(where, field, shorten(name), expected, "rename the profile")


def _parse_per_day(node: JsonValue) -> tuple[int, int]:
    fields = node.fields(("min", "max"))
    low, high = (fields[key].integer(0, MAX_PER_DAY) for key in ("min", "max"))
    if low > high:
        fields["min"].fail(f"at most max, which is {high:,}", "swap the two")
    return low, high


def _parse_weekdays(node: JsonValue) -> tuple[float, float, float, float, float, float, float]:
    found = node.fields((), WEEKDAYS)
    weights = tuple(_parse_weight(found[day]) if day in found else DEFAULT_WEIGHT for day in WEEKDAYS)
    _check_some_positive(node, weights)
    return cast(tuple[float, float, float, float, float, float, float], weights)


def _parse_seasons(node: JsonValue) -> tuple[Season, ...]:
    seasons = tuple(_parse_season(name, child) for name, child in node.items())
    _check_some_positive(node, _weigh_month_days(seasons))
    return seasons


def _parse_season(name: str, node: JsonValue) -> Season:
    _check_label(node, name)
    fields = node.fields(("start_date", "end_date", "weight"))
    start, end = _parse_month_day(fields["start_date"]), _parse_month_day(fields["end_date"])
    if start > end:
        remedy = "split a season that runs over New Year in two"
        fields["start_date"].fail(f"no later than end_date, which is {_format_month_day(end)}", remedy)
    return Season(name, start, end, _parse_weight(fields["weight"]))


def _parse_month_day(node: JsonValue) -> MonthDay:
    match = _MONTH_DAY.fullmatch(node.raw) if isinstance(node.raw, str) else None
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= month <= 12 or not 1 <= day <= _MONTH_LENGTHS[month - 1]:
        node.fail('a day of the year as "MM-DD", such as "11-30"')
    return month, day


def _weigh_month_days(seasons: Iterable[Season]) -> list[float]:
    days = [(month + 1, day + 1) for month, length in enumerate(_MONTH_LENGTHS) for day in range(length)]
    weights = dict.fromkeys(days, DEFAULT_WEIGHT)
    for season in seasons:
        weights.update((day, season.weight) for day in days if season.start <= day <= season.end)
    return list(weights.values())


def _parse_years(node: JsonValue) -> tuple[float, ...]:
    found = dict(node.items())
    for key, child in found.items():
        if not _YEAR.fullmatch(key):
            child.fail('the number of a year, counted from "0"', value=key)
    weights = tuple(_parse_weight(found[key]) for key in sorted(found))
    if weights:
        _check_some_positive(node, weights)
    return weights


def _parse_categories(node: JsonValue) -> tuple[tuple[str, ...], tuple[float, ...]]:
    found = list(node.items())
    for name, child in found:
        _check_label(child, name)
    weights = tuple(_parse_weight(child) for _, child in found)
    _check_some_positive(node, weights)
    return tuple(name for name, _ in found), weights


def _parse_amounts(node: JsonValue, categories: Sequence[str]) -> tuple[AmountLaw, ...]:
    # Amounts for categories without a weight are legal: checked, then left out.
    laws = {name: _parse_amount(name, child) for name, child in node.items()}
    node.fields(categories, tuple(laws))
    return tuple(laws[name] for name in categories)


def _parse_amount(name: str, node: JsonValue) -> AmountLaw:
    _check_label(node, name)
    fields = node.fields(("mean", "stdev"))
    mean, stdev = fields["mean"].number(MIN_MEAN, MAX_AMOUNT), fields["stdev"].number(0.0, MAX_AMOUNT)
    # The ratio is compared, not its square: a tiny stdev must not overflow.
    if not stdev > 0 or not math.sqrt(MIN_SHAPE) <= mean / stdev <= math.sqrt(MAX_SHAPE):
        low, high = mean / math.sqrt(MAX_SHAPE), mean / math.sqrt(MIN_SHAPE)
        fields["stdev"].fail(f"between {low:g} and {high:g}: 1/10,000 of the mean to 100 times the mean")
    return AmountLaw(mean, stdev)


def _parse_day_parts(node: JsonValue) -> tuple[tuple[str, ...], tuple[float, ...]]:
    found = node.fields((), DAY_PARTS)
    weights = tuple(_parse_weight(child) for child in found.values())
    _check_some_positive(node, weights)
    return tuple(found), weights


def _parse_weight(node: JsonValue) -> float:
    value = node.number(0.0, MAX_WEIGHT)
    if 0.0 < value < MIN_WEIGHT:
        node.fail(f"0 or a weight of at least {MIN_WEIGHT:g}")
    return value


def _check_label(node: JsonValue, label: str) -> None:
    clean = label.isprintable() and label == label.strip() and not _FORBIDDEN & set(label)
    if not clean or not 0 < len(label) <= MAX_NAME:
        expected = f"a name of 1 to {MAX_NAME} printable characters without |, /, quotes or outer spaces"
        node.fail(expected, "rename it", value=label)


def _check_some_positive(node: JsonValue, weights: Iterable[float]) -> None:
    if not any(weight > 0 for weight in weights):
        node.fail("at least one weight above 0")


def parse_segments(where: str, raw: object) -> tuple[Segment, ...]:
    """Return the segments of a parsed main_config.json in file order; a list of both genders gives two segments.

    Raises:
        InputError: An unknown or missing key, a wrong type, a bad profile name, or an empty range.
    """
    segments = [_parse_segment(key, node) for key, node in JsonValue(where, "", raw).items()]
    return tuple(segment for group in segments for segment in group)


def _parse_segment(key: str, node: JsonValue) -> list[Segment]:
    name = key.removesuffix(SUFFIX)
    if name == key:
        node.fail("the file name of a profile, ending in .json", value=key)
    check_name(node.where, node.path, name)
    if name == LEFTOVERS or name.startswith(FRAUD_PREFIX):
        expected = "a regular profile other than the catch-all"
        node.fail(expected, "remove the entry: leftovers and fraud twins need none", value=key)
    fields = node.fields(("gender", "age", "city_pop"))
    age, city_pop = _parse_range(fields["age"]), _parse_range(fields["city_pop"])
    return [Segment(name, gender, *age, *city_pop) for gender in _parse_genders(fields["gender"])]


def _parse_genders(node: JsonValue) -> list[Gender]:
    letters = node.raw if isinstance(node.raw, list) else [node.raw]
    if letters not in (["F"], ["M"], ["F", "M"], ["M", "F"]):
        node.fail('"F", "M" or a list of them')
    return letters


def _parse_range(node: JsonValue) -> tuple[float, float]:
    fields = node.fields(("min", "max"))
    low, high = fields["min"].number(0.0, MAX_WEIGHT), _parse_upper_end(fields["max"])
    if low >= high:
        fields["min"].fail(f"less than max, which is {high:g}")
    return low, high


def _parse_upper_end(node: JsonValue) -> float:
    unlimited = node.raw is None or (not isinstance(node.raw, bool) and node.raw in ("inf", -1, math.inf))
    if not unlimited and isinstance(node.raw, str):
        node.fail('a number, or "inf" for no upper limit')
    return math.inf if unlimited else node.number(0.0, MAX_WEIGHT)


def profile_to_json(profile: Profile) -> dict[str, object]:
    """Return the JSON value that `parse_profile` turns into an equal profile; whole numbers are integers."""
    digits = len(str(len(profile.year_weights)))  # years are read in the order of their keys as text
    seasons = {
        season.name: {
            "start_date": _format_month_day(season.start),
            "end_date": _format_month_day(season.end),
            "weight": _simplify(season.weight),
        }
        for season in profile.seasons
    }
    return {
        "avg_transactions_per_day": {"min": profile.min_per_day, "max": profile.max_per_day},
        "date_wt": {
            "day_of_week": _pair(WEEKDAYS, profile.weekday_weights),
            "time_of_year": seasons,
            "year": _pair([f"{i:0{digits}}" for i in range(len(profile.year_weights))], profile.year_weights),
        },
        "categories_wt": _pair(profile.categories, profile.category_weights),
        "categories_amt": {
            name: {"mean": _simplify(law.mean), "stdev": _simplify(law.stdev)}
            for name, law in zip(profile.categories, profile.amounts, strict=True)
        },
        "shopping_time": _pair(profile.day_parts, profile.day_part_weights),
        "travel_pct": _simplify(profile.travel_pct),
        "travel_max_dist": _simplify(profile.travel_max_distance),
    }


def _pair(keys: Sequence[str], weights: Sequence[float]) -> Mapping[str, object]:
    return {key: _simplify(weight) for key, weight in zip(keys, weights, strict=True)}


def _simplify(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _format_month_day(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"
