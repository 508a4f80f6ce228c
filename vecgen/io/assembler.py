"""Assembles sampled rows into Arrow record batches with the columns of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecgen.io.digest import MULTIPLIERS, NUMBER_MULTIPLIERS, Digest, as_words, digest_words, sum_words, text_words
from vecgen.io.schema import (
    COLUMNS,
    CUSTOMER_COLUMNS,
    CUSTOMER_ID,
    FRAUD_TYPE,
    PROBABILITY_COLUMNS,
    REPORTED_DATE,
    TRANSACTION_SCHEMA,
    Column,
    batch_schema,
    select_digested,
)
from vecgen.io.text import SECONDS_PER_DAY, fixed_text, number_text, split_times, take_time, time_words
from vecgen.model.rows import HONEST, SEEN_ATTRIBUTES, Attribute, Rows
from vecgen.model.tables import Tables
from vecgen.sampling.arrays import F64, I64, U64

MICRODEGREES: Final = 1e6


def needed_attributes(columns: Sequence[Column]) -> frozenset[Attribute]:
    """Return the attributes that have to be drawn for these columns."""
    own = frozenset(attribute for c in columns if c.name in _MADE_OF for attribute in _MADE_OF[c.name].attributes)
    return own | SEEN_ATTRIBUTES if any(c in PROBABILITY_COLUMNS for c in columns) else own


@dataclass(frozen=True)
class Assembler:
    """Turns `Rows` of one group of customers into record batches; built once per group by `make_assembler`.

    All its batches share one dictionary per text column, so a Parquet row group stores each value once.

    Attributes:
        people: The customers, one chunk a column.
        digested: The columns that digests are over.
        encoded: Values per customer of the wanted columns of customers: see `_encode`.
    """

    schema: pa.Schema
    epoch_day: int
    people: pa.Table
    digested: tuple[Column, ...]
    encoded: Mapping[str, tuple[npt.NDArray[Any] | None, pa.Array | None]]
    categories: pa.Array
    merchants: pa.Array
    fraud_types: pa.Array

    def assemble(self, rows: Rows) -> pa.RecordBatch:
        """Return the rows as a record batch of the assembler's schema, but for probabilities of fraud."""
        who = pa.array(rows.customer.astype(np.int32))
        arrays = [
            _take(*self.encoded[name], rows, who) if name in self.encoded else _MADE_OF[name].make(self, rows)
            for name in self._drawn.names
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._drawn)

    def complete(self, batch: pa.RecordBatch, probability: Sequence[F64]) -> pa.RecordBatch:
        """Return an assembled batch with the probabilities of fraud of its rows, by row and by day."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns |= {c.name: pa.array(own) for c, own in zip(PROBABILITY_COLUMNS, probability, strict=True)}
        return pa.RecordBatch.from_arrays([columns[name] for name in self.schema.names], schema=self.schema)

    @cached_property
    def _drawn(self) -> pa.Schema:
        """The columns that `assemble` makes."""
        added = [column.name for column in PROBABILITY_COLUMNS]
        return pa.schema([field for field in self.schema if field.name not in added])

    @cached_property
    def merchant_names(self) -> pa.DictionaryArray:
        """Names of merchants by their position.

        A name may stand in several categories. Parquet wants each value once: with duplicates, pyarrow 26 fills the
        rest of the dictionary page with whatever was in memory.
        """
        return self.merchants.dictionary_encode()

    @cached_property
    def _customer_words(self) -> U64:
        return sum_words(self.people, [c for c in self.digested if c.name not in _MADE_OF])

    @cached_property
    def _category_words(self) -> U64:
        return text_words(self.categories, "category")

    @cached_property
    def _merchant_words(self) -> U64:
        return text_words(self.merchants, "merchant")

    def digest(self, rows: Rows) -> Digest:
        """Return the digest of the rows, over the columns of `select_digested`."""
        if self.digested is not COLUMNS:
            return self._digest_some(rows)
        day = rows.day + self.epoch_day
        words = rows.spread(self._customer_words)
        words += self._category_words.take(rows.category)
        words += self._merchant_words.take(rows.merchant)
        words += take_time(rows.second, _TIME_WORDS)
        # trans_date and unix_time are linear in day and second: one multiplication serves both.
        words += as_words(day) * _DAY_MULTIPLIER
        words += as_words(rows.second) * MULTIPLIERS["unix_time"]
        words += as_words(rows.cents) * MULTIPLIERS["amt"]
        words += as_words(rows.lat) * MULTIPLIERS["merch_lat"]
        words += as_words(rows.long) * MULTIPLIERS["merch_long"]
        words += as_words(rows.is_fraud) * MULTIPLIERS["is_fraud"]
        for half, number in enumerate(rows.number):
            words += number * NUMBER_MULTIPLIERS[half]
        return digest_words(words)

    def _digest_some(self, rows: Rows) -> Digest:
        words = self._customer_words.take(rows.customer)
        for column in self.digested:
            if column.name in _MADE_OF:
                words += _MADE_OF[column.name].words(self, rows)
        return digest_words(words)


def make_assembler(tables: Tables, customers: pa.Table, columns: Sequence[Column] = COLUMNS) -> Assembler:
    """Return the assembler of `columns` of the transactions of `customers` (with `customer_id`, one row each)."""
    people = customers.combine_chunks()
    own = [c for c in columns if c in (CUSTOMER_ID, *CUSTOMER_COLUMNS)]
    digested = select_digested({c.name for c in columns}, COLUMNS)
    return Assembler(
        schema=TRANSACTION_SCHEMA if columns is COLUMNS else batch_schema(columns),
        epoch_day=tables.law.period.first_day,
        people=people,
        digested=COLUMNS if digested == COLUMNS else digested,
        encoded={c.name: _encode(people.column(c.name).combine_chunks(), c) for c in own},
        categories=pa.array(tables.categories, pa.string()),
        merchants=pa.array(tables.merchants, pa.string()),
        fraud_types=pa.array([own.type.name for own in tables.law.types], pa.string()),
    )


def _encode(array: pa.Array, column: Column) -> tuple[npt.NDArray[Any] | None, pa.Array | None]:
    """Return a column's values per customer, or its dictionary positions and dictionary where it is text."""
    if column.type == "date":
        return array.view(pa.int32()).to_numpy(), None
    if column.type != "text":
        return array.to_numpy(), None
    encoded = array.cast(pa.string()).dictionary_encode()
    # Where every customer has a value of its own, a customer's position is its position in the dictionary.
    distinct = len(encoded.dictionary) == len(array)
    return None if distinct else encoded.indices.to_numpy(), encoded.dictionary


