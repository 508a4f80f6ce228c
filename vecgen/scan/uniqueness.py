"""Spills values to files by their bits; counts duplicates of 128-bit ones out of core, by sorting file by file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from vecgen.errors import OutputError
from vecgen.sampling.arrays import U64

_BUCKETS: Final = 256  # of 10**9 values each holds 63 MB
_HELD: Final = 1_000_000  # values that wait in memory


class Spill:
    """Collects values of one process in a scratch directory that several processes may share.

    Args:
        directory: Exists; the caller removes it.
        name: Tells the processes apart.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, name
        self._waiting: list[U64] = []
        self._width = 2
        self._flushed = False

    def add(self, values: U64) -> None:
        """Take values of shape (rows, words), of which the first is as good as random."""
        self._width = values.shape[1]
        self._waiting.append(values)
        if sum(map(len, self._waiting)) >= _HELD:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory."""
        if not self._waiting:
            return
        values = np.concatenate(self._waiting)
        self._waiting.clear()
        # Equal values share a file, so each file is examined alone; the words are random, so files are of one size.
        bucket = (values[:, 0] % np.uint64(_BUCKETS)).astype(np.uint8)
        values = values[np.argsort(bucket, kind="stable")]
        ends = np.cumsum(np.bincount(bucket, minlength=_BUCKETS)).tolist()
        try:
            for number, (start, stop) in enumerate(zip([0, *ends], ends, strict=False)):
                if stop > start:
                    with (self._directory / f"{number:02x}-{self._name}").open("ab") as file:
                        file.write(values[start:stop].tobytes())
        except OSError as error:
            remedy = "set TMPDIR to a directory with 64 bytes of room for each row"
            raise OutputError(f"{self._directory}: scratch cannot be written ({error.strerror}); {remedy}") from error
        self._flushed = True

    def drain(self) -> Iterator[U64]:
        """Yield all values in pieces; those of one first word are in one piece. Few values never see a file."""
        if self._flushed:
            self.flush()
            yield from _read_buckets(self._directory, self._width)
        elif self._waiting:
            yield np.concatenate(self._waiting)
            self._waiting.clear()


def count_repeats(directory: Path) -> int:
    """Return how many of the values spilled below a directory repeat an earlier one."""
    return sum(_count_repeats(values) for values in _read_buckets(directory))


def count_most(directory: Path) -> int:
    """Return how often the most frequent of the values spilled below a directory occurs."""
    counts = (np.unique(values, axis=0, return_counts=True)[1] for values in _read_buckets(directory))
    return max((int(count.max()) for count in counts), default=0)


def _read_buckets(directory: Path, width: int = 2) -> Iterator[U64]:
    for bucket in range(_BUCKETS):
        parts = [np.fromfile(path, dtype=np.uint64) for path in directory.glob(f"{bucket:02x}-*")]
        if parts:
            yield np.concatenate(parts).reshape(-1, width)


def _count_repeats(values: U64) -> int:
    firsts = np.sort(values[:, 0])
    twice = firsts[1:][firsts[1:] == firsts[:-1]]
    if len(twice) == 0:
        return 0
    suspects = values[np.isin(values[:, 0], twice)]
    return len(suspects) - len(np.unique(suspects, axis=0))
