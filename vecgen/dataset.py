"""Reading a dataset back: its files, their rows, and the digest of what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vecgen.arrow import arrow_schema, digest_batches
from vecgen.digest import Digest
from vecgen.errors import InputError
from vecgen.schema import PART_COLUMNS, Column

_BATCH_ROWS: Final = 262_144
_SUFFIXES: Final = {".parquet", ".csv"}


def find_files(directory: Path) -> list[Path]:
    """Return the data files below a directory in the order of their paths; names like .a or _b are not data."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.suffix in _SUFFIXES and not any(part[0] in "._" for part in path.relative_to(directory).parts)
    )


def digest_dataset(directory: Path) -> dict[str, Digest]:
    """Return the digests of the parts of a dataset by name (see `PART_COLUMNS`), or of a directory of one of them.

    Raises:
        InputError: No data files, or a file without the columns of a dataset.
    """
    parts = {name: directory / name for name in PART_COLUMNS if (directory / name).is_dir()}
    if not parts:
        files = find_files(directory) if directory.is_dir() else []
        if not files:
            raise InputError(str(directory), "", "no data files", "a directory that holds .parquet or .csv files")
        parts = {recognise_part(read_names(files[0])): directory}
    return {name: digest_files(path, PART_COLUMNS[name]) for name, path in parts.items()}


def recognise_part(names: Sequence[str]) -> str:
    """Return which part of a dataset has columns of these names."""
    return "transactions" if "trans_num" in names else "fraud_cases" if "frauds" in names else "customers"


def digest_files(directory: Path, columns: Sequence[Column]) -> Digest:
    """Return the digest of all data files below a directory, one batch in memory at a time."""
    total = Digest()
    for path in find_files(directory):
        missing = [c.name for c in columns if c.name not in read_names(path)]
        if missing:
            raise InputError(str(path), "columns", missing[0], "a file with this column", "see the README's schema")
        total += digest_batches(read_batches(path, columns), columns)
    return total


def read_batches(path: Path, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one Parquet or CSV file with these columns, repeating text as dictionaries.

    Raises:
        InputError: A file that cannot be read as what its suffix says.
    """
    schema = arrow_schema(columns)
    try:
        if path.suffix == ".csv":
            with _open_csv(path, schema) as reader:
                yield from _check_present(path, reader)
        else:
            repeating = [c.name for c in columns if c.type == "text" and c.name != "trans_num"]
            with pq.ParquetFile(path, read_dictionary=repeating) as file:
                yield from _check_present(path, file.iter_batches(_BATCH_ROWS, columns=schema.names))
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            str(path), "", reason, f"a readable {path.suffix[1:]} file of transactions or customers"
        ) from error


def _check_present(path: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if array.null_count:
                raise InputError(str(path), f"column {name}", None, "a value in every row", "write the dataset anew")
        yield batch


def read_names(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises:
        InputError: A file that cannot be read as what its suffix says.
    """
    try:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8") as file:
                return file.readline().rstrip("\n").split("|")
        return list(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", str(error).splitlines()[0], f"a readable {path.suffix[1:]} file") from error


def _open_csv(path: Path, schema: pa.Schema) -> pacsv.CSVStreamingReader:
    return pacsv.open_csv(
        path,
        parse_options=pacsv.ParseOptions(delimiter="|", quote_char=False),
        convert_options=pacsv.ConvertOptions(
            column_types=schema,
            include_columns=schema.names,
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )
