"""Samples all transaction dates of a group of customers up front.

Dates are kept as counts per customer and slot, which is cheap, and all that must be known before any row is drawn. The
index of a row is its position among its customer's rows in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.model.fraud.compromise import NONE, CompromiseTables, Copies, choose_rows, list_rows, no_copies
from vecgen.model.params import Period
from vecgen.model.rows import HONEST
from vecgen.model.tables import Behaviour, FraudTables, FraudWindows, ProfileTables, Tables
from vecgen.sampling.arrays import I16, I32, I64, U64, Bools
from vecgen.sampling.categorical import Categorical, find_cells
from vecgen.sampling.rng import (
    Keys,
    derive_keys,
    draw_words,
    high_half,
    low_half,
    scale_to,
    start_counters,
    unit_interval,
)

# Streams of a customer. 2 belongs to the customer's own attributes (`customers`), 5 to categories (`fraud.compromise`).
# All but HABIT_STREAM have keys of each period, by its first day: what customers are like stays, what happens to them
# does not repeat.
REGULAR_STREAM: Final = 0
FRAUD_STREAM: Final = 1
HABIT_STREAM: Final = 3
CASE_STREAM: Final = 4

# Words of a row; `transactions` takes those in the middle.
DATE, CHOICE, AMOUNT, MERCHANT, PLACE, SHUFFLE, STEALTH, MOMENT, DISGUISE = range(9)
_RATE, _TRAVEL = range(2)  # words of a customer in HABIT_STREAM
_DEFRAUDED, _WINDOW, _FRAUD_RATE, _FRAUD_TRAVEL, _TYPE, _REMOTE, _COPIED = range(7)  # words of entry 0 in CASE_STREAM

# Where a transaction number holds the first day of its period: above the index, below the mark of fraud at bit 62.
# 22 bits hold every date; an index has 24 (`tables.MAX_CUSTOMER_ROWS`).
_START_BIT: Final = 40

# Rows drawn at once, give or take a customer: 8,000 take 102 ns a row, 15,000 take 80, 24,000 take 76, 60,000 take 87.
CHUNK_ROWS: Final = 24_000


@dataclass(frozen=True)
class Customers:
    """What the sampler needs of customers, all of one profile; arrays of one length.

    Attributes:
        ids: Customer ids (int64, 0 <= id < 2**62).
        lat, long: Home in microdegrees (int64).
    """

    ids: I64
    lat: I64
    long: I64

    def __len__(self) -> int:
        return len(self.ids)

    def slice(self, start: int, stop: int) -> Customers:
        """Return the customers at positions start..stop-1."""
        return Customers(self.ids[start:stop], self.lat[start:stop], self.long[start:stop])


@dataclass(frozen=True)
class Stream:
    """The rows of one stream (regular or fraud) as counts per member and slot; members are the customers that have any.

    Attributes:
        members: Positions of the members among the calendar's customers, ascending (int64).
        keys: Of the members.
        day: Days from the start of the period, shape (slots,), or (members, slots) where each has slots of its own.
        kept: Rows to emit, shape (members, slots), int32.
        first: Index of the first row of each slot, same shape; dropped rows are counted too.
        pair: Pairs, shape as `day`; None where each row draws its own.
        amount_pairs: Pair whose amounts a row follows, by `amount_start` + index; None where it is its own.
        radius: Half the side of the square of purchases in microdegrees, per member (int64).
        fraud: What the rows are made of where they are fraudulent, else None.
        away: How far a member's fraud is from home, latitude and longitude in microdegrees; None where it is at home.
        burst: First second of the rows of a date, shape as `day`; None where each row has a time of its own.
        copies: Of regular rows, those at which a member's card was copied; None where no type of fraud knows any.
    """

    behaviour: Behaviour
    members: I64
    keys: Keys
    day: I64
    kept: I32
    first: I32
    pair: I64 | None
    amount_pairs: I16 | None
    amount_start: I64
    radius: I64
    fraud: FraudTables | None = None
    away: tuple[I64, I64] | None = None
    burst: I64 | None = None
    copies: Copies | None = None

    @property
    def is_fraud(self) -> bool:
        """Whether the rows are fraudulent."""
        return self.fraud is not None

    @property
    def fraud_type(self) -> int:
        """Position of the type of fraud in `ModelParameters.types`; HONEST for none."""
        return HONEST if self.fraud is None else self.fraud.position


@dataclass(frozen=True)
class Calendar:
    """The dates of the transactions of some customers.

    Attributes:
        frauds: A stream for each type of fraud that one of them suffers; nobody is a member of two.
        number_keys: What a row's index is xored with to begin its transaction number, per customer: the period's first
            day, and the first round of the permutation, which is the same for all periods.
        dropped: Regular rows dropped on the dates of fraudulent ones, per member of each of `frauds` (int64).
    """

    customers: Customers
    number_keys: U64
    regular: Stream
    frauds: tuple[Stream, ...]
    dropped: tuple[I64, ...]

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The regular stream and those of fraud."""
        return (self.regular, *self.frauds)


