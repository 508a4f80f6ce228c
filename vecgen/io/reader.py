"""Reads a dataset back: its files, their rows, and the digest of their content."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import PurePosixPath
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vecgen.errors import InputError, InputWarning
from vecgen.io.delta import LOG, live_files
from vecgen.io.digest import Digest, digest_batches
from vecgen.io.foreign.public_form import choose_theirs, is_public, to_our_names, to_ours
from vecgen.io.row_schema import check_names, check_parquet, conform, repeating_texts
from vecgen.io.schema import (
    COLUMNS,
    CUSTOMERS,
    FRAUD_CASES,
    PART_COLUMNS,
    TRANSACTION_COLUMNS,
    TRANSACTIONS,
    Column,
    arrow_schema,
    select_digested,
)
from vecgen.stores.filesystem import Place, is_file, list_files, open_input

_BATCH_ROWS: Final = 262_144
_HEADER_BYTES: Final = 4096
_BLOCK_BYTES: Final = 1 << 22  # of CSV; by time, its rows are of many customers, and few at once take longer
_UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError)
"""The exceptions of PyArrow for damaged files; UnicodeDecodeError is a ValueError."""
_SUFFIXES: Final = {".parquet", ".csv"}


def find_files(directory: Place) -> list[Place]:
    """Return the data files below a directory in the order of their paths; names like .a or _b are not data.

    Of a Delta table, those of its last snapshot. A data file stands for itself.

    Raises:
        InputError: A file of a table's last snapshot is missing, or the table cannot be read.
    """
    if is_file(directory):
        return [directory] if directory.suffix in _SUFFIXES else []
    above = len(directory.parts)
    below = {path.parts[above:]: path for path in list_files(directory)}
    tables = {parts[: parts.index(LOG)] for parts in below if LOG in parts}
    live = {table: live_files(directory / "/".join(table)) for table in tables}
    for table, files in live.items():
        there = {"/".join(parts[len(table) :]) for parts in below if parts[: len(table)] == table}
        _check_live(directory / "/".join(table), files, there)
    return [below[parts] for parts in sorted(below) if _is_data(parts) and _is_live(parts, live)]


def require_files(directory: Place) -> list[Place]:
    """Return the data files below a directory, as `find_files` does.

    Raises:
        InputError: There are none.
    """
    files = find_files(directory)
    if not files:
        found = "no data files" if directory.exists() else "no such directory"
        raise InputError(str(directory), "", found, "a directory that holds .parquet or .csv files, or one such file")
    return files


def _check_live(table: Place, live: Set[str], there: Set[str]) -> None:
    if missing := sorted(live - there):
        expected = f"the {len(live):,} files of the table's last snapshot"
        raise InputError(str(table / missing[0]), "", "no such file", expected, "restore it, or the table")


def _is_data(parts: tuple[str, ...]) -> bool:
    return PurePosixPath(parts[-1]).suffix in _SUFFIXES and not any(part[0] in "._" for part in parts)


def _is_live(parts: tuple[str, ...], live: Mapping[tuple[str, ...], set[str]]) -> bool:
    return all("/".join(parts[len(table) :]) in files for table, files in live.items() if parts[: len(table)] == table)


def digest_dataset(directory: Place, transactions: Sequence[Column] | None = None) -> dict[str, Digest]:
    """Return the digests of the parts of a dataset by name (see `PART_COLUMNS`), told apart by their columns elsewhere.

    Args:
        transactions: What their digest is over; None for what their files hold, of which an `InputWarning` tells if
            that is not all.

    Raises:
        InputError: No data files, or a file without the columns of a dataset.
    """
    parts = {name: find_files(directory / name) for name in PART_COLUMNS if (directory / name).is_dir()}
    if not parts:
        files = [(recognise_part(read_names(path)), path) for path in require_files(directory)]
        found = {part for part, _ in files}
        parts = {name: [path for part, path in files if part == name] for name in PART_COLUMNS if name in found}
    columns = dict(PART_COLUMNS)
    if paths := parts.get(TRANSACTIONS):
        columns[TRANSACTIONS] = tuple(transactions or _find_digested(paths))
    return {name: _digest(paths, columns[name]) for name, paths in parts.items()}


def _find_digested(files: Sequence[Place]) -> tuple[Column, ...]:
    """Return what the digest of transactions is over, given nothing but their files.

    Raises:
        InputError: Files of different columns, or of none that transactions have.
    """
    found = select_digested(read_names(files[0]), COLUMNS)
    for path in files[1:]:
        own = select_digested(read_names(path), COLUMNS)
        if differing := {column.name for column in {*own} ^ {*found}}:
            raise InputError(str(path), "columns", min(differing), f"the columns of {files[0]} in all files")
    if not found:
        raise InputError(str(files[0]), "columns", "none of transactions", "some", "see the README's schema")
    if len(found) < len(COLUMNS):
        names = ", ".join(column.name for column in found)
        warnings.warn(
            f"digest of {len(found)} columns of transactions, the others are not there: {names}",
            InputWarning,
            stacklevel=3,
        )
    return found


def recognise_part(names: Sequence[str]) -> str:
    """Return which part of a dataset has columns of these names."""
    own = {column.name for column in TRANSACTION_COLUMNS}
    return TRANSACTIONS if own.intersection(names) else FRAUD_CASES if "frauds" in names else CUSTOMERS


def require_transactions(directory: Place) -> list[Place]:
    """Return the files of transactions of a dataset, or below any directory; one such file stands for itself.

    Raises:
        InputError: There are none.
    """
    part = directory / TRANSACTIONS
    files = require_files(part if part.is_dir() else directory)
    own = [path for path in files if recognise_part(read_names(path)) == TRANSACTIONS]
    if not own:
        raise InputError(str(directory), "", "no transactions", "a dataset with transactions, or a file of them")
    return own


def digest_files(directory: Place, columns: Sequence[Column]) -> Digest:
    """Return the digest of all data files below a directory, one batch in memory at a time."""
    return _digest(find_files(directory), columns)


def _digest(files: Iterable[Place], columns: Sequence[Column]) -> Digest:
    total = Digest()
    for path in files:
        total += digest_batches(read_batches(path, columns), columns)
    return total


def read_batches(path: Place, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one Parquet or CSV file with these columns, repeating text as dictionaries.

    Raises:
        InputError: A file that cannot be read as what its suffix says.
    """
    try:
        yield from _read_csv(path, columns) if path.suffix == ".csv" else _read_parquet(path, columns)
    except _UNREADABLE as error:
        expected = f"a readable {path.suffix[1:]} file of transactions or customers"
        raise InputError(str(path), "", _reason(error), expected) from error


