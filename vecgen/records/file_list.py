"""The list of a dataset's files, `_vecgen_files.jsonl` beside the receipt: a line of JSON for each file of every load.

It is written before the receipt, which names its checksum; so a changed list is found, and with it a changed file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from vecgen.errors import InputError
from vecgen.io.file_record import FileRecord, to_json
from vecgen.records.parse import FILE_LIST, check_listed, read_recorded_lines
from vecgen.stores.changes import write_text
from vecgen.stores.checksum import checksum_bytes, checksum_file
from vecgen.stores.filesystem import Place

_WHAT: Final = "the list of files that vecgen wrote"
_REMEDY: Final = "restore both, or write the dataset again"


@dataclass(frozen=True)
class FileList:
    """Path of the list relative to the dataset, and the checksum of its bytes."""

    path: str
    checksum: str


@dataclass(frozen=True)
class ListedFile:
    """A line of the list: what a `FileRecord` says; None where Spark's own writer wrote the file."""

    path: str
    rows: int | None
    bytes: int
    checksum: str | None
    digest: str | None
    first_date: str | None = None
    last_date: str | None = None


def list_records(records: Iterable[FileRecord]) -> list[ListedFile]:
    """Return the lines of recorded files."""
    return [ListedFile(**to_json(record)) for record in records]


def write_file_list(directory: Place, files: Iterable[ListedFile]) -> FileList:
    """Write the list of a dataset, sorted by path; return what its receipt says of it.

    Raises:
        OutputError: It cannot be written.
    """
    text = _spell(sorted(files, key=lambda file: file.path))
    write_text(directory / FILE_LIST, text)
    return FileList(FILE_LIST, checksum_bytes(text.encode()))


def read_file_list(directory: Place, known: FileList) -> Iterator[ListedFile]:
    """Yield the files that the list of a dataset names, one line in memory at a time.

    Raises:
        InputError: The list is missing, or not the one that the receipt names.
    """
    path = directory / FILE_LIST
    try:
        same = checksum_file(path) == known.checksum
    except OSError as error:
        raise InputError(str(path), "", "no file that can be read", _WHAT, _REMEDY) from error
    if not same:
        raise _differs(path)
    yield from _read(path)


def read_other_loads(directory: Place, known: FileList, load: str) -> list[ListedFile]:
    """Return the files of all loads but one, whose files' names begin with `load`.

    The list may be ahead of the receipt: a run that died between the two has added the files of its own load.

    Raises:
        InputError: See `read_file_list`.
    """
    path = directory / FILE_LIST
    files = list(_read(path))
    others = [file for file in files if not PurePosixPath(file.path).name.startswith(load)]
    if known.checksum not in {checksum_bytes(_spell(listed).encode()) for listed in (files, others)}:
        raise _differs(path)
    return others


def _spell(files: Iterable[ListedFile]) -> str:
    return "".join(json.dumps(vars(file)) + "\n" for file in files)


def _read(path: Place) -> Iterator[ListedFile]:
    return (ListedFile(**line) for line in read_recorded_lines(path, _WHAT, check_listed))


def _differs(path: Place) -> InputError:
    return InputError(str(path), "", "another list", "the list of files that the receipt names", _REMEDY)
