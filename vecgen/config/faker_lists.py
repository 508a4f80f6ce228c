"""Reads Faker's `en_US` names, streets, jobs and card issuers into frozen lists.

The original calls Faker for every customer. Here Faker is only a source of lists and weights: `compile_word_lists`
reads the class attributes of its providers, and how Faker chooses among them is noted beside each
list: by weight where a provider holds an ordered dictionary, uniformly (repeated entries count) where it holds a tuple.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.config.cache import Array, load_or_make, pack_json, read_package_files, read_sources, unpack_json
from vecgen.config.fingerprint import fingerprint

KNOWN_LISTS: Final = "71ef8b1ceb0e162a"
"""Fingerprint of the lists of the Faker that golden digests were made with."""

_PROVIDERS: Final = ("address", "credit_card", "job", "person")
_DIGITS: Final = {"#": "0123456789", "%": "123456789"}


@dataclass(frozen=True, eq=False)
class WordList:
    """Texts (some repeated, as in Faker) and their weights (float64, positive, sum 1), in one order."""

    texts: tuple[str, ...]
    weights: npt.NDArray[np.float64]


@dataclass(frozen=True)
class WordLists:
    """All lists from which a customer's texts are drawn.

    Attributes:
        first_female, first_male: First names by gender.
        last: Last names.
        street_name: What a street is called after: with equal probability a first name of either gender or a last name.
        street_suffix: "Street", "Avenue", ...
        building: House numbers of 3, 4 or 5 digits with equal probability; leading zeros occur, as they do in Faker.
        secondary: Second half of a street address, with its leading blank; "" with probability 1/2.
        job: Occupations.
        card_types: Issuers with equal probability. Faker has two of them under two names each: here twice.
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


_SOURCES: Final = ("__init__", *(f"{name}/{part}__init__" for name in _PROVIDERS for part in ("", "en_US/")))


def load_word_lists() -> WordLists:
    """Return `compile_word_lists()`, from the cache where the installed Faker's files were read before.

    If Faker is already imported, its own lists are read: the program may have added words.
    """
    if "faker" in sys.modules:
        return compile_word_lists()
    return load_or_make("words", _read_origin, compile_word_lists, _pack, _unpack)


def _read_origin() -> list[bytes]:
    return read_package_files("faker", (f"providers/{name}.py" for name in _SOURCES)) + read_sources(__name__)


def _pack(words: WordLists) -> dict[str, Array]:
    lists = {name: getattr(words, name) for name in _list_names()}
    texts = {name: pack_json(own.texts) for name, own in lists.items()}
    weights = {f"{name}_weights": own.weights for name, own in lists.items()}
    cards = [[card.prefixes, card.length] for card in words.card_types]
    return {**texts, **weights, "card_types": pack_json(cards)}


def _unpack(arrays: Mapping[str, Array]) -> WordLists:
    lists = {name: WordList(tuple(unpack_json(arrays[name])), arrays[f"{name}_weights"]) for name in _list_names()}
    cards = (CardType(tuple(prefixes), length) for prefixes, length in unpack_json(arrays["card_types"]))
    return WordLists(**lists, card_types=tuple(cards))


def _list_names() -> list[str]:
    return [field.name for field in fields(WordLists) if field.name != "card_types"]


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
        first_female=_weighted(Person.first_names_female),
        first_male=_weighted(Person.first_names_male),
        last=_weighted(Person.last_names),
        street_name=names,
        street_suffix=_uniform(Address.street_suffixes),
        building=_merge([_expand_pattern(pattern) for pattern in Address.building_number_formats]),
        secondary=_merge([_uniform([""]), secondaries]),
        job=_uniform(Job.jobs),
        card_types=tuple(CardType(tuple(card.prefixes), card.length) for card in CreditCard.credit_card_types.values()),
    )


def fingerprint_lists(words: WordLists) -> str:
    """Return the fingerprint of all lists; weights count to seven digits, so that no last bit of a sum decides."""
    lists: list[WordList] = [getattr(words, name) for name in _list_names()]
    return fingerprint([[[part.texts, _spell_weights(part.weights)] for part in lists], words.card_types])


def _spell_weights(weights: npt.NDArray[np.float64]) -> list[str]:
    distinct, positions = np.unique(weights, return_inverse=True)
    spelled = [f"{weight:.6e}" for weight in distinct.tolist()]
    return [spelled[position] for position in positions.tolist()]


def _weighted(weights: Mapping[str, float]) -> WordList:
    return _freeze(tuple(weights), list(weights.values()))


def _uniform(texts: Iterable[str]) -> WordList:
    listed = tuple(texts)
    return _freeze(listed, np.ones(len(listed)))


def _expand_pattern(pattern: str) -> WordList:
    """Return every text a Faker number pattern stands for, equally likely."""
    return _uniform("".join(letters) for letters in product(*(_DIGITS.get(c, c) for c in pattern)))


def _merge(lists: list[WordList]) -> WordList:
    """Return all lists one after the other, each list with the same total weight."""
    texts = tuple(text for words in lists for text in words.texts)
    return _freeze(texts, np.concatenate([words.weights for words in lists]))


def _freeze(texts: tuple[str, ...], weights: npt.ArrayLike) -> WordList:
    shares = np.asarray(weights, dtype=np.float64)
    shares = shares / shares.sum()
    shares.flags.writeable = False
    return WordList(texts, shares)


@dataclass(frozen=True)
class CardType:
    """One card issuer.

    Attributes:
        prefixes: Equally likely; fixed digits, then perhaps "%" (1 to 9) and "#" (0 to 9).
        length: Digits of a number, prefix and check digit included.
    """

    prefixes: tuple[str, ...]
    length: int
