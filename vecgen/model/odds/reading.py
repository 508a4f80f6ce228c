"""What rows say under one label: its probabilities of their dates, times, categories, amounts and places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np

from vecgen.model.odds.likelihood import HOUR, Seen, Shown, Side, log_sum
from vecgen.model.odds.stretches import Values, pick, unite
from vecgen.sampling.amount_mass import Figures, LogMasses
from vecgen.sampling.arrays import F64, I64


@dataclass(frozen=True)
class Days:
    """Customers' days.

    Attributes:
        day, sizes: Day from the start of the period, number of rows.
        of_row: Position of each row's day.
        place: Of the rows, day by day.
        of_place: Position of the day of each of these.
    """

    day: I64
    sizes: I64
    of_row: I64
    place: I64
    of_place: I64


def find_days(rows: Seen, order: I64) -> Days:
    """Return the days of rows in the order (customer, day), for the rows taken in another order."""
    new = (rows.customer[1:] != rows.customer[:-1]) | (rows.day[1:] != rows.day[:-1])
    starts = np.flatnonzero(np.append(True, new))
    sizes = np.diff(np.append(starts, len(rows)))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    of_place = np.arange(len(starts)).repeat(sizes)
    return Days(rows.day.take(starts), sizes, of_place.take(order), place, of_place)


class Remote(NamedTuple):
    """Remote places from which rows can be reached.

    Attributes:
        bounds: What `Side.find_remote` says, shape (ways, ends, axes, rows).
        mass: Probability of all that lies between, shape (ways, rows).
    """

    bounds: F64
    mass: F64


@dataclass(frozen=True)
class Read:
    """What rows say under one label, as logarithms of probabilities, where they can have it.

    Attributes:
        rows: How many there are.
        where: Stretches of the rows that can have the label; what follows is of these rows alone.
        content: Of category, second and amount, given window and date, shape (windows, rows); one where windows say
            nothing of them.
        timeless: The same but for the second; None unless the label has bursts.
        disguised: Of rows that pass for regular the whole of it; None where none does.
        place: Given that the customer stays, and that it travels, shape (ways, rows).
        remote: None unless the label has a remote place.
    """

    side: Side
    rows: int
    where: Sequence[slice]
    content: F64
    timeless: F64 | None
    disguised: F64 | None
    place: F64
    remote: Remote | None

    @property
    def is_everywhere(self) -> bool:
        """Whether all rows can have the label."""
        return bool(self.content.shape[1] == self.rows)

    def pick(self, values: Values) -> Values:
        """Return the values of the rows that can have the label, of those of all rows."""
        return pick(values, self.where)

    def split(self, values: F64) -> Iterator[tuple[slice, F64]]:
        """Yield each stretch of rows that can have the label, with its part of their values."""
        start = 0
        for own in self.where:
            yield own, values[..., start : start + own.stop - own.start]
            start += own.stop - own.start

    def spread(self, values: F64, otherwise: float = 0.0) -> F64:
        """Return values of the rows that can have the label as those of all rows."""
        if self.is_everywhere:
            return values
        out = np.full(self.rows, otherwise)
        for own, part in self.split(values):
            out[own] = part
        return out


@dataclass(frozen=True)
class Scaled(Read):
    """The same with probabilities up to a factor of each row, which all labels share.

    Attributes:
        logs: Log probability of each row without its date, shape (windows, ways, rows); the factor taken off.
        scale: Logarithm of the factor, of all rows.
    """

    logs: F64
    scale: F64

    @cached_property
    def alone(self) -> F64:
        """Probability of each row without its date, given window and way of travelling, as of `logs`."""
        return np.exp(self.logs)

    @property
    def shared(self) -> F64:
        """The same given the remote place, too."""
        return self.alone if self.remote is None else self.join(self.content)

    def join(self, content: F64) -> F64:
        """Return `shared` of rows with a content, of shape (windows, rows)."""
        place = self.place if self.remote is None else self.side.log_reached[:, np.newaxis]
        return np.exp((content - self.pick(self.scale))[:, np.newaxis] + place)

    def add_expected(self, total: F64, day: I64) -> None:
        """Add the expected number of such rows of a customer with this label to that of all rows."""
        for date, own in zip(self.side.expected, self.alone, strict=True):
            for where, part in self.split(_sum_ways(own, self.side.travel)):
                total[where] += date.take(day[where]) * part

    def by_day(self, days: Days) -> F64:
        """Return the log probability of all rows of each customer's day, where each is of this label."""
        own, number = self.pick(days.of_row), len(days.day)
        whole = np.bincount(own, minlength=number) == days.sizes if len(own) < len(days.of_row) else True
        table = self.side.log_counts(int(days.sizes.max()))
        counts = table.swapaxes(0, 1).reshape(table.shape[1], -1).take(days.sizes * table.shape[2] + days.day, axis=1)
        ways = np.log(self.side.travel).tolist()
        cases = [
            count + (np.bincount(own, logs, number) + share)
            for count, by_way in zip(counts, self.logs, strict=True)
            for logs, share in zip(by_way, ways, strict=True)
        ]
        return np.where(whole, log_sum(cases), -np.inf)


