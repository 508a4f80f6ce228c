"""Draws from discrete distributions by inversion; the order of the outcomes is part of the distribution.

Outcome k is chosen where k is the first whose cumulative share exceeds u. A guide table over the leading bits of u
gives the first candidate, a comparison corrects it: 3 ns a draw against 35 for a binary search (365 outcomes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.sampling.arrays import F64, I32, I64, U64

_MAX_GUIDE_BITS: Final = 16
_MAX_STEPS: Final = 2


@dataclass(frozen=True)
class Categorical:
    """A compiled distribution over outcomes 0..n-1; see `compile_categorical`.

    Attributes:
        outcomes: Outcome of each cell that has positive probability, ascending (int64).
        lasts: Largest word of each cell, ascending; 2**64 - 1 for the last.
        guide: First cell that can hold a word with the given leading bits (int32).
        steps: Comparisons after the guide, at most _MAX_STEPS.
        settled: Whether these suffice for every word; the few words left over need a binary search.
    """

    outcomes: I64
    lasts: U64
    guide: I32
    shift: int
    steps: int
    settled: bool

    def draw(self, words: U64) -> I64:
        """Return one outcome (int64) per 64-bit word."""
        return self.outcomes.take(self.draw_cells(words))

    def draw_cells(self, words: U64) -> I32:
        """Return the position in `outcomes` (int32) per 64-bit word."""
        cells = self.guide.take((words >> np.uint64(self.shift)).view(np.int64))
        for _ in range(self.steps):
            # No word exceeds the last cell's, so a bounded number of steps cannot run past it.
            cells += words > self.lasts.take(cells)
        if not self.settled:
            # ZIP areas, say: the smaller half holds 5 % of the people. 8 ns a word, against 80 for a search of all.
            late = np.flatnonzero(words > self.lasts.take(cells))
            cells[late] = np.searchsorted(self.lasts[:-1], words.take(late), side="left")
        return cells


def compile_categorical(weights: npt.ArrayLike) -> Categorical:
    """Compile weights (non-negative, positive sum, any scale) into a distribution over their positions."""
    shares = np.asarray(weights, dtype=np.float64)
    outcomes = np.flatnonzero(shares > 0)
    cumulative = np.cumsum(shares[outcomes])
    return compile_cells(cumulative / cumulative[-1], outcomes)


def compile_cells(cumulative: F64, outcomes: I64) -> Categorical:
    """Compile ascending cumulative shares (the last is 1) of `outcomes` (same length)."""
    # The largest word inside a cell, not the first outside: the end of the last cell, 2**64, is no 64-bit word.
    lasts = np.maximum(cells_to_words(cumulative), np.uint64(1)) - np.uint64(1)
    lasts[-1] = 2**64 - 1
    # 128 entries a cell: most words are settled by the first comparison.
    bits = min(_MAX_GUIDE_BITS, max(8, int(np.ceil(np.log2(len(lasts)))) + 7))
    shift = 64 - bits
    firsts = np.arange(1 << bits, dtype=np.uint64) << np.uint64(shift)
    guide = np.searchsorted(lasts[:-1], firsts, side="left").astype(np.int32)
    last = np.searchsorted(lasts[:-1], firsts + np.uint64((1 << shift) - 1), side="left")
    steps = max(1, int(np.max(last - guide)))
    return Categorical(
        outcomes=outcomes,
        lasts=lasts,
        guide=guide,
        shift=shift,
        steps=min(steps, _MAX_STEPS),
        settled=steps <= _MAX_STEPS,
    )


def find_cells(ends: U64, words: U64) -> I64:
    """Return the cell of each word; `ends` as of `cells_to_words`, a row for each word or one for all."""
    # The largest word must not reach cells past the last of positive share, whose ends equal it.
    reached = np.minimum(words, np.uint64(2**64 - 2))[:, np.newaxis] >= ends[:, :-1]
    cells: I64 = reached.sum(axis=1, dtype=np.int64)
    return cells


def cells_to_words(cumulative: F64) -> U64:
    """Return the exclusive upper ends of cells in units of 2**-64; from the first share of 1 on, the largest word.

    Works along the last axis, so that several distributions of equal length can be stacked.
    """
    full = cumulative >= 1.0
    full[..., -1] = True
    # Shares carry 53 bits: the lower eleven of 64 stay zero. 1.0 itself would overflow.
    words = np.floor(np.where(full, 0.0, cumulative) * 2.0**53).astype(np.uint64) << np.uint64(11)
    words[full] = np.uint64(2**64 - 1)
    return words
