"""Checks a data file before its rows are decoded, and each batch before its values are used.

A small file can say a great deal: one long text repeated a million times, a page that unpacks to gigabytes. So names,
types and sizes are read from the footer first, text that repeats stays a dictionary, and batches are cut by bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vecgen.errors import InputError
from vecgen.io.schema import PUBLIC_MOMENT, Column, ColumnType, arrow_schema

_TEXT_PER_GROUP: Final = 1 << 29
"""Bytes of unpacked text in a row group: 14 million transaction numbers."""
_TEXT_PER_ROW: Final = 1 << 10
_TEXT_ALLOWANCE: Final = 1 << 20  # of few rows, too: a dictionary serves all groups alike
_DICTIONARIES: Final = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}
_NEWER: Final = {"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"}
"""Text that PyArrow cannot read as dictionaries."""
_DISTINCT: Final = {"trans_num", PUBLIC_MOMENT}  # a dictionary would not pay
_LONGEST: Final = 1 << 16
_SLICE_BYTES: Final = 1 << 26
_SHOWN: Final = 100  # characters of a type, which may be a structure of thousands
_LARGEST: Final = 1e12  # in microdegrees and cents it must fit 64 bits
_KINDS: Final[dict[ColumnType, str]] = {
    "text": "text",
    "float64": "numbers",
    "int8": "whole numbers",
    "int32": "whole numbers",
    "int64": "whole numbers",
    "date": "dates",
}


def check_names(where: str, names: Sequence[str], columns: Sequence[Column]) -> None:
    """Accept the column names of a file that has each of `columns` once.

    Raises:
        InputError: One is missing or there twice.
    """
    for column in columns:
        times = names.count(column.name)
        if times == 0:
            raise InputError(where, "columns", column.name, "a file with this column", "see the README's schema")
        if times > 1:
            raise InputError(where, f"column {column.name}", f"{times} of this name", "one", "remove the others")


def check_parquet(where: str, size: int, file: pq.ParquetFile, columns: Sequence[Column]) -> list[str]:
    """Accept a Parquet file by its footer, and return the text columns to be read as dictionaries.

    Args:
        size: Of the file in bytes.

    Raises:
        InputError: Names, types or sizes that rows of a dataset cannot have.
    """
    names = list(file.schema_arrow.names)
    check_names(where, names, columns)
    for column in columns:
        _check_type(where, column, file.schema_arrow.field(column.name).type)
    if file.metadata.num_rows > size:  # each row has a number of its own, which cannot take less than a byte
        raise InputError(where, "rows", f"{file.metadata.num_rows:,} in {size:,} bytes", "no more rows than bytes")
    texts, repeating = {column.name for column in columns if column.type == "text"}, repeating_texts(columns)
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    encodings = [found for group in groups for found in _check_row_group(where, group, texts)]
    coded, newer = ({name for name, found in encodings if found & kind} for kind in (_DICTIONARIES, _NEWER))
    return sorted((repeating | coded) - newer)


def repeating_texts(columns: Sequence[Column]) -> set[str]:
    """Return the names of text columns whose values repeat, which are read as dictionaries."""
    return {column.name for column in columns if column.type == "text"} - _DISTINCT


def _check_row_group(where: str, group: Any, texts: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Bound the text of a row group, and yield the encodings of each of its text columns."""
    total = 0
    for chunk in map(group.column, range(group.num_columns)):
        name, unpacked, encodings = chunk.path_in_schema, chunk.total_uncompressed_size, set(chunk.encodings)
        if name not in texts:
            continue
        total += unpacked
        if unpacked > _TEXT_ALLOWANCE + _TEXT_PER_ROW * group.num_rows or total > _TEXT_PER_GROUP:
            found = f"{unpacked:,} bytes of text in {group.num_rows:,} rows"
            expected = f"at most {_TEXT_PER_ROW:,} bytes a row, {_TEXT_PER_GROUP >> 20} MiB a row group"
            raise InputError(
                where, f"column {name}", found, expected, "write it with smaller row groups if it is right"
            )
        # In the first, a text may hold all of the one before; dictionaries of the second cannot stay dictionaries.
        if "DELTA_BYTE_ARRAY" in encodings or (encodings & _DICTIONARIES and encodings & _NEWER):
            found = ", ".join(sorted(encodings))
            raise InputError(where, f"column {name}", found, "encodings that bound the text", "write the file again")
        yield name, encodings


def conform(where: str, batch: pa.RecordBatch, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield a batch with `columns` in their types, every value present and usable; in slices where texts are long.

    Raises:
        InputError: A column of another type, or a value that is missing, out of range or no UTF-8.
    """
    arrays = [_conform_column(where, column, batch.column(column.name)) for column in columns]
    longest = max(
        (_longest_text(where, c, a) for c, a in zip(columns, arrays, strict=True) if c.type == "text"), default=0
    )
    whole = pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])
    rows = max(1, _SLICE_BYTES // max(longest, 1))
    yield from (whole.slice(first, rows) for first in range(0, whole.num_rows, rows))


def _conform_column(where: str, column: Column, array: pa.Array) -> pa.Array:
    place = f"column {column.name}"
    _check_type(where, column, array.type)
    if array.null_count and not column.nullable:
        raise InputError(where, place, None, "a value in every row", "write the dataset again")
    target = arrow_schema([column]).field(0).type
    if pa.types.is_dictionary(array.type):
        target = pa.dictionary(pa.int32(), target)
    try:
        array.validate(full=True)
        converted = array if array.type == target else array.cast(target)
    except pa.ArrowException as error:
        raise InputError(where, place, str(error).splitlines()[0], f"{_KINDS[column.type]} that fit {target}") from None
    if column.type == "float64":
        _check_finite(where, place, converted)
    return converted


def _check_finite(where: str, place: str, array: pa.Array) -> None:
    values = array.to_numpy(zero_copy_only=False)
    usable = np.abs(values) < _LARGEST  # neither is not-a-number
    if not usable.all():
        raise InputError(
            where, place, float(values[int(usable.argmin())]), f"a number between -{_LARGEST:g} and {_LARGEST:g}"
        )


def _longest_text(where: str, column: Column, array: pa.Array) -> int:
    texts = array.dictionary if isinstance(array, pa.DictionaryArray) else array
    offsets = np.frombuffer(texts.buffers()[1] or b"", dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    longest = int(np.diff(offsets).max(initial=0))
    if longest > _LONGEST:
        raise InputError(where, f"column {column.name}", f"a text of {longest:,} bytes", f"at most {_LONGEST:,} bytes")
    return longest


def _check_type(where: str, column: Column, found: pa.DataType) -> None:
    if not _holds(found, column.type):
        raise InputError(where, f"column {column.name}", str(found)[:_SHOWN], f"{_KINDS[column.type]} ({column.type})")


def _holds(found: pa.DataType, kind: ColumnType) -> bool:
    """Return whether a column of this type can hold values of `kind` without a guess."""
    inner = found.value_type if pa.types.is_dictionary(found) else found
    tests: Mapping[ColumnType, tuple[Any, ...]] = {
        "text": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
        "float64": (pa.types.is_floating, pa.types.is_decimal),
        "date": (pa.types.is_date, pa.types.is_timestamp),
    }
    is_plain = kind == "text" or inner is found
    return is_plain and any(test(inner) for test in tests.get(kind, (pa.types.is_integer,)))
