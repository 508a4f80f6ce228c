"""Names of data files, and the record of a written file with its JSON form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from vecgen.io.digest import Digest, parse_digest

_LOAD: Final = r"([0-9a-f]{8}-)?"
_OF_A_BATCH: Final = re.compile(_LOAD + r"part-(\d+)-\d+-\d+\.(?:parquet|csv)", re.ASCII)
_OF_DATA: Final = re.compile(_LOAD + r"(part-\d+[\w.-]*|transactions|fraud_cases)\.(parquet|csv)", re.ASCII)


def name_batch(number: int) -> str:
    """Return how names of a batch's files begin, its load left out."""
    return f"part-{number:05d}"


def name_slice(batch: int, position: int, number: int) -> str:
    """Return the name, without load and suffix, of file `number` of a batch's slice of days at `position`."""
    return f"{name_batch(batch)}-{position:02d}-{number:03d}"


def name_range(first: int) -> str:
    """Return the name, without load and suffix, of a file of consecutive customers; names sort like `first`."""
    return f"part-{first:013d}"


def find_batch(name: str) -> tuple[str | None, int] | None:
    """Return load and batch of a file of transactions by its name, None where the name does not tell."""
    found = _OF_A_BATCH.fullmatch(name)
    return found and (found[1], int(found[2]))


def is_data_name(name: str) -> bool:
    """Return whether a file of this name may be data, also of Spark's own writer."""
    return _OF_DATA.fullmatch(name) is not None


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
