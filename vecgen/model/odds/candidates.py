"""Rows that can be frauds of types that leave honest rows on their days, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vecgen.model.odds.likelihood import Shown, Side
from vecgen.model.odds.reading import Days, Scaled
from vecgen.model.odds.stretches import list_others, pick
from vecgen.sampling.arrays import F64, I64, Bools


@dataclass(frozen=True)
class HonestRows:
    """Rows as regular ones.

    Attributes:
        regular: What they say as such.
    """

    rows: Shown
    days: Days
    regular: Scaled

    @cached_property
    def logs(self) -> list[F64]:
        """Log probability of each row without its date, for each way of travelling."""
        return [self.regular.spread(own, -np.inf) for own in self.regular.logs[0]]

    @cached_property
    def outside(self) -> list[F64]:
        """Probability of each row, as of `logs`."""
        return [self.regular.spread(own) for own in self.regular.alone[0]]


class Sums(NamedTuple):
    """Probabilities of days with fraud, and of what rows show there.

    Attributes:
        held: That each row, day by day, is fraudulent.
        every: That each day has fraud.
    """

    held: F64
    every: F64


@dataclass(frozen=True)
class Ranks:
    """Candidates by their rank in the day: the first of each day, then the second of each day that has one, and so on.

    Attributes:
        days: Positions of the days; those with more candidates first.
        counts: Days that have a first candidate, a second, and so on.
        places: Of the candidates in the order of days.
    """

    days: I64
    counts: list[int]
    places: I64


@dataclass(frozen=True)
class Candidates:
    """Rows that can be frauds, in the order of their days.

    Attributes:
        where: Stretches of all rows in which they stand; the other rows cannot be frauds.
    """

    honest: HonestRows
    where: Sequence[slice]

    @property
    def _are_all(self) -> bool:
        return list(self.where) == [slice(0, len(self.honest.rows))]

    @cached_property
    def numbers(self) -> I64:
        """Candidates of each day."""
        if self._are_all:
            return self.honest.days.sizes
        return np.bincount(pick(self.honest.days.of_row, self.where), minlength=len(self.honest.days.day))

    @cached_property
    def firsts(self) -> I64:
        """Place of each day's first candidate."""
        return np.asarray(np.cumsum(self.numbers) - self.numbers)

    @cached_property
    def places(self) -> I64:
        """Places of the candidates among all rows, day by day."""
        if self._are_all:
            return np.arange(len(self.honest.rows))
        return np.flatnonzero(self._can.take(self.honest.days.place))

    @cached_property
    def rows(self) -> I64:
        """Places of the candidates among all rows, in the order of these."""
        place = self.honest.days.place
        return place if self._are_all else place.take(self.places)

    @cached_property
    def _can(self) -> Bools:
        """Whether each row can be a fraud."""
        can = np.zeros(len(self.honest.rows), dtype=np.bool_)
        for own in self.where:
            can[own] = True
        return can

    @cached_property
    def order(self) -> I64:
        """Places of the candidates among those of the stretches."""
        own = np.zeros(len(self.honest.rows), dtype=np.int64)
        stop = 0
        for where in self.where:
            start, stop = stop, stop + where.stop - where.start
            own[where] = np.arange(start, stop)
        return own.take(self.rows)

    @cached_property
    def rest(self) -> list[F64]:
        """Probability of the other rows of each day to be regular, for each way of travelling."""
        others = list_others(self.where, len(self.honest.rows))
        days = pick(self.honest.days.of_row, others)
        return [np.exp(np.bincount(days, pick(logs, others), len(self.numbers))) for logs in self.honest.logs]

    @cached_property
    def ranks(self) -> Ranks:
        """All candidates by their rank in the day."""
        days = np.flatnonzero(self.numbers)
        numbers = self.numbers[days]
        days = days[sort_numbers(-numbers)]
        counts = (len(days) - np.cumsum(np.bincount(numbers)))[:-1].tolist()
        firsts = self.firsts[days]
        places = [firsts[:count] + rank for rank, count in enumerate(counts)]
        return Ranks(days, counts, np.concatenate([np.zeros(0, dtype=np.int64), *places]))

    def count(self, side: Side, window: int, days: I64, counts: Sequence[int]) -> F64:
        """Return the probability of each number of fraudulent rows among regular ones, shape (numbers, days).

        For each choice of which rows they are; regular ones alone have none, those are not meant.

        Args:
            days: Positions.
            counts: As of `Ranks`.
        """
        day, sizes = self.honest.days.day.take(days), self.honest.days.sizes.take(days)
        most, regular = int(sizes.max(initial=0)), self.honest.regular.side
        place = sizes * regular.period + day
        out = np.zeros((min(len(counts), int(side.numbers.max())) + 1, len(day)))
        for number, some in zip(range(1, len(out)), counts, strict=False):
            table = side.share_among(regular, number, window, most)
            np.take(table, place[:some], out=out[number, :some], mode="clip")
        return out


def sort_numbers(numbers: I64) -> I64:
    """Return the order of whole numbers; equal ones stay as they are. NumPy sorts small ones much faster."""
    small = np.abs(numbers).max(initial=0) < 1 << 15
    return np.argsort(numbers.astype(np.int16 if small else np.int64), kind="stable")
