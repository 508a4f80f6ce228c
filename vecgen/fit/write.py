"""Writes what was fitted: a directory of profiles, demographics and fit.json, complete or not at all."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from vecgen.config.demographics import AGE_COLUMNS, MERCHANT_COLUMNS
from vecgen.config.loader import MAIN_CONFIG, check_profiles
from vecgen.config.new_file import new_directory, refuse_full
from vecgen.config.new_profile import to_text
from vecgen.config.profile import SUFFIX, WEEKDAYS, Profile
from vecgen.errors import OutputError

FIT: Final = "fit.json"
_ORIGINALS: Final = {"age_gender.csv": "age_gender_demographics.csv", "merchants.csv": "merchants.csv"}
"""Files of the original that hold the same."""


def spell_profile(profile: Profile) -> dict[str, Any]:
    """Return a profile as the JSON object of its file."""
    seasons = {
        season.name: {
            "start_date": _spell_day(season.start),
            "end_date": _spell_day(season.end),
            "weight": season.weight,
        }
        for season in profile.seasons
    }
    amounts = zip(profile.categories, profile.amounts, strict=True)
    width = len(str(max(0, len(profile.year_weights) - 1)))  # years are read in the order of their text
    return {
        "avg_transactions_per_day": {"min": profile.min_per_day, "max": profile.max_per_day},
        "date_wt": {
            "day_of_week": dict(zip(WEEKDAYS, profile.weekday_weights, strict=True)),
            "time_of_year": seasons,
            "year": {f"{position:0{width}}": weight for position, weight in enumerate(profile.year_weights)},
        },
        "categories_wt": dict(zip(profile.categories, profile.category_weights, strict=True)),
        "categories_amt": {name: {"mean": amount.mean, "stdev": amount.stdev} for name, amount in amounts},
        "shopping_time": dict(zip(profile.day_parts, profile.day_part_weights, strict=True)),
        "travel_pct": profile.travel_pct,
        "travel_max_dist": profile.travel_max_distance,
    }


def _spell_day(day: tuple[int, int]) -> str:
    return f"{day[0]:02}-{day[1]:02}"


def write_fit(
    output: Path,
    profiles: Sequence[Profile],
    usual: Mapping[str, Path],
    tables: Mapping[str, Sequence[Sequence[object]]],
    statement: Mapping[str, Any],
    *,
    alone: bool = False,
) -> None:
    """Write a new directory, which appears under its name when it is complete.

    Args:
        usual: The directories "profiles" and "demographics" that what was not fitted is copied from.
        tables: Rows of "age_gender.csv" and "merchants.csv", if they were fitted.
        statement: What fit.json says.
        alone: Whether there are no profiles beside these, that of leftovers and its twin.

    Raises:
        OutputError: The directory holds something or cannot be written.
    """
    try:
        refuse_full(output)
        with new_directory(output) as complete:
            for name, directory in usual.items():
                ignored = ["README.md", *(["*.json"] if alone and name == "profiles" else [])]
                shutil.copytree(directory, complete / name, ignore=shutil.ignore_patterns(*ignored))
            if alone:
                (complete / "profiles" / MAIN_CONFIG).write_text("{}\n", encoding="utf-8")
            for profile in profiles:
                path = complete / "profiles" / f"{profile.name}{SUFFIX}"
                path.write_text(f"{to_text(spell_profile(profile))}\n", encoding="utf-8")
            for name, rows in tables.items():
                (complete / "demographics" / _ORIGINALS[name]).unlink(missing_ok=True)
                (complete / "demographics" / name).write_text(_spell_table(name, rows), encoding="utf-8")
            check_profiles(complete / "profiles", complete / "demographics")
            (complete / FIT).write_text(f"{json.dumps(statement, indent=2, ensure_ascii=False)}\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{output}: cannot be written ({error.strerror or error})") from error


def _spell_table(name: str, rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(AGE_COLUMNS if name == "age_gender.csv" else MERCHANT_COLUMNS)
    writer.writerows(rows)
    return text.getvalue()
