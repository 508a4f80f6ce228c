"""Days on which fraud of a type shares what is not seen: a remote place, or a burst.

Rows that cannot be frauds of the type, by their category say, are honest; all subsets of the others are summed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final

import numpy as np

from vecgen.model.odds.candidates import Candidates, HonestRows, Sums, sort_numbers
from vecgen.model.odds.likelihood import Side
from vecgen.model.odds.reading import Scaled
from vecgen.sampling.arrays import F64, I64
from vecgen.sampling.subsets import (
    MOST_SUBSET_ROWS,
    cover_all,
    cut_axis,
    sum_covered,
    sum_products,
    sum_subsets,
)

_CELLS: Final = 1_000_000  # numbers of days that are summed up at once


def add_shared_days(sums: Sums, honest: HonestRows, read: Scaled) -> None:
    """Add the sums over fraud of a type."""
    kind = _TypeOfFraud(honest, read)
    for some in kind.choose():
        held, every = some.sum_up()
        sums.held[kind.candidates.places.take(some.places)] += held
        sums.every[some.days] += every


@dataclass(frozen=True)
class _TypeOfFraud:
    """Rows that can be frauds of a type, its candidates; they are in the order of their days."""

    honest: HonestRows
    read: Scaled

    @property
    def can_pass(self) -> bool:
        """Whether rows of a date with a burst can pass for regular, outside of it."""
        return self.read.side.burst > 0 and self.read.disguised is not None

    @cached_property
    def candidates(self) -> Candidates:
        return Candidates(self.honest, self.read.where)

    @cached_property
    def second(self) -> I64:
        """Second of the day of each row that can have the label."""
        return self.read.pick(self.honest.rows.second)

    @cached_property
    def inside(self) -> F64:
        """Probability of each of these rows as a fraud, given what all share, shape (windows, ways, rows)."""
        read = self.read
        if read.timeless is None:
            return read.shared
        return read.join(read.timeless - np.log(read.side.burst))

    @cached_property
    def disguised(self) -> F64:
        """Probability of each of these rows as a fraud that passes for regular, as of `inside`."""
        assert self.read.disguised is not None
        return self.read.join(np.broadcast_to(self.read.disguised, self.read.content.shape))

    @cached_property
    def bounds(self) -> F64:
        """Where what fraudulent rows of a date share can lie by each of these rows: start of a burst, remote place.

        Shape (ways, 2 * axes, rows), as of `sum_covered`.
        """
        side, remote, rows = self.read.side, self.read.remote, len(self.second)
        shared = [] if remote is None else [remote.bounds]
        if side.burst:
            starts = [side.measure_starts(self.second), -side.measure_starts(self.second - side.burst)]
            shared.insert(0, np.broadcast_to(np.stack(starts)[:, np.newaxis], (len(side.radii), 2, 1, rows)))
        whole = shared[0] if len(shared) == 1 else np.concatenate(shared, axis=2)
        return whole.reshape(len(side.radii), -1, rows)

    def choose(self) -> Iterator[_Aligned]:
        """Yield the candidates of all days that can have fraud of the type, some at a time."""
        side, numbers = self.read.side, self.candidates.numbers
        possible = numbers >= side.fewest
        if not side.keeps_own_rows:
            possible &= (numbers == self.honest.days.sizes) & (numbers <= side.numbers.max())
        days = np.flatnonzero(possible)
        days = days[sort_numbers(numbers[days])]
        counts = np.bincount(numbers[days])
        for number in np.flatnonzero(counts).tolist():
            alike = days[counts[:number].sum() :][: counts[number]]
            own, step = self._narrow(alike, number), max(1, _CELLS // _count_cells(side, number))
            for some in (own[first : first + step] for first in range(0, len(own), step)):
                yield _Aligned(self, some, number, self._place(some, number).ravel())

    def _place(self, days: I64, number: int) -> I64:
        """Return the places of candidates of days with as many each, shape (candidates, days)."""
        return np.asarray(self.candidates.firsts[days] + np.arange(number)[:, np.newaxis])

    def _narrow(self, days: I64, number: int) -> I64:
        """Return the days on which the fewest rows of a burst can be as close as they must."""
        side = self.read.side
        if not side.burst or self.can_pass:
            return days
        second = np.sort(self.second.take(self.candidates.order.take(self._place(days, number))), axis=0)
        close = second[side.fewest - 1 :] - second[: number + 1 - side.fewest] < side.burst
        return days[close.any(axis=0)]


@dataclass(frozen=True)
class _Aligned:
    """Candidates of days with as many each: the first of every day, the second of every day, and so on.

    Attributes:
        days: Positions of the days.
        rows: Candidates of each.
        places: Of the candidates among all of the type, day by day.
    """

    kind: _TypeOfFraud
    days: I64
    rows: int
    places: I64

    @property
    def read(self) -> Scaled:
        return self.kind.read

    def sum_up(self) -> Sums:
        """Return the sums of the candidates, and of these days."""
        return Sums(*(reduce(np.add, own) for own in zip(*self._sum_cases(), strict=True)))

    def _sum_cases(self) -> Iterator[tuple[F64, F64]]:
        """Yield these for each window, and for how fraudulent and regular rows travel."""
        side, regular, candidates = self.read.side, self.kind.honest.regular.side, self.kind.candidates
        ways = (np.exp(side.share) * side.travel).tolist()
        for window, sizes in enumerate(self._count(window) for window in range(len(self.read.content))):
            for way, share in enumerate(ways):
                if not side.keeps_own_rows or self.rows == 1:  # all candidates are frauds, or there is none
                    every = sizes[-1] * self._hold_all(window, way) * (share * self._rest)
                    yield np.tile(every, self.rows), every
                    continue
                for outside, rest, also in zip(self._outside, candidates.rest, regular.travel.tolist(), strict=True):
                    weights = sizes * (share * also * rest.take(self.days))
                    yield self._sum_subsets(window, way, outside, weights)

    @cached_property
    def _outside(self) -> list[F64]:
        """Probability of each candidate to be regular, for each way of travelling, shape (candidates, days)."""
        rows = self.kind.candidates.rows.take(self.places)
        return [own.take(rows).reshape(self.rows, -1) for own in self.kind.honest.outside]

    @cached_property
    def _rest(self) -> F64 | float:
        """Probability of the other rows of each day to be regular."""
        if not self.read.side.keeps_own_rows:
            return 1.0  # there are none
        ways = zip(self.kind.candidates.rest, self.kind.honest.regular.side.travel.tolist(), strict=True)
        return np.asarray(reduce(np.add, [also * rest.take(self.days) for rest, also in ways]))

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
        if self.rows == 1:  # the commonest by far
            return np.asarray(self.read.alone[window, way].take(self._own))
        if self.kind.can_pass:
            weights, inside = self._cut(window, way)
            return sum_products(weights, inside.prod(axis=0))
        return np.asarray(self._align(self.kind.inside[window, way]).prod(axis=0) * cover_all(self._bound(way)))

    def _sum_subsets(self, window: int, way: int, outside: F64, weights: F64) -> tuple[F64, F64]:
        """Return the sums over which candidates are fraudulent, as of `sum_up`."""
        if self.rows <= MOST_SUBSET_ROWS[self.read.side.axes] and not self.kind.can_pass:
            return sum_covered(self._align(self.kind.inside[window, way]), outside, weights, self._bound(way))
        pieces, inside = self._cut(window, way)
        outside = np.broadcast_to(outside[:, np.newaxis], inside.shape)
        spread = weights[:, np.newaxis].repeat(len(pieces), axis=1).reshape(len(weights), -1)
        held, every = sum_subsets(inside.ravel(), outside.ravel(), spread, [pieces.size] * self.rows)
        by_row = [sum_products(pieces, row) for row in held.reshape(inside.shape)]
        return np.concatenate(by_row), sum_products(pieces, every.reshape(pieces.shape))

    def _align(self, values: F64) -> F64:
        """Return values of days with as many candidates each, of those of the type; shape (candidates, days)."""
        return values.take(self._own).reshape(self.rows, -1)

    @cached_property
    def _own(self) -> I64:
        """Places of the candidates among the rows that can have the label."""
        return self.kind.candidates.order.take(self.places)

    def _bound(self, way: int) -> F64:
        """Return the bounds of what is shared, as of `sum_covered`."""
        bounds = self.kind.bounds[way]
        return np.asarray(bounds.take(self._own, axis=1).reshape(len(bounds), self.rows, -1).swapaxes(0, 1))

    def _cut(self, window: int, way: int) -> tuple[F64, F64]:
        """Return the pieces of what fraudulent rows share.

        Of each piece its probability, shape (pieces, days), and that of each row in it, shape (rows, pieces, days).
        """
        inside = self._align(self.kind.inside[window, way])[:, np.newaxis]
        weights, bounds = np.ones((1, inside.shape[2])), self._bound(way)
        upper, lower = np.split(bounds.swapaxes(0, 1), 2)
        axes = [*zip(-lower, upper, strict=True)]
        if self.kind.can_pass:
            low, high = axes.pop(0)
            weights, within = cut_axis(low, high)
            rest = 1.0 - (high.max(axis=0) - low.min(axis=0))  # none lies within: then all pass for regular
            weights = np.append(weights, rest[np.newaxis], axis=0)
            within = np.append(within, np.zeros_like(inside), axis=1)
            inside = inside * within + self._align(self.kind.disguised[window, way])[:, np.newaxis]
        for ends in axes:
            more, covers = cut_axis(*ends)
            weights = (weights[:, np.newaxis] * more).reshape(-1, weights.shape[1])
            inside = (inside[:, :, np.newaxis] * covers[:, np.newaxis]).reshape(len(inside), *weights.shape)
        return weights, inside


def _count_cells(side: Side, number: int) -> int:
    """Return the numbers that a day with so many candidates takes."""
    if number <= MOST_SUBSET_ROWS[side.axes]:
        return 1 << number
    return int(number * number * (2 * number) ** side.axes)
