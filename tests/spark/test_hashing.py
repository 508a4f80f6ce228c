"""Spark's hash partitioning, and numbers for each partition."""

from __future__ import annotations

import numpy as np
import pytest

from vecgen.spark.cluster.hashing import find_slots, hash_ints


def test_hashes_are_sparks() -> None:
    """Those of `SELECT hash(0), hash(1), hash(42), hash(-1)`."""
    values = np.array([0, 1, 42, -1], dtype=np.int32)
    assert hash_ints(values).tolist() == [933211791, -559580957, 29417773, -1604776387]


@pytest.mark.parametrize("count", [1, 2, 7, 200, 5000])
def test_every_partition_gets_one_slot(count: int) -> None:
    slots = find_slots(count)
    assert (hash_ints(slots) % count).tolist() == list(range(count))
