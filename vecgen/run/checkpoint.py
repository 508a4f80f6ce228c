"""Records finished work of a run below `_progress`, so that another run can resume it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, cast

from vecgen.errors import InputError
from vecgen.io.file_record import FileRecord, from_json, to_json
from vecgen.io.schema import PART_COLUMNS
from vecgen.plan.output import Output, describe_form
from vecgen.plan.plan import Plan
from vecgen.plan.request import UNSTATED
from vecgen.records.parse import check_records, check_run, read_recorded
from vecgen.records.receipt import PROGRESS, RUN
from vecgen.stores.changes import is_draft, remove_files, write_text
from vecgen.stores.checksum import checksum_file
from vecgen.stores.filesystem import Place, list_files, size_of
from vecgen.stores.lock import HOLDER, LOCK
from vecgen.stores.refusals import refuse_difference
from vecgen.version import __version__

HOLD: Final = frozenset({LOCK, HOLDER})
_START: Final = ("rows_per_batch", "replaces", "load")


def find_load(path: Place) -> str:
    """Return the prefix of the files that an interrupted run has added to a dataset, "" if there is none."""
    value = read_recorded(path / PROGRESS / RUN, "a run's record", check_run)
    return "" if value is None else str(value.child("load").raw)


def describe_run(plan: Plan, output: Output, parts: Sequence[str]) -> dict[str, Any]:
    """Return what decides the bytes of a run as plain JSON values, by the names of options."""
    return {**describe_form(output), **UNSTATED, **plan.identity, "parts": sorted(parts), "version": __version__}


def read_run(path: Place, asked: dict[str, Any]) -> dict[str, Any]:
    """Return how the run was started: its `rows_per_batch`, the `load` of a table, and whether it `replaces` others.

    Raises:
        InputError: It was started with other values.
    """
    before = read_start(path)
    refuse_difference("resume", path, asked, before, complete=False)
    return {name: before[name] for name in _START}


def read_start(path: Place) -> dict[str, Any]:
    """Return what a run recorded when it started."""
    record = path / PROGRESS / RUN
    value = read_recorded(record, "a run's record", check_run)
    if value is None:
        raise InputError(str(record), "", "no such file", "a run's record", f"remove {path}")
    return cast(dict[str, Any], value.raw)


def clear_progress(path: Place) -> None:
    """Remove all records of a run; its lock is removed when it is released."""
    remove_files(path / PROGRESS, lambda file: file.name not in HOLD)


def remove_drafts(path: Place) -> None:
    """Remove files that processes were writing when they were killed."""
    for part in (*PART_COLUMNS, PROGRESS):
        remove_files(path / part, lambda file: is_draft(file.name))


def once(directory: Place, name: str, write: Callable[[], list[FileRecord]]) -> list[FileRecord]:
    """Return the records of a batch's files: those of an earlier run if the files are still whole, else written now.

    Args:
        directory: That the files are written to.
        name: Of the batch, different from every other's.
    """
    path = directory / PROGRESS / f"{name}.json"
    known = _read_records(path)
    if known is not None and all(_is_whole(directory, record) for record in known):
        return known
    records = write()
    # After the files: a record without its files would be taken for finished work.
    write_text(path, json.dumps([to_json(record) for record in records]))
    return records


def read_finished(path: Place, known: Collection[str] = ()) -> dict[str, list[FileRecord]]:
    """Return the records of finished work below an output by its names, other than those known already."""
    files = {name: file for name, file in list_recorded(path).items() if name not in known}
    read = {name: _read_records(file) for name, file in files.items()}
    return {name: records for name, records in read.items() if records is not None}


def list_recorded(path: Place) -> dict[str, Place]:
    """Return the paths of the records of finished work, by name."""
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
        return None  # damaged: the batch is written again
    return None if value is None else [from_json(row) for row in cast(list[dict[str, Any]], value.raw)]


def _is_whole(directory: Place, record: FileRecord) -> bool:
    """Read a file's bytes again: decoded rows would not show damage in statistics, padding and footer."""
    path = directory / record.path
    try:
        return size_of(path) == record.bytes and checksum_file(path) == record.checksum
    except OSError:
        return False
