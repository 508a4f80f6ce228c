"""Cuts customers into batches: decides what is computed at once and in which file, never what a row is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from vecgen.errors import InputError, setting
from vecgen.plan.customer_source import CustomerSource

BATCH_ROWS: Final = 4_000_000
MAX_BATCH_ROWS: Final = 32_000_000
MAX_BATCHES: Final = 500_000
"""More would burden the driver; these are 16 million million transactions."""
_EASY: Final = 50_000  # batches
_BATCH_CUSTOMERS: Final = 1_000_000  # 700 MB
_BATCH_IDS: Final = 10_000_000  # half a second


@dataclass(frozen=True, slots=True)
class Batch:
    """Customers of one profile (a position in `ProfileSet.names`) with ids first..last-1; `rows` is the expectation."""

    number: int
    profile: int
    first: int
    last: int
    rows: int


def cut_evenly(source: CustomerSource, rows_per_customer: Sequence[float]) -> tuple[Batch, ...]:
    """Return batches of a default size: few enough to be handed out easily."""
    rows = source.count * float(source.shares(len(rows_per_customer)) @ np.array(rows_per_customer))
    return cut_batches(source, rows_per_customer, min(max(BATCH_ROWS, int(rows / _EASY)), MAX_BATCH_ROWS))


def cut_batches(source: CustomerSource, rows_per_customer: Sequence[float], batch_rows: int) -> tuple[Batch, ...]:
    """Return batches of about `batch_rows` expected rows each at most; every customer is in exactly one.

    A profile's customers are cut into equal ranges, however few rows they have: a batch's customers are held in memory
    and, where they are drawn, looked for among all ids of the range. The largest batches come first: work is handed out
    in the order of numbers, so that what runs last is short.

    Raises:
        InputError: More batches than MAX_BATCHES.
    """
    shares = source.shares(len(rows_per_customer))
    densities = shares * np.array(rows_per_customer)
    wanted = source.count * np.maximum(densities / float(batch_rows), shares / _BATCH_CUSTOMERS)
    parts = np.clip(np.ceil(wanted), math.ceil(source.count / _BATCH_IDS), source.count).astype(np.int64)
    met = np.flatnonzero(shares)
    if parts[met].sum() > MAX_BATCHES:
        expected = f"so many rows that {source.count:,} customers make at most {MAX_BATCHES:,} batches"
        raise InputError(setting("batch_rows"), "", batch_rows, expected, "or fewer customers, or a shorter period")
    ranges = []
    for profile, density, count in zip(met.tolist(), densities[met].tolist(), parts[met].tolist(), strict=True):
        bounds = np.linspace(0, source.count, count + 1).astype(np.int64).tolist()
        ranges += [(round((last - first) * density), profile, first, last) for first, last in pairwise(bounds)]
    ranges.sort(key=lambda item: (-item[0], *item[1:]))
    return tuple(
        Batch(number, profile, first, last, rows) for number, (rows, profile, first, last) in enumerate(ranges)
    )
