"""Counts a dataset of unknown model: a first look at three columns finds its profiles, categories and dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.parse_profile import check_name
from vecgen.config.profile import SUFFIX
from vecgen.errors import InputError
from vecgen.io.reader import read_batches
from vecgen.io.schema import COLUMNS
from vecgen.model.exact import AMOUNT_EDGES, HALF_DAY_HOURS, ExactModel, RowDistribution
from vecgen.model.params import ModelParameters
from vecgen.process.progress import Report
from vecgen.scan.counts import Totals
from vecgen.scan.missing import Scope
from vecgen.stores.filesystem import Place
from vecgen.verify.customer_checks import CustomerCounts
from vecgen.verify.expectation import Expectation, read_expectation
from vecgen.verify.read import count_transactions, find_parts, read_customers

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
    """

    model: ExactModel
    expectation: Expectation
    totals: Totals
    people: CustomerCounts
    customers: tuple[int, ...]


def count_unknown(directory: Place, stated: Mapping[str, Any], processes: int, report: Report) -> Counted:
    """Count the rows and customers of a dataset.

    Args:
        stated: As of `read_expectation`, with "profiles" and "demographics".

    Raises:
        InputError: A dataset or file that cannot be read, or profiles that those stated do not have.
    """
    if not directory.exists():
        raise InputError(str(directory), "", "no such directory", "the directory of a dataset, or a file")
    transactions, customers = find_parts(directory, _COUNTED)
    look = look_at(transactions)
    expectation = read_expectation(directory, {**stated, "fraud_rate": 0.0}, {"start": look.first, "end": look.last})
    _check_known(look, expectation, directory, Path(stated["profiles"]))
    period = expectation.law.period
    model = make_open_model(look, ModelParameters(period, fraud_rate=0.0))
    totals = count_transactions(transactions, model, Scope(_COUNTED), processes, report)
    people = CustomerCounts()
    if customers:
        people = read_customers(customers, expectation, expectation.as_of or period.start)[0]
    seen = [own.rows.total() + len(own.defrauded) for own in totals.people]
    listed = [people.profiles[file] for file in model.profile_files]
    return Counted(model, expectation, totals, people, tuple(map(max, seen, listed)))


def _check_known(look: Look, expectation: Expectation, directory: Place, profiles: Path) -> None:
    for name in look.profiles:
        if name not in expectation.profiles.names:
            remedy = "pass --profiles with a directory whose main_config.json says who has it"
            raise InputError(str(directory), "column profile", name + SUFFIX, f"a profile of {profiles}", remedy)
