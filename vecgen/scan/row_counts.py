"""Counts the rows of one profile and label by what the model says of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.model.exact import AMOUNT_EDGES, HALF_DAY_HOURS, ExactModel, RowDistribution
from vecgen.sampling.arrays import I64, Bools
from vecgen.scan.row_checks import Columns

PLACE_CELLS: Final = 40
"""Cells along a side of the square of purchases."""

HOLDER_CELLS: Final = 1024
"""Cells that customers fall into by their hash; n cells that are taken mean n customers at least."""

HALF_DAY: Final = 43_200  # seconds
_HOURS: Final = 24
_WAITING: Final = 200_000  # rows whose merchants are counted at once
_FEW: Final = 8
"""Where a table has so many cells for each row, rows are added one by one: to pass over it takes longer."""


@dataclass
class RowCounts:
    """Counts of the rows of one profile and label.

    Attributes:
        slots: By (day, day part, category).
        category_hours: By (category, hour).
        month_hours: By (calendar month, hour).
        minute_seconds: By second of the hour.
        amounts: By (day part, category, cell of `AMOUNT_EDGES`).
        near: By cells of the square of the smaller of the profile's radii, shape (PLACE_CELLS, PLACE_CELLS).
        far: The rows outside that square, by cells of the square of the larger radius.
        cents: Sum of the amounts, without axes.
        holders: By (category, cell of `HOLDER_CELLS`), whether a customer of the cell has rows.
        merchants: By (category, merchant).
    """

    slots: I64
    category_hours: I64
    month_hours: I64
    minute_seconds: I64
    amounts: I64
    near: I64
    far: I64
    cents: I64
    holders: Bools
    merchants: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, other: RowCounts) -> None:
        """Add the counts of other rows."""
        for f in fields(RowCounts):
            if f.name == "merchants":
                self.merchants.update(other.merchants)
            else:
                getattr(self, f.name).__iadd__(getattr(other, f.name))


def start_counts(model: ExactModel, days: int | None = None) -> RowCounts:
    """Return the counts of no rows.

    Args:
        days: Of `slots`: 1 where it does not matter on which day rows are; None for those of the period.
    """
    categories, cells = len(model.categories), len(AMOUNT_EDGES) + 1

    def none(*shape: int) -> I64:
        return np.zeros(shape, dtype=np.int64)

    return RowCounts(
        slots=none(days or model.law.period.days, 2, categories),
        category_hours=none(categories, _HOURS),
        month_hours=none(12, _HOURS),
        minute_seconds=none(3600),
        amounts=none(2, categories, cells),
        near=none(PLACE_CELLS, PLACE_CELLS),
        far=none(PLACE_CELLS, PLACE_CELLS),
        cents=none(),
        holders=np.zeros((categories, HOLDER_CELLS), dtype=np.bool_),
    )


class RowCounter:
    """Counts the rows of one profile and label batch by batch.

    What is counted by category, hour and amount is counted once, in cells of all three; tables of two of them are sums.
    """

    def __init__(self, model: ExactModel, law: RowDistribution, days: int | None = None) -> None:
        self._law, self._counts = law, start_counts(model, days)
        self._months, self._merchants = list_months(model) % 12, _MerchantCounter(len(model.categories))
        self._amounts = np.zeros((len(model.categories), _HOURS, len(AMOUNT_EDGES) + 1), dtype=np.int64)

    def add(self, rows: Columns, far: Bools | None) -> None:
        """Count rows; `far` says which lie outside the smallest square that customers can have, None for none."""
        counts, hour = self._counts, rows.second // 3600
        day = rows.day if len(counts.slots) > 1 else 0
        _add(counts.slots, (day * 2 + hour // HALF_DAY_HOURS) * counts.slots.shape[2] + rows.category)
        _add(counts.month_hours, self._months.take(rows.day) * _HOURS + hour)
        _add(counts.minute_seconds, rows.second - hour * 3600)
        _add(self._amounts, (rows.category * _HOURS + hour) * self._amounts.shape[2] + rows.amount)
        counts.cents += rows.cents.sum()
        holders = (rows.customer & np.uint64(HOLDER_CELLS - 1)).view(np.int64)
        counts.holders.reshape(-1)[rows.category * HOLDER_CELLS + holders] = True
        self._add_places(rows, far)
        self._merchants.add(rows)

    def close(self) -> tuple[RowCounts, I64]:
        """Return the counts of all rows, and those by (category, hour, cell of `AMOUNT_EDGES`)."""
        self._counts.category_hours = self._amounts.sum(axis=2)
        halves = self._amounts.reshape(len(self._amounts), 2, HALF_DAY_HOURS, -1).sum(axis=2)
        self._counts.amounts = np.ascontiguousarray(halves.swapaxes(0, 1))
        self._counts.merchants = self._merchants.close()
        return self._counts, self._amounts

    def _add_places(self, rows: Columns, far: Bools | None) -> None:
        cells = _place_cells(rows.lat, rows.long, self._law.near_radius)
        if far is None:
            _add(self._counts.near, cells)
            return
        _add(self._counts.near, cells[~far])
        _add(self._counts.far, _place_cells(rows.lat[far], rows.long[far], self._law.far_radius))


def find_far(rows: Columns, law: RowDistribution) -> Bools | None:
    """Return which rows lie outside the smallest square that the profile's customers can have; None for none."""
    if law.near_radius == law.far_radius:
        return None
    far: Bools = np.maximum(np.abs(rows.lat), np.abs(rows.long)) > law.near_radius
    return far if far.any() else None


