"""Datasets with fewer columns: which checks their rows allow, and rows made complete for those that they do.

Customers' columns are joined where transactions carry `customer_id` and the customers' files are there; profiles are
told by age, sex and city where no column says them, as in the public dataset's form. What is missing then is filled
with values that the other checks overlook; whatever needs it is not reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID, Column, arrow_type
from vecgen.model.customers import GENDERS, Segmenter
from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import I64, Bools

_CUSTOMER: Final = CUSTOMER_ID.name
"""Stands for what tells customers apart: their id, or all three identifiers."""
_IDENTIFIERS: Final = frozenset({"ssn", "cc_num", "acct_num"})
TELLABLE: Final = frozenset({*_IDENTIFIERS - {"cc_num"}, "profile"})
"""Columns that the public form lacks: card numbers tell customers apart, and what segments ask for tells profiles."""
_SEGMENTED: Final = frozenset({"dob", "gender", "city_pop"})
_KIND: Final = frozenset({"profile", "is_fraud"})
_HISTORY: Final = _KIND | {_CUSTOMER, "trans_date"}
_SLOT: Final = _HISTORY | {"category", "trans_time"}
_COORDINATES: Final = frozenset({"lat", "long", "merch_lat", "merch_long"})
_PLACE: Final = _KIND | _COORDINATES
SCORE_NEEDS: Final = _SLOT | _COORDINATES | {"amt"}
"""Columns that the probability of fraud needs; `customer_id` stands for what tells customers apart."""

CHECK_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    **{name: frozenset({name}) for name in ("profile", "trans_num", "trans_date", "trans_time", "amt", "is_fraud")},
    "customer_id": frozenset(),
    "unix_time": frozenset({"trans_date", "trans_time", "unix_time"}),
    "category": _KIND | {"category"},
    "place": _PLACE,
    "unique trans_num": frozenset({"trans_num"}),
    "fraud dates": frozenset({_CUSTOMER, "trans_date", "is_fraud"}),
    "defrauded": frozenset({_CUSTOMER, "is_fraud"}),
    "copied cards": frozenset({"ssn", "cc_num", "is_fraud", "trans_date", "category", "merchant"}),
    "numbers of frauds": frozenset({"trans_num", "is_fraud"}),
    "fraud_type": frozenset({"trans_num", "is_fraud", "trans_date"}),
    "safe: transactions": frozenset({"ssn", "cc_num"}),
    "fraud cases": _HISTORY | {"ssn", "cc_num", "amt"},
}
"""Columns that a check of transactions needs."""

LAW_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            "rate",
            "defrauded",
            "defrauded by profile",
            "fraud rate",
            "regular rows of the defrauded",
            "rate of the defrauded",
            "fraud type",
            "fraud window",
            "month of fraud windows",
            "length of fraud windows",
            "dates within windows",
            "date",
            "weekday",
            "month",
        ),
        _HISTORY,
    ),
    "category": _KIND | {"category"},
    "category and day part": _SLOT,
    "date, category and day part": _SLOT,
    "category and day part by month and weekday": _SLOT,
    "hour by category": _KIND | {"category", "trans_time"},
    "hour by month": _KIND | {"trans_date", "trans_time"},
    "hour": _KIND | {"trans_time"},
    **dict.fromkeys(("length of bursts", "seconds between rows", "rows outside bursts"), _HISTORY | {"trans_time"}),
    **dict.fromkeys(("minute and second", "minute", "second"), frozenset({"is_fraud", "trans_time"})),
    **dict.fromkeys(("amount by category and day part", "amount"), _SLOT | {"amt"}),
    **dict.fromkeys(("latitudes of a case", "longitudes of a case"), _PLACE | {_CUSTOMER}),
    **dict.fromkeys(("place", "latitude", "longitude", "place of travellers"), _PLACE),
    **dict.fromkeys(("travelling customers", "rows of travellers near home"), _PLACE | {_CUSTOMER}),
    **dict.fromkeys(("report delay", "reported"), frozenset({"is_fraud", "trans_date", "trans_num"})),
    "merchant within category": frozenset({"is_fraud", "category", "merchant"}),
    "compromised merchants": frozenset({"is_fraud", "trans_date", "category", "merchant"}),
    **dict.fromkeys(("probability of a row", "probability of a day"), SCORE_NEEDS),
}
"""Columns that a law of transactions needs."""


@dataclass(frozen=True)
class Scope:
    """Which columns of transactions can be looked at.

    Attributes:
        columns: Those of the files.
        joined: Whether the customers' are added by `customer_id`.
        segments: What tells profiles where no column does; card numbers tell customers apart then.
    """

    columns: tuple[Column, ...] = COLUMNS
    joined: bool = False
    segments: Segmenter | None = None

    @property
    def known(self) -> frozenset[str]:
        """Names of what can be looked at; `customer_id` if customers can be told apart."""
        names = {column.name for column in (*self.columns, *(CUSTOMER_COLUMNS if self.joined else ()))}
        if self.segments and names >= _SEGMENTED:
            names.add("profile")
        if names >= _IDENTIFIERS or (self.segments and "cc_num" in names):
            names.add(_CUSTOMER)
        return frozenset(names)

    @property
    def untested(self) -> frozenset[str]:
        """Names of the checks that rows do not allow."""
        return frozenset(name for name, needs in CHECK_NEEDS.items() if needs - self.known)

    def describe_untested(self, names: Iterable[str], needs: Mapping[str, Collection[str]]) -> list[str]:
        """Return a sentence for each set of missing columns, on what of `names` is not testable without it."""
        by_columns: dict[tuple[str, ...], list[str]] = {}
        for name in dict.fromkeys(names):
            if lacking := tuple(sorted(set(needs.get(name, ())) - self.known)):
                by_columns.setdefault(lacking, []).append(name)
        return [f"not testable: {', '.join(own)} ({_tell(columns)})" for columns, own in by_columns.items()]


def _tell(columns: tuple[str, ...]) -> str:
    return f"column{'s' * (len(columns) > 1)} {', '.join(columns)} {'are' if len(columns) > 1 else 'is'} not there"


WHOLE: Final = Scope()
"""Of a dataset with all columns."""


def complete(
    batch: pa.RecordBatch, model: ExactModel, customers: pa.Table | None = None, segments: Segmenter | None = None
) -> tuple[pa.RecordBatch, int]:
    """Return the rows of a batch with all `COLUMNS`, and how many were left out, since nobody knows their customers.

    Args:
        customers: Customers with `customer_id`, ascending; None for none.
        segments: As of `Scope`.
    """
    strangers, joined = 0, dict[str, pa.Array]()
    if customers is not None:
        ids, known = batch.column(_CUSTOMER).to_numpy(), customers.column(_CUSTOMER).to_numpy()
        found: Bools = np.isin(ids, known)
        strangers = int(np.count_nonzero(~found))
        batch, ids = batch.filter(pa.array(found)), ids[found]
        places, which = np.unique(np.searchsorted(known, ids), return_inverse=True)
        own = customers.take(pa.array(places)).combine_chunks()
        joined = {column.name: _spread(own.column(column.name), which) for column in CUSTOMER_COLUMNS}
    values = joined | {name: batch.column(name) for name in batch.schema.names}
    if segments and "profile" not in values and values.keys() >= _SEGMENTED:
        values["profile"] = tell_profiles(values, segments)
    if not values.keys() >= _COORDINATES:
        values = {name: array for name, array in values.items() if name not in _COORDINATES}
    arrays = [values[c.name] if c.name in values else _fill(c, batch, model) for c in COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in COLUMNS]), strangers


def tell_profiles(values: Mapping[str, pa.Array], segments: Segmenter) -> pa.DictionaryArray:
    """Return the profile of each row's customer, as the column `profile` holds it."""
    gender, age = tell_customers(values["gender"], values["dob"], segments)
    found = segments.find(gender, age, values["city_pop"].to_numpy())
    return pa.DictionaryArray.from_arrays(pa.array(found.astype(np.int32)), pa.array(segments.profiles.files))


