"""Keyed bijections of 0..size-1 for any size, so that identifiers are unique by construction.

A Feistel network over the two digits of a mixed-radix number (Black and Rogaway 2002, "Ciphers with arbitrary finite
domains"): value = left * columns + right, with rows * columns barely above `size`. Each round adds to one digit a
pseudo-random function of the other, modulo its radix. A result that is not below `size` is sent through the network
again (cycle walking) until it is; that leaves the map a bijection and happens about 2 / sqrt(size) times a value.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.sampling.arrays import U64
from vecgen.sampling.rng import GOLDEN, high_half, mix, mix_scalar, scale_to

MAX_SIZE: Final = 1 << 63
"""Largest set that can be permuted: both digits stay within 32 bits."""

ROUNDS: Final = 8
"""Four are needed to look random (Luby and Rackoff 1988); the rest is margin, as for every domain far below 2**64."""

_MASK: Final = (1 << 64) - 1
_ROUND_INCREMENTS: Final = tuple(np.uint64(GOLDEN * (number + 1) & _MASK) for number in range(ROUNDS))


def permute(values: U64, size: int | U64, key: int | U64) -> U64:
    """Return the images of `values` under the bijection of 0..size-1 that `key` selects.

    Args:
        values: Numbers from 0 to size - 1 (uint64); left as they are.
        size: 1 to MAX_SIZE; one for all values, or one per value (uint64).
        key: Any integer, or one per value (uint64); the same integer selects the same bijection either way.

    Returns:
        As many numbers from 0 to size - 1 (uint64), the same on every machine and in every release. 35 ns a value
        (one core), 65 with a size and a key per value.

    Raises:
        ValueError: A size outside its range, or a value not below its size.
    """
    sizes = _to_words(size)
    if np.any(sizes < 1) or np.any(sizes > MAX_SIZE):
        raise ValueError(f"size: expected 1 to 2**63, got {size!r}")
    if np.any(values >= sizes):
        raise ValueError(f"values: expected numbers below their size, got {values[values >= sizes][0]}")
    keys = _to_words(key) if isinstance(key, np.ndarray) else np.array([key & _MASK], dtype=np.uint64)
    keys = mix(keys.copy())
    # The network permutes rows * columns >= size numbers. What leaves 0..size-1 walks on until it is back, as it must:
    # its cycle began inside (cycle walking, Black and Rogaway 2002). Few do, since rows * columns exceeds size little.
    images = _pass_network(values, sizes, keys)
    walkers = np.flatnonzero(images >= sizes)
    while len(walkers):
        images[walkers] = _pass_network(images[walkers], _take(sizes, walkers), _take(keys, walkers))
        walkers = walkers[images[walkers] >= _take(sizes, walkers)]
    return images


def permute_ids(ids: U64, size: int, key: int) -> U64:
    """Return `permute` of ids of any magnitude (uint64): distinct for ids below `size`.

    Larger ids are permuted in laps (id // size): each lap has its own bijection and may repeat earlier numbers.
    """
    laps = ids // np.uint64(size)
    if not laps.any():
        return permute(ids, size, key)
    return permute(ids - laps * np.uint64(size), size, laps * np.uint64(GOLDEN) + np.uint64(key & _MASK))


def derive_permutation_keys(seed: int, numbers: npt.NDArray[np.integer]) -> U64:
    """Return the keys of the permutations `numbers` (each >= 0) of `seed` (any integer)."""
    # Streams take odd multiples of the increment (`rng.derive_keys`), permutations even ones.
    keys = numbers.astype(np.uint64)
    keys += np.uint64(1)
    keys *= np.uint64(2 * GOLDEN & _MASK)
    keys += np.uint64(mix_scalar(seed))
    return mix(keys)


def _to_words(value: int | U64) -> U64:
    return value if isinstance(value, np.ndarray) else np.array([value], dtype=np.uint64)


def _take(words: U64, positions: npt.NDArray[np.intp]) -> U64:
    return words if len(words) == 1 else words.take(positions)


def _pass_network(values: U64, sizes: U64, keys: U64) -> U64:
    # rows * columns > size whichever way the square root was rounded, since columns > size / rows.
    rows = np.sqrt(sizes.astype(np.float64)).astype(np.uint64) + np.uint64(1)
    columns = sizes // rows + np.uint64(1)
    left, right = np.divmod(values, columns)
    for number, increment in enumerate(_ROUND_INCREMENTS):
        round_keys = mix(keys + increment)
        # Each round changes one digit by a function of the other, which stays: so each can be undone.
        if number % 2:
            left = _add_modulo(left, _scramble(right, round_keys), rows)
        else:
            right = _add_modulo(right, _scramble(left, round_keys), columns)
    left *= columns
    left += right
    return left


def _scramble(digits: U64, round_keys: U64) -> U64:
    return high_half(mix(digits * np.uint64(GOLDEN) + round_keys))


def _add_modulo(digits: U64, bits32: U64, radix: U64) -> U64:
    total = scale_to(bits32, radix)
    total += digits
    total -= radix * (total >= radix)  # both were below the radix: one subtraction is a whole modulo, and no division
    return total