def list_months(model: ExactModel) -> I64:
    """Return how many months after January 1970 each day of the period is."""
    first = model.law.period.first_day
    days = np.arange(first, first + model.law.period.days).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64)


def _add(cells: I64, codes: I64) -> None:
    if cells.size > _FEW * len(codes):
        np.add.at(cells.reshape(-1), codes, 1)
    else:
        cells += np.bincount(codes, minlength=cells.size).reshape(cells.shape)


def _place_cells(lat: I64, long: I64, radius: int) -> I64:
    if radius == 0:
        return np.zeros(len(lat), dtype=np.int64)
    cells = [np.minimum((offset + radius) * PLACE_CELLS // (2 * radius), PLACE_CELLS - 1) for offset in (lat, long)]
    return cells[0] * PLACE_CELLS + cells[1]


class _MerchantCounter:
    """Counts pairs of category and merchant. Rows wait, so that pairs are looked up once for many of them."""

    def __init__(self, categories: int) -> None:
        self._categories = categories
        self._names = pa.array([], pa.string())
        self._counts: Counter[tuple[int, str]] = Counter()
        self._waiting: list[I64] = []

    def add(self, rows: Columns) -> None:
        """Count rows."""
        numbers = self._number(rows.merchants.cast(pa.string()))
        self._waiting.append(numbers.take(rows.merchant) * self._categories + rows.category)
        if sum(map(len, self._waiting)) >= _WAITING:
            self._flush()

    def close(self) -> Counter[tuple[int, str]]:
        """Return the rows by category and merchant."""
        self._flush()
        return self._counts

    def _number(self, names: pa.Array) -> I64:
        """Return the number of each name; those not seen before get the next ones."""
        places = pc.index_in(names, value_set=self._names)
        if places.null_count:
            new = pc.unique(names.filter(places.is_null()))
            self._names = pa.concat_arrays([self._names, new])
            places = pc.index_in(names, value_set=self._names)
        return np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)

    def _flush(self) -> None:
        codes = np.concatenate([np.zeros(0, dtype=np.int64), *self._waiting])
        self._waiting.clear()
        if len(self._names) * self._categories > _FEW * len(codes):
            found, numbers = np.unique(codes, return_counts=True)
        else:
            numbers = np.bincount(codes)
            found = np.flatnonzero(numbers)
            numbers = numbers[found]
        texts = self._names.take(pa.array(found // self._categories)).to_pylist()
        for category, text, number in zip((found % self._categories).tolist(), texts, numbers.tolist(), strict=True):
            self._counts[category, text] += number
