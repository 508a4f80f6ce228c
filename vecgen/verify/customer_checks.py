"""Checks customers against the model: age, gender, ZIP code, profile, identifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.demographics import Demographics, place_weights
from vecgen.config.profile import ProfileSet
from vecgen.errors import InputError
from vecgen.model.customers import GENDERS, Segmenter
from vecgen.model.identifiers import SAFE_CARD, SAFE_SSN
from vecgen.sampling.arrays import I64, U64, Bools
from vecgen.scan.missing import tell_people
from vecgen.scan.row_checks import hash_holders
from vecgen.verify.chi_square import Statistic, compare

IDENTIFIERS: Final = ("ssn", "cc_num", "acct_num")
_OLDEST: Final = 200
_ACCOUNT_DIGITS: Final = 12


@dataclass
class CustomerCounts:
    """Counts of customers.

    Attributes:
        ages: By (gender, age in years).
        zips: By ZIP code.
        birth_months: By month of birth.
        account_digits: By length of the account number.
        profiles: By value of the column `profile`.
        wrong_profile: Customers whose profile is not that of the first segment that matches them.
        unsafe: Customers whose numbers a person could have, if that matters.
    """

    rows: int = 0
    ages: I64 = field(default_factory=lambda: np.zeros((2, _OLDEST), dtype=np.int64))
    zips: Counter[str] = field(default_factory=Counter)
    birth_months: I64 = field(default_factory=lambda: np.zeros(12, dtype=np.int64))
    account_digits: I64 = field(default_factory=lambda: np.zeros(_ACCOUNT_DIGITS, dtype=np.int64))
    profiles: Counter[str] = field(default_factory=Counter)
    wrong_profile: int = 0
    unsafe: int = 0

    def add(self, batch: pa.RecordBatch, profiles: ProfileSet, as_of: date) -> None:
        """Count the customers of a batch; ages are those on `as_of`."""
        born = batch.column("dob").view(pa.int32()).to_numpy().astype("datetime64[D]")
        segments = Segmenter(profiles, as_of)
        age = np.clip(segments.tell_ages(born), 0, _OLDEST - 1)
        male = pc.equal(_plain(batch.column("gender")), "M").to_numpy(zero_copy_only=False).astype(np.int64)
        self.rows += batch.num_rows
        self.ages += np.bincount(male * _OLDEST + age, minlength=2 * _OLDEST).reshape(2, -1)
        for counts, name in ((self.zips, "zip"), (self.profiles, "profile")):
            counted = pc.value_counts(_plain(batch.column(name)))
            counts.update(dict(zip(*(counted.field(i).to_pylist() for i in range(2)), strict=True)))
        self.birth_months += np.bincount(born.astype("datetime64[M]").astype(np.int64) % 12, minlength=12)
        digits = pc.utf8_length(_plain(batch.column("acct_num"))).to_numpy(zero_copy_only=False)
        self.account_digits += np.bincount(np.clip(digits, 1, _ACCOUNT_DIGITS) - 1, minlength=_ACCOUNT_DIGITS)
        named = _plain(batch.column("profile")).to_numpy(zero_copy_only=False)
        city_pop = batch.column("city_pop").to_numpy()
        files = np.array(profiles.files, dtype=object)
        self.wrong_profile += int((named != files[segments.find(male, age, city_pop)]).sum())

    def add_new(self, batch: pa.RecordBatch, segments: Segmenter, seen: set[int]) -> None:
        """Count the customers of transactions by gender and age, where both are told, and note them in `seen`."""
        words, first = np.unique(hash_holders(batch), return_index=True)
        new = np.array([word not in seen for word in words.tolist()], dtype=np.bool_)
        seen.update(words.tolist())
        rows = pa.array(first[new])
        gender, age = tell_people(batch.column("gender").take(rows), batch.column("dob").take(rows), segments)
        told = (gender < len(GENDERS)) & (age >= 0)
        self.rows += len(rows)
        np.add.at(self.ages, (gender[told], np.clip(age[told], 0, _OLDEST - 1)), 1)

    def add_counted(self, other: CustomerCounts) -> None:
        """Add what `add_new` has counted of other customers."""
        self.rows += other.rows
        self.ages += other.ages


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
    ages = np.zeros((2, _OLDEST))
    table = demographics.age_gender
    for gender, age, share in zip(table.gender, table.age.tolist(), table.share.tolist(), strict=True):
        ages[GENDERS.index(gender), age] = share
    yield "age and gender", compare(totals.ages.ravel(), ages.ravel())
    shares: Counter[str] = Counter()
    for code, weight in zip(demographics.places.zip, place_weights(demographics.places).tolist(), strict=True):
        shares[code] += weight
    codes = sorted({*shares, *totals.zips}, key=lambda code: (shares[code], code))
    yield "ZIP code", compare([totals.zips[code] for code in codes], [shares[code] for code in codes])
    lengths = np.arange(1, _ACCOUNT_DIGITS + 1)
    # Uniform below 10**12 and not padded: nine in ten have twelve digits. 0 has one digit, too.
    yield "length of account numbers", compare(totals.account_digits, 9.0 * 10.0 ** (lengths - 1) + (lengths == 1))
    yield "month of birth", compare(totals.birth_months, [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())
