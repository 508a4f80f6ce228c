"""Plain columns to Arrow record batches with the 26 columns of a dataset, and their digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecgen.calendars import Customers
from vecgen.digest import Digest, as_words, digest_words, hash_texts, multiplier, whole
from vecgen.errors import InputError, suggest
from vecgen.schema import (
    COLUMNS,
    CUSTOMER_COLUMNS,
    CUSTOMER_ID,
    FRAUD_CASE_COLUMNS,
    TRANSACTION_COLUMNS,
    Column,
)
from vecgen.streams import U64
from vecgen.tables import Tables
from vecgen.transactions import Attribute, Rows

_DICTIONARY: Final = pa.dictionary(pa.int32(), pa.string())
_TYPES: Final = {
    "text": pa.string(),
    "float64": pa.float64(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "int8": pa.int8(),
    "date": pa.date32(),
}
# Text of few distinct values per batch; transaction numbers and times have too many for a dictionary to pay.
_PLAIN_TEXT: Final = frozenset({"trans_num", "trans_time"})
_MICRODEGREES: Final = 1e6
_SECONDS_PER_DAY: Final = 86_400


def arrow_type(column: Column) -> pa.DataType:
    """Return the type a column has for readers."""
    return _TYPES[column.type]


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of `columns` as readers see it."""
    return pa.schema([pa.field(c.name, arrow_type(c), nullable=False) for c in columns])


def batch_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of assembled batches: as `arrow_schema`, with dictionaries for repeating text."""
    types = [_DICTIONARY if c.type == "text" and c.name not in _PLAIN_TEXT else arrow_type(c) for c in columns]
    return pa.schema([pa.field(c.name, t, nullable=False) for c, t in zip(columns, types, strict=True)])


TRANSACTION_SCHEMA: Final = batch_schema(COLUMNS)


def choose_columns(names: Sequence[str], known: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of these names, in their order.

    Raises:
        InputError: No name, a name twice, or one that none of the known columns has.
    """
    by_name = {column.name: column for column in known}
    for position, name in enumerate(names):
        if name not in by_name or name in names[:position]:
            expected = f"each name once, of {', '.join(by_name)}"
            raise InputError("columns", "", name, expected, "" if name in by_name else suggest(name, by_name))
    if not names:
        raise InputError("columns", "", "no name", f"any of {', '.join(by_name)}")
    return tuple(by_name[name] for name in names)


def needed_attributes(columns: Sequence[Column]) -> frozenset[Attribute]:
    """Return what has to be drawn of rows for these columns."""
    own = {column.name for column in TRANSACTION_COLUMNS}
    return frozenset(attribute for c in columns if c.name in own for attribute in _MADE_OF[c.name].attributes)