def _take(values: npt.NDArray[Any] | None, dictionary: pa.Array | None, rows: Rows, who: pa.Array) -> pa.Array:
    taken = who if values is None else pa.array(rows.spread(values))
    return taken if dictionary is None else pa.DictionaryArray.from_arrays(taken, dictionary, safe=False)


def _dictionary(positions: I64, dictionary: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32)), dictionary, safe=False)


with np.errstate(over="ignore"):
    _DAY_MULTIPLIER: Final = MULTIPLIERS["trans_date"] + np.uint64(SECONDS_PER_DAY) * MULTIPLIERS["unix_time"]
_TIME_TEXT: Final = split_times(time_words)
_TIME_WORDS: Final = split_times(
    lambda second: text_words(fixed_text(time_words(second).view(np.uint8), 8), "trans_time")
)


def _make_type(assembler: Assembler, rows: Rows) -> pa.Array:
    positions = pa.array(rows.fraud_type.astype(np.int32), mask=rows.fraud_type == HONEST)
    return pa.DictionaryArray.from_arrays(positions, assembler.fraud_types, safe=False)


def _make_reported(assembler: Assembler, rows: Rows) -> pa.Array:
    assert rows.reported is not None
    days = (rows.reported + assembler.epoch_day).astype(np.int32)
    return pa.array(days, mask=rows.reported < 0).view(pa.date32())


