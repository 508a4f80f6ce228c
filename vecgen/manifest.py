"""The manifest: one record per written file, and its passage through Arrow from wherever the file was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from vecgen.digest import Digest

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


def from_manifest(table: pa.Table) -> list[FileRecord]:
    """Return the records of a table of MANIFEST_SCHEMA."""
    records = []
    for row in table.to_pylist():
        lanes = int(row["digest"][:16], 16), int(row["digest"][16:], 16)
        digest = Digest(row["rows"], *lanes)
        records.append(FileRecord(row["path"], row["rows"], row["bytes"], digest, row["first_date"], row["last_date"]))
    return records
