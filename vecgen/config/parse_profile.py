"""Turns parsed JSON of behaviour profiles and segments into frozen, validated values in one step."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from vecgen.config.json_value import JsonValue
from vecgen.config.profile import (
    DAY_PARTS,
    DEFAULT_WEIGHT,
    FORBIDDEN,
    FRAUD_PREFIX,
    LEFTOVERS,
    MAX_AMOUNT,
    MAX_END,
    MAX_NAME,
    MAX_PER_DAY,
    MAX_PERCENT,
    MAX_SHAPE,
    MAX_TRAVEL_DISTANCE,
    MAX_WEIGHT,
    MIN_MEAN,
    MIN_SHAPE,
    MIN_WEIGHT,
    MONTH_LENGTHS,
    NAME,
    SCHEMA_KEY,
    SEASON_SPELLINGS,
    SUFFIX,
    UNLIMITED,
    WEEKDAYS,
    YEAR,
    AmountDistribution,
    Gender,
    MonthDay,
    Profile,
    Season,
    Segment,
)
from vecgen.errors import InputError, shorten

_MONTH_DAY: Final = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")


def parse_profile(where: str, name: str, raw: object) -> Profile:
    """Return the profile `name` (no suffix) that the parsed JSON value `raw` describes; `where` names it in errors.

    Raises:
        InputError: An unknown or missing key, a wrong type, or a value outside its range; `further` holds the others.
    """
    check_name(where, "", name)
    node = open_document(where, raw)
    (low, high), (weekdays, seasons, years), (categories, weights), amounts, (parts, shares), *travel = node.record(
        {
            "avg_transactions_per_day": _parse_per_day,
            "date_wt": _parse_dates,
            "categories_wt": _parse_categories,
            "categories_amt": partial(_parse_amounts, categories=node.child("categories_wt").keys()),
            "shopping_time": _parse_day_parts,
            "travel_pct": number_between(0.0, MAX_PERCENT),
            "travel_max_dist": number_between(0.0, MAX_TRAVEL_DISTANCE),
        }
    )
    return Profile(name, low, high, weekdays, seasons, years, categories, weights, amounts, parts, shares, *travel)


def open_document(where: str, raw: object) -> JsonValue:
    """Return the top of a document without the key by which editors find its schema."""
    if isinstance(raw, dict):
        raw = {key: value for key, value in raw.items() if key != SCHEMA_KEY}
    return JsonValue(where, "", raw)


def check_name(where: str, field: str, name: str, what: str = "profile") -> None:
    """Accept a name of at most 100 ASCII letters, digits, `_`, `-` and inner `.`, without the suffix.

    It becomes the name of a file and of a directory.

    Args:
        what: Is named so.

    Raises:
        InputError: Any other name.
    """
    # With two suffixes, "a.json" in a customers file could mean two profiles.
    if not NAME.fullmatch(name) or len(name) > MAX_NAME or name.endswith(SUFFIX):
        expected = f"a {what} name of at most {MAX_NAME} letters, digits, '_', '-' and '.', not starting with '.'"
        raise InputError(where, field, shorten(name), expected, f"rename the {what}")


def _parse_per_day(node: JsonValue) -> tuple[int, int]:
    count = partial(JsonValue.integer, low=0, high=MAX_PER_DAY)
    low, high = node.record({"min": count, "max": count})
    if low > high:
        node.child("min").fail(f"at most max, which is {high:,}", "swap the two")
    return low, high


def _parse_dates(node: JsonValue) -> list[Any]:
    return node.record({"day_of_week": _parse_weekdays, "time_of_year": _parse_seasons, "year": _parse_years})


def _parse_weekdays(node: JsonValue) -> tuple[float, ...]:
    found = node.mapping(parse_weight, partial(JsonValue.check_key, known=WEEKDAYS))
    weights = tuple(found.get(day, DEFAULT_WEIGHT) for day in WEEKDAYS)
    check_some_positive(node, weights)
    return weights


def _parse_seasons(node: JsonValue) -> tuple[Season, ...]:
    seasons = tuple(node.mapping(_parse_season, check_label).values())
    check_some_positive(node, _weigh_month_days(seasons))
    return seasons


def _parse_season(node: JsonValue) -> Season:
    days = {"start_date": _parse_month_day, "end_date": _parse_month_day}
    start, end, weight = node.record(days | {"weight": parse_weight}, SEASON_SPELLINGS)
    if start > end:
        remedy = "split a season that runs over New Year in two"
        node.find("start_date", SEASON_SPELLINGS).fail(
            f"no later than end_date, which is {end[0]:02}-{end[1]:02}", remedy
        )
    return Season(node.key, start, end, weight)


def _parse_month_day(node: JsonValue) -> MonthDay:
    match = _MONTH_DAY.fullmatch(node.raw) if isinstance(node.raw, str) else None
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= month <= 12 or not 1 <= day <= MONTH_LENGTHS[month - 1]:
        node.fail('a day of the year as "MM-DD", such as "11-30" or "1-1"')
    return month, day


def _weigh_month_days(seasons: Iterable[Season]) -> list[float]:
    days = [(month + 1, day + 1) for month, length in enumerate(MONTH_LENGTHS) for day in range(length)]
    weights = dict.fromkeys(days, DEFAULT_WEIGHT)
    for season in seasons:
        weights.update((day, season.weight) for day in days if season.start <= day <= season.end)
    return list(weights.values())


def _parse_years(node: JsonValue) -> tuple[float, ...]:
    found = node.mapping(parse_weight, _check_year)
    weights = tuple(found[key] for key in sorted(found))
    if weights:
        check_some_positive(node, weights)
    return weights


def _check_year(node: JsonValue) -> None:
    if not YEAR.fullmatch(node.key):
        node.fail('the number of a year, counted from "0"', value=node.key)


def _parse_categories(node: JsonValue) -> tuple[tuple[str, ...], tuple[float, ...]]:
    found = node.mapping(parse_weight, check_label)
    check_some_positive(node, found.values())
    return tuple(found), tuple(found.values())


def _parse_amounts(node: JsonValue, categories: Sequence[str]) -> tuple[AmountDistribution, ...]:
    # Amounts for categories without a weight are legal: checked, then left out.
    laws = node.mapping(_parse_amount, check_label, required=categories)
    return tuple(laws[name] for name in categories)


def _parse_amount(node: JsonValue) -> AmountDistribution:
    return make_amount(node, *node.record(AMOUNT_FIELDS))


def make_amount(node: JsonValue, mean: float, stdev: float) -> AmountDistribution:
    """Return the distribution of these figures, which `AMOUNT_FIELDS` have read.

    Raises:
        InputError: They are too far apart.
    """
    # The ratio is compared, not its square: a tiny stdev must not overflow.
    if not stdev > 0 or not math.sqrt(MIN_SHAPE) <= mean / stdev <= math.sqrt(MAX_SHAPE):
        low, high = mean / math.sqrt(MAX_SHAPE), mean / math.sqrt(MIN_SHAPE)
        expected = f"between {low:g} and {high:g}: 1/10,000 of the mean to 10,000 times the mean"
        node.child("stdev").fail(expected)
    return AmountDistribution(mean, stdev)


def number_between(low: float, high: float) -> Callable[[JsonValue], float]:
    """Return the parser of a number between bounds, which are included."""
    return partial(JsonValue.number, low=low, high=high)


AMOUNT_FIELDS: Final = {"mean": number_between(MIN_MEAN, MAX_AMOUNT), "stdev": number_between(0.0, MAX_AMOUNT)}


def _parse_day_parts(node: JsonValue) -> tuple[tuple[str, ...], tuple[float, ...]]:
    found = node.mapping(parse_weight, partial(JsonValue.check_key, known=DAY_PARTS))
    check_some_positive(node, found.values())
    return tuple(found), tuple(found.values())


def parse_weight(node: JsonValue) -> float:
    """Return a weight: 0, or a number of ordinary size."""
    if isinstance(node.raw, bool) or not isinstance(node.raw, int | float) or not is_weight(node.raw):
        node.fail(f"0, or a number from {MIN_WEIGHT:g} to {MAX_WEIGHT:g}")
    return float(node.raw)


def is_weight(number: float) -> bool:
    """Return whether a number is 0, or of ordinary size and above 0."""
    return number == 0 or MIN_WEIGHT <= number <= MAX_WEIGHT


def check_label(node: JsonValue) -> None:
    """Accept a value whose key can be the name of a category or a season."""
    label = node.key
    clean = label.isprintable() and label == label.strip() and not set(FORBIDDEN) & set(label)
    if not clean or not 0 < len(label) <= MAX_NAME:
        expected = f"a name of 1 to {MAX_NAME} printable characters without |, /, quotes or outer spaces"
        node.fail(expected, "rename it", value=label)


def check_some_positive(node: JsonValue, weights: Iterable[float]) -> None:
    """Accept weights of which at least one is above 0."""
    if not any(weight > 0 for weight in weights):
        node.fail("at least one weight above 0")


def parse_segments(where: str, raw: object) -> tuple[Segment, ...]:
    """Return the segments of a parsed main_config.json in file order; a list of both genders gives two segments.

    Raises:
        InputError: An unknown or missing key, a wrong type, a bad profile name, or an empty range.
    """
    segments = open_document(where, raw).mapping(_parse_segment, _check_segment_key)
    return tuple(segment for group in segments.values() for segment in group)


def find_names(where: str, raw: object) -> list[str]:
    """Return the profiles a parsed main_config.json names, in file order, whatever else is wrong with it.

    Raises:
        InputError: It is not an object.
    """

    def is_good(node: JsonValue) -> bool:
        try:
            _check_segment_key(node)
        except InputError:
            return False
        return True

    return [node.key.removesuffix(SUFFIX) for node in open_document(where, raw).children() if is_good(node)]


def _check_segment_key(node: JsonValue) -> None:
    name = node.key.removesuffix(SUFFIX)
    if name == node.key:
        node.fail("the file name of a profile, ending in .json", value=node.key)
    check_name(node.where, node.path, name)
    if name == LEFTOVERS or name.startswith(FRAUD_PREFIX):
        expected = "a regular profile other than the catch-all"
        node.fail(expected, "remove the entry: leftovers and fraud twins need none", value=node.key)


def _parse_segment(node: JsonValue) -> list[Segment]:
    genders, age, city_pop = node.record({"gender": _parse_genders, "age": _parse_range, "city_pop": _parse_range})
    return [Segment(node.key.removesuffix(SUFFIX), gender, *age, *city_pop) for gender in genders]


def _parse_genders(node: JsonValue) -> list[Gender]:
    letters = node.raw if isinstance(node.raw, list) else [node.raw]
    if letters not in (["F"], ["M"], ["F", "M"], ["M", "F"]):
        node.fail('"F", "M" or a list of them')
    return letters


def _parse_range(node: JsonValue) -> tuple[float, float]:
    low, high = node.record({"min": number_between(0.0, MAX_END), "max": _parse_upper_end})
    if low >= high:
        node.child("min").fail(f"less than max, which is {high:g}")
    return low, high


def _parse_upper_end(node: JsonValue) -> float:
    unlimited = not isinstance(node.raw, bool) and node.raw in UNLIMITED
    if not unlimited and isinstance(node.raw, str):
        node.fail('a number, or "inf" for no upper limit')
    return math.inf if unlimited else node.number(0.0, MAX_END)
