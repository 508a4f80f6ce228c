"""Values of parsed JSON: paths in refusals, and messages that stay on one short line."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest

from vecgen.config.json_value import JsonValue
from vecgen.errors import InputError, shorten


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
    outer = at_top({"a": {"b": 1}}).child("a")
    inner = outer.child("b")
    assert (outer.path, inner.path, inner.key, inner.raw) == ("a", "a.b", "b", 1)


def whole(node: JsonValue) -> int:
    return node.integer(0, 9)


def short(node: JsonValue) -> None:
    if len(node.key) > 1:
        node.fail("a key of one letter", value=node.key)


def faults_of(read: Callable[[], object]) -> list[tuple[str, object, str]]:
    with pytest.raises(InputError) as caught:
        read()
    return [(fault.field, fault.value, fault.expected) for fault in (caught.value, *caught.value.further)]


def test_a_record_is_read_in_the_order_of_its_parsers() -> None:
    assert at_top({"a": 1, "b": {"c": 2}}).record({"b": lambda node: node.record({"c": whole}), "a": whole}) == [[2], 1]


def test_a_mapping_is_read_in_file_order() -> None:
    assert list(at_top({"b": 1, "a": 2}).mapping(whole, short, required=("a",)).items()) == [("b", 1), ("a", 2)]


def test_everything_wrong_with_an_object_is_found_at_once() -> None:
    record = at_top({"a": "x", "d": {"e": -1, "zz": 3}, "u": 0, "v": 0})
    table = partial(JsonValue.mapping, parse=whole, check=short)
    assert faults_of(lambda: record.record({"a": whole, "b": whole, "c": table, "d": table})) == [
        ("u", "u", "one of the keys a, b, c, d"),
        ("v", "v", "one of the keys a, b, c, d"),
        ("a", "x", "an integer from 0 to 9"),
        ("b", None, "this key to be present"),
        ("c", None, "this key to be present"),
        ("d.zz", "zz", "a key of one letter"),
        ("d.e", -1, "an integer from 0 to 9"),
    ]


def test_required_keys_of_a_mapping_are_missed() -> None:
    found = faults_of(lambda: at_top({"a": 1}).mapping(whole, short, required=("a", "b", "cc")))
    assert found == [("b", None, "this key to be present"), ("cc", None, "this key to be present")]


@pytest.mark.parametrize(
    ("key", "path"), [("a\nb", r"a\nb"), ("\ud800", r"\ud800"), ("x" * 500, "x" * 100), ("\x1b[2J", r"\x1b[2J")]
)
def test_keys_cannot_break_a_message(key: str, path: str) -> None:
    (child,) = at_top({key: 1}).children()
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
