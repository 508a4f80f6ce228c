"""Checks customers against the model: age, gender, address, names, job, identifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.demographics import Demographics, Places, place_weights
from vecgen.config.faker_lists import WordList, WordLists
from vecgen.errors import InputError
from vecgen.model.customers import GENDERS
from vecgen.model.identifiers import SAFE_CARD, SAFE_SSN
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.dataset_counts import ACCOUNT_DIGITS, ADDRESS, OLDEST, TEXTS, CustomerCounts, mask_digits
from vecgen.verify.chi_square import Statistic, add, compare

IDENTIFIERS: Final = ("ssn", "cc_num", "acct_num")
TEXT_TESTS: Final = {"first name": TEXTS[:2], "last name": TEXTS[2:3], "job": TEXTS[3:4], "street": TEXTS[4:]}
"""What of `TEXTS` is tested together: its parts are drawn by themselves."""


def read_identifiers(batch: pa.RecordBatch) -> Mapping[str, U64]:
    """Return the identifiers of customers as numbers, shape (rows, 2) each: 123456789 for "123-45-6789".

    Raises:
        InputError: An identifier with anything but digits and hyphens.
    """
    out = {}
    for name in IDENTIFIERS:
        try:
            digits = pc.replace_substring(_plain(batch.column(name)), "-", "").cast(pa.uint64())
        except pa.ArrowInvalid as error:
            raise InputError("customers", f"column {name}", str(error), "digits and hyphens") from None
        numbers = digits.to_numpy(zero_copy_only=False)
        out[name] = np.stack([numbers, np.zeros_like(numbers)], axis=1)
    return out


def count_unsafe(batch: pa.RecordBatch) -> int:
    """Return the rows of customers or transactions whose social security or card number a person could have."""
    safe = [_match(batch.column(name), pattern) for name, pattern in (("ssn", SAFE_SSN), ("cc_num", SAFE_CARD))]
    return int(np.count_nonzero(~(safe[0] & safe[1])))


def _match(texts: pa.Array, pattern: str) -> Bools:
    encoded = _plain(texts).dictionary_encode()  # of transactions, few texts are distinct
    matches = pc.match_substring_regex(encoded.dictionary, pattern).to_numpy(zero_copy_only=False)
    return np.asarray(matches.take(encoded.indices.to_numpy()), dtype=np.bool_)


def count_unlisted(totals: CustomerCounts, places: Places) -> int:
    """Return the customers whose ZIP code, city, state, position and inhabitants are not those of one place."""
    listed = set(zip(*(_list_values(getattr(places, name)) for name in ADDRESS), strict=True))
    return sum(number for address, number in totals.addresses.items() if address not in listed)


def examine_customers(
    totals: CustomerCounts, demographics: Demographics, words: WordLists | None
) -> Iterator[tuple[str, Statistic]]:
    """Yield the name and statistic of each test of customers' own columns; of texts, where their lists are known."""
    ages = np.zeros((2, OLDEST))
    table = demographics.age_gender
    for gender, age, share in zip(table.gender, table.age.tolist(), table.share.tolist(), strict=True):
        ages[GENDERS.index(gender), age] = share
    yield "age and gender", compare(totals.ages.ravel(), ages.ravel())
    shares: Counter[str] = Counter()
    for code, weight in zip(demographics.places.zip, place_weights(demographics.places).tolist(), strict=True):
        shares[code] += weight
    zips: Counter[str] = Counter()
    for (code, *_), number in totals.addresses.items():
        zips[code] += number
    yield "ZIP code", _compare_texts(zips, shares)
    lengths = np.arange(1, ACCOUNT_DIGITS + 1)
    # Uniform below 10**12 and not padded: nine in ten have twelve digits. 0 has one digit, too.
    yield "length of account numbers", compare(totals.account_digits, 9.0 * 10.0 ** (lengths - 1) + (lengths == 1))
    yield "month of birth", compare(totals.birth_months, [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    if words:
        names = (words.first_female, words.first_male, words.last, words.job)
        streets = (words.building, words.street_name, words.street_suffix, words.secondary)
        lists = dict(zip(TEXTS, (*names, *streets), strict=True))
        for name, own in TEXT_TESTS.items():
            yield name, add(_compare_texts(totals.texts[part], _share_texts(lists[part])) for part in own)


def _share_texts(words: WordList) -> Counter[str]:
    shares: Counter[str] = Counter()
    texts = mask_digits(pa.array(words.texts, pa.string())).to_pylist()
    for text, weight in zip(texts, words.weights.tolist(), strict=True):
        shares[text] += weight
    return shares


def _compare_texts(seen: Mapping[str, int], shares: Mapping[str, float]) -> Statistic:
    """Compare counts of texts with their shares, rare ones beside rare ones, which are pooled."""
    texts = sorted({*shares, *seen}, key=lambda text: (shares.get(text, 0.0), text))
    return compare([seen.get(text, 0) for text in texts], [shares.get(text, 0.0) for text in texts])


def _list_values(values: Sequence[str] | F64 | I64) -> Sequence[object]:
    return values if isinstance(values, tuple) else np.asarray(values).tolist()


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())
