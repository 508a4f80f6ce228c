"""Reads customers files of the user and checks every value; errors name file, row and column."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import InputError, InputWarning, shorten
from vecgen.io.customer_file.columns import check_texts, convert, find_first
from vecgen.io.customer_file.csv import read_csv
from vecgen.io.customer_file.origin import Chunks, Origin, locate
from vecgen.io.customer_file.parquet import read_parquet
from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.io.schema import CUSTOMER_COLUMNS

_READERS: Final = {".csv": read_csv, ".parquet": read_parquet}
_COMPRESSED: Final = (".gz", ".bz2", ".zst", ".xz", ".lz4", ".zip")
_IDENTIFIERS: Final = {"ssn": "social security number", "cc_num": "card number"}


def read_customers(path: str | Path, profile_files: Sequence[str]) -> tuple[pa.Table, tuple[Origin, ...]]:
    """Read a user's customers as a table of CUSTOMER_SCHEMA, and where its rows come from, file by file.

    A customer's `customer_id` is the position of the row. Numbers that several customers share are warned of.

    Args:
        path: A `.csv` file (separated by |, with a header, quotes being text), a `.parquet` file, or a directory of
            such files, which are read in the order of their names; names that begin with "_" or "." are skipped.
            Columns may stand in any order, others than those of `schema.CUSTOMER_COLUMNS` are ignored.
        profile_files: The profiles a customer may have, as the column `profile` holds them; a row may lack the suffix.

    Raises:
        InputError: A path that cannot be read, a missing column, a row with too few or too many fields, a value of the
            wrong type or outside its range, an unknown profile, a customer listed twice, or no customer at all.
    """
    where = Path(path)
    read = [_read_file(file, profile_files) for file in _list_files(where)]
    table, origins = pa.concat_tables([part for part, _ in read]), tuple(origin for _, origin in read)
    if not table.num_rows:
        raise InputError(str(where), "", "no rows", "at least one customer")
    _check_repeats(table, origins)
    return table.add_column(0, CUSTOMER_SCHEMA.field(0), pa.array(np.arange(table.num_rows))), origins


def check_lines(table: pa.Table, origins: Sequence[Origin]) -> None:
    """Accept customers whose texts stand in lines separated by |.

    Raises:
        InputError: The first text that holds a bar or a line break, with its file and row.
    """
    for column in CUSTOMER_COLUMNS:
        if column.type == "text":
            texts = table.column(column.name)
            row = find_first(pc.match_substring_regex(texts, r"[|\r\n]"), True)
            if row >= 0:
                origin, place = locate(origins, row)
                expected = "text without | and line breaks, which CSV cannot hold"
                raise origin.fail(place, column.name, texts[row].as_py(), expected, "remove them or write Parquet")


def _list_files(path: Path) -> list[Path]:
    if not os.path.exists(path):
        raise InputError(str(path), "", "no such file or directory", "a customers file or a directory of such files")
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        raise InputError(str(path), "", error.strerror, "a directory that can be read") from None
    files = [file for file in files if file == path or file.name[0] not in "_."]
    for file in files:
        _refuse_compressed(file)
    files = [file for file in files if file.suffix.lower() in _READERS]
    if not files:
        raise InputError(str(path), "", "neither", "a file name that ends in .csv or .parquet")
    for file in files:
        if not file.is_file():  # opening a pipe could block for ever
            raise InputError(str(file), "", "not a regular file", "a regular file")
    return files


def _refuse_compressed(file: Path) -> None:
    # In a directory, too: what is skipped there would be missed without a word.
    name = file.name.lower()
    if name.endswith(_COMPRESSED) and name.rpartition(".")[0].endswith(tuple(_READERS)):
        raise InputError(str(file), "", "a compressed file", "a plain .csv or .parquet file", "decompress it")


def _read_file(path: Path, profiles: Sequence[str]) -> tuple[pa.Table, Origin]:
    suffix = path.suffix.lower()
    try:
        raw, origin = _READERS[suffix](path)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        found = shorten((str(error).splitlines() or [type(error).__name__])[0])
        raise InputError(str(path), "", found, f"a readable {suffix[1:]} file") from error
    if suffix == ".csv":
        for name in raw.column_names:
            check_texts(origin, name, raw.column(name))
    columns = [convert(origin, c.name, c.type, raw.column(c.name)) for c in CUSTOMER_COLUMNS]
    columns[-1] = _check_profiles(origin, columns[-1], profiles)
    return pa.Table.from_arrays(columns, schema=pa.schema(list(CUSTOMER_SCHEMA)[1:])), origin


def _check_profiles(origin: Origin, column: Chunks, profiles: Sequence[str]) -> Chunks:
    """Return the profile of each row with its suffix."""
    names = [Path(file).stem for file in profiles]
    # By name, because the stubs know no mixture of arrays and scalars.
    found: Chunks = pc.call_function("index_in", [column], pc.SetLookupOptions(pa.array([*profiles, *names])))
    row = find_first(found.is_valid(), False)
    if row >= 0:
        raise origin.fail_at(column, row, "profile", f"one of {', '.join(names)}", "add the profile or correct the row")
    return pa.chunked_array([pa.array([*profiles, *profiles])]).take(found)


def _check_repeats(table: pa.Table, origins: Sequence[Origin]) -> None:
    """Refuse a customer that is listed twice; warn of numbers that different customers share, as in Sparkov's files."""
    repeats = {name: _find_repeats(table.column(name)) for name in _IDENTIFIERS}
    both = np.intersect1d(repeats["ssn"], repeats["cc_num"], assume_unique=True)
    pairs = zip(*(table.column(name).take(pa.array(both)).to_pylist() for name in _IDENTIFIERS), strict=True)
    seen: dict[tuple[str, str], int] = {}
    for row, pair in zip(both.tolist(), pairs, strict=True):
        if pair in seen:
            origin, place = locate(origins, row)
            expected = f"a customer who is not yet in {_spell(origins, seen[pair])}"
            raise origin.fail(place, "ssn and cc_num", " and ".join(pair), expected, "remove one of the two")
        seen[pair] = row
    for name, rows in repeats.items():
        if len(rows):
            warnings.warn(_describe_repeats(table.column(name), name, rows, origins), InputWarning, stacklevel=3)


def _find_repeats(column: Chunks) -> npt.NDArray[np.int64]:
    """Return the rows whose value is that of another row."""
    if pc.count_distinct(column).as_py() == len(column):
        return np.empty(0, dtype=np.int64)
    codes = column.combine_chunks().dictionary_encode().indices.to_numpy()
    return np.flatnonzero(np.bincount(codes).take(codes) > 1)


def _describe_repeats(column: Chunks, name: str, rows: npt.NDArray[np.int64], origins: Sequence[Origin]) -> str:
    values = column.take(pa.array(rows))
    first = values[0].as_py()
    same = rows[np.asarray(pc.equal(values, pa.scalar(first)), dtype=np.bool_)][:2].tolist()
    places = " and ".join(_spell(origins, row) for row in same)
    return (
        f"{len(rows):,} customers share a {_IDENTIFIERS[name]} with another, the first {shorten(first)!r} ({places}); "
        f"a join on {name} will mix them"
    )


def _spell(origins: Sequence[Origin], row: int) -> str:
    origin, place = locate(origins, row)
    return f"{origin.where}, {origin.name(place)}"
