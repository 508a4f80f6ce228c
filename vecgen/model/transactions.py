"""Samples transactions in batches: customers of one profile in, plain columns of integers out.

`transaction_dates.draw_calendar` has drawn every date of every customer. `draw_rows` completes the rows of some days in
the order (customer, date), by index: any range of days, any customers, give the same rows alone as they do together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.model.fraud.moments import Moments
from vecgen.model.params import Period
from vecgen.model.rows import ATTRIBUTES, Attribute, Rows, has_long_runs, merge_rows
from vecgen.model.tables import HALF_DAY, MAX_CUSTOMER_ROWS, Pairs, Tables
from vecgen.model.transaction_dates import (
    AMOUNT,
    CHOICE,
    CHUNK_ROWS,
    DISGUISE,
    MERCHANT,
    MOMENT,
    PLACE,
    STEALTH,
    Calendar,
    Stream,
    cut_chunks,
    draw_number_keys,
)
from vecgen.sampling.arrays import I32, I64, U64, Bools, Scalar
from vecgen.sampling.rng import (
    GOLDEN,
    Keys,
    draw_words,
    high_half,
    low_half,
    mix,
    scale_to,
    start_counters,
    unit_interval,
)

_FRAUD_INDEX: Final = np.uint64(1 << 62)  # keeps the numbers of fraud rows apart from those of regular rows
_NIGHT_SHARE: Final = 0.8  # of fraud rows happen at 0-3 h (morning) or 22-23 h (afternoon)
_NIGHT_MORNING: Final = 4 * 3600  # seconds, from midnight
_NIGHT_EVENING: Final = 2 * 3600  # seconds, until midnight
_NOTHING: Final = np.empty(0, dtype=np.int64)  # an attribute that was not requested


def draw_rows(
    tables: Tables,
    calendar: Calendar,
    days: range,
    customers: range | None = None,
    attributes: frozenset[Attribute] = ATTRIBUTES,
) -> Iterator[Rows]:
    """Complete the rows on `days` (days from the start of the period, ascending), in the order (customer, date).

    `customers` selects positions in the calendar; None means all. Only `attributes` are drawn. Yields batches of
    about 24,000 rows, enough to spread the cost of a call, few enough that the columns in use stay in the cache.
    Regular rows of one customer and date come before fraudulent ones; the order within is that of the index.
    """
    chosen = range(len(calendar.customers)) if customers is None else customers
    regular, *others = (_select_days(_select_members(stream, chosen), days) for stream in calendar.streams)
    ahead = [_Ahead(tables, calendar, part) for part in others]
    for start, stop in cut_chunks(regular.rows_per_member):
        rows = _number_rows(tables, calendar, regular, start, stop).complete(attributes)
        for other in ahead:
            if more := other.complete(chosen.start + start, chosen.start + stop, attributes):
                rows = merge_rows(rows, more)
        if len(rows):
            yield rows


def draw_frauds(tables: Tables, calendar: Calendar, stream: Stream, attributes: frozenset[Attribute]) -> Iterator[Rows]:
    """Complete the rows of one of a calendar's streams of fraud, in the order (customer, date)."""
    part = _select_days(stream, range(tables.law.period.days))
    for start, stop in cut_chunks(part.rows_per_member):
        yield _number_rows(tables, calendar, part, start, stop).complete(attributes)


@dataclass(frozen=True)
class _Part:
    """A stream restricted to some days."""

    stream: Stream
    slots: slice
    kept: I32
    rows_per_member: I64


def _select_members(stream: Stream, customers: range) -> Stream:
    """Return the stream of the members among `customers` (positions in the calendar); nothing is copied."""
    own = slice(*np.searchsorted(stream.members, [customers.start, customers.stop]).tolist())

    def slots(values: I64) -> I64:
        return values if values.ndim == 1 else values[own]

    return replace(
        stream,
        members=stream.members[own],
        keys=Keys(stream.keys.weyl[own], stream.keys.inner[own]),
        day=slots(stream.day),
        kept=stream.kept[own],
        first=stream.first[own],
        pair=None if stream.pair is None else slots(stream.pair),
        amount_start=stream.amount_start[own],
        radius=stream.radius[own],
        away=stream.away and (stream.away[0][own], stream.away[1][own]),
        burst=None if stream.burst is None else stream.burst[own],
        copies=stream.copies and stream.copies.slice(own),
    )


def _select_days(stream: Stream, days: range) -> _Part:
    if stream.day.ndim == 1:
        slots = slice(*np.searchsorted(stream.day, [days.start, days.stop]).tolist())
        kept = stream.kept[:, slots]
    else:
        slots = slice(None)
        kept = stream.kept * ((stream.day >= days.start) & (stream.day < days.stop))
    rows = kept @ np.ones(kept.shape[1], dtype=np.int32)  # sum(axis=1) takes 4 ns a row of the dataset, this 1
    return _Part(stream, slots, kept, rows.astype(np.int64))


class _Ahead:
    """Completes the rows of a part with few rows for many customers at once, so that few calls serve them."""

    def __init__(self, tables: Tables, calendar: Calendar, part: _Part) -> None:
        self._tables, self._calendar, self._part = tables, calendar, part
        self._ends = np.concatenate([[0], np.cumsum(part.rows_per_member)])
        self._rows: Rows | None = None
        self._start = self._stop = 0  # of the members whose rows are complete

    def complete(self, first: int, last: int, attributes: frozenset[Attribute]) -> Rows | None:
        """Return the rows of the customers at first..last-1, None for none; calls go on where those before ended."""
        start, stop = np.searchsorted(self._part.stream.members, [first, last]).tolist()
        if self._ends[start] == self._ends[stop]:
            return None
        # Few customers have fraud, and chunks follow the regular rows: drawn ahead for many chunks, calls stay large.
        if self._rows is None or stop > self._stop:
            fitting = int(np.searchsorted(self._ends, self._ends[start] + CHUNK_ROWS, side="right")) - 1
            self._start, self._stop = start, max(stop, fitting)
            self._rows = _number_rows(self._tables, self._calendar, self._part, start, self._stop).complete(attributes)
        return self._rows.slice(*(self._ends[[start, stop]] - self._ends[self._start]).tolist())


