"""Writes small files that must not exist yet."""

from __future__ import annotations

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
