"""Parses demographics - places, ages by gender, merchants - from rows of text into frozen values.

Each parser takes the rows of a CSV file, the header first; row i stands on line i + 1, which errors name. The header
says whose file it is: ours, or one of the original's, which holds the same figures in another form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from vecgen.config.cache import Array, pack_json, unpack_json
from vecgen.errors import InputError, suggest

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
T = TypeVar("T")

PLACE_COLUMNS: Final = ("zip", "city", "state", "lat", "long", "city_pop", "zip_pop")
AGE_COLUMNS: Final = ("gender", "age", "proportion")
MERCHANT_COLUMNS: Final = ("category", "name")
ORIGINAL_PLACES: Final = ("partition", "output")
"""Cumulative shares of the population, and `city|state|zip|lat|long|city_pop`."""
ORIGINAL_AGES: Final = ("", "age", "gender", "prop")
"""An unused number, the age, `Male` or `Female`, and the share."""
ORIGINAL_MERCHANTS: Final = ("category", "merchant_name")
_PLACE_TEXTS: Final = ("zip", "city", "state")
_PLACE_NUMBERS: Final = ("lat", "long", "city_pop", "zip_pop")
MAX_AGE: Final = 120
MAX_POPULATION: Final = 2**31 - 1
MAX_TEXT: Final = 200

_OUTPUT: Final = ("city", "state", "zip", "lat", "long", "city_pop")
_GENDERS: Final = {"F": "F", "M": "M", "Female": "F", "Male": "M"}
_LARGEST_SMALLEST: Final = 1000  # people in the smallest area of the original, as far as they are looked for
_ROUNDING: Final = 4e-16  # of a step of a sum of shares up to 1
_FINEST_TOTAL: Final = 1e15
_SLACK: Final = 1e-6  # by which shares may miss a sum of 1

_ZIP: Final = re.compile(r"[0-9]{5}")
_STATE: Final = re.compile(r"[A-Z]{2}")
_INTEGER: Final = re.compile(r"[0-9]{1,10}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, eq=False)
class Places:
    """US ZIP areas in file order; all fields have the same length.

    Attributes:
        zip: Five digits; an area may be listed more than once.
        city: Name of the city.
        state: Two capital letters.
        lat: Degrees, -90..90.
        long: Degrees, -180..180.
        city_pop: People in the city, >= 1.
        zip_pop: People in the ZIP area, >= 1.
    """

    zip: tuple[str, ...]
    city: tuple[str, ...]
    state: tuple[str, ...]
    lat: F64
    long: F64
    city_pop: I64
    zip_pop: I64


@dataclass(frozen=True, eq=False)
class AgeGender:
    """Share of each (gender, age in years); shares sum to 1."""

    gender: tuple[str, ...]
    age: I64
    share: F64


@dataclass(frozen=True)
class Merchants:
    """Merchant names, one non-empty tuple per category; a name listed twice is drawn twice as often."""

    categories: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Demographics:
    """Everything a demographics directory says."""

    places: Places
    age_gender: AgeGender
    merchants: Merchants


def pack_demographics(data: Demographics) -> dict[str, Array]:
    """Return demographics as arrays for the cache."""
    places, ages, merchants = data.places, data.age_gender, data.merchants
    return {
        **{name: pack_json(getattr(places, name)) for name in _PLACE_TEXTS},
        **{name: getattr(places, name) for name in _PLACE_NUMBERS},
        "gender": pack_json(ages.gender),
        "age": ages.age,
        "share": ages.share,
        "categories": pack_json(merchants.categories),
        "names": pack_json(merchants.names),
    }


def unpack_demographics(arrays: Mapping[str, Array]) -> Demographics:
    """Return what `pack_demographics` took."""
    columns: dict[str, Any] = {name: tuple(unpack_json(arrays[name])) for name in _PLACE_TEXTS}
    columns |= {name: arrays[name] for name in _PLACE_NUMBERS}
    return Demographics(
        Places(**columns),
        AgeGender(tuple(unpack_json(arrays["gender"])), arrays["age"], arrays["share"]),
        Merchants(tuple(unpack_json(arrays["categories"])), tuple(map(tuple, unpack_json(arrays["names"])))),
    )


@dataclass(frozen=True)
class _Table:
    """Columns of text, without the header."""

    where: str
    columns: dict[str, tuple[str, ...]]

    def parse(self, column: str, parse: Callable[[str], T | None], expected: str) -> list[T]:
        """Return `parse` of each cell; None marks the cell as unusable."""
        values: list[T] = []
        for text in self.columns[column]:
            value = parse(text)
            if value is None:
                self.fail(len(values), column, text, expected)
            values.append(value)
        return values

    def texts(self, column: str) -> tuple[str, ...]:
        """Return the cells of a column of clean text."""
        expected = f'1 to {MAX_TEXT} printable characters without | or " or outer spaces'
        return tuple(self.parse(column, _parse_text, expected))

    def integers(self, column: str, low: int, high: int) -> I64:
        """Return a read-only column of integers between `low` and `high`, bounds included."""
        values = self.parse(column, lambda text: _parse_integer(text, low, high), f"an integer from {low} to {high:,}")
        return _freeze(np.array(values, dtype=np.int64))

    def numbers(self, column: str, low: float, high: float) -> F64:
        """Return a read-only column of numbers between `low` and `high`, bounds included."""
        values = self.parse(column, lambda text: _parse_number(text, low, high), f"a number from {low:g} to {high:g}")
        return _freeze(np.array(values, dtype=np.float64))

    def fail(self, row: int, column: str, value: object, expected: str, remedy: str = "") -> NoReturn:
        shown = value[:MAX_TEXT] if isinstance(value, str) else value
        raise InputError(self.where, f"line {row + 2}, {column}", shown, expected, remedy)


def parse_places(where: str, rows: Iterable[Sequence[str]]) -> Places:
    """Return the places of a CSV file with the columns PLACE_COLUMNS or ORIGINAL_PLACES; `where` names it in errors.

    Raises:
        InputError: A wrong header, no rows, or a cell outside its range.
    """
    lines = [tuple(row) for row in rows]
    if lines[:1] == [ORIGINAL_PLACES]:
        table = _split_columns(where, _unpack_places(lines), ("partition", *_OUTPUT))
        populations = _parse_partition(table)
    else:
        table = _split_columns(where, lines, PLACE_COLUMNS, ORIGINAL_PLACES)
        populations = table.integers("zip_pop", 1, MAX_POPULATION)
    zips = table.parse("zip", lambda text: _match(_ZIP, text), "five digits, leading zeros included")
    states = table.parse("state", lambda text: _match(_STATE, text), "two capital letters")
    return Places(
        zip=tuple(zips),
        city=table.texts("city"),
        state=tuple(states),
        lat=table.numbers("lat", -90.0, 90.0),
        long=table.numbers("long", -180.0, 180.0),
        city_pop=table.integers("city_pop", 1, MAX_POPULATION),
        zip_pop=populations,
    )


def _unpack_places(lines: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [("partition", *_OUTPUT), *((*line[:1], *"|".join(line[1:]).split("|")) for line in lines[1:])]


def _parse_partition(table: _Table) -> I64:
    """Return whole numbers in the proportion of the steps of the column `partition`, which sums them up to 1."""
    ends = table.numbers("partition", 0.0, 1.0 + _SLACK)
    steps = np.diff(ends, prepend=0.0)
    if not (steps > 0).all():
        row = int(np.argmin(steps > 0))
        table.fail(row, "partition", table.columns["partition"][row], "more than in the line before, as shares add up")
    if ends[-1] < 1.0 - _SLACK:
        table.fail(len(ends) - 1, "partition", table.columns["partition"][-1], "a last sum of 1")
    return _freeze(_find_counts(steps))


def _find_counts(shares: F64) -> I64:
    """Return whole numbers in the proportion of `shares` (positive, sum 1): the smallest that fit, or fine ones.

    The original divided the people of each area by all people. These numbers give exactly the draws of our file.
    """
    for smallest in range(1, _LARGEST_SMALLEST + 1):
        counts = np.rint(shares * (smallest / shares.min()))
        if (np.abs(counts / counts.sum() - shares) <= _ROUNDING).all():
            return np.asarray(counts.astype(np.int64))
    return np.maximum(np.rint(shares * _FINEST_TOTAL).astype(np.int64), 1)


def parse_age_gender(where: str, rows: Iterable[Sequence[str]]) -> AgeGender:
    """Return the ages of a CSV file with the columns AGE_COLUMNS or ORIGINAL_AGES, shares normalised.

    Raises:
        InputError: A wrong header, no rows, a cell outside its range, a pair listed twice, or no positive share.
    """
    table = _split_columns(where, rows, AGE_COLUMNS, ORIGINAL_AGES)
    share = "prop" if "prop" in table.columns else "proportion"
    genders = tuple(table.parse("gender", _GENDERS.get, "F or M, or Female or Male"))
    ages = table.integers("age", 0, MAX_AGE)
    shares = table.numbers(share, 0.0, 1e12)
    _check_distinct(table, list(zip(genders, ages.tolist(), strict=True)))
    total = float(shares.sum())
    # A sum of denormal shares has no precision left to divide by.
    if total < 1e-12:
        raise InputError(where, share, total, "shares with a positive sum")
    return AgeGender(genders, ages, _freeze(shares / total))


def parse_merchants(where: str, rows: Iterable[Sequence[str]]) -> Merchants:
    """Return the merchants of a CSV file with the columns MERCHANT_COLUMNS or ORIGINAL_MERCHANTS.

    Categories are in the order of their first line, names in the order of the file.

    Raises:
        InputError: A wrong header, no rows, or a text with |, double quote, line break or nothing in it.
    """
    table = _split_columns(where, rows, MERCHANT_COLUMNS, ORIGINAL_MERCHANTS)
    name = "merchant_name" if "merchant_name" in table.columns else "name"
    groups: dict[str, list[str]] = {}
    for category, merchant in zip(table.texts("category"), table.texts(name), strict=True):
        groups.setdefault(category, []).append(merchant)
    return Merchants(tuple(groups), tuple(tuple(names) for names in groups.values()))


def place_weights(places: Places) -> F64:
    """Return the probability of each place, summing to 1.

    The original takes the place whose cumulative share is nearest to a uniform, not the next one: each place is cut at
    the middle of its own step and of the following one, so it gets (w[i] + w[i+1]) / 2, the first w[0] + w[1] / 2, the
    last w[n] / 2, where w is the share of zip_pop.
    """
    shares = places.zip_pop / places.zip_pop.sum()
    weights = shares / 2
    weights[:-1] += shares[1:] / 2
    weights[0] += shares[0] / 2
    return _freeze(weights)


def _split_columns(where: str, rows: Iterable[Sequence[str]], *headers: Sequence[str]) -> _Table:
    """Return the columns of rows that begin with one of `headers`."""
    lines = [tuple(row) for row in rows]
    header = lines[0] if lines else ()
    if header not in (tuple(known) for known in headers):
        raise _refuse_header(where, header, headers)
    for number, line in enumerate(lines, 1):
        if len(line) != len(header):
            raise InputError(where, f"line {number}", f"{len(line)} fields", f"{len(header)} fields")
    if len(lines) == 1:
        raise InputError(where, "", "no rows", "at least one row below the header")
    return _Table(where, dict(zip(header, zip(*lines[1:], strict=True), strict=True)))


def _refuse_header(where: str, header: Sequence[str], headers: Sequence[Sequence[str]]) -> InputError:
    own = headers[0]
    missing = [name for name in own if name not in header]
    advice = [suggest(name, missing) for name in header[:MAX_TEXT] if name not in own]
    expected = " or ".join(f"the header {','.join(known)}" for known in headers)
    return InputError(where, "line 1", ",".join(header)[:MAX_TEXT], expected, "; ".join(filter(None, advice[:3])))


def _check_distinct(table: _Table, pairs: list[tuple[str, int]]) -> None:
    seen: set[tuple[str, int]] = set()
    for row, pair in enumerate(pairs):
        if pair in seen:
            table.fail(row, "age", pair[1], f"each age of gender {pair[0]} once", "remove one of the lines")
        seen.add(pair)


def _match(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None


def _parse_text(text: str) -> str | None:
    clean = text.isprintable() and text == text.strip() and "|" not in text and '"' not in text
    return text if clean and 0 < len(text) <= MAX_TEXT else None


def _parse_integer(text: str, low: int, high: int) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) and low <= int(text) <= high else None


def _parse_number(text: str, low: float, high: float) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) and low <= float(text) <= high else None


A = TypeVar("A", F64, I64)


def _freeze(array: A) -> A:
    array.flags.writeable = False
    return array