@dataclass(frozen=True)
class Assembler:
    """Turns `Rows` of one group of customers into record batches; built once per group by `make_assembler`.

    All its batches share one dictionary per text column, so a Parquet row group stores each value once.

    Attributes:
        people: The customers, one chunk a column.
        encoded: Values per customer of a customer's columns that are asked for: see `_encode`.
    """

    schema: pa.Schema
    epoch_day: int
    people: pa.Table
    encoded: Mapping[str, tuple[npt.NDArray[Any] | None, pa.Array | None]]
    categories: pa.Array
    merchants: pa.Array

    def assemble(self, rows: Rows) -> pa.RecordBatch:
        """Return the rows as a record batch of the assembler's schema."""
        who = pa.array(rows.customer.astype(np.int32))
        arrays = [
            _take(*self.encoded[name], rows.customer, who) if name in self.encoded else _MADE_OF[name].make(self, rows)
            for name in self.schema.names
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    @cached_property
    def merchant_names(self) -> pa.DictionaryArray:
        """Names of merchants by their position.

        A name may stand in several categories. Parquet wants each value once: with duplicates, pyarrow 26 fills the
        rest of the dictionary page with whatever was in memory.
        """
        return self.merchants.dictionary_encode()

    @cached_property
    def _customer_words(self) -> U64:
        return _sum_words(self.people, CUSTOMER_COLUMNS)

    @cached_property
    def _category_words(self) -> U64:
        return _text_words(self.categories, "category")

    @cached_property
    def _merchant_words(self) -> U64:
        return _text_words(self.merchants, "merchant")

    def digest(self, rows: Rows) -> Digest:
        """Return the digest of the rows' 26 columns, whichever were assembled; they must have all attributes."""
        day = rows.day + self.epoch_day
        words = self._customer_words.take(rows.customer)
        words += self._category_words.take(rows.category)
        words += self._merchant_words.take(rows.merchant)
        words += _take_time(rows.second, _TIME_WORDS)
        # trans_date and unix_time are linear in day and second: one multiplication serves both.
        words += as_words(day) * _DAY_MULTIPLIER
        words += as_words(rows.second) * _MULTIPLIERS["unix_time"]
        words += as_words(rows.cents) * _MULTIPLIERS["amt"]
        words += as_words(rows.lat) * _MULTIPLIERS["merch_lat"]
        words += as_words(rows.long) * _MULTIPLIERS["merch_long"]
        words += as_words(rows.is_fraud) * _MULTIPLIERS["is_fraud"]
        for half, number in enumerate(rows.number):
            words += number * _NUMBER_MULTIPLIERS[half]
        return digest_words(words)


def make_assembler(tables: Tables, customers: pa.Table, columns: Sequence[Column] = COLUMNS) -> Assembler:
    """Return the assembler of `columns` of the transactions of `customers` (with `customer_id`, one row each)."""
    people = customers.combine_chunks()
    own = [c for c in columns if c in (CUSTOMER_ID, *CUSTOMER_COLUMNS)]
    return Assembler(
        TRANSACTION_SCHEMA if columns is COLUMNS else batch_schema(columns),
        tables.law.period.first_day,
        people,
        {c.name: _encode(people.column(c.name).combine_chunks(), c) for c in own},
        pa.array(tables.categories, pa.string()),
        pa.array(tables.merchants, pa.string()),
    )


def locate_customers(customers: pa.Table) -> Customers:
    """Return what transactions need to know of `customers` (with `customer_id`)."""

    def micro(name: str) -> npt.NDArray[np.int64]:
        degrees: npt.NDArray[np.float64] = customers.column(name).to_numpy()
        return np.rint(degrees * _MICRODEGREES).astype(np.int64)

    return Customers(customers.column("customer_id").to_numpy(), micro("lat"), micro("long"))


def digest_batches(batches: Iterable[pa.RecordBatch], columns: Sequence[Column]) -> Digest:
    """Return the digest of `columns` as they stand in record batches read back from any format."""
    total = Digest()
    for batch in batches:
        total += digest_words(_sum_words(batch, columns))
    return total


def _sum_words(batch: pa.RecordBatch | pa.Table, columns: Sequence[Column]) -> U64:
    words = np.zeros(batch.num_rows, dtype=np.uint64)
    for column in columns:
        array = batch.column(column.name)
        words += column_words(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array, column)
    return words


def column_words(array: pa.Array, column: Column) -> U64:
    """Return what the values of a column add to the words of their rows (see `digest`)."""
    if isinstance(array, pa.DictionaryArray):
        words: U64 = column_words(array.dictionary, column).take(array.indices.to_numpy(zero_copy_only=False))
        return words
    if column.name == "trans_num":
        return _number_words(array)
    if column.type == "text":
        return _text_words(array, column.name)
    values = (array.view(pa.int32()) if column.type == "date" else array).to_numpy(zero_copy_only=False)
    numbers = whole(values, column) if column.type == "float64" else as_words(values)
    return numbers * _MULTIPLIERS[column.name]


def _text_words(array: pa.Array, name: str) -> U64:
    array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    bytes_ = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)
    return hash_texts(bytes_, ends) * _MULTIPLIERS[name]


def _number_words(array: pa.Array) -> U64:
    """Return the words of transaction numbers; text that is not 32 hexadecimal digits hashes as text."""
    halves = number_halves(array)
    if halves is None:
        return _text_words(array, "trans_num")
    words: U64 = halves[:, 0] * _NUMBER_MULTIPLIERS[0] + halves[:, 1] * _NUMBER_MULTIPLIERS[1]
    return words


def number_halves(array: pa.Array) -> U64 | None:
    """Return the two halves of transaction numbers, shape (rows, 2); None unless all have 32 hexadecimal digits."""
    digits = text_bytes(array, 32)
    if digits is None:
        return None
    values = _HEX_VALUES.take(digits)
    if values.max(initial=0) > 15:
        return None
    halves: U64 = ((values[:, 0::2] << np.uint8(4)) | values[:, 1::2]).view("<u8")
    return halves


def text_bytes(array: pa.Array, width: int) -> npt.NDArray[np.uint8] | None:
    """Return the bytes of texts, shape (rows, width); None unless all have this width."""
    array = array.cast(pa.string())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    if len(array) == 0 or not (np.diff(ends) == width).all():
        return None
    return np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]].reshape(-1, width)


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


def _take(
    values: npt.NDArray[Any] | None, dictionary: pa.Array | None, customer: npt.NDArray[np.int64], who: pa.Array
) -> pa.Array:
    taken = who if values is None else pa.array(values.take(customer))
    return taken if dictionary is None else pa.DictionaryArray.from_arrays(taken, dictionary, safe=False)


def _dictionary(positions: npt.NDArray[np.int64], dictionary: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32)), dictionary, safe=False)


