"""Spark's hash partitioning of whole numbers, and numbers for each wanted partition."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]

_SEED: Final = 42  # of Spark's HashPartitioning
_ROUND: Final = 1 << 16
"""Candidates a round; n partitions need about n ln n."""


def hash_ints(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return Spark's `hash` of each value: MurmurHash3 for 32 bits (Appleby, public domain) of its four bytes."""
    hashed = _rotate(values.view(np.uint32) * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
    hashed = _rotate(hashed ^ np.uint32(_SEED), 13) * np.uint32(5) + np.uint32(0xE6546B64)
    hashed ^= np.uint32(4)  # bytes hashed
    hashed = (hashed ^ (hashed >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashed = (hashed ^ (hashed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (hashed ^ (hashed >> np.uint32(16))).view(np.int32)


def find_slots(count: int) -> npt.NDArray[np.int32]:
    """Return for each of `count` partitions the least number from 0 up that Spark's hash places there."""
    slots = np.full(count, -1, dtype=np.int32)
    for first in range(0, 1 << 31, _ROUND):
        candidates = np.arange(first, first + _ROUND, dtype=np.int32)
        placed = hash_ints(candidates) % count  # NumPy's remainder has the divisor's sign, as Spark's pmod
        partitions, positions = np.unique(placed, return_index=True)
        new = slots[partitions] < 0
        slots[partitions[new]] = candidates[positions[new]]
        if slots.min(initial=0) >= 0:
            break
    return slots


def _rotate(values: U32, bits: int) -> U32:
    return (values << np.uint32(bits)) | (values >> np.uint32(32 - bits))
