"""The record of a written file, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from vecgen.io.digest import Digest, parse_digest


@dataclass(frozen=True)
class FileRecord:
    """One written file.

    Attributes:
        path: Relative to the output.
        bytes: Its size.
        checksum: Of its bytes; see `checksum`.
        digest: Of its rows.
        first_date, last_date: First and last day its rows can have; None for parts without dates.
    """

    path: str
    rows: int
    bytes: int
    checksum: str
    digest: Digest
    first_date: date | None = None
    last_date: date | None = None


def to_json(record: FileRecord) -> dict[str, Any]:
    """Return a record as plain JSON values, by the names of its fields."""
    values = {**vars(record), "digest": str(record.digest)}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def from_json(row: Mapping[str, Any]) -> FileRecord:
    """Return the record that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: The row is not such a record.
    """
    days = (row[name] and date.fromisoformat(row[name]) for name in ("first_date", "last_date"))
    digest = parse_digest(row["rows"], row["digest"])
    return FileRecord(row["path"], row["rows"], row["bytes"], row["checksum"], digest, *days)
