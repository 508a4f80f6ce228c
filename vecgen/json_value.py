"""Parsed JSON that knows the place it stands at, so that every refusal can name file and field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from vecgen.errors import InputError

_MAX_SHOWN: Final = 100
_MAX_MEMBERS: Final = 10_000  # of an object; more would take minutes to compile, and codes of 16 bits


@dataclass(frozen=True)
class JsonValue:
    """A value of a JSON document.

    Attributes:
        where: The file.
        path: Keys from the top to the value, joined by dots; "" at the top.
        raw: The value as the JSON parser returned it.
    """

    where: str
    path: str
    raw: object

    def fail(self, expected: str, remedy: str = "", value: object = None) -> NoReturn:
        """Raise the InputError of this place; `value` is shown instead of the raw one if it is given."""
        raise InputError(self.where, self.path, shorten(self.raw if value is None else value), expected, remedy)

    def items(self) -> list[tuple[str, JsonValue]]:
        """Return the keys and values of an object in file order."""
        if not isinstance(self.raw, dict):
            self.fail("a JSON object")
        if len(self.raw) > _MAX_MEMBERS:
            self.fail(f"at most {_MAX_MEMBERS:,} members", value=f"{len(self.raw):,} members")
        return [(str(key), self._child(str(key), value)) for key, value in self.raw.items()]

    def fields(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, JsonValue]:
        """Return the values of an object that has all `required` keys and, beyond them, only `optional` ones."""
        found = dict(self.items())
        known = dict.fromkeys((*required, *optional))
        for key, child in found.items():
            if key not in known:
                child.fail(f"one of the keys {', '.join(known)}", "correct or remove the key", value=key)
        for key in required:
            if key not in found:
                self._child(key, None).fail("this key to be present", "add it")
        return found

    def number(self, low: float, high: float) -> float:
        """Return a number between `low` and `high`, bounds included; neither a bool nor NaN is one."""
        # Compared before the conversion: a JSON integer may be too long for a float.
        if isinstance(self.raw, bool) or not isinstance(self.raw, int | float) or not low <= self.raw <= high:
            self.fail(f"a number from {low:,.15g} to {high:,.15g}")
        return float(self.raw)

    def integer(self, low: int, high: int) -> int:
        """Return an integer between `low` and `high`, bounds included."""
        if isinstance(self.raw, bool) or not isinstance(self.raw, int) or not low <= self.raw <= high:
            self.fail(f"an integer from {low:,} to {high:,}")
        return self.raw

    def _child(self, key: str, raw: object) -> JsonValue:
        # A path is part of a one-line message, whatever stands in the key.
        name = (key if key.isprintable() else repr(key)[1:-1])[:_MAX_SHOWN]
        return JsonValue(self.where, f"{self.path}.{name}" if self.path else name, raw)


def shorten(value: object) -> object:
    """Return what an error shows of `value`: one short line, whatever it holds."""
    if isinstance(value, dict):
        return "a JSON object"
    if isinstance(value, list):
        return "a JSON list"
    if isinstance(value, str) and len(value) > _MAX_SHOWN:
        return value[:_MAX_SHOWN] + "..."
    if isinstance(value, int) and abs(value) >= 10**_MAX_SHOWN:
        return f"an integer of more than {_MAX_SHOWN} digits"
    return value
