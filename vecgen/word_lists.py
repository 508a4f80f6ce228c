"""Names, streets, jobs and card issuers of Faker's `en_US` locale, read once and frozen.

The original calls Faker for every customer. Here Faker is only a source of lists and weights: `compile_word_lists`
reads the class attributes of its providers, and the law with which Faker chooses among them is written down beside each
list: by weight where a provider holds an ordered dictionary, uniformly (repeated entries count) where it holds a tuple.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.errors import InputError
from vecgen.streams import U64

_DIGITS: Final = {"#": "0123456789", "%": "123456789"}


@dataclass(frozen=True, eq=False)
class WordList:
    """Texts (some repeated, as in Faker) and their weights (float64, positive, sum 1), in one order."""

    texts: tuple[str, ...]
    weights: npt.NDArray[np.float64]


@dataclass(frozen=True)
class CardType:
    """One card issuer.

    Attributes:
        prefixes: Equally likely; fixed digits, then perhaps "%" (1 to 9) and "#" (0 to 9).
        length: Digits of a number, prefix and check digit included.
    """

    prefixes: tuple[str, ...]
    length: int


@dataclass(frozen=True)
class WordLists:
    """All lists a customer's text is taken from.

    Attributes:
        first_female, first_male: First names by gender.
        last: Last names.
        street_name: What a street is called after: with equal probability a first name of either gender or a last name.
        street_suffix: "Street", "Avenue", ...
        building: House numbers of 3, 4 or 5 digits with equal probability; leading zeros occur, as they do in Faker.
        secondary: Second half of a street address, with its leading blank; "" with probability 1/2.
        job: Occupations.
        card_types: Issuers with equal probability. Faker lists two of them under two names each; they stand here twice.
    """

    first_female: WordList
    first_male: WordList
    last: WordList
    street_name: WordList
    street_suffix: WordList
    building: WordList
    secondary: WordList
    job: WordList
    card_types: tuple[CardType, ...]


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
    length: npt.NDArray[np.uint8]


def compile_word_lists() -> WordLists:
    """Read Faker's `en_US` providers (checked with Faker 40.54); needs the faker package, the draws do not."""
    from faker.providers.address.en_US import Provider as Address
    from faker.providers.credit_card.en_US import Provider as CreditCard
    from faker.providers.job.en_US import Provider as Job
    from faker.providers.person.en_US import Provider as Person

    # Faker's formats for a street are "first name, suffix" and "last name, suffix"; for an address, with and without a
    # secondary part. Each pair is equally likely.
    names = _merge([_weighted(Person.first_names), _weighted(Person.last_names)])
    secondaries = _merge([_expand_pattern(" " + pattern) for pattern in Address.secondary_address_formats])
    return WordLists(
        _weighted(Person.first_names_female),
        _weighted(Person.first_names_male),
        _weighted(Person.last_names),
        names,
        _uniform(Address.street_suffixes),
        _merge([_expand_pattern(pattern) for pattern in Address.building_number_formats]),
        _merge([_uniform([""]), secondaries]),
        _uniform(Job.jobs),
        tuple(CardType(tuple(card.prefixes), card.length) for card in CreditCard.credit_card_types.values()),
    )


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
        len(types) * min(capacities),
        np.array([firsts[distinct.index(kind)] for kind in types], dtype=np.uint64),
        np.array([len(kind.prefixes) for kind in types], dtype=np.uint64),
        np.array([types[:slot].count(kind) for slot, kind in enumerate(types)], dtype=np.uint64),
        np.array(lanes, dtype=np.uint64),
        np.array(low, dtype=np.uint64),
        np.array(space, dtype=np.uint64),
        np.array(length, dtype=np.uint8),
    )


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


def _weighted(weights: Mapping[str, float]) -> WordList:
    return _freeze(tuple(weights), list(weights.values()))


def _uniform(texts: Iterable[str]) -> WordList:
    listed = tuple(texts)
    return _freeze(listed, np.ones(len(listed)))


def _expand_pattern(pattern: str) -> WordList:
    """Return every text a Faker number pattern stands for, equally likely."""
    return _uniform("".join(letters) for letters in product(*(_DIGITS.get(c, c) for c in pattern)))


def _merge(lists: list[WordList]) -> WordList:
    """Return all lists behind each other, each list with the same total weight."""
    texts = tuple(text for words in lists for text in words.texts)
    return _freeze(texts, np.concatenate([words.weights for words in lists]))


def _freeze(texts: tuple[str, ...], weights: npt.ArrayLike) -> WordList:
    shares = np.asarray(weights, dtype=np.float64)
    shares = shares / shares.sum()
    shares.flags.writeable = False
    return WordList(texts, shares)
