"""What rows say under one label: its probabilities of their dates, times, categories, amounts and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vecgen.model.odds.likelihood import Seen, Side, log_sum
from vecgen.sampling.amount_mass import Figures, LogMasses
from vecgen.sampling.arrays import F64, I64


class Masses:
    """Log probabilities of amounts under all labels of a profile whose rows keep their own amounts."""

    def __init__(self, sides: Sequence[Side]) -> None:
        """Write out the amounts of each category that sides have."""
        self._sides = len(sides)
        self._known: list[tuple[list[int], LogMasses]] = []
        for category in range(len(sides[0].amounts)):
            own = {number: figures for number, side in enumerate(sides) if (figures := side.amounts[category])}
            self._known.append(([*own], LogMasses([Figures(*figures) for figures in own.values()])))

    def read(self, rows: Seen) -> F64:
        """Return the log probability of the amount of each row, given its category, shape (sides, rows)."""
        out = np.full((self._sides, len(rows)), -np.inf)
        order = np.argsort(rows.category.astype(np.int16), kind="stable")
        ends = np.searchsorted(rows.category[order], np.arange(len(self._known) + 1)).tolist()
        for (own, masses), start, stop in zip(self._known, ends[:-1], ends[1:], strict=True):
            if own and stop > start:
                chosen = order[start:stop]
                out[np.array(own)[:, np.newaxis], chosen] = masses.read(rows.cents[chosen])
        return out


def read_label(side: Side, rows: Seen, amounts: F64, place: F64) -> Read:
    """Return what rows say as rows of one label, given what their amounts and places say."""
    timeless = side.read_pairs(rows) + amounts[:, np.newaxis]
    content = timeless + side.read_seconds(rows)[:, np.newaxis]
    return Read(side, side.read_dates(rows.day), content, timeless, None, place)


@dataclass(frozen=True)
class Read:
    """What rows say under one label, as logarithms of probabilities.

    Attributes:
        dates: Of window and date, shape (rows, windows); one where windows say nothing of the rest.
        content: Of category, second and amount, given these, same shape.
        timeless: The same but for the second.
        disguised: Of rows that pass for regular the whole of it; None where none does.
        place: Given that the customer stays, and that it travels, shape (rows, 2).
    """

    side: Side
    dates: F64
    content: F64
    timeless: F64
    disguised: F64 | None
    place: F64

    @property
    def by_row(self) -> F64:
        """Log of the expected number of such rows of a customer with this label."""
        dates = log_sum(self.dates + self.content, 1)
        return np.asarray(np.log(self.side.numbers.mean()) + dates + self._placed)

    @cached_property
    def largest(self) -> F64:
        """Log probability of a row without its date, in the most likely window, up to a factor."""
        most = self.content[:, 0] if self.content.shape[1] == 1 else self.content.max(axis=1)
        return np.asarray(most + self._placed)

    @cached_property
    def _placed(self) -> F64:
        return self._add_travel(self.place)

    def _add_travel(self, place: F64) -> F64:
        """Return the log probability of places whether the customer travels or not, given both of it."""
        if self.side.travel[1] == 0:
            return np.asarray(place[:, 0])
        return log_sum(place + np.log(self.side.travel), 1)

    def by_day(self, days: I64, starts: I64, sizes: I64) -> F64:
        """Return the log probability of all rows of each customer's day, where each is of this label."""
        counts = self._count(days, sizes)
        dates = log_sum(counts + np.add.reduceat(self.content, starts), 1)
        return np.asarray(dates + self._add_travel(np.add.reduceat(self.place, starts)))

    def _count(self, days: I64, sizes: I64) -> F64:
        """Return the log probability of so many rows on each day, shape (days, windows)."""
        out = np.empty((len(days), self.dates.shape[1]))
        for size in np.unique(sizes).tolist():
            own = np.flatnonzero(sizes == size)
            out[own] = self.side.read_counts(days[own], size)
        return out


@dataclass(frozen=True)
class Days:
    """Customers' days in rows in the order (customer, day).

    Attributes:
        day, starts, sizes: Day from the start of the period, first row, number of rows.
    """

    day: I64
    starts: I64
    sizes: I64
