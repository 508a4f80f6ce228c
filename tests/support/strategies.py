"""Hypothesis strategies shared by the tests: valid profiles, every way to spoil one, and odd texts and files."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.documents import profile_to_json
from vecgen.config.profile import AmountDistribution, Profile, Season
from vecgen.errors import VecgenError, to_line

Json = dict[str, Any]

_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTH_DAYS = [(month + 1, day + 1) for month, length in enumerate(_MONTH_LENGTHS) for day in range(length)]

names = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,30}", fullmatch=True).filter(lambda n: not n.endswith(".json"))
labels = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="|/\"'`"), min_size=1, max_size=20)
positive_weights = st.integers(1, 1000).map(float) | st.floats(1e-100, 1e100)
weights = st.just(0.0) | positive_weights


def some_positive(size: int) -> st.SearchStrategy[tuple[float, ...]]:
    """Draw `size` weights, at least one of them above 0."""
    return st.tuples(*[weights] * size).filter(any)


@st.composite
def seasons(draw: st.DrawFn) -> tuple[Season, ...]:
    """Draw up to four seasons that leave at least one day with a positive weight."""
    drawn = []
    for name in draw(st.lists(labels, max_size=4, unique=True)):
        start, end = sorted(draw(st.tuples(st.sampled_from(MONTH_DAYS), st.sampled_from(MONTH_DAYS))))
        # Weightless seasons stay out of January 1, so they can never cover the whole year.
        drawn.append(Season(name, start, end, draw(positive_weights if start == (1, 1) else weights)))
    return tuple(drawn)


@st.composite
def amount_distributions(draw: st.DrawFn) -> AmountDistribution:
    """Draw a mean and a standard deviation within the limits of a profile."""
    mean = draw(st.integers(1, 1000).map(float) | st.floats(1.0, 1e5))
    return AmountDistribution(mean, min(mean / draw(st.floats(1.1e-4, 9000.0)), 1e7))


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Draw any valid profile."""
    low, high = sorted(draw(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000))))
    categories = tuple(draw(st.lists(labels, min_size=1, max_size=6, unique=True)))
    day_parts = draw(st.sampled_from([("AM", "PM"), ("PM", "AM"), ("AM",), ("PM",)]))
    years = draw(st.integers(0, 12))
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = draw(some_positive(7))
    return Profile(
        name=draw(names),
        min_per_day=low,
        max_per_day=high,
        weekday_weights=(monday, tuesday, wednesday, thursday, friday, saturday, sunday),
        seasons=draw(seasons()),
        year_weights=draw(some_positive(years)) if years else (),
        categories=categories,
        category_weights=draw(some_positive(len(categories))),
        amounts=tuple(draw(amount_distributions()) for _ in categories),
        day_parts=day_parts,
        day_part_weights=draw(some_positive(len(day_parts))),
        travel_pct=draw(st.integers(0, 100).map(float) | st.floats(0.0, 100.0)),
        travel_max_distance=draw(st.floats(0.0, 6000.0)),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)

_BAD_NUMBERS: list[object] = [
    True,
    False,
    None,
    "1",
    -1,
    -0.5,
    1e300,
    10**400,
    math.nan,
    math.inf,
    -math.inf,
    [],
    {},
    [1],
]
_BAD_DATES = [
    None,
    True,
    5,
    "",
    "02-30",
    "00-10",
    "13-01",
    "06-00",
    "04-31",
    "006-01",
    "6-001",
    "06-01 ",
    "06-01\n",
    "\u0660\u0666-\u0660\u0661",
    "0601",
]
_BAD_OBJECTS = [None, True, 0, 1.5, "x", [], [1]]
# Objects whose members are fixed by the format: each must be there, and no other may be.
_FIXED = ["", "avg_transactions_per_day", "date_wt"]
# Objects whose members may be missing, but not unknown.
_CLOSED = ["date_wt.day_of_week", "shopping_time"]
_KNOWN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "AM", "PM")


@st.composite
def spoiled_documents(draw: st.DrawFn) -> Json:
    """Draw the document of a valid profile with exactly one fault in it."""
    document: Json = copy.deepcopy(profile_to_json(draw(profiles())))
    fault = draw(st.sampled_from([_spoil_leaf, _replace_object, _drop_key, _add_key]))
    fault(draw, document)
    return document


