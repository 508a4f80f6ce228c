"""Records of finished work in `_progress`, from which a run that broke off goes on once their files are checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, Final, cast

from vecgen.checksum import checksum_file
from vecgen.errors import InputError
from vecgen.generate import Output
from vecgen.manifest import FileRecord, from_json, to_json
from vecgen.recorded import check_records, read_recorded
from vecgen.storage import Place, list_files, size_of, write_text

PROGRESS: Final = "_progress"
RUN: Final = "run.json"


def once(output: Output, name: str, write: Callable[[], list[FileRecord]]) -> list[FileRecord]:
    """Return the records of a batch's files: of those it has written before, if they are still whole, or written now.

    Args:
        name: Of the batch, different from every other's.
    """
    path = output.path / PROGRESS / f"{name}.json"
    known = _read_records(path)
    if known is not None and all(_is_whole(output.path, record) for record in known):
        return known
    records = write()
    write_text(path, json.dumps([to_json(record) for record in records]))
    return records


def read_finished(path: Place, known: Collection[str] = ()) -> dict[str, list[FileRecord]]:
    """Return the records of finished work below an output by its names, other than those known already."""
    files = {name: file for name, file in list_recorded(path).items() if name not in known}
    read = {name: _read_records(file) for name, file in files.items()}
    return {name: records for name, records in read.items() if records is not None}


def list_recorded(path: Place) -> dict[str, Place]:
    """Return where the records of finished work lie, by its names."""
    above = len(path.parts) + 1
    found = [
        file for file in list_files(path / PROGRESS) if len(file.parts) == above + 1
    ]  # not of what will replace it
    files = [file for file in found if file.suffix == ".json" and file.name != RUN]
    return {file.name.removesuffix(".json"): file for file in files if not file.name.startswith(".")}


def _read_records(path: Place) -> list[FileRecord] | None:
    try:
        value = read_recorded(path, "a batch's records", check_records)
    except InputError:
        return None  # spoiled: the batch is written anew
    return None if value is None else [from_json(row) for row in cast(list[dict[str, Any]], value.raw)]


def _is_whole(directory: Place, record: FileRecord) -> bool:
    """Read a file's bytes again: decoded rows would not show damage in statistics, padding and footer."""
    path = directory / record.path
    try:
        return size_of(path) == record.bytes and checksum_file(path) == record.checksum
    except OSError:
        return False
