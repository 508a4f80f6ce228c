"""Paths on this machine and URLs of object stores or distributed file systems, used alike.

A `RemotePath` knows the few things of `pathlib.Path` that datasets need, so most code takes either. A file
appears under its name when it is complete, or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

import pyarrow as pa
from pyarrow import fs

from vecgen.errors import InputError, OutputError, redact, setting, suggest
from vecgen.stores.bucket import Bucket
from vecgen.stores.options import Options, check_options, may_be_secret, to_arguments

SCHEMES: Final = ("s3", "s3a", "gs", "abfs", "abfss", "hdfs")
_SECRET_REMEDY: Final = f"set AWS_ACCESS_KEY_ID and its kin, or pass {setting('storage_options_file')}"


@dataclass(frozen=True)
class Store:
    """A file system and how to reach it; `root` is a URL without path, as the user has spelled it."""

    root: str
    options: Options = field(default=(), repr=False)

    @property
    def scheme(self) -> str:
        """The URL's scheme."""
        return self.root.partition("://")[0]

    def mask(self, text: str) -> str:
        """Return a text without the values of options that may be secret."""
        for name, value in self.options:
            if value and may_be_secret(name):
                text = text.replace(value, "***")
        return text


class RemotePath:
    """A path in a `Store`; `parts` below its root. Compares, hashes and pickles by store and parts."""

    __slots__ = ("parts", "store")

    def __init__(self, store: Store, parts: Iterable[str] = ()) -> None:
        self.store, self.parts = store, tuple(parts)

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(self.store, (*self.parts, *(part for part in name.split("/") if part)))

    def __str__(self) -> str:
        return "/".join((self.store.root, *self.parts))

    def __repr__(self) -> str:
        return f"RemotePath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and (self.store, self.parts) == (other.store, other.parts)

    def __hash__(self) -> int:
        return hash((self.store, self.parts))

    def __reduce__(self) -> tuple[type[RemotePath], tuple[Store, tuple[str, ...]]]:
        return RemotePath, (self.store, self.parts)

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1] if self.parts else ""

    @property
    def suffix(self) -> str:
        """The last part's ending, its dot included."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> RemotePath:
        """The path above."""
        return RemotePath(self.store, self.parts[:-1])

    def with_name(self, name: str) -> RemotePath:
        """Return the path beside this one."""
        return self.parent / name

    def absolute(self) -> RemotePath:
        """Return the path itself: it does not depend on a working directory."""
        return self

    def exists(self) -> bool:
        """Return whether there is a file or anything below."""
        return bool(self.info().type != fs.FileType.NotFound)

    def is_dir(self) -> bool:
        """Return whether there is anything below."""
        return bool(self.info().type == fs.FileType.Directory)

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return a file's text."""
        # PyArrow does not repeat the read of a file that is smaller than a busy store's refusal.
        with reaching(self):
            if bucket := find_bucket(self):
                if (found := bucket.read(self.key)) is None:
                    raise FileNotFoundError(str(self))
                return found[0].decode(encoding)
            with open_input(self) as source:
                return str(source.read().decode(encoding))

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove a file."""
        filesystem, path = self.connect()
        with reaching(self), suppress(*([FileNotFoundError] if missing_ok else [])):
            filesystem.delete_file(path)

    @property
    def key(self) -> str:
        """The path below the store's root."""
        return "/".join(self.parts)

    def connect(self) -> tuple[fs.FileSystem, str]:
        """Return the file system and the path in it."""
        filesystem, base = _connect(self.store)
        return filesystem, "/".join((base, *self.parts)) if self.parts else base

    def info(self) -> fs.FileInfo:
        """Return what the store knows of the path."""
        filesystem, path = self.connect()
        with reaching(self):
            return filesystem.get_file_info(path)