def tell_customers(genders: pa.Array, births: pa.Array, segments: Segmenter) -> tuple[I64, I64]:
    """Return positions in GENDERS, the next one for others, and full years."""
    gender = pc.index_in(genders.cast(pa.string()), pa.array(GENDERS)).fill_null(len(GENDERS))
    born = births.view(pa.int32()).to_numpy().astype("datetime64[D]")
    return gender.to_numpy().astype(np.int64), segments.tell_ages(born)


def _spread(column: pa.ChunkedArray, which: np.ndarray) -> pa.Array:
    """Return each row's value of its customer."""
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if not pa.types.is_string(values.type):
        return values.take(pa.array(which))
    return pa.DictionaryArray.from_arrays(pa.array(which.astype(np.int32)), values)


def _fill(column: Column, batch: pa.RecordBatch, model: ExactModel) -> pa.Array:
    """Return values of a column that is not there."""
    if column.name == "ssn" and _CUSTOMER in batch.schema.names:
        return batch.column(_CUSTOMER).cast(pa.string())  # customers stay apart
    fillers = {
        "profile": model.profile_files[0],
        "category": model.categories[0],
        "trans_num": "0" * 32,
        "trans_time": "00:00:00",
        "trans_date": model.law.period.start,
        "dob": model.law.period.start,
        "amt": 1.0,
    }
    value = fillers.get(column.name, "" if column.type == "text" else 0)
    if column.type == "text":
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(batch.num_rows, dtype=np.int32)), pa.array([value]))
    return pa.repeat(pa.scalar(value, arrow_type(column)), batch.num_rows)
