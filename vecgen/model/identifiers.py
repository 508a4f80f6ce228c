"""Lays out social security and card numbers so that no two customers share one.

The usual numbers look like numbers in use, as in the original, and some are. The *safe* ones cannot belong to a person:

- Social security numbers: the areas 000, 666 and 900 to 999 are never issued. From 900 on the tax office numbers people
  who have none, told apart by the group: 50 to 99 but for a few (ITIN, ATIN), 01 to 10, 17 to 19, 28, 29, 37 to 39, 49
  (IRSN). Of the groups below 50 the other thirty are safe.
- Card numbers (ISO/IEC 7812-1): an issuer number that begins with 9 is given out by the national standards body of the
  country whose three-digit code (ISO 3166-1) follows. The codes 900 to 999 are kept for users' own purposes and no
  country has one, so no bank can issue a number that begins with 99. Published test numbers would not do: they are
  a few dozen, and the ranges around them belong to banks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from vecgen.config.faker_lists import CardType
from vecgen.errors import InputError
from vecgen.sampling.arrays import I32, U8, U64

SAFE_SSN: Final = "^(000|666|9[0-9]{2})-(1[1-6]|2[0-7]|3[0-6]|4[0-8])-[0-9]{4}$"
SAFE_PREFIX: Final = "99"
SAFE_CARD: Final = f"^{SAFE_PREFIX}[0-9]{{10,17}}$"

_SERIALS: Final = 9999  # 0001 to 9999


@dataclass(frozen=True, eq=False)
class SsnRanges:
    """Social security numbers of some areas and groups, with any serial but 0000.

    Attributes:
        areas: First three digits, ascending (uint64).
        groups: Next two digits, ascending (uint64).
    """

    areas: U64
    groups: U64

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.areas) * len(self.groups) * _SERIALS

    def spell(self, positions: U64) -> I32:
        """Return the nine digits, as one integer, of the numbers at `positions` (0..size-1) in ascending order."""
        area, rest = np.divmod(positions, np.uint64(len(self.groups) * _SERIALS))
        group, serial = np.divmod(rest, np.uint64(_SERIALS))
        digits = self.areas.take(area.view(np.int64)) * np.uint64(100) + self.groups.take(group.view(np.int64))
        return (digits * np.uint64(10_000) + serial + np.uint64(1)).astype(np.int32)


def _list(*ranges: range) -> U64:
    return np.array([number for numbers in ranges for number in numbers], dtype=np.uint64)


ISSUED_SSNS: Final = SsnRanges(_list(range(1, 666), range(667, 900)), _list(range(1, 100)))
"""All that Faker can produce: 888,931,098."""

SAFE_SSNS: Final = SsnRanges(
    _list(range(1), range(666, 667), range(900, 1000)),
    _list(range(11, 17), range(20, 28), range(30, 37), range(40, 49)),
)
"""30,596,940 numbers that no person has."""


@dataclass(frozen=True, eq=False)
class CardTables:
    """Card numbers laid out so that no two customers with ids below `capacity` share one.

    A *slot* is one of Faker's card types, a *range* one prefix of a type with one length. Types that Faker lists under
    two names share their ranges: each of their slots takes every second number (`lanes` 2, `lane` 0 or 1).

    Attributes:
        capacity: Customers with distinct numbers, 1.56e9 for Faker's issuers (12-digit numbers run out first).
        first_range, prefixes, lane, lanes: Per slot (uint64).
        low: First number of each range, without check digit (uint64).
        space: Numbers in each range (uint64).
        length: Digits of each range, check digit included (uint8).
    """

    capacity: int
    first_range: U64
    prefixes: U64
    lane: U64
    lanes: U64
    low: U64
    space: U64
    length: U8


def compile_cards(types: Sequence[CardType]) -> CardTables:
    """Lay out the numbers of card types (at least one, equally likely).

    Raises:
        InputError: Prefixes of one length that contain each other, so that two customers could get one number.
    """
    distinct = list(dict.fromkeys(types))
    ranges = [(*_card_range(prefix, kind.length), kind.length) for kind in distinct for prefix in kind.prefixes]
    _refuse_overlaps(ranges)
    low, space, length = zip(*ranges, strict=True)
    firsts = np.cumsum([0] + [len(kind.prefixes) for kind in distinct])
    lanes = [types.count(kind) for kind in types]
    smallest = [min(_card_range(prefix, kind.length)[1] for prefix in kind.prefixes) for kind in types]
    capacities = [len(k.prefixes) * (size // n) for k, size, n in zip(types, smallest, lanes, strict=True)]
    return CardTables(
        capacity=len(types) * min(capacities),
        first_range=np.array([firsts[distinct.index(kind)] for kind in types], dtype=np.uint64),
        prefixes=np.array([len(kind.prefixes) for kind in types], dtype=np.uint64),
        lane=np.array([types[:slot].count(kind) for slot, kind in enumerate(types)], dtype=np.uint64),
        lanes=np.array(lanes, dtype=np.uint64),
        low=np.array(low, dtype=np.uint64),
        space=np.array(space, dtype=np.uint64),
        length=np.array(length, dtype=np.uint8),
    )


def compile_safe_cards(types: Sequence[CardType]) -> CardTables:
    """Lay out numbers that no bank issues; each customer's has as many digits as it would have among `types`."""
    safe = compile_cards([CardType((SAFE_PREFIX,), kind.length) for kind in types])
    return replace(safe, capacity=min(safe.capacity, compile_cards(types).capacity))


def _card_range(prefix: str, length: int) -> tuple[int, int]:
    """Return the first number (without check digit) and the count of the numbers that start with `prefix`."""
    fixed = prefix.rstrip("#%")
    wild = prefix[len(fixed) :]
    digits = length - 1 - len(fixed)
    # A leading "%" skips the numbers whose first free digit is 0.
    skipped = 10 ** (digits - 1) if wild.startswith("%") else 0
    return int(fixed) * 10**digits + skipped, 10**digits - skipped


def _refuse_overlaps(ranges: Sequence[tuple[int, int, int]]) -> None:
    ordered = sorted((length, low, space) for low, space, length in ranges)
    for (length, low, space), (next_length, next_low, _) in pairwise(ordered):
        if length == next_length and low + space > next_low:
            where, field = "card types", f"prefixes of {length} digits"
            raise InputError(where, field, str(next_low), f"a number outside {low}..{low + space - 1}")