@dataclass(frozen=True)
class _Draft:
    """Numbered rows of members start..stop-1 of a part; what a row's attributes need is drawn when the first asks.

    Attributes:
        who: Position of each row's member in the part (int64).
        slot: Position of its slot among those selected from `start` on (int64).
        index: Its position among its customer's rows of the stream (int64).
    """

    tables: Tables
    calendar: Calendar
    part: _Part
    start: int
    stop: int
    who: I64
    slot: I64
    index: I64

    def complete(self, wanted: frozenset[Attribute]) -> Rows:
        """Draw the wanted attributes of all rows."""

        def draw(name: Attribute, attribute: Callable[[], I64]) -> I64:
            return attribute() if name in wanted else _NOTHING

        return Rows(
            self.customer,
            self._spread(self.part.stream.day),
            second=draw("second", self._draw_second),
            category=draw("category", lambda: self._pairs.category.take(self._pair)),
            merchant=draw("merchant", self._draw_merchant),
            cents=draw("cents", self._draw_cents),
            lat=draw("lat", lambda: self._draw_coordinate(0, high_half(self._place_words))),
            long=draw("long", lambda: self._draw_coordinate(1, low_half(self._place_words))),
            number=self._draw_number() if "number" in wanted else (_NOTHING.view(np.uint64),) * 2,
            is_fraud=np.full(len(self.who), self.part.stream.is_fraud, dtype=np.int8),
            fraud_type=draw("fraud_type", lambda: np.full(len(self.who), self.part.stream.fraud_type)),
        )

    @cached_property
    def customer(self) -> I64:
        """Position of each row's customer in the calendar's batch."""
        stream = self.part.stream
        # The members of the regular stream are all customers: their positions need no look-up.
        return stream.members.take(self.who) if stream.is_fraud else self.who + stream.members[0]

    def _spread_members(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Return each row's value of its member, given those of the part's members."""
        lengths = self.part.rows_per_member[self.start : self.stop]
        if has_long_runs(lengths, len(self.who)):
            return np.repeat(values[self.start : self.stop], lengths)
        return values.take(self.who)

    def _spread_customers(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Return each row's value of its customer, given those of the calendar's customers."""
        return self._spread_members(values.take(self.part.stream.members))

    @property
    def _pairs(self) -> Pairs:
        return self.part.stream.behaviour.pairs

    @cached_property
    def _keys(self) -> Keys:
        keys = self.part.stream.keys
        return Keys(self._spread_members(keys.weyl), self._spread_members(keys.inner))

    @cached_property
    def _counters(self) -> U64:
        return start_counters(self._keys, self.index)

    def _words(self, purpose: int) -> U64:
        return draw_words(self._keys, self._counters, purpose)

    @cached_property
    def _choice_words(self) -> U64:
        return self._words(CHOICE)

    @cached_property
    def _merchant_words(self) -> U64:
        return self._words(MERCHANT)

    @cached_property
    def _place_words(self) -> U64:
        return self._words(PLACE)

    @cached_property
    def _stealthy(self) -> Bools | None:
        """Which fraudulent rows pass for regular ones, by a word that decides nothing else; None where none does."""
        stealth = self.part.stream.behaviour.stealth
        return None if stealth is None else unit_interval(self._words(STEALTH)) < stealth.share

    @cached_property
    def _pair(self) -> npt.NDArray[np.integer]:
        own, stream = self._choose_pair(), self.part.stream
        stealth = stream.behaviour.stealth
        if stealth is None or self._stealthy is None:
            return own
        return np.where(self._stealthy, stealth.draw_pairs(self._spread(stream.day), self._choice_words), own)

    def _choose_pair(self) -> npt.NDArray[np.integer]:
        stream = self.part.stream
        return stream.behaviour.choice.draw(self._choice_words) if stream.pair is None else self._spread(stream.pair)

    def _spread(self, values: I64) -> I64:
        """Return each row's value of its slot, or of its member and slot."""
        selected = np.broadcast_to(values, self.part.stream.kept.shape)[self.start : self.stop, self.part.slots]
        return selected.ravel().take(self.slot)

    def _draw_second(self) -> I64:
        second = _draw_second(self._pairs.second.take(self._pair), self._choice_words, self._choose_night())
        fraud = self.part.stream.fraud
        if fraud is None or fraud.moments is None:
            return second
        moment = self._draw_moment(fraud.moments)
        return moment if self._stealthy is None else np.where(self._stealthy, second, moment)

    def _choose_night(self) -> Bools | None:
        """Return which rows keep to the night: four in five of a twin's that do not pass for regular."""
        fraud = self.part.stream.fraud
        if fraud is None or not fraud.keeps_to_night:
            return None
        night: Bools = high_half(self._merchant_words) < np.uint64(_NIGHT_SHARE * 2**32)
        return night if self._stealthy is None else night & ~self._stealthy

    def _draw_moment(self, moments: Moments) -> I64:
        """Return seconds of the day that say nothing of the category, in the bursts of their dates if there are any."""
        words, burst = self._words(MOMENT), self.part.stream.burst
        return moments.draw_starts(words) if burst is None else moments.draw_within(self._spread(burst), words)

    def _draw_merchant(self) -> I64:
        """Return the merchant: uniform among those of the category, or where the card was copied."""
        pairs, pair = self._pairs, self._pair
        count = pairs.merchant_count.take(pair).view(np.uint64)
        merchant = scale_to(low_half(self._merchant_words), count).view(np.int64)
        merchant += pairs.merchant_first.take(pair)
        copies = self.part.stream.copies
        if copies is not None:
            copied = np.flatnonzero(self.index == self._spread_members(copies.index))
            merchant[copied] = copies.merchant.take(self.who.take(copied))
        return merchant

    def _draw_cents(self) -> I64:
        return self.tables.amounts.draw(self._pairs.amount_distribution.take(self._amount_pair()), self._words(AMOUNT))

    def _amount_pair(self) -> npt.NDArray[np.integer]:
        """Return the pair whose amounts each row follows."""
        stream = self.part.stream
        if stream.amount_pairs is None:
            return self._pair
        moved, stealth = stream.amount_pairs.take(self._amount_places(stream)), stream.behaviour.stealth
        if stealth is None or self._stealthy is None:
            return moved
        return np.where(self._stealthy, stealth.draw_amount_pairs(self._pair, self._words(DISGUISE)), moved)

    def _amount_places(self, stream: Stream) -> I64:
        return stream.amount_start.take(self.who) + self.index

    def _draw_coordinate(self, axis: int, bits: U64) -> I64:
        """Return latitudes (axis 0) or longitudes (1) uniform within the radius of a place, rounded to microdegrees.

        The place is home, or a case's remote one.
        """
        stream, homes = self.part.stream, self.calendar.customers
        coordinate = _draw_offset(_radius(stream, self.who), bits)
        coordinate += self._spread_customers((homes.lat, homes.long)[axis])
        if stream.away is not None:
            coordinate += self._spread_members(stream.away[axis])
        return coordinate

    def _draw_number(self) -> tuple[U64, U64]:
        """Return the halves of the transaction numbers: a keyed permutation of (customer id, period, index), so unique.

        Four Feistel rounds over (id, fraud mark | first day of the period | index). The keys of the rounds know seed
        and customer only, so periods share one permutation. The first round function of a customer id is the
        customer's key, drawn once and not per row.
        """
        # Every step xors one half with a function of the other, so it can be undone: no two rows share a number.
        right = self.index.astype(np.uint64)
        if self.part.stream.is_fraud:
            right |= _FRAUD_INDEX
        right ^= self._spread_customers(self.calendar.number_keys)
        left = mix(right + np.uint64(GOLDEN))
        left ^= self._spread_customers(self.calendar.customers.ids).view(np.uint64)
        right ^= mix(left + np.uint64(GOLDEN))
        left ^= mix(right ^ np.uint64(GOLDEN))
        return left, right


def read_numbers(number: tuple[U64, U64], seed: int, period: Period) -> tuple[I64, I64]:
    """Return the customer ids and the labels that transaction numbers say; ids of -1 for no numbers of that dataset.

    The rounds of `_Draft._draw_number`, undone.
    """
    right = number[1]
    left = number[0] ^ mix(right ^ np.uint64(GOLDEN))
    right = right ^ mix(left + np.uint64(GOLDEN))
    ids = (left ^ mix(right + np.uint64(GOLDEN))).view(np.int64)
    right ^= draw_number_keys(seed, np.maximum(ids, 0), period)
    index = right & ~_FRAUD_INDEX
    ours = (ids >= 0) & (index < np.uint64(MAX_CUSTOMER_ROWS))
    return np.where(ours, ids, -1), (right >= _FRAUD_INDEX).astype(np.int64)


def _number_rows(tables: Tables, calendar: Calendar, part: _Part, start: int, stop: int) -> _Draft:
    """Number the rows of members start..stop-1."""
    kept = np.ascontiguousarray(part.kept[start:stop]).ravel()
    first = part.stream.first[start:stop, part.slots].ravel()
    who = np.repeat(np.arange(start, stop), part.rows_per_member[start:stop])
    ends = np.cumsum(kept, dtype=np.int64)
    slot = _repeat_positions(ends, len(who))
    index = np.arange(len(who))
    index += (first - (ends - kept)).take(slot)  # rows of other days, and dropped ones, count too
    return _Draft(tables=tables, calendar=calendar, part=part, start=start, stop=stop, who=who, slot=slot, index=index)


def _repeat_positions(ends: I64, rows: int) -> I64:
    """Return 0, 1, ... each as often as cumulative counts (the last is `rows`) say: 2 ns a row, np.repeat 4.5."""
    return np.cumsum(np.bincount(ends[:-1], minlength=rows + 1)[:rows])


def _draw_second(part_start: I64, choice: U64, at_night: Bools | None) -> I64:
    """Return the second of the day: uniform in the half day or, of some frauds, in its night hours."""
    # The low half: the pair of day part and category hangs on the high bits.
    bits = low_half(choice)
    second = part_start + scale_to(bits, HALF_DAY).view(np.int64)
    if at_night is None:
        return second
    evening = part_start > 0
    in_evening = 2 * HALF_DAY - _NIGHT_EVENING + scale_to(bits, _NIGHT_EVENING).view(np.int64)
    in_morning = scale_to(bits, _NIGHT_MORNING).view(np.int64)
    return np.where(at_night, np.where(evening, in_evening, in_morning), second)


def _radius(stream: Stream, who: I64) -> I64:
    """Return the radius of each row, or the common one where no customer travels."""
    if stream.behaviour.travel_share == 0:
        return np.array([stream.behaviour.home_radius], dtype=np.int64)
    return stream.radius.take(who)


def _draw_offset(radius: I64, bits: U64) -> I64:
    # Adding half before the shift rounds to the nearest microdegree: the two ends get half a share, as in rounding.
    offset = bits * (2 * radius).view(np.uint64)
    offset += np.uint64(1 << 31)
    offset >>= np.uint64(32)
    signed = offset.view(np.int64)
    signed -= radius
    return signed