def _number_text(number: tuple[U64, U64]) -> pa.Array:
    """Return 32 hexadecimal digits per row: the bytes of both halves, lowest first.

    Arithmetic on whole vectors of bytes: 8 ns a row, and none of the cache; a table of all pairs of bytes 10 to 14 ns.
    """
    words = np.stack(number, axis=1).astype("<u8", copy=False)
    pairs = words.view(np.uint8).ravel().astype("<u2")  # of nibbles: the high one becomes the first byte
    high = pairs >> np.uint16(4)
    pairs &= np.uint16(15)
    pairs <<= np.uint16(8)
    pairs |= high
    digits = pairs.view(np.uint8)
    letters = (digits > 9).view(np.uint8)
    letters *= np.uint8(ord("a") - ord("9") - 1)
    letters += np.uint8(ord("0"))
    digits += letters
    return fixed_text(digits, 32)


def fixed_text(data: npt.NDArray[np.uint8], width: int) -> pa.Array:
    """Return texts of equal width from their bytes, without copying them."""
    rows = data.size // width
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def _take_time(second: npt.NDArray[np.int64], table: tuple[U64, U64]) -> U64:
    """Return what `_split_times` has split, for each second of the day."""
    minutes, seconds = table
    minute = second // 60
    out: U64 = minutes.take(minute)
    out += seconds.take(second - 60 * minute)
    return out


def _split_times(table: U64) -> tuple[U64, U64]:
    """Split a table of the seconds of a day, in which the digits add up, into the minutes' part and the seconds'.

    Two tables in the innermost cache instead of one of 691 kB: 4 ns a row instead of 7.
    """
    return table[::60].copy(), table[:60] - table[0]


def _list_times() -> U64:
    """Return the eight bytes HH:MM:SS of each second of a day as one word."""
    second = np.arange(_SECONDS_PER_DAY)
    digits = np.full((_SECONDS_PER_DAY, 8), ord(":"), dtype=np.uint8)
    for place, value in ((0, second // 3600), (3, second // 60 % 60), (6, second % 60)):
        digits[:, place] = ord("0") + value // 10
        digits[:, place + 1] = ord("0") + value % 10
    return digits.view("<u8").ravel()


def _list_hex_values() -> npt.NDArray[np.uint8]:
    values = np.full(256, 16, dtype=np.uint8)
    for value, digit in enumerate(b"0123456789abcdef"):
        values[digit] = value
    return values


_MULTIPLIERS: Final = {c.name: multiplier(c.name) for c in (CUSTOMER_ID, *COLUMNS, *FRAUD_CASE_COLUMNS)}
_NUMBER_MULTIPLIERS: Final = (multiplier("trans_num", 0), multiplier("trans_num", 1))
with np.errstate(over="ignore"):
    _DAY_MULTIPLIER: Final = _MULTIPLIERS["trans_date"] + np.uint64(_SECONDS_PER_DAY) * _MULTIPLIERS["unix_time"]
_HEX_VALUES: Final = _list_hex_values()
_TIME_TEXT: Final = _split_times(_list_times())
_TIME_WORDS: Final = _split_times(_text_words(fixed_text(_list_times().view(np.uint8), 8), "trans_time"))


@dataclass(frozen=True)
class _Recipe:
    """How a column of a transaction is made of rows, and which of their attributes it takes."""

    attributes: tuple[Attribute, ...]
    make: Callable[[Assembler, Rows], pa.Array]


def _make_unix_time(assembler: Assembler, rows: Rows) -> pa.Array:
    moment = rows.day + assembler.epoch_day
    moment *= _SECONDS_PER_DAY
    moment += rows.second
    return pa.array(moment)


def _make_merchant(assembler: Assembler, rows: Rows) -> pa.Array:
    names = assembler.merchant_names
    return _dictionary(names.indices.to_numpy().take(rows.merchant), names.dictionary)


_MADE_OF: Final[Mapping[str, _Recipe]] = {
    "trans_num": _Recipe(("number",), lambda _, rows: _number_text(rows.number)),
    "trans_date": _Recipe((), lambda a, rows: pa.array((rows.day + a.epoch_day).astype(np.int32)).view(pa.date32())),
    "trans_time": _Recipe(
        ("second",), lambda _, rows: fixed_text(_take_time(rows.second, _TIME_TEXT).view(np.uint8), 8)
    ),
    "unix_time": _Recipe(("second",), _make_unix_time),
    "category": _Recipe(("category",), lambda a, rows: _dictionary(rows.category, a.categories)),
    "amt": _Recipe(("cents",), lambda _, rows: pa.array(rows.cents / 100.0)),
    "is_fraud": _Recipe((), lambda _, rows: pa.array(rows.is_fraud)),
    "merchant": _Recipe(("merchant",), _make_merchant),
    "merch_lat": _Recipe(("lat",), lambda _, rows: pa.array(rows.lat / _MICRODEGREES)),
    "merch_long": _Recipe(("long",), lambda _, rows: pa.array(rows.long / _MICRODEGREES)),
}
