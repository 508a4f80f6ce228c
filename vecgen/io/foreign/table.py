"""Reads columns of any table: Parquet, or CSV with a header, whatever separates its fields."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vecgen.errors import InputError
from vecgen.stores.filesystem import Place, open_input

_BATCH_ROWS: Final = 262_144
_LONGEST_HEADER: Final = 1 << 16
_BLOCK: Final = 1 << 23  # bytes of CSV that become a batch
_DELIMITERS: Final = ("|", ",", ";", "\t")
_NULLS: Final = ["", "NULL", "null", "NaN", "nan", "NA"]
_UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, csv.Error)


def read_header(path: Place) -> tuple[list[str], str]:
    """Return the names of a table's columns, and what separates them in a CSV file.

    Raises:
        InputError: A file that cannot be read as what its suffix says, or is empty.
    """
    try:
        with open_input(path) as source:
            if path.suffix != ".csv":
                return list(pq.read_schema(source).names), ""
            line = source.read(_LONGEST_HEADER).partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")
        delimiter = max(_DELIMITERS, key=line.count)
        # Between bars, quotes are text.
        names = line.split("|") if delimiter == "|" else next(csv.reader([line], delimiter=delimiter))
    except _UNREADABLE as error:
        raise InputError(str(path), "", _reason(error), f"a readable {path.suffix[1:]} file") from error
    if not line:
        raise InputError(str(path), "line 1", "an empty file or line", "the names of columns")
    return names, delimiter


def count_rows(path: Place) -> int:
    """Return the rows of a Parquet file.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with open_input(path) as source:
            return int(pq.read_metadata(source).num_rows)
    except _UNREADABLE as error:
        raise InputError(str(path), "", _reason(error), "a readable parquet file") from error


def read_table(path: Place, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    """Yield columns of a table, in their own types where it is a Parquet file; empty fields of CSV are null.

    Args:
        types: Of the columns of a CSV file.

    Raises:
        InputError: A file that cannot be read as what its suffix says, or with values of other types.
    """
    try:
        with open_input(path) as source:
            yield from _read_csv(path, source, types) if path.suffix == ".csv" else _read_parquet(source, types)
    except _UNREADABLE as error:
        raise InputError(str(path), "", _reason(error), f"a readable {path.suffix[1:]} file") from error


def _read_csv(path: Place, source: pa.NativeFile, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    delimiter = read_header(path)[1]
    options = pacsv.ParseOptions(delimiter=delimiter, quote_char=False if delimiter == "|" else '"')
    convert = pacsv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=_NULLS, strings_can_be_null=True
    )
    with pacsv.open_csv(source, pacsv.ReadOptions(block_size=_BLOCK), options, convert) as reader:
        yield from reader


def _read_parquet(source: pa.NativeFile, names: Iterable[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(source) as file:
        if file.num_row_groups:  # PyArrow 18 and 19 fail where there is none and text is read as dictionaries
            texts = [name for name in names if pa.types.is_string(file.schema_arrow.field(name).type)]
            with pq.ParquetFile(source, read_dictionary=texts, metadata=file.metadata) as again:
                yield from again.iter_batches(_BATCH_ROWS, columns=[*names])


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
