"""Fraud cases of which nothing tells the type: each counts as one, shared out among its rows.

Rows of one case share its type, so they are no independent observations, but cases are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from vecgen.model.exact import AMOUNT_EDGES
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.groups.case_shapes import PLACE_PIECES
from vecgen.scan.row_checks import Columns

_HOURS = 24
_HOUR = 3600  # seconds


@dataclass
class MixedCases:
    """Counts of cases against customers of one profile.

    Attributes:
        hours: By hour of the day.
        seconds: By second of the hour.
        amounts: By (day part, category, cell of `AMOUNT_EDGES`).
        places: By cell of the square that fraud of any type reaches, shape (PLACE_PIECES, PLACE_PIECES).
    """

    hours: F64
    seconds: F64
    amounts: F64
    places: F64

    def add(self, other: MixedCases) -> None:
        """Add other cases."""
        for f in fields(MixedCases):
            getattr(self, f.name).__iadd__(getattr(other, f.name))


def start_cases(categories: int) -> MixedCases:
    """Return the counts of no cases."""
    amounts = np.zeros((2, categories, len(AMOUNT_EDGES) + 1))
    return MixedCases(np.zeros(_HOURS), np.zeros(_HOUR), amounts, np.zeros((PLACE_PIECES, PLACE_PIECES)))


def count_cases(parts: Iterable[tuple[I64, Columns]], categories: int, reach: int) -> MixedCases:
    """Return the counts of whole cases.

    Args:
        parts: Numbers of the cases that rows belong to, and the rows, no further from home than `reach` microdegrees.
    """
    counts, kept = start_cases(categories), list(parts)
    case, second, category, amount, lat, long = (
        np.concatenate([np.zeros(0, dtype=np.int64), *own])
        for own in (
            [case for case, _ in kept],
            *([getattr(rows, name) for _, rows in kept] for name in ("second", "category", "amount", "lat", "long")),
        )
    )
    share = 1.0 / np.bincount(case)[case]

    def share_out(table: F64, *places: I64) -> None:
        cells: npt.NDArray[np.intp] = np.ravel_multi_index(places, table.shape)
        table += np.bincount(cells, share, table.size).reshape(table.shape)

    share_out(counts.hours, second // _HOUR)
    share_out(counts.seconds, second % _HOUR)
    share_out(counts.amounts, second // (12 * _HOUR), category, amount)
    share_out(counts.places, *(_cut(offset, reach) for offset in (lat, long)))
    return counts


def _cut(offset: I64, reach: int) -> I64:
    return np.minimum((offset + reach) * PLACE_PIECES // max(1, 2 * reach), PLACE_PIECES - 1)
