"""The only reader of configuration files: directories of JSON and CSV in, frozen values out."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vecgen.demographics import Demographics, Merchants, parse_age_gender, parse_merchants, parse_places
from vecgen.errors import InputError
from vecgen.profile import FRAUD_PREFIX, LEFTOVERS, SUFFIX, Profile, ProfileSet, parse_profile, parse_segments

MAIN_CONFIG: Final = "main_config.json"

_PACKAGE: Final = Path(__file__).resolve().parent


def _find_default(name: str) -> Path:
    """Return the directory inside an installed package, or the one at the top of a checkout."""
    packaged = _PACKAGE / "data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


DEFAULT_PROFILES: Final = _find_default("profiles")
DEFAULT_DEMOGRAPHICS: Final = _find_default("demographic_data")


def load_profiles(directory: Path) -> ProfileSet:
    """Return the segments of main_config.json with every profile they name, the catch-all, and all fraud twins.

    Raises:
        InputError: A directory or file that is missing, unreadable or invalid.
    """
    _check_directory(directory, "a directory with main_config.json and profiles")
    main = directory / MAIN_CONFIG
    segments = parse_segments(str(main), _read_json(main))
    names = (*dict.fromkeys(segment.profile for segment in segments), LEFTOVERS)
    regular = tuple(_load_profile(directory, name, _describe(name)) for name in names)
    fraud = tuple(_load_profile(directory, FRAUD_PREFIX + name, f"the fraud twin of {name}") for name in names)
    return ProfileSet(names, regular, fraud, segments)


def load_demographics(directory: Path) -> Demographics:
    """Return the places, ages and merchants of places.csv, age_gender.csv and merchants.csv.

    Raises:
        InputError: A directory or file that is missing, unreadable or invalid.
    """
    _check_directory(directory, "a directory with places.csv, age_gender.csv and merchants.csv")
    places, ages, merchants = (directory / name for name in ("places.csv", "age_gender.csv", "merchants.csv"))
    return Demographics(
        parse_places(str(places), _read_csv(places)),
        parse_age_gender(str(ages), _read_csv(ages)),
        parse_merchants(str(merchants), _read_csv(merchants)),
    )


def check_merchants(profiles: ProfileSet, merchants: Merchants, where: str = "merchants.csv") -> None:
    """Accept merchants that cover every category of every profile, fraud twins included.

    Raises:
        InputError: The first category without a merchant, and a profile that lists it.
    """
    known = frozenset(merchants.categories)
    for profile in (*profiles.regular, *profiles.fraud):
        for category in profile.categories:
            if category not in known:
                expected = f"merchants of every category of profile {profile.name}"
                remedy = f"add merchants of {category!r}, or remove the category from the profile"
                raise InputError(where, f"category {category}", "none", expected, remedy)


def _describe(name: str) -> str:
    return "the profile of customers no segment matches" if name == LEFTOVERS else f"a profile named in {MAIN_CONFIG}"


def _load_profile(directory: Path, name: str, role: str) -> Profile:
    path = directory / f"{name}{SUFFIX}"
    if not os.path.isfile(path):
        remedy = f"add {path.name}: a directory must be complete, it is not filled up from the shipped one"
        raise InputError(str(directory), path.name, "no such file", role, remedy)
    return parse_profile(str(path), name, _read_json(path))


def _check_directory(directory: Path, expected: str) -> None:
    # os.path answers False where pathlib raises, such as below a directory that may not be searched.
    if not os.path.isdir(directory):
        found = "a file" if os.path.isfile(directory) else "no such directory"
        raise InputError(str(directory), "", found, expected)


def _read_text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # to open a pipe might wait for ever
            raise InputError(str(path), "", "something else", "a readable file")
        # A byte order mark, which some editors leave, is skipped.
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(str(path), "", "no such file", "a readable file", "add it to the directory") from None
    except OSError as error:
        raise InputError(str(path), "", error.strerror or str(error), "a readable file") from error
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
        raise InputError(str(path), "", found, "UTF-8 text", "save the file as UTF-8") from None


def _read_json(path: Path) -> object:
    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members: dict[str, object] = {}
        for key, value in pairs:
            if key in members:
                raise InputError(str(path), "", key, "each key once in its object", "remove one of the two")
            members[key] = value
        return members

    text = _read_text(path)
    try:
        parsed: object = json.loads(text, object_pairs_hook=collect)
    except json.JSONDecodeError as error:
        field = f"line {error.lineno}, column {error.colno}"
        raise InputError(str(path), field, _quote(text, error.pos), "valid JSON", error.msg) from None
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, brackets nested as deep
        raise InputError(str(path), "", type(error).__name__, "JSON of ordinary size", str(error)) from None
    return parsed


def _quote(text: str, position: int) -> str:
    rest = text[position : position + 20].partition("\n")[0]
    return rest or ("end of line" if position < len(text) else "end of file")


def _read_csv(path: Path) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(str(path), f"line {reader.line_num}", str(error), "valid CSV") from None
