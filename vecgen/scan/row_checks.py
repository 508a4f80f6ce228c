"""Turns record batches of any dataset into plain columns, and counts the values that no model allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import setting
from vecgen.io.digest import column_words
from vecgen.io.schema import COLUMNS
from vecgen.io.text import SECONDS_PER_DAY, number_halves, text_bytes
from vecgen.model.exact import AMOUNT_EDGES, ExactModel
from vecgen.model.odds.likelihood import Seen
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.time_zone import TimeZone

CENT_ERROR: Final = 1e-4
"""How far an amount may lie from whole cents, in cents: far more than binary fractions cause."""

_MICRODEGREES: Final = 1e6
_HOLDER_KEY: Final = tuple(c for c in COLUMNS if c.name in ("ssn", "cc_num"))
_ACCOUNT: Final = next(c for c in COLUMNS if c.name == "acct_num")

FAULTS: Final = {
    "profile": f"a profile of {setting('profiles')}",
    "trans_num": "32 hexadecimal digits",
    "trans_date": "a date of the period",
    "trans_time": "HH:MM:SS",
    "unix_time": "date and time as seconds in UTC",
    "category": "a category of the profile",
    "amt": "whole cents, 1 dollar or more",
    "is_fraud": "0 or 1",
    "place": "no further from home than the profile goes",
}
"""What every row must satisfy, by column."""


@dataclass(frozen=True)
class Columns:
    """Rows as columns of one length; only rows without fault.

    Attributes:
        customer: A hash of what identifies the customer.
        holder: A hash of what the table of fraud cases holds of the customer, see `hash_holders`.
        profile, category: Positions in `ExactModel.profiles` and `ExactModel.categories`.
        day: Days from the start of the period.
        second: Second of the day.
        amount: Cell of `exact.AMOUNT_EDGES`.
        merchant: Position in `merchants`.
        lat, long: Place of the purchase from home, microdegrees.
        home_lat, home_long: Place of the customer, microdegrees.
        number: Halves of the transaction number, shape (rows, 2).
        place: Position of the row in its batch.
    """

    customer: U64
    holder: U64
    profile: I64
    is_fraud: Bools
    day: I64
    second: I64
    category: I64
    cents: I64
    amount: I64
    merchant: I64
    merchants: pa.Array
    lat: I64
    long: I64
    home_lat: I64
    home_long: I64
    number: U64
    place: I64

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def seen(self) -> Seen:
        """What a detector sees of the rows."""
        return Seen(**{f.name: getattr(self, f.name) for f in fields(Seen)})

    def where(self, chosen: Bools) -> Columns:
        """Return the chosen rows."""
        return self if chosen.all() else self.take(np.flatnonzero(chosen))

    def take(self, places: I64) -> Columns:
        """Return the rows at these places."""
        columns = {name: values.take(places, axis=0) for name, values in vars(self).items() if name != "merchants"}
        return Columns(**columns, merchants=self.merchants)


def inspect(
    batch: pa.RecordBatch, model: ExactModel, time_zone: TimeZone | None = None, untested: Collection[str] = ()
) -> tuple[Columns, Counter[str]]:
    """Return the rows of a batch (all `COLUMNS`, no nulls) that have no fault, and the number of rows with each.

    Args:
        clock: Of dates and times, if not UTC.
        untested: Faults that are not looked for.
    """
    profile, profile_known = _find(batch.column("profile"), model.profile_files)
    category, category_known = _find(batch.column("category"), model.categories)
    label = _numbers(batch.column("is_fraud")).astype(np.int64)
    date, second, time_good = read_moments(batch)
    day = date - model.law.period.first_day
    ahead = time_zone.seconds_ahead(date, second) if time_zone else 0
    cents, cents_good = _read_cents(_numbers(batch.column("amt")))
    number, number_good = _read_numbers(batch.column("trans_num"), tested="trans_num" not in untested)
    home_lat, home_long = (_microdegrees(batch, name) for name in ("lat", "long"))
    lat, long = _microdegrees(batch, "merch_lat") - home_lat, _microdegrees(batch, "merch_long") - home_long
    listed, reach = _limits(model)
    twin = np.clip(label, 0, 1)
    good = {
        "profile": profile_known,
        "trans_num": number_good,
        "trans_date": (day >= 0) & (day < model.law.period.days),
        "trans_time": time_good,
        "unix_time": _numbers(batch.column("unix_time")) == date * SECONDS_PER_DAY + second - ahead,
        "category": category_known & listed[profile, twin, category],
        "amt": cents_good,
        "is_fraud": label == twin,
        "place": np.maximum(np.abs(lat), np.abs(long)) <= reach[profile, twin],
    }
    merchant = _encode(batch.column("merchant"))
    holder = hash_holders(batch)
    columns = Columns(
        customer=holder + column_words(batch.column(_ACCOUNT.name), _ACCOUNT),
        holder=holder,
        profile=profile,
        is_fraud=label == 1,
        day=day,
        second=second,
        category=category,
        cents=cents,
        amount=find_amount_cells(cents),
        merchant=merchant.indices.to_numpy().astype(np.int64),
        merchants=merchant.dictionary,
        lat=lat,
        long=long,
        home_lat=home_lat,
        home_long=home_long,
        number=number,
        place=np.arange(batch.num_rows),
    )
    good = {name: mask for name, mask in good.items() if name not in untested}
    faults = Counter({name: int(len(mask) - np.count_nonzero(mask)) for name, mask in good.items()})
    return columns.where(np.logical_and.reduce([np.ones(len(columns), dtype=np.bool_), *good.values()])), +faults


def read_moments(batch: pa.RecordBatch) -> tuple[I64, I64, Bools]:
    """Return date (days from 1970) and second of the day of each row, and whether its time is one."""
    date = batch.column("trans_date").view(pa.int32()).to_numpy().astype(np.int64)
    return date, *_read_times(batch.column("trans_time"))


def _limits(model: ExactModel) -> tuple[Bools, I64]:
    """Return which categories each profile and label has, and how far its customers go (microdegrees)."""
    listed = np.array([[law.choice.sum(axis=0) > 0 for law in pair] for pair in model.rows])
    reach = np.array([[law.far_radius for law in pair] for pair in model.rows])
    return listed, reach


def hash_holders(batch: pa.RecordBatch) -> U64:
    """Return a hash of social security and card number of each row."""
    words = np.zeros(batch.num_rows, dtype=np.uint64)
    for column in _HOLDER_KEY:
        words += column_words(batch.column(column.name), column)
    return words


def _encode(array: pa.Array) -> pa.DictionaryArray:
    return array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()


def _find(array: pa.Array, values: Any) -> tuple[I64, Bools]:
    """Return the position of each text among `values`, 0 where it is not, and whether it is."""
    # 0 where unknown, so that look-ups by position stay inside their tables; such rows are left out anyway.
    encoded = _encode(array)
    found = pc.index_in(encoded.dictionary, pa.array(values, encoded.dictionary.type))
    positions = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    taken = positions.take(encoded.indices.to_numpy())
    return np.maximum(taken, 0), taken >= 0


def _numbers(array: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _read_times(array: pa.Array) -> tuple[I64, Bools]:
    """Return the second of the day of HH:MM:SS; a batch with any text of another width is all bad."""
    if isinstance(array, pa.DictionaryArray) and len(array.dictionary) < len(array):
        second, good = _read_times(array.dictionary)
        if good.all():  # else a text that no row has may spoil them all
            return second.take(array.indices.to_numpy()), good.take(array.indices.to_numpy())
    if pa.types.is_time(array.type):
        return array.cast(pa.time32("s")).cast(pa.int32()).to_numpy().astype(np.int64), np.ones(len(array), np.bool_)
    text = text_bytes(array, 8)
    if text is None:
        return np.zeros(len(array), dtype=np.int64), np.zeros(len(array), dtype=np.bool_)
    digits = text - np.uint8(ord("0"))  # what is below "0" wraps around to a number above 9
    good = (text[:, 2] == ord(":")) & (text[:, 5] == ord(":"))
    second = np.zeros(len(text), dtype=np.int64)
    for place, unit, limit in ((0, 3600, 24), (3, 60, 60), (6, 1, 60)):
        tens, ones = digits[:, place], digits[:, place + 1]
        value = tens * np.uint8(10) + ones
        good &= (tens < 10) & (ones < 10) & (value < limit)
        second += value.astype(np.int64) * unit
    return second, good


def _read_cents(dollars: F64) -> tuple[I64, Bools]:
    cents = np.rint(dollars * 100.0)
    good = (np.abs(dollars * 100.0 - cents) < CENT_ERROR) & (cents >= 100)
    return np.where(good, cents, 100.0).astype(np.int64), good


def find_amount_cells(cents: I64) -> I64:
    """Return the cell of `AMOUNT_EDGES` of each amount; most are small, and looked up."""
    cells = _SMALL_CELLS.take(np.minimum(cents, len(_SMALL_CELLS) - 1)).astype(np.int64)
    large = np.flatnonzero(cents >= len(_SMALL_CELLS))
    cells[large] = np.searchsorted(AMOUNT_EDGES, cents.take(large), side="right")
    return cells


_SMALL_CELLS: Final = np.searchsorted(AMOUNT_EDGES, np.arange(1 << 16), side="right").astype(np.int16)


def _read_numbers(array: pa.Array, *, tested: bool) -> tuple[U64, Bools]:
    halves = number_halves(array) if tested else None
    if halves is None:
        return np.zeros((len(array), 2), dtype=np.uint64), np.zeros(len(array), dtype=np.bool_)
    return halves, np.ones(len(array), dtype=np.bool_)


def _microdegrees(batch: pa.RecordBatch, name: str) -> I64:
    return np.asarray(np.rint(_numbers(batch.column(name)) * _MICRODEGREES).astype(np.int64))
