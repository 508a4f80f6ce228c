"""The manifest: one record per written file, and its passage through Arrow from wherever the file was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa

from vecgen.digest import Digest, parse_digest

MANIFEST_SCHEMA: Final = pa.schema(
    {
        "path": pa.string(),
        "rows": pa.int64(),
        "bytes": pa.int64(),
        "digest": pa.string(),
        "first_date": pa.date32(),
        "last_date": pa.date32(),
    }
)


@dataclass(frozen=True)
class FileRecord:
    """One written file: `path` relative to the output, size in bytes, first and last day its rows can have."""

    path: str
    rows: int
    bytes: int
    digest: Digest
    first_date: date | None = None
    last_date: date | None = None


def to_manifest(records: Iterable[FileRecord]) -> pa.Table:
    """Return records as a table of MANIFEST_SCHEMA."""
    rows = [(r.path, r.rows, r.bytes, str(r.digest), r.first_date, r.last_date) for r in records]
    columns = [[row[position] for row in rows] for position in range(len(MANIFEST_SCHEMA))]
    return pa.table(columns, schema=MANIFEST_SCHEMA)


def to_json(record: FileRecord) -> dict[str, Any]:
    """Return a record as plain JSON values, by the names of MANIFEST_SCHEMA."""
    values = {**asdict(record), "digest": str(record.digest)}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def from_json(row: Mapping[str, Any]) -> FileRecord:
    """Return the record that `to_json` has described.

    Raises:
        KeyError, TypeError, ValueError: It has not.
    """
    days = (row[name] and date.fromisoformat(row[name]) for name in ("first_date", "last_date"))
    return FileRecord(row["path"], row["rows"], row["bytes"], parse_digest(row["rows"], row["digest"]), *days)


def from_manifest(table: pa.Table) -> list[FileRecord]:
    """Return the records of a table of MANIFEST_SCHEMA."""
    records = []
    for row in table.to_pylist():
        digest = parse_digest(row["rows"], row["digest"])
        records.append(FileRecord(row["path"], row["rows"], row["bytes"], digest, row["first_date"], row["last_date"]))
    return records
