"""The public dataset's form, read as our columns: date and time apart, merchants without prefix, ZIP codes with zeros.

Its files, `fraudTrain.csv` and `fraudTest.csv`, are copied, joined and saved again in many ways: with commas or bars,
or as Parquet whose numbers and dates have the types that pandas gave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.schema import PUBLIC_MOMENT, PUBLIC_PREFIX, Column, ColumnType

_DATE, _TIME = "trans_date", "trans_time"
_MOMENT: Final = Column(PUBLIC_MOMENT, "text", "date and time of the transaction", "YYYY-MM-DD HH:MM:SS")
_ZIP_DIGITS: Final = 5
_KINDS: Final[Mapping[tuple[ColumnType, ColumnType], ColumnType]] = {
    ("text", "int64"): "int64",  # card numbers and ZIP codes
    ("text", "date"): "date",  # the moment
    ("date", "text"): "text",
}
"""Types that are read for ours, by ours and what a Parquet file has."""


def is_public(names: Sequence[str]) -> bool:
    """Return whether a file with columns of these names has the public form."""
    return PUBLIC_MOMENT in names


def to_our_names(names: Sequence[str]) -> list[str]:
    """Return the names of our columns that a file of the public form has, and those of its further ones."""
    return [_DATE, _TIME, *(name for name in names if name not in (_DATE, _TIME, PUBLIC_MOMENT))]


def choose_theirs(columns: Sequence[Column], schema: pa.Schema | None = None) -> tuple[Column, ...]:
    """Return the columns of a file of the public form from which `to_ours` makes ours.

    Args:
        schema: Of a Parquet file; None for text.
    """
    own = dict.fromkeys(_MOMENT if column.name in (_DATE, _TIME) else column for column in columns)
    if schema is None:
        return tuple(own)
    return tuple(replace(c, type=_KINDS.get((c.type, _kind_of(schema.field(c.name).type)), c.type)) for c in own)


def _kind_of(found: pa.DataType) -> ColumnType:
    if pa.types.is_integer(found):
        return "int64"
    return "date" if pa.types.is_date(found) or pa.types.is_timestamp(found) else "text"


def to_ours(batch: pa.RecordBatch, columns: Sequence[Column]) -> pa.RecordBatch:
    """Return our columns of rows in those of `choose_theirs`.

    Raises:
        pa.ArrowException: A date or time that is none.
    """
    values: dict[str, Any] = {name: batch.column(name) for name in batch.schema.names}
    if PUBLIC_MOMENT in values:
        moment = values[PUBLIC_MOMENT]
        if pa.types.is_timestamp(moment.type):
            moment = moment.cast(pa.timestamp("s"), safe=False)
        texts = moment.cast(pa.string())
        values[_DATE] = pc.utf8_slice_codeunits(texts, 0, 10).cast(pa.date32())
        values[_TIME] = pc.utf8_slice_codeunits(texts, 11, 19)
    for column in columns:
        if column.type == "text":
            values[column.name] = _to_text(values[column.name], column)
        elif column.type == "date" and not _is_date(values[column.name].type):
            values[column.name] = values[column.name].cast(pa.string()).cast(pa.date32())
    return pa.RecordBatch.from_arrays([values[column.name] for column in columns], names=[c.name for c in columns])


def _is_date(found: pa.DataType) -> bool:
    return bool(pa.types.is_date(found) or pa.types.is_timestamp(found))


def _to_text(array: pa.Array, column: Column) -> pa.Array:
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    if column.name not in ("merchant", "zip"):
        return array
    coded = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
    if column.name == "zip":  # read as a number, it has lost its zeros
        return _recode(coded, pc.utf8_lpad(coded.dictionary, _ZIP_DIGITS, "0"))
    return _recode(coded, pc.replace_substring_regex(coded.dictionary, f"^{PUBLIC_PREFIX}", ""))


def _recode(coded: pa.DictionaryArray, texts: pa.Array) -> pa.DictionaryArray:
    """Return the same rows with other texts, each once in the dictionary."""
    again = texts.cast(pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(coded.indices), again.dictionary)
