"""Rows that a first look has read, kept in scratch files for the count: text is parsed once, a table once for all.

Only where whoever looks and whoever counts share a disk with room for them; otherwise files are read again.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pyarrow as pa

from vecgen.errors import OutputError
from vecgen.io.foreign.table import count_rows
from vecgen.scan.mapped_rows import MappedRows, share_out
from vecgen.stores.filesystem import Place, size_of

_ROW_BYTES: Final = 100  # of a table's, with all columns that a map can name
_NO_ROOM: Final = "set TMPDIR to a directory with the room of the files that are read"


@dataclass(frozen=True)
class KeptRows:
    """Where the rows of files wait; picklable.

    Attributes:
        directory: Of this machine.
        files: Whose rows are kept, in their order.
        shares: Of the customers of a table, which are kept apart.
    """

    directory: Path
    files: tuple[Place, ...]
    shares: int = 1

    def __contains__(self, path: object) -> bool:
        return path in self._numbers

    def read(self, path: Place, share: int = 0) -> Iterator[tuple[pa.RecordBatch, Counter[str]]]:
        """Yield the rows of a file and share as they were kept, and how many of its own were left out."""
        kept = self._place(path, share)
        if not kept.exists():
            return
        with pa.memory_map(str(kept)) as source, pa.ipc.open_stream(source) as reader:
            while True:
                try:
                    batch, said = reader.read_next_batch_with_custom_metadata()
                except StopIteration:
                    return
                yield batch, Counter({name.decode(): int(number) for name, number in (said or {}).items()})

    @contextmanager
    def open(self, path: Place) -> Iterator[_Writer]:
        """Yield what keeps the rows of a file.

        Raises:
            OutputError: The scratch files cannot be written.
        """
        try:
            with ExitStack() as stack:
                yield _Writer([self._place(path, share) for share in range(self.shares)], stack)
        except OSError as error:
            raise OutputError(f"{self.directory}: scratch cannot be written ({error.strerror}); {_NO_ROOM}") from error

    @cached_property
    def _numbers(self) -> dict[Place, int]:
        return {path: number for number, path in enumerate(self.files)}

    def _place(self, path: Place, share: int) -> Path:
        return self.directory / f"{self._numbers[path]}-{share}.arrow"


class _Writer:
    """Keeps the rows of a file, each share of the customers in a file of its own."""

    def __init__(self, paths: Sequence[Path], stack: ExitStack) -> None:
        self._paths, self._stack = paths, stack
        self._streams: dict[int, pa.RecordBatchWriter] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep rows of the one share."""
        self._write(0, batch, Counter())

    def add_mapped(self, mapped: MappedRows) -> None:
        """Keep rows of a table by the share of their customers; those left out are told with the first."""
        for share, batch in enumerate(share_out(mapped.batch, len(self._paths))):
            if batch.num_rows or share == 0:
                self._write(share, batch, mapped.left_out if share == 0 else Counter())

    def _write(self, share: int, batch: pa.RecordBatch, left_out: Counter[str]) -> None:
        if share not in self._streams:
            sink = self._stack.enter_context(pa.OSFile(str(self._paths[share]), "wb"))
            self._streams[share] = self._stack.enter_context(pa.ipc.new_stream(sink, batch.schema))
        said = {name: str(number) for name, number in left_out.items()}
        self._streams[share].write_batch(batch, said or None)


def size_of_rows(path: Place) -> int:
    """Return about how many bytes the rows of a file take: no more than their text."""
    if path.suffix == ".csv":
        return size_of(path)
    return _ROW_BYTES * count_rows(path)


def has_room(directory: Path, size: int) -> bool:
    """Return whether a disk takes so many bytes and as many again."""
    return shutil.disk_usage(directory).free >= 2 * size
