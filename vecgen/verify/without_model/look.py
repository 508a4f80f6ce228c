"""Counts a dataset of unknown model: a first look at three columns finds its profiles, categories and dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.parse_profile import check_name
from vecgen.config.profile import LEFTOVERS, SUFFIX
from vecgen.errors import InputError
from vecgen.io.foreign.table import read_header
from vecgen.io.reader import read_batches
from vecgen.io.schema import COLUMNS, Column
from vecgen.model.exact import AMOUNT_EDGES, HALF_DAY_HOURS, ExactModel, RowDistribution
from vecgen.model.params import ModelParameters
from vecgen.process.workers import ALONE, Workers
from vecgen.scan.column_map import ColumnMap, check_columns
from vecgen.scan.mapped_rows import MappedRows
from vecgen.stores.filesystem import Place, size_of
from vecgen.verify.without_model.count_rows import SHARE_BYTES, read_mapped
from vecgen.verify.without_model.kept_rows import KeptRows

_LOOKED_AT: Final = tuple(column for column in COLUMNS if column.name in {"profile", "category", "trans_date"})
MOST_CATEGORIES: Final = 1000
"""More are no categories but something finer, and their counts would not fit the memory."""

_HOME_RADIUS: Final = 1_000_000  # microdegrees
_ANYWHERE: Final = 360_000_000  # microdegrees


@dataclass(frozen=True)
class Look:
    """What transactions are about.

    Attributes:
        profiles: Names without suffix, sorted.
        categories: Sorted.
        first, last: Dates with rows.
    """

    profiles: tuple[str, ...]
    categories: tuple[str, ...]
    first: date
    last: date


@dataclass
class _Seen:
    """What files of rows show, and what was left out of them."""

    profiles: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)
    kinds: dict[bool, Place] = field(default_factory=dict)  # whether stamps are moments, and a file where
    times: set[str] = field(default_factory=set)  # two suffice
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Seen) -> None:
        self.profiles |= other.profiles
        self.categories |= other.categories
        days = [*self.days, *other.days]
        self.days = [min(days), max(days)] if days else []
        self.kinds = {**other.kinds, **self.kinds}
        self.times = {*sorted(self.times | other.times)[:2]}
        self.left_out += other.left_out


def look_at(
    files: Sequence[Place],
    customers: Sequence[Place] | None = None,
    workers: Workers = ALONE,
    kept: KeptRows | None = None,
    columns: Sequence[Column] = (),
) -> Look:
    """Return the profiles, categories and dates of transactions.

    Args:
        customers: Files that tell the profiles, where transactions do not.
        kept: Where rows of some of the files are kept, with these columns.

    Raises:
        InputError: No rows, a file that cannot be read, or a profile whose name cannot be one.
    """
    seen = _add_up(files, partial(_look_at_rows, customers is None, kept, tuple(columns)), workers)
    if not seen.days:
        where = str(files[0]) if files else "transactions"
        raise InputError(where, "", "no rows", "transactions to count", "name a dataset that has some")
    for path in customers or ():
        seen.profiles |= {name for batch in read_batches(path, _LOOKED_AT[:1]) for name in _distinct(batch.column(0))}
    return Look(_read_profiles(seen.profiles, str(files[0])), tuple(sorted(seen.categories)), *seen.days)


def _add_up(files: Sequence[Place], look: Callable[[Sequence[Place]], _Seen], workers: Workers) -> _Seen:
    """Return what files show, each worker's share at once."""
    shares = max(1, min(len(files), workers.number, 1 + sum(map(size_of, files)) // SHARE_BYTES))
    total = _Seen()
    for seen in workers.run([files[number::shares] for number in range(shares)], look, shares):
        total.add(seen)
    return total


def _look_at_rows(
    with_profiles: bool, kept: KeptRows | None, columns: tuple[Column, ...], files: Sequence[Place]
) -> _Seen:
    total = _Seen()
    for path in files:
        own = kept if kept and path in kept else None
        looked_at = columns if own else _LOOKED_AT if with_profiles else _LOOKED_AT[1:]
        with own.open(path) if own else nullcontext() as writer:
            for batch in read_batches(path, looked_at):
                profiles = _distinct(batch.column("profile")) if with_profiles else set()
                total.add(_Seen(profiles, _distinct(batch.column("category")), _find_days(batch)))
                if writer:
                    writer.add(batch)
    return total


def look_at_table(
    files: Sequence[Place], column_map: ColumnMap, workers: Workers = ALONE, kept: KeptRows | None = None
) -> Look:
    """Return the categories and dates of somebody's table; all its customers have the profile of leftovers.

    Args:
        kept: Where all rows are kept, mapped.

    Raises:
        InputError: A file that cannot be read or lacks a column, no rows, stamps of several kinds, or ones without time
            of day, or more categories than a profile can describe.
    """
    for path in files:
        check_columns(str(path), read_header(path)[0], column_map)
    seen = _add_up(files, partial(_look_at_mapped, column_map, kept), workers)
    _check_table(files[0], column_map, seen)
    if not seen.days:
        found = ", ".join(f"{number:,} with {reason}" for reason, number in seen.left_out.items())
        raise InputError(str(files[0]), "", f"no rows{found and ' but ' + found}", "transactions to count")
    if len(seen.times) < 2:
        column = f"column {dict(column_map.names)['time']}"
        raise InputError(str(files[0]), column, "the same time of day in all rows", "dates with times of day")
    return Look((LEFTOVERS,), tuple(sorted(seen.categories)), *seen.days)


def _look_at_mapped(column_map: ColumnMap, kept: KeptRows | None, files: Sequence[Place]) -> _Seen:
    total = _Seen()
    for path in files:
        with kept.open(path) if kept else nullcontext() as writer:
            for mapped in read_mapped(path, column_map if writer else column_map.leave_needed()):
                total.add(_see(mapped, path))
                _check_table(path, column_map, total)
                if writer:
                    writer.add_mapped(mapped)
    return total


def _see(mapped: MappedRows, path: Place) -> _Seen:
    batch, seen = mapped.batch, _Seen(left_out=mapped.left_out)
    if batch.num_rows:
        seen.categories, seen.days = _distinct(batch.column("category")), _find_days(batch)
        seen.kinds = {bool(mapped.are_moments): path}
        seen.times = {time.as_py() for time in pc.min_max(batch.column("trans_time")).values()}
    return seen


def _check_table(path: Place, column_map: ColumnMap, seen: _Seen) -> None:
    names = dict(column_map.names)
    if len(seen.kinds) > 1:
        found = f"stamps with a time zone in {seen.kinds[True]}, without one in {seen.kinds[False]}"
        raise InputError(str(path), f"column {names['time']}", found, "one kind in all rows")
    if len(seen.categories) > MOST_CATEGORIES:
        found = f"more than {MOST_CATEGORIES:,} categories"
        raise InputError(str(path), f"column {names['category']}", found, "groups of merchants", "map a coarser column")


def _find_days(batch: pa.RecordBatch) -> list[date]:
    """Return the first and the last date of rows, none where there are none."""
    return [value.as_py() for value in pc.min_max(batch.column("trans_date")).values() if value.is_valid]


def _distinct(array: pa.Array) -> set[str]:
    if isinstance(array, pa.DictionaryArray):  # whose texts need not all occur
        array = array.dictionary.take(pc.unique(array.indices))
    return set(pc.unique(array.cast(pa.string())).to_pylist())


def _read_profiles(texts: Iterable[str], where: str) -> tuple[str, ...]:
    names = []
    for text in sorted(texts):
        if not text.endswith(SUFFIX):
            raise InputError(where, "column profile", text, f"the name of a profile's file, which ends in {SUFFIX}")
        check_name(where, "column profile", text.removesuffix(SUFFIX))
        names.append(text.removesuffix(SUFFIX))
    return tuple(names)


def make_open_model(look: Look, law: ModelParameters) -> ExactModel:
    """Return a model that allows every row with these profiles and categories, to count rows before any is fitted."""
    rows = tuple((_allow_all(name, look), _allow_all(f"fraud_{name}", look)) for name in look.profiles)
    return ExactModel(law, look.categories, look.profiles, rows, ((),) * len(rows))


def _allow_all(name: str, look: Look) -> RowDistribution:
    categories = len(look.categories)
    return RowDistribution(
        name=name,
        rates=range(1, 2),
        choice=np.full((2, categories), 0.5 / categories),
        slots=None,
        days=None,
        windows=None,
        hours=np.full((2, categories, HALF_DAY_HOURS), 1.0 / HALF_DAY_HOURS),
        amounts=np.zeros((2, categories, len(AMOUNT_EDGES) + 1)),
        permuted=False,
        home_radius=_HOME_RADIUS,
        travel_radius=_ANYWHERE,
        travel_share=0.5,
    )
