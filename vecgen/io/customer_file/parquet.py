"""Reads customers files in Parquet; few bytes can expand to many, so sizes are bounded before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from vecgen.errors import InputError
from vecgen.io.customer_file.columns import check_columns, check_length, check_texts, check_type, is_text, measure_texts
from vecgen.io.customer_file.origin import Origin
from vecgen.io.schema import CUSTOMER_COLUMNS

_NAMES: Final = [column.name for column in CUSTOMER_COLUMNS]
_BATCH: Final = 1 << 14  # rows, each with twelve texts of a kilobyte at most
_SLICE: Final = 1 << 28  # bytes of a batch of texts that may share all they have in common
_ROOM: Final = 1 << 26
_RATIO: Final = 100
_CODED: Final = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}
_SHARING: Final = "DELTA_BYTE_ARRAY"


def read_parquet(path: Path) -> tuple[pa.Table, Origin]:
    """Read the columns of customers in the types they have in the file, dictionaries written out.

    Raises:
        InputError: A missing column, a type or a text that no customer can have, or a file that holds more than a
            hundred times its size.
    """
    room = _ROOM + _RATIO * path.stat().st_size
    with pyarrow.parquet.ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    check_columns(path, schema.names)
    for column in CUSTOMER_COLUMNS:
        check_type(str(path), column.name, column.type, schema.field(column.name).type)
    _check_sizes(path, metadata, room)
    texts = [name for name in _NAMES if _is_text(schema.field(name).type)]
    _check_dictionaries(path, metadata, texts)
    origin = Origin(str(path), "row", metadata.num_rows, 1)
    with pyarrow.parquet.ParquetFile(path) as file:
        batches = file.iter_batches(_choose_batch_size(metadata, texts), columns=_NAMES)
        table = pa.concat_tables(_write_out(origin, batches, texts, room), promote_options="default")
    return table, origin


def _is_text(type_: pa.DataType) -> bool:
    return is_text(type_.value_type if pa.types.is_dictionary(type_) else type_)


def _check_sizes(path: Path, metadata: pyarrow.parquet.FileMetaData, room: int) -> None:
    size = path.stat().st_size
    if metadata.num_rows > size:
        expected = "customers that take a byte each, at least"
        raise InputError(str(path), "", f"{metadata.num_rows:,} rows in {size:,} bytes", expected)
    needed = sum(chunk.total_uncompressed_size for chunk in _list_chunks(metadata, _NAMES))
    if needed > room:
        raise _refuse_size(str(path), needed, room)


def _refuse_size(where: str, size: int, room: int) -> InputError:
    expected = f"at most {room:,} bytes: {_RATIO} times the file's size"
    return InputError(where, "", f"values of {size:,} bytes", expected, "split the file if it is what it should be")


def _list_chunks(
    metadata: pyarrow.parquet.FileMetaData, names: Collection[str]
) -> Iterator[pyarrow.parquet.ColumnChunkMetaData]:
    for group in range(metadata.num_row_groups):
        chunks = metadata.row_group(group)
        for number in range(metadata.num_columns):
            if chunks.column(number).path_in_schema in names:
                yield chunks.column(number)


def _check_dictionaries(path: Path, metadata: pyarrow.parquet.FileMetaData, texts: Collection[str]) -> None:
    """Refuse long texts in dictionaries, which every row may name; the first row brings the dictionary along."""
    chunks = _list_chunks(metadata, texts)
    coded = sorted({chunk.path_in_schema for chunk in chunks if _CODED & set(chunk.encodings)})
    with pyarrow.parquet.ParquetFile(path, read_dictionary=coded) as file:
        for group in range(metadata.num_row_groups) if coded else ():
            for batch in islice(file.iter_batches(1, [group], coded, use_threads=False), 1):
                for name in coded:
                    check_length(str(path), name, batch.column(name))


def _choose_batch_size(metadata: pyarrow.parquet.FileMetaData, texts: Collection[str]) -> int:
    """Return how many rows are read at once: few where each text may repeat all of the text before it."""
    chunks = _list_chunks(metadata, texts)
    longest = max((c.total_uncompressed_size for c in chunks if _SHARING in c.encodings), default=1)
    return max(1, min(_BATCH, _SLICE // max(1, longest)))


def _write_out(
    origin: Origin, batches: Iterator[pa.RecordBatch], texts: Collection[str], room: int
) -> Iterator[pa.Table]:
    """Yield batches with plain texts instead of dictionaries, as long as all together have room."""
    before, size = 0, 0
    for batch in batches:
        table = pa.Table.from_batches([batch])
        for name in texts:
            column = table.column(name)
            check_texts(origin, name, column, before)
            size += int(pc.sum(measure_texts(column)).as_py() or 0)
            if size > room:
                raise _refuse_size(origin.where, size, room)
            if pa.types.is_dictionary(column.type):
                plain = column.cast(column.type.value_type)
                table = table.set_column(table.column_names.index(name), name, plain)
        yield table
        before += batch.num_rows
