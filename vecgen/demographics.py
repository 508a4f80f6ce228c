"""Who lives where: places, ages by gender and merchants, parsed once from rows of text and frozen.

Each parser takes the rows of a CSV file, the header first; row i stands on line i + 1, which errors name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from vecgen.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
T = TypeVar("T")

PLACE_COLUMNS: Final = ("zip", "city", "state", "lat", "long", "city_pop", "zip_pop")
AGE_COLUMNS: Final = ("gender", "age", "proportion")
MERCHANT_COLUMNS: Final = ("category", "name")
MAX_AGE: Final = 120
MAX_POPULATION: Final = 2**31 - 1
MAX_TEXT: Final = 200

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
    """Return the places of a CSV file with the columns PLACE_COLUMNS; `where` names the file in errors.

    Raises:
        InputError: A wrong header, no rows, or a cell outside its range.
    """
    table = _split_columns(where, rows, PLACE_COLUMNS)
    zips = table.parse("zip", lambda text: _match(_ZIP, text), "five digits, leading zeros included")
    states = table.parse("state", lambda text: _match(_STATE, text), "two capital letters")
    return Places(
        zip=tuple(zips),
        city=table.texts("city"),
        state=tuple(states),
        lat=table.numbers("lat", -90.0, 90.0),
        long=table.numbers("long", -180.0, 180.0),
        city_pop=table.integers("city_pop", 1, MAX_POPULATION),
        zip_pop=table.integers("zip_pop", 1, MAX_POPULATION),
    )


def parse_age_gender(where: str, rows: Iterable[Sequence[str]]) -> AgeGender:
    """Return the ages of a CSV file with the columns AGE_COLUMNS, shares normalised; `where` names it in errors.

    Raises:
        InputError: A wrong header, no rows, a cell outside its range, a pair listed twice, or no positive share.
    """
    table = _split_columns(where, rows, AGE_COLUMNS)
    genders = tuple(table.parse("gender", lambda text: text if text in ("F", "M") else None, "F or M"))
    ages = table.integers("age", 0, MAX_AGE)
    shares = table.numbers("proportion", 0.0, 1e12)
    _check_distinct(table, list(zip(genders, ages.tolist(), strict=True)))
    total = float(shares.sum())
    # A sum of denormal shares has no precision left to divide by.
    if total < 1e-12:
        raise InputError(where, "proportion", total, "shares with a positive sum")
    return AgeGender(genders, ages, _freeze(shares / total))


def parse_merchants(where: str, rows: Iterable[Sequence[str]]) -> Merchants:
    """Return the merchants of a CSV file with the columns MERCHANT_COLUMNS; `where` names the file in errors.

    Categories stand in the order of their first line, names in the order of the file.

    Raises:
        InputError: A wrong header, no rows, or a text with |, double quote, line break or nothing in it.
    """
    table = _split_columns(where, rows, MERCHANT_COLUMNS)
    groups: dict[str, list[str]] = {}
    for category, name in zip(table.texts("category"), table.texts("name"), strict=True):
        groups.setdefault(category, []).append(name)
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


def _split_columns(where: str, rows: Iterable[Sequence[str]], names: Sequence[str]) -> _Table:
    lines = [tuple(row) for row in rows]
    header = lines[0] if lines else ()
    if header != tuple(names):
        raise InputError(where, "line 1", ",".join(header)[:MAX_TEXT], f"the header {','.join(names)}")
    for number, line in enumerate(lines, 1):
        if len(line) != len(names):
            raise InputError(where, f"line {number}", f"{len(line)} fields", f"{len(names)} fields")
    if len(lines) == 1:
        raise InputError(where, "", "no rows", "at least one row below the header")
    return _Table(where, dict(zip(names, zip(*lines[1:], strict=True), strict=True)))


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
