"""Counts a dataset of unknown model: a first look at three columns finds its profiles, categories and dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.parse_profile import check_name
from vecgen.config.profile import LEFTOVERS, SUFFIX
from vecgen.errors import InputError
from vecgen.io.foreign.table import read_header
from vecgen.io.reader import read_batches
from vecgen.io.schema import COLUMNS
from vecgen.model.exact import AMOUNT_EDGES, HALF_DAY_HOURS, ExactModel, RowDistribution
from vecgen.model.params import ModelParameters
from vecgen.scan.column_map import ColumnMap, check_columns
from vecgen.stores.filesystem import Place
from vecgen.verify.unknown.count import read_mapped

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


def look_at(files: Sequence[Place], customers: Sequence[Place] | None = None) -> Look:
    """Return the profiles, categories and dates of transactions.

    Args:
        customers: Files that tell the profiles, where transactions do not.

    Raises:
        InputError: No rows, a file that cannot be read, or a profile whose name cannot be one.
    """
    profiles, categories, days = set[str](), set[str](), list[date]()
    for path in files:
        for batch in read_batches(path, _LOOKED_AT if customers is None else _LOOKED_AT[1:]):
            profiles |= _distinct(batch.column("profile")) if customers is None else set()
            categories |= _distinct(batch.column("category"))
            days += [value.as_py() for value in pc.min_max(batch.column("trans_date")).values() if value.is_valid]
            days = [min(days), max(days)] if days else []
    if not days:
        where = str(files[0]) if files else "transactions"
        raise InputError(where, "", "no rows", "transactions to count", "name a dataset that has some")
    for path in customers or ():
        profiles |= {name for batch in read_batches(path, _LOOKED_AT[:1]) for name in _distinct(batch.column(0))}
    return Look(_read_profiles(profiles, str(files[0])), tuple(sorted(categories)), days[0], days[1])


def look_at_table(files: Sequence[Place], column_map: ColumnMap) -> Look:
    """Return the categories and dates of somebody's table; all its customers have the profile of leftovers.

    Raises:
        InputError: A file that cannot be read or lacks a column, no rows, stamps of several kinds, or ones without time
            of day, or more categories than a profile can describe.
    """
    for path in files:
        check_columns(str(path), read_header(path)[0], column_map)
    categories, days, kinds, have_times = set[str](), list[date](), dict[bool, Place](), False
    left_out = Counter[str]()
    for path in files:
        for mapped in read_mapped(path, column_map.leave_needed()):
            left_out += mapped.left_out
            if not mapped.batch.num_rows:
                continue
            categories |= _distinct(mapped.batch.column("category"))
            days += [value.as_py() for value in pc.min_max(mapped.batch.column("trans_date")).values()]
            days = [min(days), max(days)]
            kinds.setdefault(bool(mapped.are_moments), path)
            have_times = have_times or len(pc.unique(mapped.batch.column("trans_time"))) > 1
            _check_table(path, column_map, categories, kinds)
    if not days:
        found = ", ".join(f"{number:,} with {reason}" for reason, number in left_out.items())
        raise InputError(str(files[0]), "", f"no rows{found and ' but ' + found}", "transactions to count")
    if not have_times:
        column = f"column {dict(column_map.names)['time']}"
        raise InputError(str(files[0]), column, "the same time of day in all rows", "dates with times of day")
    return Look((LEFTOVERS,), tuple(sorted(categories)), *days)


def _check_table(path: Place, column_map: ColumnMap, categories: set[str], kinds: Mapping[bool, Place]) -> None:
    names = dict(column_map.names)
    if len(kinds) > 1:
        found = f"stamps with a time zone in {kinds[True]}, without one in {kinds[False]}"
        raise InputError(str(path), f"column {names['time']}", found, "one kind in all rows")
    if len(categories) > MOST_CATEGORIES:
        found = f"more than {MOST_CATEGORIES:,} categories"
        raise InputError(str(path), f"column {names['category']}", found, "groups of merchants", "map a coarser column")


def _distinct(array: pa.Array) -> set[str]:
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
    return ExactModel(law, look.categories, look.profiles, rows)


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
