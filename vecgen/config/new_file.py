"""Writes small files, and directories of them, that appear under their names when they are complete."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vecgen.errors import OutputError


def write_new(path: Path, text: str) -> None:
    """Write text as UTF-8 to `path`, which must not exist; a file that cannot be completed is removed.

    Raises:
        OutputError: The file exists or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            try:
                file.write(text)
                file.flush()
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise OutputError(f"{path}: already exists; remove it or name another file") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Yield an empty directory beside `path` that takes its place when the block ends, and is removed when it raises.

    A directory that stood there is removed; whether it may be is for the caller to know.

    Raises:
        OSError: The directory cannot be made, a file is there, or what is there cannot be moved away.
    """
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vecgen-", dir=path.parent, ignore_cleanup_errors=True) as scratch:
        complete, old = Path(scratch) / "new", Path(scratch) / "old"
        complete.mkdir()
        yield complete
        if path.is_dir():
            path.rename(old)
        complete.rename(path)


def refuse_full(path: Path) -> None:
    """Accept a directory that is new or empty.

    Raises:
        OutputError: It holds something, or is a file.
        OSError: It cannot be read.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise OutputError(f"{path}: already exists; remove it or name another directory")
