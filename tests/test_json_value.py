"""Values of parsed JSON: paths in refusals, and messages that stay on one short line."""

from __future__ import annotations

import math

import pytest

from vecgen.errors import InputError
from vecgen.json_value import JsonValue, shorten


def at_top(raw: object) -> JsonValue:
    return JsonValue("f.json", "", raw)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": 1}, "a JSON object"),
        ([1, 2], "a JSON list"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100 + "..."),
        (10**100, "an integer of more than 100 digits"),
        (-(10**400), "an integer of more than 100 digits"),
        (10**100 - 1, 10**100 - 1),
        (1.5, 1.5),
        (None, None),
        (True, True),
    ],
)
def test_large_values_are_shown_short(value: object, shown: object) -> None:
    assert shorten(value) == shown


def test_paths_join_keys_by_dots() -> None:
    outer = at_top({"a": {"b": 1}}).fields(("a",))["a"]
    inner = outer.fields((), ("b", "c"))["b"]
    assert (outer.path, inner.path, inner.raw) == ("a", "a.b", 1)


@pytest.mark.parametrize(
    ("key", "path"), [("a\nb", r"a\nb"), ("\ud800", r"\ud800"), ("x" * 500, "x" * 100), ("\x1b[2J", r"\x1b[2J")]
)
def test_keys_cannot_break_a_message(key: str, path: str) -> None:
    ((_, child),) = at_top({key: 1}).items()
    assert child.path == path
    with pytest.raises(InputError) as caught:
        child.fail("something else", value=key)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("raw", [True, "1", None, [], math.nan, math.inf, -math.inf, 10**400, -1, 2.5])
def test_numbers_stay_in_range(raw: object) -> None:
    with pytest.raises(InputError, match="expected a number from 0 to 2"):
        at_top(raw).number(0.0, 2.0)


@pytest.mark.parametrize("raw", [True, 1.0, "1", None, math.nan, 10**400, -1, 3])
def test_integers_stay_in_range(raw: object) -> None:
    with pytest.raises(InputError, match="expected an integer from 0 to 2"):
        at_top(raw).integer(0, 2)


def test_bounds_are_included() -> None:
    assert [at_top(raw).number(0.0, 2.0) for raw in (0, 2, 1.5)] == [0.0, 2.0, 1.5]
    assert [at_top(raw).integer(0, 2) for raw in (0, 2)] == [0, 2]
