"""Objects as one piece of memory, in which their arrays are read where they lie."""

from __future__ import annotations

import mmap
import pickle
from itertools import accumulate
from typing import Any, Final

Buffer = bytes | memoryview

_ALIGNMENT: Final = 64  # of arrays
_NUMBER: Final = 8  # bytes


def pack(value: object) -> list[Buffer]:
    """Return parts that hold an object, one after the other.

    The first says how many others there are, and how long each is; then the pickled object, and what it leaves out:
    its arrays.
    """
    arrays: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
    parts: list[Buffer] = [pickled, *(array.raw() for array in arrays)]
    head = b"".join(number.to_bytes(_NUMBER, "little") for number in (len(parts), *map(len, parts)))
    return [aligned for part in (head, *parts) for aligned in (part, bytes(-len(part) % _ALIGNMENT))]


def unpack(packed: memoryview | mmap.mmap) -> Any:
    """Return the object; its arrays are read-only, and read from what is packed for as long as they live."""
    whole = memoryview(packed).toreadonly()
    count = int.from_bytes(whole[:_NUMBER], "little")
    numbers = (whole[_NUMBER * place : _NUMBER * (place + 1)] for place in range(1, count + 1))
    lengths = [_NUMBER * (count + 1), *(int.from_bytes(number, "little") for number in numbers)]
    ends = accumulate(length + -length % _ALIGNMENT for length in lengths)
    pickled, *arrays = (whole[start : start + length] for start, length in zip(ends, lengths[1:], strict=False))
    return pickle.loads(pickled, buffers=arrays)
