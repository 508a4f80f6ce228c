"""Checks the columns of customers files: names, types, values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import InputError, shorten, suggest
from vecgen.io.customer_file.origin import Chunks, Origin
from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.io.schema import CUSTOMER_COLUMNS, ColumnType

MAX_TEXT: Final = 1000
"""Bytes of a text."""

_MAX_COMPARED: Final = 100  # columns of others that are compared with a missing one
_BOUNDS: Final = {"lat": (-90.0, 90.0), "long": (-180.0, 180.0), "city_pop": (0, 2**31 - 1)}
_FIRST_DAY, _LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
_KINDS: Final[dict[ColumnType, str]] = {
    "text": "text, so that leading zeros survive",
    "float64": "a number",
    "int32": "a whole number",
    "date": "a date YYYY-MM-DD",
}


def check_columns(path: Path, names: Sequence[str]) -> None:
    """Accept a file that has every column of a customer once.

    Raises:
        InputError: One is missing or there twice.
    """
    wanted = [column.name for column in CUSTOMER_COLUMNS]
    for name in wanted:
        if names.count(name) != 1:
            others = [other for other in names[:_MAX_COMPARED] if other not in wanted]
            remedy = _advise(name, names, others) or f"needed are {', '.join(wanted)}"
            raise InputError(str(path), f"column {name}", f"{names.count(name)} times", "each column once", remedy)


def _advise(name: str, names: Sequence[str], others: Sequence[str]) -> str:
    if any(other[:1] == '"' for other in others):
        return "write the file without quotes, which are a part of its texts"
    if len(names) == 1:
        return "separate the columns by |"
    likely = suggest(name, others) if name not in names else ""
    return likely and f"rename the column that is meant: {likely}"


def check_type(where: str, name: str, kind: ColumnType, type_: pa.DataType) -> None:
    """Accept a column whose type can stand for `kind`.

    Raises:
        InputError: It cannot.
    """
    if not pa.types.is_null(type_) and not _may_hold(type_, kind):
        raise InputError(where, f"column {name}", shorten(str(type_)), _KINDS[kind])


def check_texts(origin: Origin, name: str, column: Chunks, before: int = 0) -> None:
    """Accept texts in UTF-8 of at most MAX_TEXT bytes; the first row is number `before` of the file's.

    Raises:
        InputError: Another.
    """
    _check_encoding(origin, name, column)
    for chunk in column.chunks:
        texts = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
        if is_text(texts.type) and (pc.max(_lengths(texts)).as_py() or 0) > MAX_TEXT:
            row = int(np.argmax(np.asarray(measure_texts(column)) > MAX_TEXT))
            raise origin.fail(before + row, name, column[row].as_py(), f"a text of at most {MAX_TEXT:,} bytes")


def check_length(where: str, name: str, texts: pa.Array) -> None:
    """Accept texts, or a dictionary of such, of at most MAX_TEXT bytes, whether or not a row names them.

    Raises:
        InputError: One is longer.
    """
    lengths = _lengths(texts.dictionary if isinstance(texts, pa.DictionaryArray) else texts)
    longest = pc.max(lengths).as_py() or 0
    if longest > MAX_TEXT:
        raise InputError(
            where, f"column {name}", f"a text of {longest:,} bytes", f"texts of at most {MAX_TEXT:,} bytes"
        )


def measure_texts(column: Chunks) -> Chunks:
    """Return the bytes of each text, 0 for a missing one, without writing dictionaries out."""
    chunks = []
    for chunk in column.chunks:
        is_coded = isinstance(chunk, pa.DictionaryArray)
        lengths = _lengths(chunk.dictionary).take(chunk.indices) if is_coded else _lengths(chunk)
        chunks.append(pc.fill_null(lengths.cast(pa.int64()), 0))
    return pa.chunked_array(chunks, pa.int64())


def _lengths(texts: pa.Array) -> pa.Array:
    return pc.binary_length(texts.cast(pa.large_string()) if pa.types.is_string_view(texts.type) else texts)


def is_text(type_: pa.DataType) -> bool:
    """Return whether a type is one of Arrow's texts."""
    types = pa.types
    return bool(types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_))


def convert(origin: Origin, name: str, kind: ColumnType, column: Chunks) -> Chunks:
    """Return a column in its type of CUSTOMER_SCHEMA, every value present and within its bounds.

    Raises:
        InputError: The first value that is not.
    """
    if column.null_count:
        row = find_first(column.is_null(), True)
        raise origin.fail(row, name, None, _KINDS[kind])
    check_type(origin.where, name, kind, column.type)
    target = CUSTOMER_SCHEMA.field(name).type
    if not _can_cast(column, target):
        raise origin.fail_at(column, _find_uncastable(column, target), name, _KINDS[kind])
    converted = column.cast(target)
    if name in _BOUNDS:
        _check_bounds(origin, name, converted, *_BOUNDS[name])
    elif kind == "date":
        days = converted.cast(pa.int32())
        row = _find_outside(days, _FIRST_DAY, _LAST_DAY)
        if row >= 0:
            raise origin.fail_at(column, row, name, f"a date from {date.min} to {date.max}")
    return converted


def _may_hold(type_: pa.DataType, kind: ColumnType) -> bool:
    """Return whether a column of this type may stand for `kind`: Arrow would also turn truth values into numbers."""
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    types = pa.types
    if is_text(inner):
        return True
    if kind == "date":
        return bool(types.is_date(inner) or types.is_timestamp(inner))
    numeric = types.is_integer(inner) or types.is_floating(inner) or types.is_decimal(inner)
    return kind != "text" and bool(numeric)


def _check_encoding(origin: Origin, name: str, column: Chunks) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        found = shorten(str(error).splitlines()[0])
        raise InputError(origin.where, f"column {name}", found, "valid values, text in UTF-8") from None


def _can_cast(column: Chunks, target: pa.DataType) -> bool:
    try:
        column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def _find_uncastable(column: Chunks, target: pa.DataType) -> int:
    """Return the first row of a column that cannot be cast, by bisection."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        if _can_cast(column.slice(low, middle - low), target):
            low = middle
        else:
            high = middle
    return low


def _check_bounds(origin: Origin, name: str, column: Chunks, low: float, high: float) -> None:
    row = _find_outside(column, low, high)
    if row >= 0:
        raise origin.fail_at(column, row, name, f"a number from {low} to {high}")


def _find_outside(column: Chunks, low: float, high: float) -> int:
    """Return the first row outside the bounds, -1 where there is none."""
    # Not-a-number fails both comparisons.
    above, below = _compare("greater_equal", column, low), _compare("less_equal", column, high)
    inside: Chunks = pc.call_function("and", [above, below])
    return find_first(inside, False)


def _compare(function: str, column: Chunks, bound: float) -> Chunks:
    compared: Chunks = pc.call_function(function, [column, pa.scalar(bound, type=column.type)])
    return compared


def find_first(mask: Chunks, value: bool) -> int:
    """Return the first position of `value`, -1 where there is none."""
    return int(pc.call_function("index", [mask], pc.IndexOptions(pa.scalar(value))).as_py())
