"""An order-independent digest of content: the sum of a hash per row, so neither order, files nor format matter.

A row's word is the sum over its columns of column multiplier x value: text enters as the hash of its UTF-8 bytes, dates
as days, coordinates as microdegrees, amounts as cents, a transaction number as its two halves. The word is mixed twice
with different constants, and each of the two results is added up modulo 2**64. A change in any value of any row changes
both. It is a checksum against mistakes, not against an adversary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecgen.io.schema import COLUMNS, CUSTOMER_ID, FRAUD_CASE_COLUMNS, Column
from vecgen.io.text import number_halves
from vecgen.sampling.arrays import F64, U8, U64
from vecgen.sampling.rng import GOLDEN, mix, mix_scalar

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


def hash_texts(data: U8, offsets: npt.NDArray[np.integer]) -> U64:
    """Return a hash of each text, given the bytes of all and their n + 1 offsets (as Arrow stores them).

    Every byte is mixed with its place in the text and the results are summed: texts hash independently of each other.
    """
    # A byte takes 40 while it is mixed: long texts are taken in blocks.
    cuts = np.searchsorted(offsets, np.arange(offsets[0] + _BLOCK, offsets[-1], _BLOCK))
    edges = np.unique([0, *cuts.tolist(), len(offsets) - 1]).tolist()
    blocks = [_hash_block(data, offsets[first : last + 1]) for first, last in pairwise(edges)]
    return np.concatenate(blocks) if len(blocks) > 1 else blocks[0] if blocks else np.zeros(0, dtype=np.uint64)


def _hash_block(data: U8, offsets: npt.NDArray[np.integer]) -> U64:
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


def whole(values: F64, column: Column) -> U64:
    """Return floating-point values as whole cents or microdegrees."""
    return np.rint(values * scale(column)).astype(np.int64).view(np.uint64)


def as_words(values: npt.NDArray[np.integer]) -> U64:
    """Return whole numbers as 64-bit words, negative ones modulo 2**64."""
    return values.astype(np.int64, copy=False).view(np.uint64)


def digest_batches(batches: Iterable[pa.RecordBatch], columns: Sequence[Column]) -> Digest:
    """Return the digest of `columns` as they stand in record batches read back from any format."""
    total = Digest()
    for batch in batches:
        total += digest_words(sum_words(batch, columns))
    return total


def sum_words(batch: pa.RecordBatch | pa.Table, columns: Sequence[Column]) -> U64:
    """Return one word for each row: the sum over its columns."""
    words = np.zeros(batch.num_rows, dtype=np.uint64)
    for column in columns:
        array = batch.column(column.name)
        words += column_words(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array, column)
    return words


def hash_rows(batch: pa.RecordBatch, columns: Sequence[Column]) -> U64:
    """Return a hash of each row's values of `columns`, as good as 64 random bits."""
    return mix(sum_words(batch, columns))


def column_words(array: pa.Array, column: Column) -> U64:
    """Return what the values of a column add to the words of their rows (see `digest`)."""
    if isinstance(array, pa.DictionaryArray):
        words: U64 = column_words(array.dictionary, column).take(array.indices.to_numpy(zero_copy_only=False))
        return words
    if column.name == "trans_num":
        return _number_words(array)
    if column.type == "text":
        return text_words(array, column.name)
    values = (array.view(pa.int32()) if column.type == "date" else array).to_numpy(zero_copy_only=False)
    numbers = whole(values, column) if column.type == "float64" else as_words(values)
    return numbers * MULTIPLIERS[column.name]


def text_words(array: pa.Array, name: str) -> U64:
    """Return what texts of the column `name` add to the words of their rows."""
    array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    bytes_ = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)
    return hash_texts(bytes_, ends) * MULTIPLIERS[name]


def _number_words(array: pa.Array) -> U64:
    """Return the words of transaction numbers; text that is not 32 hexadecimal digits hashes as text."""
    halves = number_halves(array)
    if halves is None:
        return text_words(array, "trans_num")
    words: U64 = halves[:, 0] * NUMBER_MULTIPLIERS[0] + halves[:, 1] * NUMBER_MULTIPLIERS[1]
    return words


MULTIPLIERS: Final = {c.name: multiplier(c.name) for c in (CUSTOMER_ID, *COLUMNS, *FRAUD_CASE_COLUMNS)}
NUMBER_MULTIPLIERS: Final = (multiplier("trans_num", 0), multiplier("trans_num", 1))
