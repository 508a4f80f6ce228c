"""Parsed JSON values that know their file and path, so that every error can name both.

What fails in one value does not keep its neighbours from being read: an object's faults are raised together (`gather`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from vecgen.errors import MAX_SHOWN, InputError, gather, shorten, suggest

T = TypeVar("T")

_MISSING: Final = object()
_NO_SPELLINGS: Final[Mapping[str, str]] = {}
_MAX_MEMBERS: Final = 10_000  # of an object; more would take minutes to compile, and codes of 16 bits


def optional(parse: Callable[[JsonValue], T], default: T) -> Callable[[JsonValue], T]:
    """Return the parser of a value that may be missing, and is `default` then."""
    return lambda node: default if node.is_missing else parse(node)


@dataclass(frozen=True)
class JsonValue:
    """A value of a JSON document, or the place of a missing one, whose every use fails.

    Attributes:
        where: The file.
        path: Keys from the top to the value, joined by dots; "" at the top.
        raw: The value as the JSON parser returned it.
        key: The last key as it is written.
    """

    where: str
    path: str
    raw: object
    key: str = ""

    def fail(self, expected: str, remedy: str = "", value: object = None) -> NoReturn:
        """Raise the InputError of this place; `value` is shown instead of the raw one if it is given."""
        if self.raw is _MISSING:
            raise InputError(self.where, self.path, None, "this key to be present", "add it")
        raise InputError(self.where, self.path, shorten(self.raw if value is None else value), expected, remedy)

    def children(self) -> list[JsonValue]:
        """Return the values of an object in file order."""
        if not isinstance(self.raw, dict):
            self.fail("a JSON object")
        if len(self.raw) > _MAX_MEMBERS:
            self.fail(f"at most {_MAX_MEMBERS:,} members", value=f"{len(self.raw):,} members")
        return [self.child(key) for key in self.raw]

    @property
    def is_missing(self) -> bool:
        """Whether there is no value at this place."""
        return self.raw is _MISSING

    def keys(self) -> tuple[str, ...]:
        """Return the keys of an object in file order; none of anything else."""
        return tuple(self.raw) if isinstance(self.raw, dict) else ()

    def child(self, key: str) -> JsonValue:
        """Return the value of one key, which may be missing."""
        # A path is part of a one-line message, whatever the key contains.
        name = (key if key.isprintable() else repr(key)[1:-1])[:MAX_SHOWN]
        raw = self.raw.get(key, _MISSING) if isinstance(self.raw, dict) else _MISSING
        return JsonValue(self.where, f"{self.path}.{name}" if self.path else name, raw, key)

    def check_key(self, known: Collection[str]) -> None:
        """Accept a value whose key is one of `known`."""
        if self.key not in known:
            remedy = suggest(self.key, known) or "correct or remove the key"
            self.fail(f"one of the keys {', '.join(known)}", remedy, value=self.key)

    def record(
        self, parsers: Mapping[str, Callable[[JsonValue], Any]], spellings: Mapping[str, str] = _NO_SPELLINGS
    ) -> list[Any]:
        """Return what `parsers` make of an object's values, in their order; it must have their keys and no other.

        A key of `parsers` may be spelled as `spellings` says of it, but not in both ways at once.
        """
        known = (*parsers, *(spellings[key] for key in parsers if key in spellings))
        checks = [partial(child.check_key, known) for child in self.children()]
        parts = [partial(self._parse_member, key, parse, spellings) for key, parse in parsers.items()]
        return gather([*checks, *parts])[len(checks) :]

    def _parse_member(self, key: str, parse: Callable[[JsonValue], T], spellings: Mapping[str, str]) -> T:
        return parse(self.find(key, spellings))

    def find(self, key: str, spellings: Mapping[str, str]) -> JsonValue:
        """Return the value of a key, which may be missing, or be spelled as `spellings` says."""
        other = self.child(spellings.get(key, key))
        if other.key == key or other.raw is _MISSING:
            return self.child(key)
        if self.child(key).raw is not _MISSING:
            other.fail(f"either this key or {key}", "remove one of the two", value=other.key)
        return other

    def mapping(
        self, parse: Callable[[JsonValue], T], check: Callable[[JsonValue], None], required: Collection[str] = ()
    ) -> dict[str, T]:
        """Return what `parse` makes of an object's values by key, in file order; `check` refuses keys."""
        present = self.children()
        missing = [self.child(key) for key in required if key not in {child.key for child in present}]
        checks = [partial(check, child) for child in present]
        parts = [partial(parse, child) for child in (*present, *missing)]
        values = gather([*checks, *parts])[len(checks) :]
        return dict(zip([child.key for child in present], values, strict=True))

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
