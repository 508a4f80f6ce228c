"""Stretches of rows in the order of their categories: a label knows few categories, which are few stretches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np

from vecgen.sampling.arrays import F64, I64

Values = TypeVar("Values", F64, I64)


def pick(values: Values, where: Sequence[slice]) -> Values:
    """Return the values in these stretches, of the last axis."""
    if len(where) == 1:
        return values[..., where[0]]
    return np.concatenate([values[..., own] for own in (*where, slice(0))], axis=-1)


def list_others(where: Sequence[slice], rows: int) -> list[slice]:
    """Return the stretches of rows that lie between others."""
    ends = [0, *(end for own in where for end in (own.start, own.stop)), rows]
    return [slice(start, stop) for start, stop in zip(ends[::2], ends[1::2], strict=True)]


def unite(stretches: Iterable[Sequence[slice]]) -> list[slice]:
    """Return the stretches that cover what any of some cover."""
    out: list[slice] = []
    for own in sorted(chain.from_iterable(stretches), key=lambda own: own.start):
        if out and own.start <= out[-1].stop:
            out[-1] = slice(out[-1].start, max(out[-1].stop, own.stop))
        else:
            out.append(own)
    return out