def draw_calendar(tables: Tables, profile: ProfileTables, customers: Customers) -> Calendar:
    """Draw the dates of all transactions of `customers`, whose profile is `profile`."""
    law = tables.law
    start = law.period.start.toordinal()
    habits = derive_keys(tables.seed, HABIT_STREAM, customers.ids)
    habit_words = _draw_first_words(habits, 2)
    cases = derive_keys(tables.seed, CASE_STREAM, customers.ids, start)
    number_keys = _mark_period(habits, law.period)
    everyone = np.arange(len(customers))
    schedule = profile.schedule
    regular = _draw_stream(
        profile.regular,
        everyone,
        derive_keys(tables.seed, REGULAR_STREAM, customers.ids, start),
        law.period.span * _draw_rates(profile.regular, habit_words[_RATE]),
        _SlotChoice(schedule.day, schedule.pair, lambda words, members: schedule.slots.draw_cells(words)),
        _draw_radius(profile.regular, habit_words[_TRAVEL]),
    )
    struck = (
        np.flatnonzero(_is_struck(tables, draw_words(cases, cases.weyl, _DEFRAUDED)))
        if profile.frauds
        else everyone[:0]
    )
    frauds = tuple(
        _draw_fraud(tables, fraud, customers, members, cases.take(members))
        for fraud, members in _share_out(tables, profile, cases, struck)
    )
    regular = _copy_cards(tables, regular, frauds, cases)
    dropped = tuple(_drop_fraud_dates(regular, fraud, law.period.days) for fraud in frauds)
    return Calendar(customers, number_keys, regular, frauds, dropped)


def _share_out(tables: Tables, profile: ProfileTables, cases: Keys, struck: I64) -> Iterator[tuple[FraudTables, I64]]:
    """Yield each type of fraud that some of the struck customers suffer, with them."""
    types = _draw_types(tables.fraud_choice, cases.take(struck))
    for fraud in profile.frauds:
        members = struck[types == fraud.position]
        if len(members):
            yield fraud, members


def draw_fraud_types(choice: Categorical | None, seed: int, ids: I64, period: Period) -> I64:
    """Return the type of fraud that each customer suffers, if any: position in `ModelParameters.types`.

    Args:
        choice: As of `Tables.fraud_choice`.
    """
    return _draw_types(choice, derive_keys(seed, CASE_STREAM, ids, period.start.toordinal()))


def _draw_types(choice: Categorical | None, cases: Keys) -> I64:
    if choice is None:
        return np.zeros(len(cases.weyl), dtype=np.int64)
    return np.asarray(choice.draw(draw_words(cases, cases.weyl, _TYPE)).astype(np.int64))


def _draw_fraud(tables: Tables, fraud: FraudTables, customers: Customers, members: I64, cases: Keys) -> Stream:
    """Draw the dates of the fraud of one type that members suffer.

    Args:
        members: Positions of the customers who do.
        cases: Their keys in CASE_STREAM.
    """

    def draw(purpose: int) -> U64:
        return draw_words(cases, cases.weyl, purpose)

    starts = draw(_WINDOW)
    windows = fraud.windows
    window = (
        fraud.starts.draw(starts) if fraud.starts else scale_to(high_half(starts), len(windows.ends)).view(np.int64)
    )
    stream = _draw_stream(
        fraud.behaviour,
        members,
        derive_keys(tables.seed, FRAUD_STREAM, customers.ids[members], tables.law.period.start.toordinal()),
        fraud.days * _draw_rates(fraud.behaviour, draw(_FRAUD_RATE)),
        _choose_window(windows, window),
        _draw_radius(fraud.behaviour, draw(_FRAUD_TRAVEL)),
    )
    away = _draw_away(fraud.remote_radius, draw(_REMOTE)) if fraud.remote_radius else None
    burst = fraud.moments.draw_bursts(cases, stream.day) if fraud.moments else None
    return replace(stream, fraud=fraud, away=away, burst=burst)


