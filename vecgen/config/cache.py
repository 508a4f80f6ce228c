"""Tables that take long to compile, kept between runs in the user's cache directory.

A kept table is named by the hash of all it was made of, so another input never finds it. It is read as plain numbers
and JSON, never as objects. One that is missing, damaged or unreadable is made again, and nobody is told.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from vecgen.errors import VecgenError

T = TypeVar("T")
Array = npt.NDArray[Any]

SWITCH: Final = "VECGEN_CACHE"
"""Environment variable: another directory; empty, nothing is kept."""

_MAX_BYTES: Final = 1 << 26  # of one table
_KEPT: Final = 8  # of a kind: profiles that are being edited leave one behind with every change
_SEAL: Final = 32


def load_or_make(
    kind: str,
    origin: Callable[[], Iterable[bytes]],
    make: Callable[[], T],
    pack: Callable[[T], Mapping[str, Array]],
    unpack: Callable[[Mapping[str, Array]], T],
) -> T:
    """Return what `make` returns, taken from the cache where it was made of the same `origin` before.

    Args:
        kind: First part of the file's name.
        origin: Returns all that the value depends on, sources of the code that makes it included. Where it raises
            OSError or a VecgenError, nothing is kept.
        pack: Return the value as arrays without objects; `unpack` takes them back, read-only.
    """
    directory = find_directory()
    if directory is None:
        return make()
    try:
        path = directory / f"{kind}-{_hash(origin())}.npz"
    except (OSError, VecgenError):  # to make the value tells what is wrong
        return make()
    # Whatever is wrong with a kept table, the value can be made without it.
    with suppress(Exception):
        return unpack(_read(path))
    value = make()
    with suppress(OSError):
        _write(path, pack(value), f"{kind}-*.npz")
    return value


def find_directory() -> Path | None:
    """Return where tables are kept, None where they are not."""
    if (chosen := os.environ.get(SWITCH)) is not None:
        return Path(chosen) if chosen else None
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vecgen"
    except RuntimeError:  # a user without a home
        return None


def read_sources(*modules: str) -> list[bytes]:
    """Return the source files of imported modules: a table must not outlive the code that made it."""
    return [Path(str(sys.modules[module].__file__)).read_bytes() for module in modules]


def read_package_files(package: str, names: Iterable[str]) -> list[bytes]:
    """Return files of an installed package without importing it.

    Raises:
        OSError: One is missing.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(package)
    return [(Path(found.origin).parent / name).read_bytes() for name in names]


def pack_json(value: object) -> Array:
    """Return texts, numbers and lists of them as bytes."""
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def unpack_json(packed: Array) -> Any:
    """Return what `pack_json` took, tuples as lists."""
    return json.loads(packed.tobytes())


def _hash(origin: Iterable[bytes]) -> str:
    name = hashlib.blake2b(digest_size=16)
    for part in origin:
        name.update(len(part).to_bytes(8, "little") + part)
    return name.hexdigest()


def _read(path: Path) -> dict[str, Array]:
    """Return the arrays of a file.

    Raises:
        OSError, ValueError, KeyError: It is missing, or not what was written under this name.
    """
    if path.stat().st_size > _MAX_BYTES + _SEAL:
        raise ValueError(f"{path} is too large")
    content = memoryview(path.read_bytes())
    if content[:_SEAL] != _seal(path, content[_SEAL:]):
        raise ValueError(f"{path} is damaged")
    with np.load(io.BytesIO(content[_SEAL:]), allow_pickle=False) as file:
        arrays = dict(file)
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def _write(path: Path, arrays: Mapping[str, Array], pattern: str) -> None:
    """Write a file that appears complete or not at all, whoever else writes it now; drop the oldest of its kind."""
    if any(array.dtype.hasobject for array in arrays.values()):
        raise TypeError(f"{pattern}: objects are not kept")
    buffer = io.BytesIO()
    np.savez(buffer, **dict[str, Any](arrays))
    content = buffer.getvalue()
    if len(content) > _MAX_BYTES:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix="draft-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_seal(path, content) + content)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    kept = sorted(path.parent.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in kept[_KEPT:]:
        old.unlink(missing_ok=True)


def _seal(path: Path, content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_SEAL, key=path.name.encode()[-64:]).digest()
