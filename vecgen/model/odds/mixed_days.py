"""Days on which fraud of a type shares more than its window: a remote place, a burst, or the date with honest rows.

Which rows are fraudulent is not seen then. Rows that cannot be frauds of the type, by their category say, are honest;
all subsets of the others are summed up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from vecgen.model.odds.likelihood import Seen, Side, reach_of
from vecgen.model.odds.reading import Days, Read
from vecgen.sampling.arrays import F64, I64, Bools
from vecgen.sampling.subsets import (
    MOST_SUBSET_ROWS,
    Axis,
    cover_all,
    cut_axis,
    share_choices,
    sum_covered,
    sum_subsets,
)

_CELLS: Final = 1_000_000  # numbers of days that are summed up at once


@dataclass(frozen=True)
class _Group:
    """Days with as many candidates each, rows that can be frauds of one type.

    Attributes:
        places: Of the candidates among the rows, shape (days, candidates).
        scale: What is taken off the logarithms of each candidate, same shape.
        sizes: Rows of each day.
        rest: Probability of the other rows to be regular, given that the customer stays, and that it travels, scaled.
    """

    rows: Seen
    day: I64
    places: I64
    scale: F64
    sizes: I64
    rest: F64

    @property
    def size(self) -> int:
        """Candidates of each day."""
        return int(self.places.shape[1])

    def sum_up(self, read: Read, regular: Read) -> tuple[F64, F64, F64]:
        """Return the probability of each candidate to be on such a day and fraudulent, and regular; of each such day.

        All scaled; shapes as of `places`, and (days,).
        """
        held, left, every = np.zeros(self.places.shape), np.zeros(self.places.shape), np.zeros(len(self.day))
        for window in range(read.content.shape[1]):
            counts = self._count(read, regular, window)
            for travels, share in enumerate(read.side.travel.tolist()):
                if share == 0:
                    continue
                if read.side.keeps_own_rows:
                    own, other, both = self._share_out(read, regular, window, travels, share * counts)
                    held, left, every = held + own, left + other, every + both
                else:
                    held += (share * counts[:, -1] * self._hold_all(read, window, travels))[:, np.newaxis]
        return held, left, every

    def _count(self, read: Read, regular: Read, window: int) -> F64:
        """Return the probability of each number of fraudulent rows, shape (days, numbers).

        For each choice of which rows they are, where regular rows are among them.
        """
        out = np.zeros((len(self.day), self.size + 1))
        if not read.side.keeps_own_rows:
            out[:, -1] = np.exp(read.side.read_counts(self.day, self.size)[:, window])
            return out
        largest = min(self.size, int(read.side.numbers.max()))
        most = int(self.sizes.max())
        own, other = read.side.share_counts(largest)[:, :, window], regular.side.share_counts(most)[:, :, 0]
        ways = share_choices(most)
        for number in range(1, largest + 1):
            left = self.sizes - number
            out[:, number] = own[number, self.day] * other[left, self.day] * ways[self.sizes, number]
        return out

    def _hold_all(self, read: Read, window: int, travels: int) -> F64:
        """Return the probability of all candidates to be fraudulent, as far as it hangs on what they show."""
        if read.side.burst and read.disguised is not None:
            weights, inside = self._cut(read, window, travels)
            return np.asarray((weights * inside.prod(axis=2)).sum(axis=1))
        inside = np.exp(self._log_inside(read, window, travels)).prod(axis=1)
        axes = self._list_axes(read.side, travels)
        return np.asarray(reduce(np.multiply, (cover_all(axis) for axis in axes), inside))

    def _share_out(self, read: Read, regular: Read, window: int, travels: int, counts: F64) -> tuple[F64, F64, F64]:
        """Return the sums over which candidates are fraudulent, as of `sum_up`."""
        held, left, every = np.zeros(self.places.shape), np.zeros(self.places.shape), np.zeros(len(self.day))
        for way, share in enumerate(regular.side.travel.tolist()):
            if share > 0:
                outside = np.exp(regular.content[self.places, 0] + regular.place[self.places, way] - self.scale)
                weights = (share * self.rest[:, way])[:, np.newaxis] * counts
                own = self._sum_subsets(read, window, travels, outside, weights)
                held, left, every = held + own[0], left + own[1], every + own[2]
        return held, left, every

    def _sum_subsets(self, read: Read, window: int, travels: int, outside: F64, weights: F64) -> tuple[F64, F64, F64]:
        if self.size <= MOST_SUBSET_ROWS and not (read.side.burst and read.disguised is not None):
            inside = np.exp(self._log_inside(read, window, travels))
            return sum_covered(inside, outside, weights, self._list_axes(read.side, travels))
        pieces, inside = self._cut(read, window, travels)
        number = pieces.shape[1]
        spread = (np.repeat(values, number, axis=0) for values in (outside, weights))
        sums = sum_subsets(inside.reshape(-1, self.size), *spread)
        held, left = ((pieces[..., np.newaxis] * s.reshape(inside.shape)).sum(axis=1) for s in sums)
        return held, left, held[:, 0] + left[:, 0]

    def _list_axes(self, side: Side, travels: int) -> list[Axis]:
        """Return what the fraudulent rows of a date share without its being seen: start of the burst, remote place."""
        axes = [self._burst_axis(side)] if side.burst else []
        reach = reach_of(side.radii[travels])
        for values in (self.rows.lat, self.rows.long) if side.remote else ():
            away = values[self.places].astype(np.float64)
            axes.append(Axis(away - reach, away + reach, side.measure_centers))
        return axes

    def _burst_axis(self, side: Side) -> Axis:
        second = self.rows.second[self.places].astype(np.float64)
        return Axis(second - side.burst, second, side.measure_starts)

    def _log_inside(self, read: Read, window: int, travels: int) -> F64:
        """Return the log probability of candidates as frauds, scaled, given what they share."""
        side = read.side
        timed = (read.timeless[:, window] - np.log(side.burst)) if side.burst else read.content[:, window]
        return np.asarray(timed[self.places] + self._log_place(read, travels) - self.scale)

    def _log_place(self, read: Read, travels: int) -> F64:
        if read.side.remote:
            return np.full(self.places.shape, -2.0 * np.log(2.0 * reach_of(read.side.radii[travels])))
        return np.asarray(read.place[self.places, travels])

    def _cut(self, read: Read, window: int, travels: int) -> tuple[F64, F64]:
        """Return the pieces of what fraudulent rows share.

        Of each piece its probability, shape (days, pieces), and that of each row in it, shape (days, pieces, rows).
        """
        side = read.side
        weights, covers = np.ones((len(self.day), 1)), np.ones((len(self.day), 1, self.size))
        inside = np.exp(self._log_inside(read, window, travels))[:, np.newaxis]
        axes = self._list_axes(side, travels)
        if side.burst and read.disguised is not None:
            begun, within = cut_axis(axes.pop(0))
            rest = 1.0 - begun.sum(axis=1, keepdims=True)  # no row lies within: then all pass for regular
            weights, within = np.append(begun, rest, axis=1), np.append(within, np.zeros_like(covers), axis=1)
            disguised = read.disguised[:, window if read.disguised.shape[1] > 1 else 0][self.places]
            away = np.exp(disguised + self._log_place(read, travels) - self.scale)
            inside = inside * within + away[:, np.newaxis]
        for axis in axes:
            more, covers = cut_axis(axis)
            weights = (weights[:, :, np.newaxis] * more[:, np.newaxis]).reshape(len(self.day), -1)
            inside = (inside[:, :, np.newaxis] * covers[:, np.newaxis]).reshape(len(self.day), -1, self.size)
        return weights, inside


def sum_mixed_days(rows: Seen, days: Days, read: Read, regular: Read, scale: F64) -> F64:
    """Return the scaled probability of each row to be on a day with fraud of a type and fraudulent, and regular."""
    keeps = read.side.keeps_own_rows
    possible = read.largest > -np.inf
    numbers = np.add.reduceat(possible.astype(np.int64), days.starts)
    candidates, firsts = np.flatnonzero(possible), np.cumsum(numbers) - numbers
    rest = np.stack([_sum_others(regular, way, possible, scale, days) for way in range(2)], axis=1)
    held, left, every = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(days.day))
    chosen = numbers > 0 if keeps else numbers == days.sizes
    for number in np.unique(numbers[chosen]).tolist():
        own = np.flatnonzero(chosen & (numbers == number))
        step = max(1, _CELLS // _count_cells(read, number))
        for some in (own[first : first + step] for first in range(0, len(own), step)):
            places = candidates[firsts[some][:, np.newaxis] + np.arange(number)]
            group = _Group(rows, days.day[some], places, scale[places], days.sizes[some], rest[some])
            held[places], left[places], every[some] = group.sum_up(read, regular)
    return np.stack([held, np.where(possible, left, every.repeat(days.sizes)) if keeps else left])


def _sum_others(regular: Read, way: int, possible: Bools, scale: F64, days: Days) -> F64:
    """Return the probability of each day's rows that are no candidates to be regular, scaled."""
    if regular.side.travel[way] == 0:
        return np.zeros(len(days.day))
    logs = np.where(possible, 0.0, regular.content[:, 0] + regular.place[:, way] - scale)
    return np.asarray(np.exp(np.add.reduceat(logs, days.starts)))


def _count_cells(read: Read, number: int) -> int:
    """Return the numbers that a day with so many candidates takes."""
    if number <= MOST_SUBSET_ROWS:
        return 1 << number
    unknown = int(read.side.burst > 0) + 2 * (read.side.remote > 0)
    return int(number * number * (2 * number) ** unknown)