def scale_all(reads: Sequence[Read]) -> list[Scaled]:
    """Return what rows say under all labels with the most likely one of each row at about 1."""
    scale = np.full(reads[0].rows, -np.inf)
    joined = [read.content[:, np.newaxis] + read.place for read in reads]
    for read, logs in zip(reads, joined, strict=True):
        for where, part in read.split(reduce(np.maximum, [own for by_way in logs for own in by_way])):
            np.maximum(scale[where], part, out=scale[where])
    return [_scale(read, logs, scale) for read, logs in zip(reads, joined, strict=True)]


def _scale(read: Read, logs: F64, scale: F64) -> Scaled:
    for where, part in read.split(logs):
        np.subtract(part, scale[where], out=part)
    own = {field.name: getattr(read, field.name) for field in fields(Read)}
    return Scaled(**own, logs=logs, scale=scale)


class Contents:
    """Log probabilities of category, second and amount under all labels of a profile, where dates say nothing of them.

    Labels know few categories each, so rows are read category by category.
    """

    def __init__(self, sides: Sequence[Side], everywhere: bool = False) -> None:
        """Write out the categories that sides have.

        Args:
            everywhere: Whether to tell of all rows that a label cannot have those of other categories.
        """
        self._sides, self._everywhere = sides, everywhere
        self._categories = [_Category(sides, position) for position in range(len(sides[0].amounts))]

    def read(self, rows: Shown) -> list[Read]:
        """Return what rows in the order of their categories say under each label."""
        ends = np.searchsorted(rows.category, np.arange(len(self._categories) + 1)).tolist()
        hour = rows.second // HOUR
        where: list[list[slice]] = [[] for _ in self._sides]
        logs: list[list[F64]] = [[] for _ in self._sides]
        for category, start, stop in zip(self._categories, ends[:-1], ends[1:], strict=True):
            if start < stop:
                own = slice(start, stop)
                for number, values in zip(category.sides, category.read(hour[own], rows.cents[own]), strict=True):
                    where[number].append(own)
                    logs[number].append(values)
        places = _Places(rows)
        return [self._read_label(rows, *own, places) for own in zip(self._sides, where, logs, strict=True)]

    def _read_label(self, rows: Shown, side: Side, where: list[slice], logs: list[F64], places: _Places) -> Read:
        content = np.concatenate([*logs, np.zeros(0)])[np.newaxis]
        if self._everywhere:
            some, content = zip(where, logs, strict=True), np.full((1, len(rows)), -np.inf)
            for own, values in some:
                content[0, own] = values
            where = [slice(0, len(rows))]
        timeless = None
        if side.burst:
            timeless, content = content, content + side.read_seconds(pick(rows.second, where))
        where = unite([where])
        return Read(side, len(rows), where, content, timeless, None, *places.read(side, where))


def read_labels(sides: Sequence[Side], rows: Shown) -> list[Read]:
    """Return what rows say under each label, whether dates say something of it or not."""
    places = _Places(rows)
    where = [slice(0, len(rows))]
    return [_read_label(side, rows, *places.read(side, where)) for side in sides]


def _read_label(side: Side, rows: Shown, place: F64, remote: Remote | None) -> Read:
    timeless = side.read_pairs(rows) + side.read_amounts(rows)
    content = timeless + side.read_seconds(rows.second)
    return Read(side, len(rows), [slice(0, len(rows))], content, timeless if side.burst else None, None, place, remote)


def _sum_ways(values: F64, travel: F64) -> F64:
    """Return the mean over the ways of travelling, of values of shape (ways, ...)."""
    if len(values) == 1:
        return np.asarray(values[0])
    return np.asarray(reduce(np.add, [share * own for share, own in zip(travel.tolist(), values, strict=True)]))


class _Places:
    """What places of rows say under each label."""

    def __init__(self, rows: Shown) -> None:
        self._rows = rows
        self._known: dict[tuple[object, ...], F64] = {}

    def read(self, side: Side, where: Sequence[slice]) -> tuple[F64, Remote | None]:
        """Return `Read.place` and `Read.remote` of rows that can have a label."""
        if side.remote:
            bounds = side.find_remote(pick(self._rows.lat, where), pick(self._rows.long, where))
            mass = bounds.sum(axis=1).prod(axis=1)
            return np.log(mass) + side.log_reached[:, np.newaxis], Remote(bounds, mass)
        if side.place_key not in self._known:
            self._known[side.place_key] = side.read_places(self._rows.lat, self._rows.long)
        return pick(self._known[side.place_key], where), None


class _Category:
    """What the sides that have a category say of its rows."""

    def __init__(self, sides: Sequence[Side], position: int) -> None:
        figures = {number: own for number, side in enumerate(sides) if (own := side.amounts[position])}
        self.sides = list(figures)
        self._masses = LogMasses([Figures(*own) for own in figures.values()])
        times = [
            side.pairs[position].repeat(12) + (0.0 if side.burst else np.log(side.hours))
            for side in (sides[number] for number in self.sides)
        ]
        self._times = np.array(times).reshape(-1, 24).T.copy()

    def read(self, hour: I64, cents: I64) -> F64:
        logs = self._masses.read(cents)
        logs += self._times.take(hour, axis=0)
        return logs.T