@contextmanager
def reaching(place: RemotePath) -> Iterator[None]:
    """Tell a file that is missing from a store that does not answer, which is an OutputError then."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        remedy = f"check its address, the credentials and {setting('storage_option')}"
        raise OutputError(f"{place}: cannot be reached ({describe(error, place)}); {remedy}") from error


Place: TypeAlias = Path | RemotePath


def is_remote(text: str) -> bool:
    """Return whether a text is a URL rather than a path."""
    return "://" in text


def locate(text: str, options: Iterable[tuple[str, str]] = ()) -> Place:
    """Return the place that a user's path or URL means, reached with `options`.

    Raises:
        InputError: A scheme or an option that is not known, credentials in a URL, options for a path.
    """
    options = tuple(sorted(options))
    if not is_remote(text):
        if options:
            raise InputError(setting("storage_option"), options[0][0], text, "a URL such as s3://bucket/prefix")
        return Path(text)
    scheme, _, rest = text.partition("://")
    if scheme not in SCHEMES:
        advice = suggest(scheme, SCHEMES)
        raise InputError(redact(text), "scheme", scheme, f"one of {', '.join(SCHEMES)}, or a plain path", advice)
    authority, _, path = rest.partition("/")
    user, at, _ = authority.rpartition("@")
    if at and (scheme.startswith("s3") or ":" in user):
        raise InputError(redact(text), "", "credentials in a URL", "a URL without them", _SECRET_REMEDY)
    if "?" in rest or "#" in rest:
        raise InputError(redact(text), "", "a query in a URL", f"{scheme}://bucket/prefix", _SECRET_REMEDY)
    if not authority or not {".", ".."}.isdisjoint(path.split("/")):
        raise InputError(text, "", path or "no bucket", f"{scheme}://bucket/prefix, without '.' and '..'")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint and scheme.startswith("s3") and "endpoint" not in dict(options):
        options = tuple(sorted((*options, ("endpoint", endpoint))))  # executors may have another environment
    check_options(scheme, options)
    return RemotePath(Store(f"{scheme}://{authority}", options)) / path


@cache
def _connect(store: Store) -> tuple[fs.FileSystem, str]:
    """Return the file system of a store, one for the process, and the path of its root."""
    authority = store.root.partition("://")[2]
    try:
        if store.scheme.startswith("s3"):
            return fs.S3FileSystem(**to_arguments(store.options)), authority
        filesystem, base = fs.FileSystem.from_uri(store.root)
    except TypeError as error:  # of an argument that came with a later version
        expected = "options that the installed PyArrow knows"
        raise InputError(
            setting("storage_option"), "", str(error), expected, "pip install --upgrade pyarrow"
        ) from error
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, ValueError) as error:
        reason = store.mask(str(error).splitlines()[0])
        raise InputError(store.root, "", reason, "a store that pyarrow.fs can open") from error
    return filesystem, base.rstrip("/")


_buckets: Final[dict[Store, Bucket | OSError]] = {}


def find_bucket(place: RemotePath) -> Bucket | None:
    """Return the client of conditional requests to a place, None where its store is not reached by such.

    Raises:
        OutputError: The store does not answer.
    """
    bucket = try_bucket(place)
    return bucket if isinstance(bucket, Bucket) else None


def try_bucket(place: RemotePath) -> Bucket | OSError | None:
    """Return the client of conditional requests to a place in S3, one for the process; None in other stores.

    Returns:
        OSError: Why only PyArrow's client reaches the store, which finds more kinds of credentials.

    Raises:
        OutputError: The store does not answer.
    """
    store = place.store
    if store.scheme.startswith("s3") and store not in _buckets:
        filesystem, name = _connect(store)
        assert isinstance(filesystem, fs.S3FileSystem)
        bucket = Bucket(name, store.options, filesystem.region)
        try:
            bucket.find_tag(place.key)
            _buckets[store] = bucket
        except OSError as error:
            place.info()
            _buckets[store] = OSError(store.mask(str(error)))
    return _buckets.get(store)


def open_input(place: Place) -> pa.NativeFile:
    """Open a file for reading at any position."""
    if isinstance(place, Path):
        return pa.OSFile(str(place), "rb")
    filesystem, path = place.connect()
    return filesystem.open_input_file(path)


def is_file(place: Place) -> bool:
    """Return whether there is a file of this name."""
    return place.is_file() if isinstance(place, Path) else bool(place.info().type == fs.FileType.File)


def size_of(place: Place) -> int:
    """Return the bytes of a file.

    Raises:
        FileNotFoundError: There is none.
    """
    if isinstance(place, Path):
        return place.stat().st_size
    info = place.info()
    if info.type != fs.FileType.File:
        raise FileNotFoundError(str(place))
    return int(info.size)


def list_files(place: Place) -> Iterator[Place]:
    """Yield every file below a directory, hidden ones too, in no order; nothing where there is no directory.

    Raises:
        OutputError: Something below it cannot be read.
    """
    if isinstance(place, Path):
        try:
            yield from (path for path in place.rglob("*") if path.is_file())
        except OSError as error:
            raise OutputError(f"{error.filename or place}: cannot be read ({error.strerror or error})") from error
        return
    filesystem, base = place.connect()
    with reaching(place):
        found = filesystem.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=True))
    for info in found:
        if info.type == fs.FileType.File:
            yield place / info.path[len(base) :]


def list_names(place: Place) -> Iterator[str]:
    """Yield the names directly below a directory; in a store, of what holds a file."""
    if isinstance(place, Path):
        yield from (entry.name for entry in place.iterdir())
        return
    filesystem, base = place.connect()
    with reaching(place):
        found = filesystem.get_file_info(fs.FileSelector(base, allow_not_found=True))
    for info in found:
        if info.type == fs.FileType.File or any(list_files(place / info.base_name)):
            yield info.base_name


def describe(error: OSError, place: Place) -> str:
    """Return why a place could not be read or written, in a few words and without secrets."""
    if isinstance(place, Path):
        return os.strerror(error.errno) if error.errno else error.strerror or str(error)
    return place.store.mask(str(error).splitlines()[0])