def _no_words(_: Assembler, rows: Rows) -> U64:
    """Return nothing: what follows from the other columns is no part of a digest."""
    return np.zeros(len(rows), dtype=np.uint64)


@dataclass(frozen=True)
class _Recipe:
    """How a column of a transaction is made of rows, and which of their attributes it takes.

    Attributes:
        words: Makes what the column adds to the words of a digest.
    """

    attributes: tuple[Attribute, ...]
    make: Callable[[Assembler, Rows], pa.Array]
    words: Callable[[Assembler, Rows], U64]


def _list_days(assembler: Assembler, rows: Rows) -> I64:
    return rows.day + assembler.epoch_day


def _list_moments(assembler: Assembler, rows: Rows) -> I64:
    moment = _list_days(assembler, rows)
    moment *= SECONDS_PER_DAY
    moment += rows.second
    return moment


def _make_merchant(assembler: Assembler, rows: Rows) -> pa.Array:
    names = assembler.merchant_names
    return _dictionary(names.indices.to_numpy().take(rows.merchant), names.dictionary)


def _number_words(_: Assembler, rows: Rows) -> U64:
    left, right = (number * factor for number, factor in zip(rows.number, NUMBER_MULTIPLIERS, strict=True))
    return left + right


def _words_of(name: str, values: Callable[[Assembler, Rows], npt.NDArray[np.integer]]) -> Callable[..., U64]:
    """Return what makes the words of a column of whole numbers."""
    return lambda assembler, rows: as_words(values(assembler, rows)) * MULTIPLIERS[name]


_MADE_OF: Final[Mapping[str, _Recipe]] = {
    "trans_num": _Recipe(("number",), lambda _, rows: number_text(rows.number), _number_words),
    "trans_date": _Recipe(
        (),
        lambda a, rows: pa.array(_list_days(a, rows).astype(np.int32)).view(pa.date32()),
        _words_of("trans_date", _list_days),
    ),
    "trans_time": _Recipe(
        ("second",),
        lambda _, rows: fixed_text(take_time(rows.second, _TIME_TEXT).view(np.uint8), 8),
        lambda _, rows: take_time(rows.second, _TIME_WORDS),
    ),
    "unix_time": _Recipe(
        ("second",), lambda a, rows: pa.array(_list_moments(a, rows)), _words_of("unix_time", _list_moments)
    ),
    "category": _Recipe(
        ("category",),
        lambda a, rows: _dictionary(rows.category, a.categories),
        lambda a, rows: a._category_words.take(rows.category),
    ),
    "amt": _Recipe(
        ("cents",), lambda _, rows: pa.array(rows.cents / 100.0), _words_of("amt", lambda _, rows: rows.cents)
    ),
    "is_fraud": _Recipe(
        (), lambda _, rows: pa.array(rows.is_fraud), _words_of("is_fraud", lambda _, rows: rows.is_fraud)
    ),
    "merchant": _Recipe(("merchant",), _make_merchant, lambda a, rows: a._merchant_words.take(rows.merchant)),
    "merch_lat": _Recipe(
        ("lat",), lambda _, rows: pa.array(rows.lat / MICRODEGREES), _words_of("merch_lat", lambda _, rows: rows.lat)
    ),
    "merch_long": _Recipe(
        ("long",),
        lambda _, rows: pa.array(rows.long / MICRODEGREES),
        _words_of("merch_long", lambda _, rows: rows.long),
    ),
    FRAUD_TYPE.name: _Recipe(("fraud_type",), _make_type, _no_words),
    REPORTED_DATE.name: _Recipe(("number", "fraud_type"), _make_reported, _no_words),
}