def _draw_away(radius: int, words: U64) -> tuple[I64, I64]:
    """Return the distances of places from home: latitudes and longitudes, uniform, in whole microdegrees."""
    latitude, longitude = (
        scale_to(half, 2 * radius + 1).view(np.int64) for half in (high_half(words), low_half(words))
    )
    return latitude - radius, longitude - radius


def draw_number_keys(seed: int, ids: I64, period: Period) -> U64:
    """Return what a row's index is xored with to begin its transaction number, per customer: see `Calendar`."""
    return _mark_period(derive_keys(seed, HABIT_STREAM, ids), period)


def _mark_period(habits: Keys, period: Period) -> U64:
    # The keys of habits know no period: so numbers of all periods are images under one permutation, and differ.
    return habits.weyl ^ np.uint64(period.start.toordinal() << _START_BIT)


def find_defrauded(tables: Tables, ids: I64) -> Bools:
    """Return which customers are defrauded, as `draw_calendar` decides it, without drawing anything else."""
    keys = derive_keys(tables.seed, CASE_STREAM, ids, tables.law.period.start.toordinal())
    return _is_struck(tables, draw_words(keys, keys.weyl, _DEFRAUDED))


def _is_struck(tables: Tables, words: U64) -> Bools:
    struck: Bools = unit_interval(words) < tables.law.fraud_rate
    return struck


def _draw_first_words(keys: Keys, purposes: int) -> list[U64]:
    """Return the words of each customer's entry 0, whose counter is the Weyl state itself."""
    return [draw_words(keys, keys.weyl, purpose) for purpose in range(purposes)]


@dataclass(frozen=True)
class _SlotChoice:
    """How a stream's rows choose their slots: from words and, where slots differ between them, members' positions."""

    day: I64
    pair: I64 | None
    draw: Callable[[U64, I64], npt.NDArray[np.integer]]


def _draw_rates(behaviour: Behaviour, words: U64) -> I64:
    low, high = behaviour.per_day
    return low + scale_to(high_half(words), high - low + 1).view(np.int64)


def _draw_radius(behaviour: Behaviour, words: U64) -> I64:
    travels = unit_interval(words) < behaviour.travel_share
    return np.where(travels, behaviour.travel_radius, behaviour.home_radius).astype(np.int64)


def _choose_window(windows: FraudWindows, window: I64) -> _SlotChoice:
    ends = windows.ends[window]
    pair = None if windows.pair is None else windows.pair[window]
    return _SlotChoice(windows.day[window], pair, lambda words, members: find_cells(ends[members], words))


def _draw_stream(
    behaviour: Behaviour,
    members: I64,
    keys: Keys,
    totals: I64,
    choice: _SlotChoice,
    radius: I64,
) -> Stream:
    slots = choice.day.shape[-1]
    counts = np.empty((len(members), slots), dtype=np.int32)
    shuffled = None if choice.pair is None else np.empty(int(totals.sum()), dtype=np.int16)
    starts = np.cumsum(totals) - totals
    for start, stop in cut_chunks(totals):
        who = np.repeat(np.arange(start, stop), totals[start:stop])
        index = np.arange(len(who)) - (starts - starts[start]).take(who)
        row_keys = keys.take(who)
        counters = start_counters(row_keys, index)
        slot = choice.draw(draw_words(row_keys, counters, DATE), who)
        # Only the counts stay: a row is known by its position in time, not by the word that gave its date.
        cells = np.bincount((who - start) * slots + slot, minlength=(stop - start) * slots)
        counts[start:stop] = cells.reshape(stop - start, slots)
        if shuffled is not None and choice.pair is not None:
            pairs = np.broadcast_to(choice.pair, (len(members), slots))[start:stop]
            # In the order of time, as a row's index counts. The words know nothing of dates: any order of them will do.
            own = np.repeat(pairs.ravel(), cells)
            morning = behaviour.pairs.second.take(own) == 0
            words = draw_words(row_keys, counters, SHUFFLE)
            shuffled[starts[start] : starts[start] + len(who)] = _shuffle_within(own, who, morning, words)
    # Before anything is dropped: a row that stays keeps its index, whatever happens to others.
    first = np.cumsum(counts, axis=1, dtype=np.int32) - counts
    return Stream(
        behaviour=behaviour,
        members=members,
        keys=keys,
        day=choice.day,
        kept=counts,
        first=first,
        pair=choice.pair,
        amount_pairs=shuffled,
        amount_start=starts,
        radius=radius,
    )


