"""A bounded sample of rows as features: what a learner sees of a row, and of its customer's row before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import F64, U64, Bools
from vecgen.sampling.rng import GOLDEN, mix
from vecgen.scan.comparison.histories import Histories

MOST_ROWS: Final = 100_000
"""Of a sample, where nothing else is said: a learner takes ten seconds for two of them."""

CATEGORICAL: Final = ("profile", "category", "previous category")
LABEL: Final = "fraud"
_PLACE: Final = frozenset({"lat", "long", "merch_lat", "merch_long"})
FEATURES: Final[Mapping[str, frozenset[str]]] = {
    "profile": frozenset({"profile"}),
    "category": frozenset({"category"}),
    "amount": frozenset({"amt"}),
    "second": frozenset({"trans_time"}),
    "weekday": frozenset({"trans_date"}),
    "month": frozenset({"trans_date"}),
    "north of home": _PLACE,
    "east of home": _PLACE,
    LABEL: frozenset({"is_fraud"}),
    "seconds since": frozenset({"trans_date", "trans_time"}),
    "previous category": frozenset({"category"}),
    "previous amount": frozenset({"amt"}),
    "previous second": frozenset({"trans_time"}),
    "same merchant": frozenset({"merchant"}),
    "previous fraud": frozenset({"is_fraud"}),
}
"""The features in order, and the columns that each needs; those that tell of the row before are not-a-number in a
customer's first row."""


@dataclass
class RowSample:
    """Rows chosen by a hash.

    Attributes:
        features: Shape (rows, features).
        customer: A hash of what identifies the customer.
        key: The hash by which rows are chosen.
        one_in: Of so many rows one is in the sample, a power of 2.
        most: Rows that it may hold.
    """

    features: F64 = field(default_factory=lambda: np.zeros((0, len(FEATURES))))
    customer: U64 = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    key: U64 = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    one_in: int = 1
    most: int = MOST_ROWS

    def __len__(self) -> int:
        return len(self.customer)

    def add(self, other: RowSample) -> None:
        """Add rows of other customers; where they become too many, half of all are left out, again and again."""
        self._thin(max(self.one_in, other.one_in))
        chosen = _choose(other.key, self.one_in)
        self.features = np.concatenate([self.features, other.features[chosen]])
        self.customer = np.concatenate([self.customer, other.customer[chosen]])
        self.key = np.concatenate([self.key, other.key[chosen]])
        while len(self) > self.most:
            self._thin(2 * self.one_in)

    def _thin(self, one_in: int) -> None:
        if one_in > self.one_in:
            chosen = _choose(self.key, one_in)
            self.features, self.customer, self.key = self.features[chosen], self.customer[chosen], self.key[chosen]
            self.one_in = one_in


def sample_histories(rows: Histories, model: ExactModel, one_in: int) -> RowSample:
    """Return one in so many of the rows of some customers."""
    key = mix(rows.customer + rows.moment.view(np.uint64) * np.uint64(GOLDEN) + rows.cents.view(np.uint64))
    chosen = _choose(key, one_in)
    at = np.flatnonzero(chosen)
    return RowSample(_describe(rows, at, model), rows.customer[at], key[at], one_in)


def _choose(key: U64, one_in: int) -> Bools:
    return np.asarray(key & np.uint64(one_in - 1) == 0)


def _describe(rows: Histories, at: np.ndarray, model: ExactModel) -> F64:
    """Return the features of the rows at some places."""
    before, first = np.maximum(at - 1, 0), rows.first[at]
    days = model.law.period.first_day + rows.day[at]
    amount = np.log(rows.cents)
    own = (
        *(rows.profile[at], rows.category[at], amount[at], rows.second[at]),
        *((days + 3) % 7, days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12),
        *(rows.lat[at], rows.long[at], rows.label[at]),
    )
    previous = (
        *(np.log1p(np.where(first, 0, rows.moment[at] - rows.moment[before])), rows.category[before], amount[before]),
        *(rows.second[before], rows.merchant[at] == rows.merchant[before], rows.label[before]),
    )
    return np.column_stack([*own, *(np.where(first, np.nan, values) for values in previous)]).astype(np.float64)
