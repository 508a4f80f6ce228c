"""Counts a dataset of unknown model: a first look at three columns finds its profiles, categories and dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.parse_profile import check_name
from vecgen.config.profile import LEFTOVERS, SUFFIX
from vecgen.errors import InputError, setting
from vecgen.io.foreign.table import read_header
from vecgen.io.reader import read_batches, require_files
from vecgen.io.schema import COLUMNS
from vecgen.model.customers import Segmenter
from vecgen.model.exact import AMOUNT_EDGES, HALF_DAY_HOURS, ExactModel, RowDistribution
from vecgen.model.params import ModelParameters
from vecgen.process.progress import Report
from vecgen.scan.column_map import ColumnMap, check_columns, read_map
from vecgen.scan.counts import Totals
from vecgen.scan.missing import WHOLE, Scope
from vecgen.stores.filesystem import Place
from vecgen.verify.customer_checks import CustomerCounts
from vecgen.verify.expectation import Expectation, read_expectation
from vecgen.verify.read import find_parts, read_customers
from vecgen.verify.unknown.count import Source, count_transactions, read_mapped

_COUNTED: Final = tuple(
    column
    for column in COLUMNS
    if column.name
    in {
        *("ssn", "cc_num", "acct_num", "lat", "long", "merch_lat", "merch_long", "profile"),
        *("trans_date", "trans_time", "category", "amt", "is_fraud", "merchant"),
    }
)
"""Columns that counts need; what only tells rows apart, or says the same twice, is left unread."""

_LOOKED_AT: Final = tuple(column for column in COLUMNS if column.name in {"profile", "category", "trans_date"})
_TOLD_OF_TABLES: Final = ("time_zone", "date_format", "merchant_prefix", "amount_unit")
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


@dataclass(frozen=True)
class Counted:
    """A dataset that was read without a model.

    Attributes:
        model: Allows every row of the dataset's profiles and categories.
        expectation: What was stated, and the profiles and demographics that are usual.
        customers: By profile, those without rows included where there are customers' files.
        known: Names of the columns that could be looked at.
        is_segmented: Whether customers' profiles are told.
    """

    model: ExactModel
    expectation: Expectation
    totals: Totals
    people: CustomerCounts
    customers: tuple[int, ...]
    known: frozenset[str] = WHOLE.known
    is_segmented: bool = True


def count_unknown(directory: Place, stated: Mapping[str, Any], processes: int, report: Report) -> Counted:
    """Count the rows and customers of a dataset, or of somebody's table.

    Args:
        stated: As of `read_expectation`, with "profiles" and "demographics"; of a table, "map" and what else is in a
            `ColumnMap`.

    Raises:
        InputError: A dataset or file that cannot be read, profiles that those stated do not have, or no row to count.
    """
    if not directory.exists():
        raise InputError(str(directory), "", "no such directory", "the directory of a dataset, or a file")
    column_map = _read_column_map(stated)
    if column_map:
        counted = _count_table(directory, column_map, stated, processes, report)
    else:
        counted = _count_dataset(directory, stated, processes, report)
    if not any(counts.slots.any() for pair in counted.totals.counts for counts in pair):
        found = ", ".join(f"{number:,} with {reason}" for reason, number in (+counted.totals.faults).items())
        raise InputError(str(directory), "", f"no row that counts ({found})", "transactions of the period")
    return counted


def _read_column_map(stated: Mapping[str, Any]) -> ColumnMap | None:
    told = {name: stated[name] for name in _TOLD_OF_TABLES if stated.get(name)}
    if stated.get("map") is not None:
        return ColumnMap(read_map(stated["map"]), **told)
    for name, value in told.items():
        raise InputError(
            setting(name), "", value, f"it with {setting('map')}", f"leave it out, or add {setting('map')}"
        )
    return None


def _count_dataset(directory: Place, stated: Mapping[str, Any], processes: int, report: Report) -> Counted:
    transactions, customers = find_parts(directory, _COUNTED)
    look = look_at(transactions)
    expectation = read_expectation(directory, {**stated, "fraud_rate": 0.0}, {"start": look.first, "end": look.last})
    _check_known(look, expectation, directory, Path(stated["profiles"]))
    period = expectation.law.period
    model = make_open_model(look, ModelParameters(period, fraud_rate=0.0))
    totals, _ = count_transactions(transactions, model, Source(Scope(_COUNTED)), processes, report)
    people = CustomerCounts()
    if customers:
        people = read_customers(customers, expectation, expectation.as_of or period.start)[0]
    seen = [own.rows.total() + len(own.defrauded) for own in totals.people]
    listed = [people.profiles[file] for file in model.profile_files]
    return Counted(model, expectation, totals, people, tuple(map(max, seen, listed)))


def _count_table(
    directory: Place, column_map: ColumnMap, stated: Mapping[str, Any], processes: int, report: Report
) -> Counted:
    files = require_files(directory)
    look = look_at_table(files, column_map)
    expectation = read_expectation(directory, {**stated, "fraud_rate": 0.0}, {"start": look.first, "end": look.last})
    period, segments = expectation.law.period, None
    if column_map.tells_segments:
        segments = Segmenter(expectation.profiles, expectation.as_of or period.start)
        look = replace(look, profiles=expectation.profiles.names)
    model = make_open_model(look, ModelParameters(period, fraud_rate=0.0))
    scope = Scope(column_map.columns, segments=segments)
    totals, people = count_transactions(files, model, Source(scope, column_map=column_map), processes, report)
    customers = tuple(own.rows.total() + len(own.defrauded) for own in totals.people)
    return Counted(model, expectation, totals, people, customers, scope.known, segments is not None)


def _check_known(look: Look, expectation: Expectation, directory: Place, profiles: Path) -> None:
    for name in look.profiles:
        if name not in expectation.profiles.names:
            remedy = "pass --profiles with a directory whose main_config.json says who has it"
            raise InputError(str(directory), "column profile", name + SUFFIX, f"a profile of {profiles}", remedy)