def _read_csv(path: Place, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    names, delimiter = _read_header(path)
    public = is_public(names)
    check_names(str(path), to_our_names(names) if public else names, columns)
    own = choose_theirs(columns) if public else columns
    with open_input(path) as source, _open_csv(source, own, delimiter) as reader:
        for batch in reader:
            yield from conform(
                str(path), to_ours(batch, columns) if public else _restore_nulls(batch, columns), columns
            )


def _restore_nulls(batch: pa.RecordBatch, columns: Sequence[Column]) -> pa.RecordBatch:
    """Return a batch of text format in which a missing text, of columns that may lack it, is null and not empty."""
    for column in columns:
        if column.nullable and column.type == "text":
            texts = batch.column(column.name)
            plain = texts.cast(pa.string())
            known = pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)
            place = batch.schema.get_field_index(column.name)
            own = known.dictionary_encode() if pa.types.is_dictionary(texts.type) else known
            batch = batch.set_column(place, pa.field(column.name, own.type), own)
    return batch


def _read_parquet(path: Place, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    with open_input(path) as source, pq.ParquetFile(source) as file:
        size, where, names = source.size(), str(path), file.schema_arrow.names
        public = is_public(names)
        if public:
            check_names(where, to_our_names(names), columns)
        own = choose_theirs(columns, file.schema_arrow) if public else columns
        dictionaries = check_parquet(where, size, file, own)
        if not file.num_row_groups:  # PyArrow 18 and 19 fail where there is none and text is read as dictionaries
            return
        with pq.ParquetFile(source, read_dictionary=dictionaries, metadata=file.metadata) as again:
            for batch in again.iter_batches(_BATCH_ROWS, columns=[column.name for column in own]):
                yield from conform(where, to_ours(batch, columns) if public else batch, columns)


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def read_names(path: Place) -> list[str]:
    """Return the names of a file's columns; of one in the public form, those of ours that it is read as.

    Raises:
        InputError: A file that cannot be read as what its suffix says.
    """
    try:
        if path.suffix == ".csv":
            names = _read_header(path)[0]
        else:
            with open_input(path) as source:
                names = list(pq.read_schema(source).names)
    except _UNREADABLE as error:
        raise InputError(str(path), "", _reason(error), f"a readable {path.suffix[1:]} file") from error
    return to_our_names(names) if is_public(names) else names


def _read_header(path: Place) -> tuple[list[str], str]:
    """Return the names of a CSV file's columns and what separates them: a bar, or else a comma."""
    with open_input(path) as source:
        line = source.read(_HEADER_BYTES).partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")
    if not line:
        raise InputError(str(path), "line 1", "an empty file or line", "the names of columns")
    if "|" in line:
        return line.split("|"), "|"
    return next(csv.reader([line]), [""]), ","


def _open_csv(source: pa.NativeFile, columns: Sequence[Column], delimiter: str) -> pacsv.CSVStreamingReader:
    """Open text: with bars as the original writes it, without quotes; with commas as usual."""
    quoted = delimiter == ","
    coded = pa.dictionary(pa.int32(), pa.string())
    types = {f.name: coded if f.name in repeating_texts(columns) else f.type for f in arrow_schema(columns)}
    return pacsv.open_csv(
        source,
        read_options=pacsv.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=pacsv.ParseOptions(
            delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=types,
            include_columns=[*types],
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )
