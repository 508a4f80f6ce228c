"""A small object in a store, changed by compare-and-swap.

S3 compares by itself (`If-None-Match`, `If-Match`), which PyArrow's client cannot ask for, so obstore does. In other
stores, and in stores without such writes, it is read before it is written: two writers may pass each other there.
"""

from __future__ import annotations

import configparser
import os
import time
import warnings
from abc import ABC, abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyarrow import fs

from vecgen.errors import InputError, InputWarning, OutputError
from vecgen.stores.filesystem import Place, RemotePath, write_text
from vecgen.stores.options import spell_endpoint
from vecgen.stores.permission import asking_nobody

if TYPE_CHECKING:
    from obstore.store import S3Store

_REQUEST_SECONDS: Final = 10
_RETRY_SECONDS: Final = 20
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
    def remove(self) -> None:
        """Remove the object, whatever its state.

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
        raise InputError("--storage-option", "role_arn", "a role", expected, remedy)


def open_cell(place: RemotePath) -> Cell:
    """Return the cell of a place, by conditional writes where its store has them and can be reached by them.

    Where only PyArrow reaches the store, an `InputWarning` says so.

    Raises:
        OutputError: The store does not answer.
    """
    if not place.store.scheme.startswith("s3"):
        return _ReadFirst(place)
    cell, plain = _Conditional(place), _ReadFirst(place)
    try:
        cell.read()
    except OutputError as error:  # credentials that only PyArrow finds, or a store that does not answer
        plain.read()
        text = (
            f"runs that start on one output at the same moment may not see each other: conditional writes fail, {error}"
        )
        warnings.warn(text, InputWarning, stacklevel=2)
        return plain
    return cell


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
                    raise OutputError(str(error)) from error
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

    def remove(self) -> None:
        self._place.unlink(missing_ok=True)

    def _find(self) -> str | None:
        state = self.read()
        return state and state[1]


class _Conditional(Cell):
    """A tag is the object's entity tag."""

    def __init__(self, place: RemotePath) -> None:
        self._place, self._store = place, _open_store(place)
        self._key = "/".join(place.parts)
        self._plain: Cell | None = None  # of a store that knows no conditional writes

    def read(self) -> tuple[str, str] | None:
        import obstore
        from obstore.exceptions import BaseError, NotFoundError

        if self._plain:
            return self._plain.read()
        try:
            found = obstore.get(self._store, self._key)
            return bytes(found.bytes()).decode(errors="replace"), str(found.meta["e_tag"])
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            raise self._unreachable(error) from error

    def write(self, text: str, seen: str | None) -> str | None:
        import obstore
        from obstore.exceptions import (
            AlreadyExistsError,
            BaseError,
            NotFoundError,
            NotSupportedError,
            PreconditionError,
        )

        if self._plain:
            return self._plain.write(text, seen)
        try:
            mode: Any = "create" if seen is None else {"e_tag": seen}
            return str(obstore.put(self._store, self._key, text.encode(), mode=mode, use_multipart=False)["e_tag"])
        except (AlreadyExistsError, PreconditionError, NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            if isinstance(error, NotSupportedError) or "NotImplemented" in str(error):
                self._plain = _ReadFirst(self._place)
                return self._plain.write(text, seen if seen is None else (self._plain.read() or ("", ""))[1])
            raise self._unreachable(error) from error

    def remove(self) -> None:
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.delete(self._store, self._key)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> OutputError:
        reason = self._place.store.mask((str(error).splitlines() or [type(error).__name__])[0])
        return OutputError(f"{self._place}: cannot be reached ({reason})")


def _open_store(place: RemotePath) -> S3Store:
    """Return obstore's client of what PyArrow reaches with the same options and environment."""
    from obstore.store import S3Store

    options = dict(place.store.options)
    filesystem = place.connect()[0]
    assert isinstance(filesystem, fs.S3FileSystem)
    bucket = place.store.root.partition("://")[2]
    virtual = options.get("force_virtual_addressing") == "true"
    config: dict[str, Any] = {"region": filesystem.region, "virtual_hosted_style_request": virtual}
    if endpoint := spell_endpoint(options, bucket):
        config["endpoint"] = endpoint
    if options.get("anonymous") == "true":
        config["skip_signature"] = True
    else:
        config |= _find_credentials(options)
    client: dict[str, Any] = {"allow_http": True, "timeout": timedelta(seconds=_REQUEST_SECONDS)}
    if "tls_ca_file_path" in options:
        client["root_certificate"] = Path(options["tls_ca_file_path"]).read_bytes()
    retry: Any = {"max_retries": _READS, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)}
    return S3Store(bucket, config=config, client_options=client, retry_config=retry)  # type: ignore[arg-type]


def _find_credentials(options: dict[str, str]) -> dict[str, str]:
    """Return the keys in the options, or those of a profile; obstore finds those of the environment or the machine."""
    names = {"access_key": "access_key_id", "secret_key": "secret_access_key", "session_token": "session_token"}
    given = {names[name]: value for name, value in options.items() if name in names}
    if given or "AWS_ACCESS_KEY_ID" in os.environ:
        return given
    file = configparser.ConfigParser(interpolation=None)
    file.read(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profile = os.environ.get("AWS_PROFILE", "default")
    section = file[profile] if file.has_section(profile) else {}
    keys = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
    return {name.removeprefix("aws_"): value for name, value in section.items() if name in keys}
