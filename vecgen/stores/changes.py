"""Files written, moved and removed, in a store or on this machine, each once this thread has permission.

A file appears under its name when it is complete, or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import fs

from vecgen.errors import OutputError
from vecgen.process.scratch import scratch_path
from vecgen.stores.bucket import NoConditionsError
from vecgen.stores.filesystem import Place, RemotePath, describe, find_bucket, list_files, reaching
from vecgen.stores.objects import remove_object, remove_objects, upload
from vecgen.stores.permission import ask_permission

_DRAFT: Final = re.compile(r"\..+\.[0-9a-f]{32}", re.ASCII)
_LARGEST_FENCED: Final = 1 << 30
"""Bytes of the largest file that is uploaded by one request, which alone can carry a condition."""


@contextmanager
def create(place: Place, examine: Callable[[Path], None] | None = None) -> Iterator[pa.NativeFile]:
    """Open a file that appears under its name when the block ends, and leaves no trace when the block raises.

    A file of a store is written to a scratch file of this machine (below TMPDIR) first: leaving the stream of a store
    by an exception would publish the part that is written.

    Args:
        examine: Is shown the finished file, on this machine, before it appears under its name.

    Raises:
        OutputError: The directory or the file cannot be written.
    """
    # Readers of every kind overlook names that begin with a dot; speculative copies of one task must not share a draft.
    draft = place.parent / _draft_name(place) if isinstance(place, Path) else scratch_path()
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        # Not Python's file: pyarrow would copy every write into a bytes object first (8 ns a row).
        with pa.OSFile(str(draft), "wb") as sink:
            yield sink
        if examine:
            examine(draft)
        # As late as can be: writing took long, and the output may be another run's by now.
        ask_permission()
        _publish(draft, place)
    except OSError as error:
        raise OutputError(f"{place}: cannot be written ({describe(error, place)})") from error
    finally:
        with suppress(OSError):  # the draft is gone, or its directory never was
            draft.unlink()


def _draft_name(place: Place) -> str:
    return f".{place.name}.{uuid.uuid4().hex}"


def is_draft(name: str) -> bool:
    """Return whether a file of this name was being written."""
    return _DRAFT.fullmatch(name) is not None


def _publish(draft: Path, place: Place) -> None:
    if isinstance(place, Path):
        os.replace(draft, place)  # atomic: a reader finds the old file or the new one
        return
    filesystem, path = place.connect()
    if isinstance(filesystem, fs.S3FileSystem):
        if not _upload_fenced(draft, place):
            # One call: an interrupt comes before it or after it, and a store shows an object once it is complete.
            fs.copy_files(str(draft), path, fs.LocalFileSystem(), filesystem)
        return
    hidden = place.with_name(_draft_name(place)).connect()[1]
    _make_parent(place)
    fs.copy_files(str(draft), hidden, fs.LocalFileSystem(), filesystem)
    filesystem.move(hidden, path)


def _upload_fenced(draft: Path, place: RemotePath) -> bool:
    """Upload a file so that it replaces none of another run; return whether the store can do that."""
    bucket = find_bucket(place)
    if bucket is None or draft.stat().st_size > _LARGEST_FENCED:
        return False
    try:
        upload(bucket, place.key, draft)
    except NoConditionsError:
        return False
    return True


def _make_parent(place: RemotePath) -> None:
    """Make the directory of a file; object stores have none."""
    filesystem, path = place.parent.connect()
    if not isinstance(filesystem, fs.S3FileSystem):
        filesystem.create_dir(path)


def write_text(place: Place, text: str) -> None:
    """Write a small file so that a reader finds all of it or nothing.

    Raises:
        OutputError: It cannot be written.
    """
    with create(place) as sink:
        sink.write(text.encode())


def remove_file(place: Place) -> None:
    """Remove a file if there is one."""
    ask_permission()
    if isinstance(place, RemotePath) and (bucket := find_bucket(place)):
        with reaching(place):
            remove_object(bucket, place.key)
    else:
        place.unlink(missing_ok=True)


def remove_files(directory: Place, chosen: Callable[[Place], bool]) -> None:
    """Remove those files below a directory, hidden ones too, that are chosen."""
    ask_permission()
    if isinstance(directory, RemotePath) and (bucket := find_bucket(directory)):
        place = RemotePath(directory.store)
        with reaching(directory):
            remove_objects(bucket, directory.key, lambda key: chosen(place / key))
        return
    # Listed first: removing changes what a listing that is under way returns.
    for file in list(list_files(directory)):
        if chosen(file):
            remove_file(file)


def remove_tree(place: Place) -> None:
    """Remove a directory and everything below, as far as that can be done."""
    ask_permission()
    if isinstance(place, Path):
        shutil.rmtree(place, ignore_errors=True)
        return
    with suppress(OSError):
        if bucket := find_bucket(place):
            remove_objects(bucket, place.key, lambda _: True)
        else:
            filesystem, path = place.connect()
            filesystem.delete_dir(path)


def move_file(source: RemotePath, target: RemotePath) -> None:
    """Move a file of a store to another place in it; a file that is there is replaced."""
    ask_permission()
    with reaching(target):
        _make_parent(target)
        filesystem, path = source.connect()
        if isinstance(filesystem, fs.S3FileSystem):  # whose move leaves an object that stands for a directory
            filesystem.copy_file(path, target.connect()[1])
            remove_file(source)
        else:
            filesystem.move(path, target.connect()[1])
