"""Writes record batches to Parquet or CSV files, each published whole or not at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from vecgen.io.csv_encoder import Lines
from vecgen.io.parquet_layout import Compression, Encodings, writer_options
from vecgen.stores.changes import create
from vecgen.stores.checksum import checksum_file
from vecgen.stores.filesystem import Place

Format = Literal["parquet", "csv"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
COMPRESSIONS: Final[tuple[Compression, ...]] = get_args(Compression)
ENCODINGS: Final[tuple[Encodings, ...]] = get_args(Encodings)

ROW_GROUP_ROWS: Final = 262_144  # 18 MB of file: enough to spread the cost of dictionaries, little enough to buffer
MAX_ROW_GROUP_ROWS: Final = 3 * ROW_GROUP_ROWS  # a group of customers has up to twice as many rows in December
# With fewer rows to a value of a shared dictionary, values that do not occur would weigh more.
_ROWS_PER_VALUE: Final = 4


@dataclass(frozen=True)
class Stamp:
    """Size of a file in bytes, and the checksum of its bytes."""

    bytes: int
    checksum: str


class Writer(ABC):
    """Appends record batches of one schema to an open file.

    Attributes:
        stamp: Of the file, once it is published.
    """

    stamp: Stamp

    def __init__(self, sink: pa.NativeFile) -> None:
        self._sink = sink

    @property
    def bytes_written(self) -> int:
        """Bytes the file has received so far; buffered rows are not counted."""
        return int(self._sink.tell())

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""

    @abstractmethod
    def end_row_group(self) -> None:
        """Start a new row group, with its own dictionaries, in formats that have them."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is buffered and the file's end."""

    def abandon(self) -> None:  # noqa: B027 - most writers have nothing to forget
        """Forget what is buffered; the file is of no use any more."""


class ParquetWriter(Writer):
    """Writes a row group whenever the caller ends one, or MAX_ROW_GROUP_ROWS rows are buffered."""

    def __init__(
        self, sink: pa.NativeFile, schema: pa.Schema, compression: Compression, encodings: Encodings = "portable"
    ) -> None:
        super().__init__(sink)
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._writer = pq.ParquetWriter(sink, schema, **writer_options(schema.names, compression, encodings))

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        if self._pending_rows >= MAX_ROW_GROUP_ROWS:
            self.end_row_group()

    def finish(self) -> None:
        """Write what is buffered and the footer."""
        self.end_row_group()
        self._writer.close()

    def abandon(self) -> None:
        """Forget what is buffered; the file is of no use any more."""
        # Else pyarrow would close it when it is collected, long after its sink, and complain on stderr.
        self._writer.is_open = False

    def end_row_group(self) -> None:
        """Write what is buffered as a row group."""
        if self._pending_rows:
            table = _keep_used_values(pa.Table.from_batches(self._pending))
            self._writer.write_table(table, row_group_size=self._pending_rows)
            self._pending, self._pending_rows = [], 0


def _keep_used_values(table: pa.Table) -> pa.Table:
    """Return the table with large dictionaries reduced to what occurs: 8,000 merchants are too many for few rows."""
    columns = [_keep_used(c) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, schema=table.schema)


def _keep_used(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if len(column) >= _ROWS_PER_VALUE * len(column.chunk(0).dictionary):
        return column
    return column.cast(pa.string()).combine_chunks().dictionary_encode()


class CsvWriter(Writer):
    """Writes a header and lines."""

    def __init__(self, sink: pa.NativeFile, schema: pa.Schema) -> None:
        super().__init__(sink)
        self._lines = Lines(schema.names)
        sink.write("|".join(schema.names).encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch.

        Raises:
            OutputError: A text that holds the separator or a line break, which this format cannot express.
        """
        if batch.num_rows:
            self._sink.write(self._lines.join(batch))

    def end_row_group(self) -> None:
        """Text has no row groups."""

    def finish(self) -> None:
        """End the last line."""
        self._sink.write(b"\n")


@contextmanager
def open_writer(
    path: Place, schema: pa.Schema, file_format: Format, compression: Compression, encodings: Encodings = "portable"
) -> Iterator[Writer]:
    """Open a writer whose file appears under `path` when the block ends, and leaves no trace when the block raises.

    Its `stamp` is known then.

    Raises:
        OutputError: The directory or the file cannot be written.
    """

    def put_stamp(draft: Path) -> None:
        writer.stamp = Stamp(draft.stat().st_size, checksum_file(draft))  # out of the page cache

    with create(path, put_stamp) as sink:
        parquet = file_format == "parquet"
        writer = ParquetWriter(sink, schema, compression, encodings) if parquet else CsvWriter(sink, schema)
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
