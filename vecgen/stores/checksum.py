"""A checksum of a file's bytes: XXH3 of 128 bits, ten times as fast as SHA-256 (4 ns a row of our files).

It finds damage and mistakes, whichever byte they touch; an adversary can make two files of one checksum.
"""

from __future__ import annotations

from typing import Final

import xxhash

from vecgen.stores.filesystem import Place, RemotePath, open_input

_LOCAL_BLOCK: Final = 1 << 20  # stays in the processor's cache
_REMOTE_BLOCK: Final = 1 << 23  # a request each


def checksum_bytes(data: bytes) -> str:
    """Return the checksum of bytes as 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(data)


def checksum_file(place: Place) -> str:
    """Return the checksum of a file's bytes as 32 hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    total = xxhash.xxh3_128()
    block = memoryview(bytearray(_REMOTE_BLOCK if isinstance(place, RemotePath) else _LOCAL_BLOCK))
    with open_input(place) as source:
        while size := source.readinto(block):
            total.update(block[:size])
    return total.hexdigest()
