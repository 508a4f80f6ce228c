"""Objects in S3 that a run writes and removes without touching another run's, however late a request arrives.

Each request is for one state of an object, see `bucket`. That state is looked at first and the permission is asked for
after that: what a run saw while it held the output is its own, or is there to be replaced.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa

from vecgen.stores.bucket import Bucket, NoConditionsError, pause
from vecgen.stores.permission import ask_permission

_TRIES: Final = 8
_AT_ONCE: Final = 16
"""Removals."""


def upload(bucket: Bucket, key: str, file: Path) -> None:
    """Write a file to an object that is not there, or is this run's to replace.

    Raises:
        OutputError: Another run has taken the output.
        OSError: The store does not answer, or does not compare.
    """
    content, failure = _map(file), _endless()
    for tried in range(_TRIES):
        seen = bucket.find_tag(key)
        if tried and seen and seen.strip('"') == hashlib.md5(content, usedforsecurity=False).hexdigest():
            return  # a request before had arrived, though its answer had not
        ask_permission(anew=seen is not None)
        try:
            if bucket.write(key, content, seen) is not None:
                return
        except NoConditionsError:
            raise
        except OSError as error:  # some stores cut off an upload whose condition does not hold; a pause cuts off any
            failure = error
        time.sleep(pause(tried))  # requests at once may leave an object in between for a moment
    raise failure


def remove_object(bucket: Bucket, key: str) -> None:
    """Remove an object, if there is one, that is this run's to remove.

    Raises:
        OutputError: Another run has taken the output.
        OSError: The store does not answer.
    """
    for _ in range(_TRIES):
        seen = bucket.find_tag(key)
        if seen is None:
            return
        ask_permission(anew=True)
        if bucket.remove(key, seen):
            return
    raise _endless()


def remove_objects(bucket: Bucket, directory: str, chosen: Callable[[str], bool]) -> None:
    """Remove those objects below a directory that are chosen by their keys, but for those that change meanwhile.

    Raises:
        OutputError: Another run has taken the output.
        OSError: The store does not answer.
    """
    seen = [(key, tag) for key, tag in bucket.list_tags(directory).items() if chosen(key)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for first in range(0, len(seen), _AT_ONCE):
            ask_permission(anew=True)
            list(threads.map(lambda each: bucket.remove(*each), seen[first : first + _AT_ONCE]))


def _endless() -> OSError:
    return OSError("it changes again and again")


def _map(file: Path) -> memoryview:
    """Return a file's bytes, which take no memory; an empty file cannot be mapped."""
    if not file.stat().st_size:
        return memoryview(b"")
    with pa.memory_map(str(file)) as source:
        return memoryview(source.read_buffer()).cast("B")
