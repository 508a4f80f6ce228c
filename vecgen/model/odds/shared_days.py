"""Days on which fraud of a type shares what is not seen: a remote place, or a burst.

Rows that cannot be frauds of the type, by their category say, are honest; all subsets of the others are summed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final

import numpy as np

from vecgen.model.odds.candidates import Candidates, HonestRows, sort_numbers
from vecgen.model.odds.likelihood import Side
from vecgen.model.odds.reading import Read
from vecgen.sampling.arrays import F64, I64
from vecgen.sampling.subsets import (
    MOST_SUBSET_ROWS,
    Axis,
    cover_all,
    cut_axis,
    sum_covered,
    sum_products,
    sum_subsets,
)

_CELLS: Final = 1_000_000  # numbers of days that are summed up at once


def add_shared_days(sums: F64, honest: HonestRows, read: Read) -> None:
    """Add the probability of each row to be on a day with fraud of a type and fraudulent, and regular.

    Args:
        sums: Both, scaled, shape (2, rows).
    """
    kind, share = _TypeOfFraud(honest, read), np.exp(read.side.share)
    own, every = np.zeros((2, len(kind.candidates.rows))), np.zeros(len(honest.days.day))
    for some in kind.choose():
        found = share * some.sum_up()
        for values, more in zip(own, found, strict=True):
            values[some.places] = more
        if read.side.keeps_own_rows:
            every[some.days] = found[0, : len(some.days)] + found[1, : len(some.days)]
    kind.candidates.add(sums, own, every)


@dataclass(frozen=True)
class _TypeOfFraud:
    """Rows that can be frauds of a type, its candidates; they are in the order of their days."""

    honest: HonestRows
    read: Read

    @cached_property
    def candidates(self) -> Candidates:
        return Candidates(self.honest, self.read.where)

    @cached_property
    def second(self) -> I64:
        """Second of the day of each candidate."""
        return self.honest.rows.second.take(self.candidates.rows)

    @cached_property
    def inside(self) -> F64:
        """Probability of each candidate as a fraud, given what all share, scaled, shape (windows, ways, rows)."""
        read = self.read
        content = read.content if read.timeless is None else read.timeless - np.log(read.side.burst)
        return self._scale(content)

    @cached_property
    def disguised(self) -> F64:
        """Probability of each candidate as a fraud that passes for regular, as of `inside`."""
        assert self.read.disguised is not None
        return self._scale(np.broadcast_to(self.read.disguised, self.read.content.shape))

    def _scale(self, content: F64) -> F64:
        read = self.read
        place = read.place if read.remote is None else read.side.log_reached[:, np.newaxis]
        logs = (content - read.pick(self.honest.scale))[:, np.newaxis] + place
        return np.exp(logs).take(self.candidates.order, axis=2)

    @cached_property
    def axes(self) -> list[list[Axis]]:
        """What fraudulent rows of a date share without its being seen: start of a burst, remote place; by way."""
        side, shared = self.read.side, []
        if side.burst:
            shared = [Axis(side.measure_starts(self.second - side.burst), side.measure_starts(self.second))]
        if self.read.remote is None:
            return [shared] * len(side.radii)
        return [
            [*shared, *(Axis(*ends) for ends in own)] for own in self.read.remote.take(self.candidates.order, axis=3)
        ]

    def choose(self) -> Iterator[_Aligned]:
        """Yield the candidates of all days that can have fraud of the type, some at a time."""
        side, numbers = self.read.side, self.candidates.numbers
        possible = numbers >= side.fewest
        if not side.keeps_own_rows:
            possible &= (numbers == self.honest.days.sizes) & (numbers <= side.numbers.max())
        days = np.flatnonzero(possible)
        days = days[sort_numbers(numbers[days])]
        for alike in np.split(days, np.flatnonzero(np.diff(numbers[days])) + 1) if len(days) else ():
            number = int(numbers[alike[0]])
            own, step = self._narrow(alike, number), max(1, _CELLS // _count_cells(side, number))
            for some in (own[first : first + step] for first in range(0, len(own), step)):
                yield _Aligned(self, some, number, self._place(some, number).ravel())

    def _place(self, days: I64, number: int) -> I64:
        """Return the places of candidates of days with as many each, shape (candidates, days)."""
        return np.asarray(self.candidates.firsts[days] + np.arange(number)[:, np.newaxis])

    def _narrow(self, days: I64, number: int) -> I64:
        """Return the days on which the fewest rows of a burst can be as close as they must."""
        side = self.read.side
        if not side.burst or self.read.disguised is not None:
            return days
        second = np.sort(self.second.take(self._place(days, number)), axis=0)
        close = second[side.fewest - 1 :] - second[: number + 1 - side.fewest] < side.burst
        return days[close.any(axis=0)]


@dataclass(frozen=True)
class _Aligned:
    """Candidates of days with as many each: the first of every day, the second of every day, and so on.

    Attributes:
        days: Positions of the days.
        rows: Candidates of each.
        places: Of the candidates among all of the type.
    """

    kind: _TypeOfFraud
    days: I64
    rows: int
    places: I64

    @property
    def read(self) -> Read:
        return self.kind.read

    def sum_up(self) -> F64:
        """Return the scaled probability of each candidate to be on such a day and fraudulent, and regular."""
        side, regular, candidates = self.read.side, self.kind.honest.regular.side, self.kind.candidates
        sums = np.zeros((2, len(self.places)))
        for window, sizes in enumerate(self._count(window) for window in range(len(self.read.content))):
            for way, share in enumerate(side.travel.tolist()):
                if not side.keeps_own_rows:
                    sums[0] += np.tile(share * sizes[0] * self._hold_all(window, way), self.rows)
                    continue
                for outside, rest, also in zip(
                    candidates.outside, candidates.rest, regular.travel.tolist(), strict=True
                ):
                    weights = sizes * (share * also * rest.take(self.days))
                    sums += self._sum_subsets(window, way, outside.take(self.places), weights)
        return sums

    def _count(self, window: int) -> F64:
        """Return the probability of each number of fraudulent rows, as of `Candidates.count`.

        Where no others stay, that of all candidates alone.
        """
        side = self.read.side
        if side.keeps_own_rows:
            return self.kind.candidates.count(side, window, self.days, [len(self.days)] * self.rows)
        day = self.kind.honest.days.day.take(self.days)
        return np.asarray(side.share_counts(self.rows)[self.rows, window].take(day)[np.newaxis])

    def _hold_all(self, window: int, way: int) -> F64:
        """Return the probability of all candidates to be fraudulent, as far as it hangs on what they show."""
        if self.read.side.burst and self.read.disguised is not None:
            weights, inside = self._cut(window, way)
            return sum_products(weights, inside.prod(axis=0))
        inside = self._align(self.kind.inside[window, way]).prod(axis=0)
        return np.asarray(reduce(np.multiply, (cover_all(axis) for axis in self._list_axes(way)), inside))

    def _sum_subsets(self, window: int, way: int, outside: F64, weights: F64) -> tuple[F64, F64]:
        """Return the sums over which candidates are fraudulent, as of `sum_up`."""
        side, inside = self.read.side, self.kind.inside[window, way]
        outside = outside.reshape(self.rows, -1)
        if self.rows <= MOST_SUBSET_ROWS[side.axes] and not (side.burst and self.read.disguised is not None):
            return sum_covered(self._align(inside), outside, weights, self._list_axes(way))
        pieces, inside = self._cut(window, way)
        outside = np.broadcast_to(outside[:, np.newaxis], inside.shape)
        spread = np.broadcast_to(weights[:, np.newaxis], (len(weights), *pieces.shape)).reshape(len(weights), -1)
        sums = sum_subsets(inside.ravel(), outside.ravel(), spread, [pieces.size] * self.rows)
        held, left = (np.concatenate([sum_products(pieces, row) for row in own.reshape(inside.shape)]) for own in sums)
        return held, left

    def _align(self, values: F64) -> F64:
        """Return values of days with as many candidates each, shape (candidates, days)."""
        return np.asarray(values.take(self.places).reshape(self.rows, -1))

    def _list_axes(self, way: int) -> list[Axis]:
        return [Axis(*(self._align(ends) for ends in axis)) for axis in self.kind.axes[way]]

    def _cut(self, window: int, way: int) -> tuple[F64, F64]:
        """Return the pieces of what fraudulent rows share.

        Of each piece its probability, shape (pieces, days), and that of each row in it, shape (rows, pieces, days).
        """
        inside = self._align(self.kind.inside[window, way])[:, np.newaxis]
        weights, axes = np.ones((1, inside.shape[2])), self._list_axes(way)
        if self.read.side.burst and self.read.disguised is not None:
            first = axes.pop(0)
            weights, within = cut_axis(first)
            rest = 1.0 - (first.high.max(axis=0) - first.low.min(axis=0))  # none lies within: then all pass for regular
            weights = np.append(weights, rest[np.newaxis], axis=0)
            within = np.append(within, np.zeros_like(inside), axis=1)
            inside = inside * within + self._align(self.kind.disguised[window, way])[:, np.newaxis]
        for axis in axes:
            more, covers = cut_axis(axis)
            weights = (weights[:, np.newaxis] * more).reshape(-1, weights.shape[1])
            inside = (inside[:, :, np.newaxis] * covers[:, np.newaxis]).reshape(len(inside), *weights.shape)
        return weights, inside


def _count_cells(side: Side, number: int) -> int:
    """Return the numbers that a day with so many candidates takes."""
    if number <= MOST_SUBSET_ROWS[side.axes]:
        return 1 << number
    return int(number * number * (2 * number) ** side.axes)
