"""Puts more rows than memory holds in the order of time: scratch files take some days each, and are sorted alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from vecgen.errors import OutputError
from vecgen.io.text import SECONDS_PER_DAY

_COMPRESSION: Final = "lz4"  # a third of the bytes, in less time than the disk would take for the others


def cut_time(rows: Mapping[int, int], most: int) -> list[int]:
    """Return the seconds (from 1970) at which pieces of the time begin that hold about `most` rows at most.

    Args:
        rows: By day from 1970.
    """
    starts: list[int] = []
    held = most
    for day, number in sorted(rows.items()):
        if held + number > most:
            pieces = math.ceil(number / most)
            starts += [(day * pieces + piece) * SECONDS_PER_DAY // pieces for piece in range(pieces)]
            held = 0 if pieces == 1 else most
        held += number
    return starts


class TimeOrder:
    """Takes rows in any order and gives them back by time; a context that closes its files.

    Args:
        directory: For scratch files; the caller removes it.
        starts: Seconds at which pieces begin, ascending, the first not after any row.
        schema: Of the rows.
        keys: Columns that order them: the moment, a timestamp in seconds, and what tells rows of one second apart.
    """

    def __init__(self, directory: Path, starts: list[int], schema: pa.Schema, keys: tuple[str, str]) -> None:
        self._directory, self._schema, self._keys = directory, schema, keys
        self._starts = np.array(starts, dtype=np.int64)
        self._files = ExitStack()
        self._writers: dict[int, Any] = {}

    def __enter__(self) -> TimeOrder:
        return self

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)

    def add(self, rows: pa.Table) -> None:
        """Take rows.

        Raises:
            OutputError: Scratch files cannot be written.
        """
        moments = rows.column(self._keys[0]).cast(pa.int64()).to_numpy()
        piece = np.searchsorted(self._starts, moments, side="right") - 1
        rows = rows.take(pa.array(np.argsort(piece, kind="stable")))
        ends = np.cumsum(np.bincount(piece, minlength=len(self._starts))).tolist()
        try:
            for number, (start, stop) in enumerate(zip([0, *ends], ends, strict=False)):
                if stop > start:
                    self._open(number).write_table(rows.slice(start, stop - start))
        except OSError as error:
            remedy = "set TMPDIR to a directory with about 200 bytes of room for each row"
            raise OutputError(f"{self._directory}: scratch cannot be written ({error.strerror}); {remedy}") from error

    def _open(self, number: int) -> Any:
        if number not in self._writers:
            options = pa.ipc.IpcWriteOptions(compression=_COMPRESSION)
            writer = pa.ipc.new_stream(str(self._path(number)), self._schema, options=options)
            self._writers[number] = self._files.enter_context(writer)
        return self._writers[number]

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:06d}"

    def drain(self) -> Iterator[tuple[int, pa.Table]]:
        """Yield the second at which each piece begins, and its rows in order; its file is gone then."""
        self._files.close()
        for number in sorted(self._writers):
            with pa.memory_map(str(self._path(number))) as source:
                rows = pa.ipc.open_stream(source).read_all()
                yield int(self._starts[number]), rows.sort_by([(key, "ascending") for key in self._keys])
            self._path(number).unlink()