def _spoil_leaf(draw: st.DrawFn, document: Json) -> None:
    path = draw(st.sampled_from([path for path in paths(document) if not isinstance(get(document, path), dict)]))
    bad = _BAD_DATES if isinstance(get(document, path), str) else _BAD_NUMBERS
    put(document, path, draw(st.sampled_from(bad)))


def _replace_object(draw: st.DrawFn, document: Json) -> None:
    path = draw(st.sampled_from([path for path in paths(document) if isinstance(get(document, path), dict)]))
    put(document, path, draw(st.sampled_from(_BAD_OBJECTS)))


def _drop_key(draw: st.DrawFn, document: Json) -> None:
    members = [f"{path}.{key}".lstrip(".").split(".") for path in _FIXED for key in get(document, split(path))]
    # Labels may hold dots, so paths below user-named keys are lists from the start.
    members += [["categories_amt", name] for name in document["categories_wt"]]
    members += [["categories_amt", name, key] for name in document["categories_wt"] for key in ("mean", "stdev")]
    for name in document["date_wt"]["time_of_year"]:
        members += [["date_wt", "time_of_year", name, key] for key in ("start_date", "end_date", "weight")]
    path = draw(st.sampled_from(members))
    del get(document, path[:-1])[path[-1]]


def _add_key(draw: st.DrawFn, document: Json) -> None:
    targets = [split(path) for path in _FIXED + _CLOSED]
    targets += [["categories_amt", name] for name in document["categories_amt"]]
    target = get(document, draw(st.sampled_from(targets)))
    key = draw(st.text(max_size=10).filter(lambda key: key not in (*target, *_KNOWN)))
    target[key] = draw(st.sampled_from([1, 100, None, {}]))


def split(path: str) -> list[str]:
    """Return the keys of a dotted path."""
    return path.split(".") if path else []


def paths(document: Json) -> list[list[str]]:
    """Return the path of every value below the top."""
    found = []
    for key, value in document.items():
        found.append([key])
        if isinstance(value, dict):
            found += [[key, *rest] for rest in paths(value)]
    return found


def get(document: Json, path: list[str]) -> Any:
    """Return the value at `path`."""
    value: Any = document
    for key in path:
        value = value[key]
    return value


def put(document: Json, path: list[str], value: object) -> None:
    """Replace or add the value at `path`."""
    get(document, path[:-1])[path[-1]] = value


def try_all(examples: int, strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Run a check on so many examples: the same property in seconds in every run, in minutes where asked for."""
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(given(strategy)(check))()


def check_message(error: VecgenError) -> None:
    """Accept an error that can be shown as a line."""
    line = to_line(error)
    assert line.isprintable()
    assert len(line) < 2500


ODD_TEXTS = [
    *("", " ", "\0", "\n", "a\nb", "\r", "|", '"', "'", "\\", "/", "..", "../x", "/etc/passwd", "a=b", "-", "--", "-1"),
    *("nan", "NaN", "inf", "-inf", "Infinity", "1e999", "1e-999", "-0.0", "0x10", "1_000", "+7", "٣", "²", "½"),
    *("9" * 30, "9" * 400, "9" * 5000, "1" + "0" * 30, "x" * 5000),
    *("é", "日本", "\ufeff", "\ud800", "\udcff", "\x7f", "🙂"),
    *("NULL", "None", "null", "true"),
    *("0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2023-02-30", "02-29-1900"),
]
odd_texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)


@st.composite
def odd_bytes(draw: st.DrawFn, text: st.SearchStrategy[str]) -> bytes:
    """Draw the bytes of a file: a text in some encoding, some of its bytes replaced."""
    encoding = draw(st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-7"]))
    data = bytearray(draw(text).encode(encoding, errors="replace"))
    for byte in draw(st.lists(st.sampled_from(b'\0\xff\x80\xc3\n\r"|,{}[]:'), max_size=3)):
        position = draw(st.integers(0, len(data)))
        data[position : position + draw(st.integers(0, 2))] = bytes([byte])
    return bytes(data)


def documents() -> st.SearchStrategy[str]:
    """Draw the text of a configuration file: a valid profile, a spoiled one, or any JSON."""
    return (profiles().map(profile_to_json) | spoiled_documents() | json_values).map(json.dumps)