def _shuffle_within(values: I64, who: I64, morning: Bools, words: U64) -> I64:
    """Permute values at random among the rows of the same customer and day part (amounts under v1.0)."""
    out = np.empty_like(values)
    # Both sorts have the same groups in the same places; within a group, the second is in the order of random words.
    out[np.lexsort((morning, who))] = values[np.lexsort((words, morning, who))]
    return out


def _copy_cards(tables: Tables, regular: Stream, frauds: Sequence[Stream], cases: Keys) -> Stream:
    """Return the regular stream, before rows are dropped, with the rows at which cards of the defrauded were copied."""
    if tables.compromise is None:
        return regular
    copies = no_copies(len(regular.members))
    for fraud in frauds:
        words = draw_words(cases.take(fraud.members), cases.weyl.take(fraud.members), _COPIED)
        for members, own in _find_copies(tables.compromise, regular, fraud, words):
            copies.put(members, own)
    return replace(regular, copies=copies)


def _find_copies(tables: CompromiseTables, regular: Stream, fraud: Stream, words: U64) -> Iterator[tuple[I64, Copies]]:
    """Yield some members of a stream of fraud with the rows at which their cards were copied, until all are told."""
    exposure = tables.exposures[fraud.fraud_type]
    if exposure is None:
        return
    window = np.where(fraud.kept.any(axis=1), fraud.day[:, 0], 0)[:, np.newaxis]  # without rows there is no case
    counts = regular.kept[fraud.members] * ((regular.day < window) & (regular.day >= window - exposure.days))
    for start, stop in cut_chunks(counts.sum(axis=1, dtype=np.int64)):
        members = fraud.members[start:stop]
        who, slot, index = list_rows(counts[start:stop], regular.first[members])
        keys = regular.keys.take(members.take(who))
        choices = draw_words(keys, start_counters(keys, index), CHOICE)
        pair = regular.behaviour.choice.draw(choices) if regular.pair is None else regular.pair.take(slot)
        category, day = regular.behaviour.pairs.category.take(pair), regular.day.take(slot)
        chosen = choose_rows(who, exposure.categories.take(category), words[start:stop])
        rows = (index, day, category, tables.find(day, category))
        yield members, Copies(*(np.append(own, NONE).take(chosen) for own in rows))


def _drop_fraud_dates(regular: Stream, fraud: Stream, days: int) -> I64:
    """Set to zero, in place, the regular rows of the defrauded on the dates of their fraud; return how many.

    None where the type of fraud leaves them.
    """
    if fraud.fraud is not None and fraud.fraud.keeps_own_rows:
        return np.zeros(len(fraud.members), dtype=np.int64)
    struck = np.zeros((len(fraud.members), days), dtype=np.bool_)
    rows, slots = np.nonzero(fraud.kept)
    struck[rows, fraud.day[rows, slots]] = True
    kept = regular.kept[fraud.members]
    dropped: I64 = (kept * struck[:, regular.day]).sum(axis=1, dtype=np.int64)
    regular.kept[fraud.members] = kept * ~struck[:, regular.day]
    return dropped


def cut_chunks(sizes: I64) -> Iterator[tuple[int, int]]:
    """Cut entries into consecutive ranges whose sizes add up to about CHUNK_ROWS; an entry is never split."""
    # An entry belongs where its last row does, so a chunk is too large by less than one entry.
    chunk = (np.cumsum(sizes) - 1) // CHUNK_ROWS
    bounds = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(sizes)]
    for start, stop in pairwise(bounds):
        if stop > start:
            yield start, stop
