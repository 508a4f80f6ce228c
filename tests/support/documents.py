"""Configuration files written by the tests: profiles as JSON, and whole folders in the form of the original's."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from vecgen.config.profile import SUFFIX, WEEKDAYS, MonthDay, Profile
from vecgen.io.schema import CUSTOMER_COLUMNS

Json = dict[str, Any]

DOCUMENT: Json = {
    "avg_transactions_per_day": {"min": 1, "max": 6},
    "date_wt": {
        "day_of_week": {"monday": 80, "sunday": 150},
        "time_of_year": {
            "summer": {"start_date": "05-24", "end_date": "09-01", "weight": 125},
            "holidays": {"start_date": "11-30", "end_date": "12-31", "weight": 200},
        },
        "year": {"0": 100, "1": 110.5},
    },
    "categories_wt": {"travel": 35, "home": 0},
    "categories_amt": {
        "home": {"mean": 60, "stdev": 15},
        "travel": {"mean": 50.25, "stdev": 600},
        "kids_pets": {"mean": 20, "stdev": 10},
    },
    "shopping_time": {"PM": 40, "AM": 60},
    "travel_pct": 45,
    "travel_max_dist": 1000,
}
SEGMENT: Json = {"gender": "M", "age": {"min": 25, "max": 50}, "city_pop": {"min": 0, "max": 2500}}

BAD_LABELS = ["", " home", "home ", "a|b", "a/b", 'a"b', "a'b", "a`b", "a\nb", "a\tb", "a\0b", "\ud800", "x" * 101]
_GENDERS = {"F": "Female", "M": "Male"}


def profile_to_json(profile: Profile) -> Json:
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
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _format_month_day(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"


def write_original_profiles(source: Path, target: Path) -> Path:
    """Write the profiles of a directory as the original spells them, among files it has and nobody reads.

    Tabs, other keys for the days of a season, days without leading zeros, -1 for no limit, keys in another order.
    """
    target.mkdir()
    for path in source.glob(f"*{SUFFIX}"):
        if not path.name.endswith(f".schema{SUFFIX}"):
            document = json.loads(path.read_text(encoding="utf-8"))
            text = json.dumps(_spell(document), indent="\t", separators=(" ,", " : ")).replace("{", "{\t ")
            (target / path.name).write_text(text, encoding="utf-8")
    (target / "template.json").write_text('{"avg_transactions_per_day": {}}', encoding="utf-8")
    (target / "test.py").write_text("pass\n", encoding="utf-8")
    return target


def _spell(document: Json) -> Json:
    """Return a profile or the segments in the original's words; what holds no law stands in another order."""
    document = json.loads(json.dumps(document).replace('"inf"', "-1"))
    if "date_wt" not in document:
        return {name: dict(reversed(segment.items())) for name, segment in document.items()}
    seasons = document["date_wt"]["time_of_year"]
    for name, season in seasons.items():
        start, end = (season[key].replace("01-01", "1-1").replace("-0", "-") for key in ("start_date", "end_date"))
        seasons[name] = {"end_date (MM-DD)": end, "weight": season["weight"], "start_date (MM-DD)": start}
    return dict(reversed(document.items()))


def write_original_demographics(source: Path, target: Path) -> Path:
    """Write the demographic data of a directory in the files of the original, which adds up shares line by line."""
    target.mkdir()
    places = _read(source / "places.csv")
    total = sum(int(row["zip_pop"]) for row in places)
    sums = itertools.accumulate(int(row["zip_pop"]) / total for row in places)
    lines = ["partition,output"]
    for end, row in zip(sums, places, strict=True):
        texts = (row[column] for column in ("city", "state", "zip", "lat", "long", "city_pop"))
        lines.append(f"{end!r},{'|'.join(texts)}")
    _write(target / "locations_partitions.csv", lines)
    ages = enumerate(_read(source / "age_gender.csv"), 30)
    shares = [f"{number},{row['age']},{_GENDERS[row['gender']]},{row['proportion']}" for number, row in ages]
    _write(target / "age_gender_demographics.csv", [",age,gender,prop", *shares])
    merchants = [f"{row['category']}|{row['name']}" for row in _read(source / "merchants.csv")]
    _write(target / "merchants.csv", ["category|merchant_name", *merchants])
    _write(target / "datagen_customer.py", ["pass"])
    return target


def write_original_customers(path: Path, table: pa.Table) -> Path:
    """Write customers as the original does: a header, no quotes, numbers as they come."""
    names = [column.name for column in CUSTOMER_COLUMNS]
    rows = ["|".join(str(row[name]) for name in names) for row in table.to_pylist()]
    _write(path, ["|".join(names), *rows])
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
