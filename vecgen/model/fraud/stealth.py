"""Fraudulent rows that pass for regular ones: their category, day part and amount.

They follow the customer's profile as regular rows do: under v1.0, where one uniform drives date, day part and category,
on the date that they have, and with amounts that may have changed places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vecgen.sampling.arrays import F64, I64, U64
from vecgen.sampling.categorical import cells_to_words, find_cells


@dataclass(frozen=True)
class Stealth:
    """How rows pass for regular ones; ends of cells are exclusive, in units of 2**-64.

    Attributes:
        share: Probability of a row to do so.
        first: Position of the first regular pair in `Behaviour.pairs`.
        pairs: Ends of the regular pairs on each day of the period, shape (days, pairs); of one row where dates say
            nothing of them.
        amounts: Ends of the pairs whose amounts a row follows, given its own, shape (pairs, pairs); None where it is
            its own.
    """

    share: float
    first: int
    pairs: U64
    amounts: U64 | None

    def draw_pairs(self, day: I64, words: U64) -> I64:
        """Return regular pairs on these days of the period."""
        ends = self.pairs if len(self.pairs) == 1 else self.pairs[day]
        return self.first + find_cells(ends, words)

    def draw_amount_pairs(self, pair: npt.NDArray[np.integer], words: U64) -> npt.NDArray[np.integer]:
        """Return the pairs whose amounts rows of these regular pairs follow; of other pairs, any."""
        if self.amounts is None:
            return pair
        return self.first + find_cells(self.amounts[np.maximum(pair - self.first, 0)], words)


def ignore_dates(share: float, choice: F64) -> Stealth:
    """Compile stealth where dates say nothing of pairs, given the probability of each."""
    return Stealth(share, 0, _stack(choice[np.newaxis]), None)


def follow_dates(share: float, slots: F64, parts: I64, numbers: I64) -> Stealth:
    """Compile stealth where one uniform drives dates and pairs, and amounts change places within a day part.

    Args:
        slots: Probability of each day and pair of a regular row, shape (days, pairs).
        parts: Day part of each pair.
        numbers: Regular rows that a customer can have, each number as likely.
    """
    choice = slots.sum(axis=0)
    # On a date that regular rows never have, nothing can pass for one: any pair will do.
    by_day = np.where(slots.any(axis=1, keepdims=True), slots, choice)
    same = parts == parts[:, np.newaxis]
    part = np.maximum(same @ choice, 1e-300)  # a share may be too small for a date to have any of it
    # A row keeps its amount if, of all rows of its part, the shuffle leaves it where it is.
    kept = (1.0 - (1.0 - part[:, np.newaxis]) ** numbers).sum(axis=1) / (part * max(1, numbers.sum()))
    amounts = np.diag(kept) + (1.0 - kept)[:, np.newaxis] * same * choice / part[:, np.newaxis]
    return Stealth(share, 0, _stack(by_day), _stack(amounts))


def _stack(weights: F64) -> U64:
    cumulative = np.cumsum(weights, axis=1)
    return cells_to_words(cumulative / np.maximum(cumulative[:, -1:], 1e-300))
