"""Loads configuration directories of JSON and CSV files into frozen values; the only reader of them."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Final

from vecgen.config.cache import load_or_make, read_sources
from vecgen.config.demographics import (
    Demographics,
    Merchants,
    pack_demographics,
    parse_age_gender,
    parse_merchants,
    parse_places,
    unpack_demographics,
)
from vecgen.config.parse_profile import find_names, parse_profile, parse_segments
from vecgen.config.profile import FRAUD_PREFIX, LEFTOVERS, SUFFIX, Profile, ProfileSet, Segment
from vecgen.errors import InputError, gather, raise_first, shorten, suggest

MAIN_CONFIG: Final = "main_config.json"
_SCHEMA_SUFFIX: Final = ".schema.json"  # fraud_type.schema.json is no twin
_TABLES: Final = {
    ("places.csv", "locations_partitions.csv"): parse_places,
    ("age_gender.csv", "age_gender_demographics.csv"): parse_age_gender,
    ("merchants.csv",): parse_merchants,
}
"""Parsers of a demographics directory by the name of the file: ours first, then the original's."""
_MAX_JSON: Final = 4 << 20  # bytes; 10,000 categories with long names take 3 MB
_MAX_CSV: Final = 16 << 20  # bytes; the shipped places take 2 MB
_MAX_ADVICE: Final = 10  # faults of one kind that name a likely word each: that compares all with all

_PACKAGE: Final = Path(__file__).resolve().parents[1]


def _find_default(name: str) -> Path:
    """Return the directory inside an installed package, or the one at the top of a checkout."""
    packaged = _PACKAGE / "data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


DEFAULT_PROFILES: Final = _find_default("profiles")
DEFAULT_DEMOGRAPHICS: Final = _find_default("demographic_data")


