"""The output directory: accepted while empty, cleared when a run fails."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from vecgen.errors import OutputError, setting
from vecgen.io.schema import PART_COLUMNS
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import RECEIPT, SUCCESS
from vecgen.stores.changes import remove_file, remove_tree
from vecgen.stores.filesystem import Place, RemotePath, describe, list_names
from vecgen.stores.refusals import refuse_finished, refuse_foreign


def check_empty(path: Place, overlooked: str = "") -> None:
    """Accept a directory that is new, or holds nothing but `overlooked`.

    Raises:
        OutputError: It holds something else, or is none.
    """
    try:
        free = not path.exists() or (path.is_dir() and all(name == overlooked for name in list_names(path)))
    except OSError as error:
        raise OutputError(
            f"{setting('output')}: {path} cannot be read ({describe(error, path)}); choose another"
        ) from error
    if not free and (path / SUCCESS).exists():
        raise refuse_finished(path)
    if not free:
        text = f"{setting('output')}: {path} exists and is not an empty directory; choose another or remove it"
        raise refuse_foreign(path, text)


def make_directory(path: Place) -> None:
    """Make sure that a directory is there and can be written; a store knows no directories.

    Raises:
        OutputError: It cannot.
    """
    if isinstance(path, RemotePath):
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{setting('output')}: {path} cannot be created ({error.strerror}); choose another directory"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        remedy = "choose another directory or change its permissions"
        raise OutputError(f"{setting('output')}: {path} cannot be written ({_why_not_writable(path)}); {remedy}")


def _why_not_writable(path: Path) -> str:
    read_only = hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if read_only else errno.EACCES)


def clear_output(path: Place) -> None:
    """Remove what a failed run has written below its output, which was empty before."""
    for name in PART_COLUMNS:
        remove_tree(path / name)
    for name in (SUCCESS, RECEIPT, FILE_LIST):
        remove_file(path / name)
