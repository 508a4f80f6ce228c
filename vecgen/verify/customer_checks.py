"""Checks customers against the model: age, gender, ZIP code, profile, identifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.demographics import Demographics, place_weights
from vecgen.errors import InputError
from vecgen.model.customers import GENDERS
from vecgen.model.identifiers import SAFE_CARD, SAFE_SSN
from vecgen.sampling.arrays import U64, Bools
from vecgen.scan.dataset_counts import ACCOUNT_DIGITS, OLDEST, CustomerCounts
from vecgen.verify.chi_square import Statistic, compare

IDENTIFIERS: Final = ("ssn", "cc_num", "acct_num")


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


def examine_customers(totals: CustomerCounts, demographics: Demographics) -> Iterator[tuple[str, Statistic]]:
    """Yield the name and statistic of each test of customers' own columns."""
    ages = np.zeros((2, OLDEST))
    table = demographics.age_gender
    for gender, age, share in zip(table.gender, table.age.tolist(), table.share.tolist(), strict=True):
        ages[GENDERS.index(gender), age] = share
    yield "age and gender", compare(totals.ages.ravel(), ages.ravel())
    shares: Counter[str] = Counter()
    for code, weight in zip(demographics.places.zip, place_weights(demographics.places).tolist(), strict=True):
        shares[code] += weight
    codes = sorted({*shares, *totals.zips}, key=lambda code: (shares[code], code))
    yield "ZIP code", compare([totals.zips[code] for code in codes], [shares[code] for code in codes])
    lengths = np.arange(1, ACCOUNT_DIGITS + 1)
    # Uniform below 10**12 and not padded: nine in ten have twelve digits. 0 has one digit, too.
    yield "length of account numbers", compare(totals.account_digits, 9.0 * 10.0 ** (lengths - 1) + (lengths == 1))
    yield "month of birth", compare(totals.birth_months, [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())