class _JsonFiles:
    """The JSON files of a directory, each read once: all that is said of one is said of the same bytes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._read: dict[str, object] = {}

    def read(self, name: str) -> object:
        """Return the value of a file; a file that was refused is refused again."""
        if name not in self._read:
            try:
                self._read[name] = read_json(self.directory / name)
            except InputError as error:
                self._read[name] = error
        if isinstance(value := self._read[name], InputError):
            raise value
        return value


def load_profiles(directory: Path) -> ProfileSet:
    """Return the segments of main_config.json with every profile they name, the catch-all, and all fraud twins.

    Raises:
        InputError: A directory or file that is missing, unreadable or invalid; `further` holds the faults of all files.
    """
    return _load_profiles(_JsonFiles(directory))


def _load_profiles(files: _JsonFiles) -> ProfileSet:
    _check_directory(files.directory, "a directory with main_config.json and profiles")
    names = _find_names(files)
    roles = [(name, _describe(name)) for name in names]
    roles += [(FRAUD_PREFIX + name, f"the fraud twin of {name}") for name in names]
    profiles = [partial(_load_profile, files, name, role) for name, role in roles]
    segments, *loaded = gather([partial(_load_segments, files), *profiles])
    return ProfileSet(names, tuple(loaded[: len(names)]), tuple(loaded[len(names) :]), segments)


def check_profiles(directory: Path, demographics: Path) -> ProfileSet:
    """Return the profiles of a directory, checked, also against the merchants of `demographics`.

    Raises:
        InputError: The first fault, with all others as its `further`.
    """
    files = _JsonFiles(directory)

    def check_known() -> None:
        # What is wrong with some profiles must not hide that others lack merchants.
        check_merchants(_load_readable(files), load_demographics(demographics).merchants)

    profiles: ProfileSet = gather([partial(_load_profiles, files), check_known])[0]
    return profiles


def load_demographics(directory: Path) -> Demographics:
    """Return the places, ages and merchants of places.csv, age_gender.csv and merchants.csv, or the original's files.

    Raises:
        InputError: A directory or file that is missing, unreadable or invalid, or the same data in two files.
    """
    _check_directory(directory, "a directory with places.csv, age_gender.csv and merchants.csv")
    # Each file is read once: what is kept must have been made of the texts that name it.
    read = cache(partial(_read_table, directory))

    def read_origin() -> list[bytes]:
        return [read(names)[1].encode() for names in _TABLES] + read_sources(__name__, parse_places.__module__)

    def parse_all() -> Demographics:
        return Demographics(*gather(partial(_parse_table, read, names, parse) for names, parse in _TABLES.items()))

    return load_or_make("demographics", read_origin, parse_all, pack_demographics, unpack_demographics)


def check_merchants(profiles: Iterable[Profile], merchants: Merchants, where: str = "merchants.csv") -> None:
    """Accept merchants that cover every category of every profile.

    Raises:
        InputError: The first category without a merchant and a profile that lists it; `further` holds the others.
    """
    missing: dict[str, str] = {}
    known = set(merchants.categories)
    for profile in profiles:
        for category in profile.categories:
            if category not in known:
                missing.setdefault(category, profile.name)
    faults = []
    for number, (category, name) in enumerate(missing.items()):
        likely = suggest(category, merchants.categories) if number < _MAX_ADVICE else ""
        faults.append(_describe_missing(category, name, where, likely))
    raise_first(faults)


def _describe_missing(category: str, profile: str, where: str, likely: str) -> InputError:
    remedy = f"add merchants of {category!r}, or remove the category from the profile"
    expected = f"merchants of every category of profile {profile}"
    return InputError(where, f"category {category}", "none", expected, f"{likely} Or {remedy}" if likely else remedy)


def _describe(name: str) -> str:
    return "the profile of customers no segment matches" if name == LEFTOVERS else f"a profile named in {MAIN_CONFIG}"


def _find_names(files: _JsonFiles) -> tuple[str, ...]:
    """Return the names of the regular profiles; where main_config.json cannot be read, those of the twins at hand."""
    try:
        names = find_names(str(files.directory / MAIN_CONFIG), files.read(MAIN_CONFIG))
    except InputError:
        found = files.directory.glob(f"{FRAUD_PREFIX}*{SUFFIX}")
        twins = sorted(path for path in found if not path.name.endswith(_SCHEMA_SUFFIX))
        names = [twin.name.removeprefix(FRAUD_PREFIX).removesuffix(SUFFIX) for twin in twins]
    return (*(name for name in names if name != LEFTOVERS), LEFTOVERS)


def _load_segments(files: _JsonFiles) -> tuple[Segment, ...]:
    return parse_segments(str(files.directory / MAIN_CONFIG), files.read(MAIN_CONFIG))


def _load_readable(files: _JsonFiles) -> Iterator[Profile]:
    for name in _find_names(files):
        for file in (name, FRAUD_PREFIX + name):
            with suppress(InputError):
                yield _load_profile(files, file, "")


def _read_table(directory: Path, names: Sequence[str]) -> tuple[Path, str]:
    present = [name for name in names if os.path.lexists(directory / name)]
    if len(present) > 1:
        raise InputError(str(directory), "", " and ".join(present), "one of the two", "remove the other")
    path = directory / (present or names)[0]
    return path, _read_text(path, _MAX_CSV)


def _parse_table(
    read: Callable[[Sequence[str]], tuple[Path, str]],
    names: Sequence[str],
    parse: Callable[[str, Iterator[list[str]]], object],
) -> object:
    path, text = read(names)
    return parse(str(path), _split_csv(path, text))


def _load_profile(files: _JsonFiles, name: str, role: str) -> Profile:
    path = files.directory / f"{name}{SUFFIX}"
    if not os.path.isfile(path):
        remedy = f"add {path.name}: a directory must be complete, it is not filled up from the shipped one"
        raise InputError(str(files.directory), path.name, "no such file", role, remedy)
    return parse_profile(str(path), name, files.read(path.name))


def _check_directory(directory: Path, expected: str) -> None:
    # os.path answers False where pathlib raises, such as below a directory that may not be searched.
    if not os.path.isdir(directory):
        found = "a file" if os.path.isfile(directory) else "no such directory"
        raise InputError(str(directory), "", found, expected)


def _read_text(path: Path, limit: int) -> str:
    try:
        if path.exists() and not path.is_file():  # opening a pipe could block for ever
            raise InputError(str(path), "", "not a regular file", "a readable file")
        if (size := path.stat().st_size) > limit:
            raise InputError(str(path), "", f"{size:,} bytes", f"at most {limit:,} bytes")
        # A byte order mark, which some editors leave, is skipped.
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(str(path), "", "no such file", "a readable file", "add it to the directory") from None
    except OSError as error:
        raise InputError(str(path), "", error.strerror or str(error), "a readable file") from error
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
        raise InputError(str(path), "", found, "UTF-8 text", "save the file as UTF-8") from None


def read_json(path: Path) -> object:
    """Return the value of a JSON file.

    Raises:
        InputError: It cannot be read, is not JSON, or has a key twice in one object.
    """
    repeated: list[InputError] = []

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) < len(pairs):
            for key, times in Counter(key for key, _ in pairs).items():
                if times > 1:
                    expected = "each key once in its object"
                    repeated.append(InputError(str(path), "", shorten(key), expected, "remove one of the two"))
        return members

    text = _read_text(path, _MAX_JSON)
    try:
        parsed: object = json.loads(text, object_pairs_hook=collect)
    except json.JSONDecodeError as error:
        field = f"line {error.lineno}, column {error.colno}"
        raise InputError(str(path), field, _quote(text, error.pos), "valid JSON", error.msg) from None
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, brackets nested as deep
        raise InputError(str(path), "", type(error).__name__, "JSON of ordinary size", str(error)) from None
    raise_first(repeated)
    return parsed


def _quote(text: str, position: int) -> str:
    rest = text[position : position + 20].partition("\n")[0]
    return rest or ("end of line" if position < len(text) else "end of file")


def _split_csv(path: Path, text: str) -> Iterator[list[str]]:
    # One of the original's files is separated by bars; no header has both.
    delimiter = "|" if "|" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(str(path), f"line {reader.line_num}", str(error), "valid CSV") from None
