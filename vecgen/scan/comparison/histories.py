"""Rows of whole customers in the order of time: numbers that wait in scratch files until a group is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from vecgen.io.digest import column_words
from vecgen.io.schema import COLUMNS, Column
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import I64, U64, Bools
from vecgen.scan.row_checks import Columns
from vecgen.scan.uniqueness import Spill

GENDERS: Final = ("F", "M", "other")
STATES: Final = 26 * 26 + 1
"""Pairs of capital letters, and one number for all other texts."""
OLDEST: Final = 120
MERCHANT_CELLS: Final = 512
"""Cells that merchants fall into by a hash of their name."""

_COLUMN: Final[dict[str, Column]] = {column.name: column for column in COLUMNS}


@dataclass(frozen=True)
class Histories:
    """Rows of whole customers, sorted by customer and time, as columns of one length.

    Attributes:
        customer: A hash of what identifies the customer.
        day: Days from the start of the period.
        second: Second of the day.
        merchant: Cell of `MERCHANT_CELLS`.
        gender, state: Positions in `GENDERS`, and as of `number_state`.
        age: Years at the start of the period, below `OLDEST`.
        lat, long: Place of the purchase from home, microdegrees.
    """

    customer: U64
    day: I64
    second: I64
    profile: I64
    category: I64
    label: I64
    gender: I64
    state: I64
    age: I64
    cents: I64
    merchant: I64
    lat: I64
    long: I64

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def first(self) -> Bools:
        """Whether each row is the first of its customer."""
        return np.append(np.ones(min(1, len(self)), np.bool_), self.customer[1:] != self.customer[:-1])

    @property
    def moment(self) -> I64:
        """Seconds from the start of the period."""
        return self.day * SECONDS_PER_DAY + self.second


class HistoryCollector:
    """Collects the rows of one group of customers, in any order.

    Args:
        scratch: An existing directory for what memory should not hold; the caller removes it.
    """

    def __init__(self, model: ExactModel, scratch: Path) -> None:
        self._sizes = len(model.profiles), len(model.categories), 2, len(GENDERS), STATES, OLDEST
        self._first_day = model.law.period.first_day
        self._directory = scratch / f"histories-{os.getpid()}"
        self._directory.mkdir(exist_ok=True)
        self._spill = Spill(self._directory, "rows")

    def add(self, rows: Columns, batch: pa.RecordBatch) -> None:
        """Take the rows without fault of a batch that has all `COLUMNS`."""
        gender = _number(batch.column("gender"), number_gender)[rows.place]
        state = _number(batch.column("state"), number_state)[rows.place]
        born = batch.column("dob").view(pa.int32()).to_numpy().astype(np.int64)[rows.place]
        age = np.clip(np.floor((self._first_day - born) / 365.2425), 0, OLDEST - 1).astype(np.int64)
        kinds = rows.profile, rows.category, rows.is_fraud.astype(np.int64), gender, state, age
        merchants = (column_words(rows.merchants, _COLUMN["merchant"]) >> np.uint64(32)) % np.uint64(MERCHANT_CELLS)
        words = (
            rows.customer.view(np.int64),
            rows.day * SECONDS_PER_DAY + rows.second,
            np.ravel_multi_index(kinds, self._sizes),
            rows.cents * MERCHANT_CELLS + merchants.view(np.int64)[rows.merchant],
            rows.lat,
            rows.long,
        )
        self._spill.add(np.stack(words, axis=1).view(np.uint64))

    def close(self) -> Iterator[Histories]:
        """Yield all rows in pieces that hold all rows of their customers."""
        for words in self._spill.drain():
            yield self._unpack(words)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _unpack(self, words: U64) -> Histories:
        numbers = words.view(np.int64)
        customer, moment, kind, purchase, lat, long = numbers[np.lexsort((numbers[:, 1], numbers[:, 0]))].T
        profile, category, label, gender, state, age = np.unravel_index(kind, self._sizes)
        return Histories(
            customer=np.ascontiguousarray(customer).view(np.uint64),
            day=moment // SECONDS_PER_DAY,
            second=moment % SECONDS_PER_DAY,
            profile=profile,
            category=category,
            label=label,
            gender=gender,
            state=state,
            age=age,
            cents=purchase // MERCHANT_CELLS,
            merchant=purchase % MERCHANT_CELLS,
            lat=lat,
            long=long,
        )


def number_gender(text: str) -> int:
    """Return the position of a gender in `GENDERS`."""
    return GENDERS.index(text) if text in GENDERS else len(GENDERS) - 1


def number_state(text: str) -> int:
    """Return the number of a state: 0 for AA, 1 for AB ...; `STATES` - 1 for what is no pair of capital letters."""
    letters = [ord(letter) - ord("A") for letter in text]
    if len(letters) != 2 or not all(0 <= letter < 26 for letter in letters):
        return STATES - 1
    return 26 * letters[0] + letters[1]


def _number(array: pa.Array, number: Callable[[str], int]) -> I64:
    encoded = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
    numbers = np.array([number(text) for text in encoded.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(numbers[encoded.indices.to_numpy()])
