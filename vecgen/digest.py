"""An order-independent digest of content: the sum of a hash per row, so neither order, files nor format matter.

A row's word is the sum over its columns of column multiplier x value: text enters as the hash of its UTF-8 bytes, dates
as days, coordinates as microdegrees, amounts as cents, a transaction number as its two halves. The word is mixed twice
with different constants, and each of the two results is added up modulo 2**64. A change in any value of any row changes
both. It is a checksum against mistakes, not against an adversary.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.schema import Column
from vecgen.streams import GOLDEN, U64, mix, mix_scalar

_SECOND_LANE: Final = np.uint64(0xD1B54A32D192ED03)
_BLOCK: Final = 1 << 23  # bytes of text that are hashed at once
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True)
class Digest:
    """Rows and the two sums of their hashes, modulo 2**64; digests of parts add up to the digest of the whole."""

    rows: int = 0
    first: int = 0
    second: int = 0

    def __add__(self, other: Digest) -> Digest:
        return Digest(self.rows + other.rows, (self.first + other.first) & _MASK, (self.second + other.second) & _MASK)

    def __str__(self) -> str:
        return f"{self.first:016x}{self.second:016x}"


def parse_digest(rows: int, text: str) -> Digest:
    """Return the digest of `rows` rows that prints as `text`."""
    return Digest(rows, int(text[:16], 16), int(text[16:], 16))


def digest_words(words: U64) -> Digest:
    """Return the digest of rows given their words (see `multiplier`); `words` is used up."""
    other = words ^ _SECOND_LANE
    return Digest(len(words), int(mix(words).sum(dtype=np.uint64)), int(mix(other).sum(dtype=np.uint64)))


def multiplier(name: str, half: int = 0) -> np.uint64:
    """Return the odd multiplier of a column; `half` tells the two halves of a transaction number apart."""
    text = np.frombuffer(name.encode(), dtype=np.uint8)
    word = int(hash_texts(text, np.array([0, len(text)]))[0])
    return np.uint64(mix_scalar(word + half * GOLDEN) | 1)


def hash_texts(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.integer]) -> U64:
    """Return a hash of each text, given the bytes of all and their n + 1 offsets (as Arrow stores them).

    Every byte is mixed with its place in the text and the results are summed: texts hash independently of each other.
    """
    # A byte takes 40 while it is mixed: long texts are taken in blocks.
    cuts = np.searchsorted(offsets, np.arange(offsets[0] + _BLOCK, offsets[-1], _BLOCK))
    edges = np.unique([0, *cuts.tolist(), len(offsets) - 1]).tolist()
    blocks = [_hash_block(data, offsets[first : last + 1]) for first, last in pairwise(edges)]
    return np.concatenate(blocks) if len(blocks) > 1 else blocks[0] if blocks else np.zeros(0, dtype=np.uint64)


def _hash_block(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.integer]) -> U64:
    ends = offsets[1:] - offsets[0]
    lengths = np.diff(offsets)
    used = data[offsets[0] : offsets[-1]]
    place = np.arange(len(used)) - np.repeat(ends - lengths, lengths)
    mixed = mix((place.astype(np.uint64) << np.uint64(8)) + used + np.uint64(GOLDEN))
    running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    hashes: U64 = running[ends] - running[ends - lengths]
    return hashes + lengths.astype(np.uint64)


def scale(column: Column) -> float:
    """Return by what a floating-point column is multiplied to become a whole number."""
    return 100.0 if column.decimals == 2 else 1e6


def whole(values: npt.NDArray[np.float64], column: Column) -> U64:
    """Return floating-point values as whole cents or microdegrees."""
    return np.rint(values * scale(column)).astype(np.int64).view(np.uint64)


def as_words(values: npt.NDArray[np.integer]) -> U64:
    """Return whole numbers as 64-bit words, negative ones modulo 2**64."""
    return values.astype(np.int64).view(np.uint64)
