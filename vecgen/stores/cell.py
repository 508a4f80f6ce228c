"""A small object in a store, changed by compare-and-swap.

S3 compares by itself, see `bucket`. In other stores, and in stores without conditional writes, it is read before it is
written: two writers may pass each other there.
"""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from typing import Final

from vecgen.errors import InputError, InputWarning, OutputError, setting
from vecgen.stores.bucket import Bucket, NoConditionsError
from vecgen.stores.changes import write_text
from vecgen.stores.filesystem import Place, RemotePath, reaching, try_bucket
from vecgen.stores.permission import asking_nobody

_READS: Final = 5


class Cell(ABC):
    """An object that holds a text; a `tag` names one state of it."""

    @abstractmethod
    def read(self) -> tuple[str, str] | None:
        """Return the text and its tag, None where there is no object.

        Raises:
            OutputError: The store does not answer.
        """

    @abstractmethod
    def write(self, text: str, seen: str | None) -> str | None:
        """Write a text where the object is still as `seen`, a tag, or None for no object; return the new tag.

        Returns:
            None: It is not; nothing was written.

        Raises:
            OutputError: The store does not answer; the text may have been written or not.
        """

    @abstractmethod
    def remove(self, seen: str) -> None:
        """Remove the object where it is still as `seen`.

        Raises:
            OutputError: The store does not answer.
        """


def check_writable(place: Place) -> None:
    """Accept a place whose cells can be written by the client of conditional writes, too.

    Raises:
        InputError: A storage option that only PyArrow's client knows.
    """
    if isinstance(place, RemotePath) and "role_arn" in dict(place.store.options):
        expected = "none where vecgen writes: the client that holds the output for one run assumes no roles"
        remedy = 'assume it before: eval "$(aws configure export-credentials --profile ROLE --format env)"'
        raise InputError(setting("storage_option"), "role_arn", "a role", expected, remedy)


def open_cell(place: RemotePath) -> Cell:
    """Return the cell of a place, by conditional writes where its store has them and can be reached by them.

    Where only PyArrow reaches the store, an `InputWarning` says so.

    Raises:
        OutputError: The store does not answer.
    """
    bucket = try_bucket(place)
    if isinstance(bucket, Bucket):
        return _Conditional(place, bucket)
    if bucket:
        text = "runs that start on one output at the same moment may not see each other: conditional writes fail"
        warnings.warn(f"{text}, {bucket}", InputWarning, stacklevel=2)
    return _ReadFirst(place)


class _ReadFirst(Cell):
    """A tag is the text itself."""

    def __init__(self, place: RemotePath) -> None:
        self._place = place

    def read(self) -> tuple[str, str] | None:
        for tries in range(_READS):
            try:
                text = self._place.read_text()
                return (text, text)
            except FileNotFoundError:
                return None
            except (OutputError, UnicodeDecodeError) as error:  # some stores mix two states of what is being replaced
                if tries == _READS - 1:
                    raise OutputError(error.text if isinstance(error, OutputError) else str(error)) from error
                time.sleep(0.05)
        return None

    def write(self, text: str, seen: str | None) -> str | None:
        if self._find() != seen:
            return None
        with asking_nobody():
            write_text(self._place, text)
        if seen is None:
            time.sleep(0.5)  # another that came at the same moment may have written later
        return text if self._find() == text else None

    def remove(self, seen: str) -> None:
        if self._find() == seen:
            self._place.unlink(missing_ok=True)

    def _find(self) -> str | None:
        state = self.read()
        return state and state[1]


class _Conditional(Cell):
    """A tag is the object's entity tag."""

    def __init__(self, place: RemotePath, bucket: Bucket) -> None:
        self._place, self._bucket = place, bucket
        self._plain: Cell | None = None  # of a store that knows no conditional writes

    def read(self) -> tuple[str, str] | None:
        if self._plain:
            return self._plain.read()
        with reaching(self._place):
            found = self._bucket.read(self._place.key)
        return found and (found[0].decode(errors="replace"), found[1])

    def write(self, text: str, seen: str | None) -> str | None:
        if self._plain:
            return self._plain.write(text, seen)
        with reaching(self._place):
            try:
                return self._bucket.write(self._place.key, text.encode(), seen)
            except NoConditionsError:
                self._plain = _ReadFirst(self._place)
        return self._plain.write(text, seen if seen is None else (self._plain.read() or ("", ""))[1])

    def remove(self, seen: str) -> None:
        if self._plain:
            self._plain.remove(seen)
            return
        with reaching(self._place):
            self._bucket.remove(self._place.key, seen)
