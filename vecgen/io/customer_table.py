"""Turns drawn customers into Arrow tables, a column of text at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.schema import CUSTOMER_COLUMNS, ColumnType
from vecgen.model.customers import Customers, CustomerTables
from vecgen.sampling.arrays import I32, U8, U64

_ARROW_TYPES: Final[dict[ColumnType, pa.DataType]] = {
    "text": pa.string(),
    "float64": pa.float64(),
    "int32": pa.int32(),
    "date": pa.date32(),
}

CUSTOMER_SCHEMA: Final = pa.schema(
    [
        pa.field("customer_id", pa.int64(), nullable=False),
        *(pa.field(column.name, _ARROW_TYPES[column.type], nullable=False) for column in CUSTOMER_COLUMNS),
    ]
)
"""Columns of every table of customers: the id, then those of `schema.CUSTOMER_COLUMNS`."""

_MAX_CARD_DIGITS: Final = 20  # whole groups of four
_DASH: Final = ord("-")


@dataclass(frozen=True, eq=False)
class _Texts:
    """Arrow text of every code, made once per set of tables."""

    first: pa.StringArray
    last: pa.StringArray
    gender: pa.StringArray
    building: pa.StringArray
    street_name: pa.StringArray
    street_suffix: pa.StringArray
    secondary: pa.StringArray
    city: pa.StringArray
    state: pa.StringArray
    zip: pa.StringArray
    job: pa.StringArray
    profile: pa.StringArray


def customers_to_arrow(tables: CustomerTables, customers: Customers) -> pa.Table:
    """Return `customers`, drawn from `tables`, as a table of CUSTOMER_SCHEMA; rows keep their order."""
    texts, places, place = _compile_texts(tables), tables.places, customers.place
    columns: list[pa.Array[Any]] = [
        pa.array(customers.id),
        _format_ssns(customers.ssn),
        _format_cards(customers.card, customers.card_length),
        _take(texts.first, customers.first),
        _take(texts.last, customers.last),
        _take(texts.gender, customers.age_gender),
        _join_streets(texts, customers),
        _take(texts.city, place),
        _take(texts.state, place),
        _take(texts.zip, place),
        pa.array(places.lat.take(place)),
        pa.array(places.long.take(place)),
        pa.array(places.city_pop.take(place).astype(np.int32)),
        _take(texts.job, customers.job),
        pa.array(customers.dob).view(pa.date32()),
        pa.array(customers.account).cast(pa.string()),
        _take(texts.profile, customers.profile),
    ]
    return pa.Table.from_arrays(columns, schema=CUSTOMER_SCHEMA)


# Keyed by identity: tables are frozen, live as long as a run, and take longer to turn into Arrow than a small batch.
@lru_cache(maxsize=2)
def _compile_texts(tables: CustomerTables) -> _Texts:
    words, places = tables.words, tables.places
    return _Texts(
        first=_to_array(words.first_female.texts + words.first_male.texts),
        last=_to_array(words.last.texts),
        gender=_to_array(tables.gender),
        building=_to_array(words.building.texts),
        street_name=_to_array(words.street_name.texts),
        street_suffix=_to_array(words.street_suffix.texts),
        secondary=_to_array(words.secondary.texts),
        city=_to_array(places.city),
        state=_to_array(places.state),
        zip=_to_array(places.zip),
        job=_to_array(words.job.texts),
        profile=_to_array(tables.profile_files),
    )


def _to_array(texts: Iterable[str]) -> pa.StringArray:
    return pa.array(list(texts), type=pa.string())


def _take(texts: pa.StringArray, codes: npt.NDArray[np.integer]) -> pa.StringArray:
    return texts.take(pa.array(codes))


def _join_streets(texts: _Texts, customers: Customers) -> pa.StringArray:
    building = _take(texts.building, customers.building)
    name = _take(texts.street_name, customers.street_name)
    suffix = _take(texts.street_suffix, customers.street_suffix)
    secondary = _take(texts.secondary, customers.secondary)
    street: pa.StringArray = _join(" ", building, name, suffix)
    joined: pa.StringArray = _join("", street, secondary)
    return joined


def _join(separator: str, *parts: object) -> Any:
    # By name, because the stubs know no mixture of arrays and scalars.
    return pc.call_function("binary_join_element_wise", [*parts, pa.scalar(separator)])


def _format_ssns(ssns: I32) -> pa.StringArray:
    digits = _format_digits(ssns.astype(np.uint64), 12)
    text = np.full((len(ssns), 11), _DASH, dtype=np.uint8)
    text[:, 0:3], text[:, 4:6], text[:, 7:11] = digits[:, 3:6], digits[:, 6:8], digits[:, 8:12]
    return _to_strings(text.ravel(), np.full(len(ssns), 11))


def _format_cards(cards: U64, lengths: U8) -> pa.StringArray:
    digits = _format_digits(cards, _MAX_CARD_DIGITS)
    kept = np.arange(_MAX_CARD_DIGITS) >= _MAX_CARD_DIGITS - lengths[:, np.newaxis].astype(np.int64)
    return _to_strings(digits[kept], lengths)


def _format_digits(numbers: U64, width: int) -> U8:
    """Return the last `width` (a multiple of 4) digits of each number as ASCII, one row per number."""
    quads = np.empty((len(numbers), width // 4), dtype=np.uint32)
    rest = numbers
    for column in reversed(range(width // 4)):
        rest, low = np.divmod(rest, np.uint64(10_000))
        quads[:, column] = _QUADS.take(low.view(np.int64))
    return quads.view(np.uint8)


def _spell_quads() -> npt.NDArray[np.uint32]:
    """Return the four ASCII digits of 0000 to 9999, each in the memory of one 32-bit word."""
    digits = np.indices((10, 10, 10, 10), dtype=np.uint8).reshape(4, -1).T + np.uint8(ord("0"))
    return np.ascontiguousarray(digits).view(np.uint32).ravel()


_QUADS: Final = _spell_quads()


def _to_strings(text: U8, lengths: npt.NDArray[np.integer]) -> pa.StringArray:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets.data), pa.py_buffer(text.data))
