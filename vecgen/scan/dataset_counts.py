"""Counts of a whole dataset: those of its rows, and those of its customers' own columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.model.customers import GENDERS, Segmenter
from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import I64
from vecgen.scan.counts import Totals
from vecgen.scan.missing import WHOLE, tell_customers
from vecgen.scan.row_checks import hash_holders

OLDEST: Final = 200
"""Ages from here on are counted as one less."""
ACCOUNT_DIGITS: Final = 12


ADDRESS: Final = ("zip", "city", "state", "lat", "long", "city_pop")
"""Columns that say where a customer lives."""
Address = tuple[str, str, str, float, float, int]
TEXTS: Final = (
    "first name of women",
    "first name of men",
    "last name",
    "job",
    "house number",
    "street name",
    "street suffix",
    "second part of the street",
)
"""What is drawn from lists; digits are masked, see `mask_digits`."""
_STREET: Final = r"^(?P<house>[0-9]+) (?P<name>.+?) (?P<suffix>[^ ]+)(?P<second>| [^ ]+ [0-9]+)$"


@dataclass
class CustomerCounts:
    """Counts of customers.

    Attributes:
        ages: By (gender, age in years).
        addresses: By values of the columns `ADDRESS`.
        texts: By kind of `TEXTS`, then text.
        birth_months: By month of birth.
        account_digits: By length of the account number.
        profiles: By value of the column `profile`.
        wrong_profile: Customers whose profile is not that of the first segment that matches them.
        unsafe: Customers whose numbers a person could have, if that matters.
    """

    rows: int = 0
    ages: I64 = field(default_factory=lambda: np.zeros((2, OLDEST), dtype=np.int64))
    addresses: Counter[Address] = field(default_factory=Counter)
    texts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in TEXTS})
    birth_months: I64 = field(default_factory=lambda: np.zeros(12, dtype=np.int64))
    account_digits: I64 = field(default_factory=lambda: np.zeros(ACCOUNT_DIGITS, dtype=np.int64))
    profiles: Counter[str] = field(default_factory=Counter)
    wrong_profile: int = 0
    unsafe: int = 0

    def add(self, batch: pa.RecordBatch, segments: Segmenter) -> None:
        """Count the customers of a batch; ages are those on the day of the segments."""
        born = batch.column("dob").view(pa.int32()).to_numpy().astype("datetime64[D]")
        age = np.clip(segments.tell_ages(born), 0, OLDEST - 1)
        male = pc.equal(_plain(batch.column("gender")), "M").to_numpy(zero_copy_only=False).astype(np.int64)
        self.rows += batch.num_rows
        self.ages += np.bincount(male * OLDEST + age, minlength=2 * OLDEST).reshape(2, -1)
        self._add_addresses(batch)
        for name, texts in _list_texts(batch).items():
            _add_values(self.texts[name], texts)
        _add_values(self.profiles, _plain(batch.column("profile")))
        self.birth_months += np.bincount(born.astype("datetime64[M]").astype(np.int64) % 12, minlength=12)
        digits = pc.utf8_length(_plain(batch.column("acct_num"))).to_numpy(zero_copy_only=False)
        self.account_digits += np.bincount(np.clip(digits, 1, ACCOUNT_DIGITS) - 1, minlength=ACCOUNT_DIGITS)
        named = _plain(batch.column("profile")).to_numpy(zero_copy_only=False)
        city_pop = batch.column("city_pop").to_numpy()
        files = np.array(segments.profiles.files, dtype=object)
        self.wrong_profile += int((named != files[segments.find(male, age, city_pop)]).sum())

    def _add_addresses(self, batch: pa.RecordBatch) -> None:
        columns = (batch.column(name) for name in ADDRESS)
        plain = [_plain(own) if pa.types.is_dictionary(own.type) else own for own in columns]
        counted = pa.table(plain, names=list(ADDRESS)).group_by(list(ADDRESS)).aggregate([([], "count_all")])
        values = zip(*(counted.column(name).to_pylist() for name in ADDRESS), strict=True)
        self.addresses.update(dict(zip(values, counted.column("count_all").to_pylist(), strict=True)))

    def add_new(self, batch: pa.RecordBatch, segments: Segmenter, seen: set[int]) -> None:
        """Count the customers of transactions by gender and age, where both are told, and note them in `seen`."""
        words, first = np.unique(hash_holders(batch), return_index=True)
        new = np.array([word not in seen for word in words.tolist()], dtype=np.bool_)
        seen.update(words.tolist())
        rows = pa.array(first[new])
        gender, age = tell_customers(batch.column("gender").take(rows), batch.column("dob").take(rows), segments)
        told = (gender < len(GENDERS)) & (age >= 0)
        self.rows += len(rows)
        np.add.at(self.ages, (gender[told], np.clip(age[told], 0, OLDEST - 1)), 1)

    def add_counted(self, other: CustomerCounts) -> None:
        """Add what `add_new` has counted of other customers."""
        self.rows += other.rows
        self.ages += other.ages


@dataclass(frozen=True)
class DatasetCounts:
    """Counts of a dataset that was read without a model.

    Attributes:
        model: Allows every row of the dataset's profiles and categories.
        customers: By profile, those without rows included where there are customers' files.
        known: Names of the columns that could be looked at.
        is_segmented: Whether customers' profiles are told.
    """

    model: ExactModel
    totals: Totals
    customer_counts: CustomerCounts
    customers: tuple[int, ...]
    known: frozenset[str] = WHOLE.known
    is_segmented: bool = True


def mask_digits(texts: pa.Array) -> pa.Array:
    """Return texts with # for each digit."""
    return pc.replace_substring_regex(texts, "[0-9]", "#")


def _list_texts(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """Return what is counted of each of `TEXTS`; null for the parts of streets of another form."""
    first, female = _plain(batch.column("first")), pc.equal(_plain(batch.column("gender")), "F")
    street = pc.extract_regex(_plain(batch.column("street")), _STREET)
    house, name, suffix, second = (pc.struct_field(street, [part]) for part in range(4))
    names = first.filter(female), first.filter(pc.invert(female))
    others = _plain(batch.column("last")), _plain(batch.column("job"))
    return dict(zip(TEXTS, map(mask_digits, (*names, *others, house, name, suffix, second)), strict=True))


def _add_values(counts: Counter[str], values: pa.Array) -> None:
    counted = pc.value_counts(pc.fill_null(values, "of another form"))
    counts.update(dict(zip(*(counted.field(i).to_pylist() for i in range(2)), strict=True)))


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())
