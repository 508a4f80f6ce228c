"""Record batches to Parquet or CSV files, each published whole under its final name or not at all."""

from __future__ import annotations

import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vecgen.arrow import fixed_text
from vecgen.encodings import Compression, writer_options
from vecgen.errors import OutputError
from vecgen.schema import CUSTOMER_COLUMNS, TRANSACTION_COLUMNS, Column

Format = Literal["parquet", "csv"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
COMPRESSIONS: Final[tuple[Compression, ...]] = get_args(Compression)

ROW_GROUP_ROWS: Final = 262_144  # 16 MB of file: enough to spread the cost of dictionaries, little enough to buffer
MAX_ROW_GROUP_ROWS: Final = 2 * ROW_GROUP_ROWS
_TWO_DIGITS: Final = np.frombuffer("".join(f"{pair:02d}" for pair in range(100)).encode(), dtype="<u2")
_ROWS_PER_VALUE: Final = (
    4  # with fewer rows to a value of a shared dictionary, values that do not occur would weigh more
)


class Writer(ABC):
    """Appends record batches of one schema to an open file."""

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
        """Let what follows have dictionaries of its own, in formats that know such a thing."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is buffered and the file's end."""

    def abandon(self) -> None:  # noqa: B027 - most writers have nothing to forget
        """Forget what is buffered; the file is of no use any more."""


class ParquetWriter(Writer):
    """Writes a row group whenever the caller ends one, or MAX_ROW_GROUP_ROWS rows are buffered."""

    def __init__(self, sink: pa.NativeFile, schema: pa.Schema, compression: Compression) -> None:
        super().__init__(sink)
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._writer = pq.ParquetWriter(sink, schema, **writer_options(schema.names, compression))

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
    """Writes the original's text format: a header, columns separated by `|`, no quotes.

    The customer's sixteen columns are joined once per run of rows of one customer; the lines of a batch are one Arrow
    string column, whose buffer goes to the file as it is. A line begins with its break: adding it behind would copy all
    lines once more.
    """

    def __init__(self, sink: pa.NativeFile, schema: pa.Schema) -> None:
        super().__init__(sink)
        self._customer = [c for c in CUSTOMER_COLUMNS if c.name in schema.names]
        self._own = [c for c in TRANSACTION_COLUMNS if c.name in schema.names]
        sink.write("|".join(schema.names).encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch.

        Raises:
            OutputError: A text that holds the separator or a line break, which this format cannot express.
        """
        if batch.num_rows == 0:
            return
        parts = [self._customer_texts(batch)]
        parts += [_text(batch.column(c.name), c) for c in self._own]
        self._sink.write(pc.binary_join_element_wise(*parts, "|").buffers()[2])

    def end_row_group(self) -> None:
        """Text has no row groups."""

    def finish(self) -> None:
        """End the last line."""
        self._sink.write(b"\n")

    def _customer_texts(self, batch: pa.RecordBatch) -> pa.Array:
        if not self._own:
            return self._join_customers(batch)
        starts = _find_runs([batch.column(c.name) for c in self._customer])
        texts = self._join_customers(batch.take(pa.array(starts)))
        run = np.zeros(batch.num_rows, dtype=np.int64)
        run[starts[1:]] = 1
        return texts.take(pa.array(np.cumsum(run)))

    def _join_customers(self, rows: pa.RecordBatch) -> pa.Array:
        first, *others = (_text(rows.column(c.name), c) for c in self._customer)
        return pc.binary_join_element_wise(pc.binary_join_element_wise("\n", first, ""), *others, "|")


def _find_runs(columns: Sequence[pa.Array]) -> npt.NDArray[np.int64]:
    """Return where runs of equal rows begin. No column alone will do: a user's customers may share any value."""
    changes = np.zeros(len(columns[0]), dtype=np.bool_)
    changes[0] = True
    for column in columns:
        values = (column.indices if isinstance(column, pa.DictionaryArray) else column).to_numpy(zero_copy_only=False)
        changes[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(changes)


def _text(array: pa.Array, column: Column) -> pa.Array:
    if isinstance(array, pa.DictionaryArray):
        if len(array) < len(array.dictionary):
            return _text(array.dictionary.take(array.indices), column)
        return _text(array.dictionary, column).take(array.indices)
    if column.type == "text":
        _refuse_separators(array, column)
        return array
    if column.decimals is not None:
        return _decimal_text(array.to_numpy(), column.decimals)
    if column.type == "date":
        days = array.dictionary_encode()
        return days.dictionary.cast(pa.string()).take(days.indices)
    return array.cast(pa.string())


def _refuse_separators(array: pa.Array, column: Column) -> None:
    if column.name in ("trans_num", "trans_time"):
        return  # made of digits and colons; too many to look at
    bad = pc.match_substring_regex(array, r"[|\r\n]")
    if pc.any(bad).as_py():
        value = array.filter(bad)[0].as_py()
        raise OutputError(f"column {column.name}: CSV cannot hold {value!r}; remove '|' and line breaks or use Parquet")


def _decimal_text(values: np.ndarray[tuple[int], np.dtype[np.float64]], decimals: int) -> pa.Array:
    """Return numbers with 2, 4 or 6 decimals, exactly as rounding to that many decimals prints them.

    A quarter less time than a cast of Arrow's decimals.
    """
    scaled = np.rint(values * 10.0**decimals).astype(np.int64)
    whole, rest = np.divmod(np.abs(scaled), 10**decimals)
    texts = pa.array(whole).cast(pa.string())
    negative = scaled < 0
    if negative.any():
        texts = pc.if_else(pa.array(negative), pc.binary_join_element_wise("-", texts, ""), texts)
    pairs = [_TWO_DIGITS.take(rest // 10**place % 100) for place in range(decimals - 2, -1, -2)]
    return pc.binary_join_element_wise(texts, fixed_text(np.stack(pairs, axis=1).view(np.uint8).ravel(), decimals), ".")


@contextmanager
def open_writer(path: Path, schema: pa.Schema, file_format: Format, compression: Compression) -> Iterator[Writer]:
    """Open a writer whose file appears under `path` when the block ends, and leaves no trace when the block raises.

    Raises:
        OutputError: The directory or the file cannot be written.
    """
    # Readers of every kind overlook names that begin with a dot; twins of one task must not share a draft.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not Python's file: pyarrow would copy every write into a bytes object first (8 ns a row).
        with pa.OSFile(str(draft), "wb") as sink:
            writer = ParquetWriter(sink, schema, compression) if file_format == "parquet" else CsvWriter(sink, schema)
            try:
                yield writer
                writer.finish()
            except BaseException:
                writer.abandon()
                raise
        os.replace(draft, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # the draft is gone, or its directory never was
            draft.unlink()
