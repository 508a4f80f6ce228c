"""Encodes record batches as lines of the original's text format: columns separated by `|`, no quotes; and as usual CSV.

Most of a line is the customer, the same for a run of rows, and joined once per run. Neighbours of equal width - numbers
of transactions, times, cents - are laid side by side as bytes; Arrow then joins the few pieces that are left. A line
begins with its break: adding it behind would copy all lines once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import InputError
from vecgen.io.schema import (
    ALL_COLUMNS,
    CUSTOMER_COLUMNS,
    FRAUD_CASE_COLUMNS,
    MORE_CASE_COLUMNS,
    TRANSACTION_COLUMNS,
    Column,
)
from vecgen.io.text import fixed_text
from vecgen.sampling.arrays import F64, I64, Bools

# Texts: of any width as an Arrow array, of equal width as a NumPy array whose items are their bytes.
Piece: TypeAlias = "pa.Array | npt.NDArray[Any]"

_KNOWN: Final = {c.name: c for c in (*ALL_COLUMNS, *FRAUD_CASE_COLUMNS, *MORE_CASE_COLUMNS)}
_BAR: Final = np.frombuffer(b"|", dtype=np.uint8)
_WIDTHS: Final = {
    "trans_num": 32,
    "trans_time": 8,
}  # width of texts that are digits and colons, whatever the user's
_TWO_DIGITS: Final = np.frombuffer(b"".join(b"%02d" % n for n in range(100)), dtype="V2")
_FOUR_DIGITS: Final = np.frombuffer(b"".join(b"%04d" % n for n in range(10_000)), dtype="V4")
_POSITIVE_WHOLES: Final = 100_000  # dollars; more are rare
_NEGATIVE_WHOLES: Final = 181  # degrees


class Lines:
    """Makes lines of record batches with some of the columns of a dataset's part, the customer's first."""

    def __init__(self, names: Sequence[str]) -> None:
        columns = [_KNOWN[name] for name in names]
        first = next((place for place, column in enumerate(columns) if column in TRANSACTION_COLUMNS), len(columns))
        first = max(first, 1)  # without a customer's, the first column takes their way
        self._customer, self._own = columns[:first], columns[first:]

    def join(self, batch: pa.RecordBatch) -> pa.Buffer:
        """Return the bytes of the lines, each behind a line break.

        Raises:
            InputError: A text that holds the separator or a line break, which this format cannot express.
        """
        pieces: list[Piece] = [self._customer_texts(batch)]
        for column in self._own:
            pieces += _own_pieces(batch.column(column.name), column)
        return pc.binary_join_element_wise(*_unite_fixed(pieces, batch.num_rows), "").buffers()[2]

    def _customer_texts(self, batch: pa.RecordBatch) -> pa.Array:
        if not self._own:
            return self._join_customers(batch)
        starts = _find_runs([batch.column(c.name) for c in self._customer])
        texts = self._join_customers(batch.take(pa.array(starts)))
        run = np.zeros(batch.num_rows, dtype=np.int64)
        run[starts[1:]] = 1
        return texts.take(pa.array(np.cumsum(run)))

    def _join_customers(self, rows: pa.RecordBatch) -> pa.Array:
        first, *others = (_customer_text(rows.column(c.name), c) for c in self._customer)
        return pc.binary_join_element_wise(pc.binary_join_element_wise("\n", first, ""), *others, "|")


def _find_runs(columns: Sequence[pa.Array]) -> I64:
    """Return where runs of equal rows begin. No column alone will do: a user's customers may share any value."""
    changes = np.zeros(len(columns[0]), dtype=np.bool_)
    changes[0] = True
    for column in columns:
        values = (column.indices if isinstance(column, pa.DictionaryArray) else column).to_numpy(zero_copy_only=False)
        changes[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(changes)


def _customer_text(array: pa.Array, column: Column) -> pa.Array:
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary.take(array.indices)
    if column.decimals is not None:
        array = array.cast(pa.decimal128(18, column.decimals))
    if column.type != "text":
        return array.cast(pa.string()).fill_null("")
    if column.nullable:
        array = array.fill_null("")
    _refuse_separators(array, column)
    return array


def _own_pieces(array: pa.Array, column: Column) -> Iterator[Piece]:
    """Yield the pieces of a transaction's column, the separator before it included."""
    if column.decimals is not None:
        yield from _decimal_pieces(array.to_numpy(), column.decimals)
        return
    yield _BAR
    if column in CUSTOMER_COLUMNS or column.nullable or column.type == "float64":
        yield _customer_text(array, column)
    elif column.name in _WIDTHS:
        yield _bytes_of(array, _WIDTHS[column.name])
    elif isinstance(array, pa.DictionaryArray):
        _refuse_separators(array.dictionary, column)
        yield array.dictionary.take(array.indices)
    elif column.type == "date":
        days = array.dictionary_encode()
        yield _bytes_of(days.dictionary.cast(pa.string()), len("YYYY-MM-DD")).take(days.indices.to_numpy())
    else:
        yield from _integer_pieces(array)


def _bytes_of(array: pa.Array, width: int) -> npt.NDArray[np.void]:
    """Return texts of equal width as one item each, without copying them."""
    _, offsets, data = array.buffers()
    start = np.frombuffer(offsets, dtype=np.int32)[array.offset]
    return np.frombuffer(data, dtype=f"V{width}", count=len(array), offset=start)


def _integer_pieces(array: pa.Array) -> Iterator[Piece]:
    """Yield labels (one digit) and moments from 2001 to 2286 (ten) as digits, anything else as Arrow prints it."""
    values = array.to_numpy()
    low, high = values.min(), values.max()
    if low >= 0 and high <= 9:
        yield (values + ord("0")).astype(np.uint8)
    elif low >= 10**9 and high < 10**10:
        yield from _digits(values, 10)
    else:
        yield array.cast(pa.string())


def _decimal_pieces(values: F64, decimals: int) -> Iterator[Piece]:
    """Yield numbers with 2, 4 or 6 decimals, exactly as rounding to that many decimals prints them.

    Half the time of a cast of Arrow's decimals.
    """
    scaled = np.rint(values * 10.0**decimals).astype(np.int64)
    size = np.abs(scaled)
    whole = size // 10**decimals
    yield _whole_texts(whole, scaled < 0)
    yield from _digits(size - whole * 10**decimals, decimals)


def _whole_texts(whole: I64, negative: Bools) -> pa.Array:
    """Return `|`, sign, whole number and decimal point."""
    if negative.any():
        if whole.max() < _NEGATIVE_WHOLES:
            return _list_wholes().take(pa.array(whole + _POSITIVE_WHOLES * negative))
    elif whole.max() < _POSITIVE_WHOLES:
        return _list_wholes().take(pa.array(whole))
    sign = pc.if_else(pa.array(negative), "|-", "|")
    return pc.binary_join_element_wise(sign, pa.array(whole).cast(pa.string()), ".", "")


@cache
def _list_wholes() -> pa.Array:
    """Return the texts of 0, 1, 2 ..., then those of -0, -1, -2 ...: to look them up halves the time of printing."""
    texts = [f"|{n}." for n in range(_POSITIVE_WHOLES)] + [f"|-{n}." for n in range(_NEGATIVE_WHOLES)]
    return pa.array(texts)


def _digits(values: I64, places: int) -> Iterator[npt.NDArray[np.void]]:
    """Yield the last digits of numbers, zeros in front included, in pieces of four and two."""
    while places:
        step = 4 if places % 4 == 0 else 2
        places -= step
        table = _FOUR_DIGITS if step == 4 else _TWO_DIGITS
        yield table.take(values // 10**places % 10**step)


def _unite_fixed(pieces: Sequence[Piece], rows: int) -> Iterator[pa.Array]:
    """Yield the pieces with neighbours of equal width made one."""
    for fixed, group in groupby(pieces, key=lambda piece: isinstance(piece, np.ndarray)):
        if not fixed:
            yield from group
            continue
        columns = list(group)
        out = np.empty(rows, dtype=[(f"{i}", c.dtype) for i, c in enumerate(columns)])
        for i, c in enumerate(columns):
            out[f"{i}"] = c
        yield fixed_text(out.view(np.uint8), out.itemsize)


def _refuse_separators(array: pa.Array, column: Column) -> None:
    if not _may_hold(array, b"|\r\n"):
        return
    bad = pc.match_substring_regex(array, r"[|\r\n]")
    if pc.any(bad).as_py():
        value = array.filter(bad)[0].as_py()
        remedy = "remove '|' and line breaks or use Parquet"
        raise InputError(f"column {column.name}", "", value, "text that CSV can hold", remedy)


def _may_hold(texts: pa.Array, marks: bytes) -> bool:
    """Return whether a mark is in the buffer of texts, which may hold more than the texts."""
    data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    return any((data == mark).any() for mark in marks)


def join_quoted(batch: pa.RecordBatch, first: int) -> pa.Buffer:
    """Return the bytes of lines of usual CSV, each with its break: commas between columns, quotes where needed.

    Args:
        first: Number that stands before the first line; the others are counted on from there.
    """
    numbers = pa.array(np.arange(first, first + batch.num_rows)).cast(pa.string())
    texts = [_quote(batch.column(name), _KNOWN.get(name)) for name in batch.schema.names]
    return pc.binary_join_element_wise(pc.binary_join_element_wise(numbers, *texts, ","), "\n", "").buffers()[2]


def _quote(array: pa.Array, column: Column | None) -> pa.Array:
    """Return values as texts, with quotes around those that hold a comma, a quote or a line break."""
    if column is not None and column.decimals is not None:
        array = array.cast(pa.decimal128(18, column.decimals))
    if not pa.types.is_string(array.type):
        return array.cast(pa.string())  # numbers and dates hold none of them
    if not _may_hold(array, b',"\r\n'):
        return array
    codes = array.dictionary_encode()
    texts = codes.dictionary
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(texts, r'[,"\r\n]'), quoted, texts).take(codes.indices)
