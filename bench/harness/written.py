"""What a contender has written, counted by other means than its own: footers and line ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SECTION = "section.json"
_KEYS = frozenset({"trans_num", "is_fraud", "l_orderkey"})  # transactions, or the peer's line items, have one of them
_BLOCK = 1 << 24


@dataclass(frozen=True)
class OutputKeywords:
    """Rows and bytes of a contender; the seconds are given where only a part of the command counts."""

    rows: int
    bytes: int = 0
    cpu_seconds: float | None = None
    wall_seconds: float | None = None


def save_section(directory: Path, written: OutputKeywords) -> None:
    """Leave word of a measured section for `count_output`."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / SECTION).write_text(json.dumps(vars(written)), encoding="utf-8")


def count_output(directory: Path) -> OutputKeywords:
    """Return what stands below a directory: a section's own word, else all files of transactions."""
    section = directory / SECTION
    if section.exists():
        fields: dict[str, Any] = json.loads(section.read_text(encoding="utf-8"))
        return OutputKeywords(**fields)
    files = [path for path in directory.rglob("*") if path.is_file() and path.name[0] not in "._"]
    counts = [(count_rows(path), path.stat().st_size) for path in files]
    own = [(rows, size) for rows, size in counts if rows is not None]
    return OutputKeywords(sum(rows for rows, _ in own), sum(size for _, size in own))


def count_rows(path: Path) -> int | None:
    """Return the rows of a file of transactions or line items; None for any other file."""
    if path.suffix == ".parquet":
        try:
            metadata = pq.read_metadata(path)
        except pa.ArrowInvalid:
            return None
        return int(metadata.num_rows) if _KEYS & set(metadata.schema.names) else None
    with path.open("rb") as file:
        header = file.readline(4096)
        if b"trans_num" not in header:
            return None
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))
