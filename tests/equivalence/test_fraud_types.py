"""Fraud of every type: the arrays against the row loop of types, case by case and row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random  # noqa: TID251 - the row loop draws as the original does

import numpy as np
import numpy.typing as npt
import pytest

from bench.contenders import typed_row_loop
from bench.contenders.row_loop import Customer
from tests.equivalence.samplers import compare_two
from tests.support.fraud_types import shipped_types
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import ProfileSet
from vecgen.model.fraud.compromise import CompromiseTables
from vecgen.model.fraud.fraud_type import Compromise, FraudType, WeightedType
from vecgen.model.params import ModelParameters, Period
from vecgen.model.tables import compile_tables
from vecgen.model.transaction_dates import Customers, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.verify.chi_square import reject

MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
NAMES = dict(zip(MERCHANTS.categories, MERCHANTS.names, strict=True))
SHIPPED = load_profiles(DEFAULT_PROFILES)
PERIOD = Period(date(2023, 11, 10), date(2024, 1, 28))
HOME = (40.0, -100.0)
CUSTOMERS = 1500
ERROR = 1e-5

I64 = npt.NDArray[np.int64]
TYPES = {
    **shipped_types(),
    "every_way": FraudType(
        "every_way",
        days=4,
        per_day=(1, 3),
        amount_factor=0.5,
        hours=(4.0, *[1.0] * 21, 0.0, 6.0),
        burst_seconds=2000,
        place="remote",
        remote_degrees=2.0,
        months=((date(2023, 12, 1), 0.0), (date(2024, 1, 1), 3.0)),
    ),
    "twin_in_bursts": FraudType("twin_in_bursts", burst_seconds=7200, keeps_own_rows=True),
    "copied_anywhere": FraudType("copied_anywhere", days=2, compromised=Compromise(3)),
    "customer_for_long": FraudType("customer_for_long", days=40, spending="customer"),
}


@dataclass(frozen=True)
class Sample:
    """Rows as columns; `kind` is the position of the type, -1 for honest rows; places from home in microdegrees.

    `compromised` is 1 where the merchant is the one of its category that is compromised in that month.
    """

    customer: I64
    kind: I64
    day: I64
    second: I64
    category: I64
    cents: I64
    lat: I64
    long: I64
    compromised: I64


def make_law(*kinds: FraudType, **changes: float) -> ModelParameters:
    types = tuple(WeightedType(kind, 1.0 + number) for number, kind in enumerate(kinds))
    return ModelParameters(PERIOD, 1.0, fraud_types=types, **changes)  # type: ignore[arg-type]


def calm(profiles: ProfileSet) -> ProfileSet:
    """Return one profile whose customers buy little, and its twin."""
    regular = replace(SHIPPED.regular[5], min_per_day=0, max_per_day=1)
    return replace(profiles, names=(regular.name,), regular=(regular,), fraud=(SHIPPED.fraud[5],), segments=())


PROFILES = calm(SHIPPED)


def draw_arrays(
    law: ModelParameters, seed: int, change: Callable[[CompromiseTables], CompromiseTables] | None = None
) -> Sample:
    """Return rows of the arrays, for whose draw `change` changes what is known of compromised merchants."""
    tables = compile_tables(PROFILES, MERCHANTS, law, seed)
    homes = Customers(np.arange(CUSTOMERS), *(np.full(CUSTOMERS, round(x * 1e6)) for x in HOME))
    changed = replace(tables, compromise=change(tables.compromise)) if change and tables.compromise else tables
    calendar = draw_calendar(changed, tables.profiles[0], homes)
    parts = list(draw_rows(tables, calendar, range(PERIOD.days)))
    names = ("customer", "fraud_type", "day", "second", "category", "cents", "lat", "long", "merchant")
    origins = [0] * 6 + [round(x * 1e6) for x in HOME] + [0]
    columns = [
        np.concatenate([getattr(part, name) for part in parts]) - own for name, own in zip(names, origins, strict=True)
    ]
    sample = Sample(*columns)  # where the merchant still stands in the last column
    if tables.compromise is None:
        return replace(sample, compromised=np.zeros_like(sample.day))
    there = sample.compromised == tables.compromise.find(sample.day, sample.category)
    return replace(sample, compromised=there.astype(np.int64))


@cache
def draw_loop(law: ModelParameters, seed: int) -> Sample:
    rng, names = Random(seed), {own.type.name: number for number, own in enumerate(law.fraud_types)}
    compromised = typed_row_loop.draw_compromised(NAMES, law.period, rng)
    knows = any(own.type.compromised for own in law.fraud_types)
    rows = []
    for number in range(CUSTOMERS):
        pair = (PROFILES.regular[0], PROFILES.fraud[0])
        for name, row in typed_row_loop.generate(*pair, Customer(*HOME), law, NAMES, rng, compromised):
            day = (row.trans_date - PERIOD.start).days
            place = [round((own - home) * 1e6) for own, home in zip((row.merch_lat, row.merch_long), HOME, strict=True)]
            category = MERCHANTS.categories.index(row.category)
            cents = round(row.amt * 100)
            month = (row.category, row.trans_date.year, row.trans_date.month)
            there = knows and row.merchant == compromised[month]
            rows.append((number, names.get(name, -1), day, row.unix_time % 86_400, category, cents, *place, there))
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    return Sample(*columns)


def describe(sample: Sample) -> dict[str, list[I64]]:
    """Return cells of observations that do not depend on each other: one list of coordinates for each table."""
    fraud = np.flatnonzero(sample.kind >= 0)
    order = fraud[np.lexsort((sample.second[fraud], sample.day[fraud], sample.customer[fraud]))]
    who, first, rows = np.unique(sample.customer[order], return_index=True, return_counts=True)
    one = order[first + sample.second[order[first]] % rows]  # any row of each case, whatever it is
    last = order[first + rows - 1]
    kind = sample.kind[one]
    spread = np.maximum.reduceat(sample.lat[order], first) - np.minimum.reduceat(sample.lat[order], first)
    amounts = np.searchsorted(np.geomspace(100, 200_000, 12), sample.cents)
    honest = np.bincount(sample.customer[sample.kind < 0], minlength=CUSTOMERS)
    longest, both = by_date(sample, order)
    copied = list_copied(sample, order[first])
    return {
        "type and rows": [kind, rows],
        "start": [kind, sample.day[order[first]] // 4],
        "length": [kind, sample.day[last] - sample.day[order[first]]],
        "hour": [kind, sample.second[one] // 3600],
        "second": [kind, sample.second[one] % 3600 // 300],
        "category and amount": [sample.kind[order], sample.category[order], amounts[order]],
        "category and part": [kind, sample.category[one], sample.second[one] // 43_200],
        "place": [kind, sample.lat[one] // 500_000, sample.long[one] // 500_000],
        "places of a case": [kind, spread // 200_000],
        "burst": [longest],
        "own rows on struck dates": [both],
        "honest rows": [honest[who], kind],
        "copies": [kind, np.minimum(np.bincount(copied[0], minlength=len(who)), 3)],
        "weeks of copies": [kind[copied[0]], np.clip(copied[1], -1, 12)],
        "categories of copies": [kind[copied[0]], copied[2]],
    }


def list_copied(sample: Sample, first: I64) -> I64:
    """Return case, weeks before its first fraud, and category, of honest purchases at compromised merchants."""
    found = np.flatnonzero((sample.kind < 0) & (sample.compromised == 1))
    case = np.searchsorted(sample.customer[first], sample.customer[found])
    known = sample.customer[first].take(case, mode="clip") == sample.customer[found]
    found, case = found[known], case[known]
    return np.stack([case, (sample.day[first[case]] - 1 - sample.day[found]) // 7, sample.category[found]])


def by_date(sample: Sample, order: I64) -> tuple[I64, I64]:
    """Return, of each case's first date, how far apart its rows are (log2 of seconds) and whether honest ones stay."""
    keys = sample.customer * PERIOD.days + sample.day
    dates, first, rows = np.unique(keys[order], return_index=True, return_counts=True)
    length = sample.second[order[first + rows - 1]] - sample.second[order[first]]
    _, begin = np.unique(dates // PERIOD.days, return_index=True)
    kept = np.isin(dates[begin], keys[sample.kind < 0])
    return np.log2(length[begin] + 1).astype(np.int64) * 8 + np.minimum(rows[begin], 7), kept.astype(np.int64)


def find_differences(law: ModelParameters, other: ModelParameters) -> list[str]:
    """Return the tables in which the row loop of one law and the arrays of another differ."""
    return compare_samples(draw_loop(law, 11), draw_arrays(other, 11))


def compare_samples(one: Sample, other: Sample) -> list[str]:
    """Return the tables in which samples of the row loop and of the arrays differ."""
    loop, arrays = describe(one), describe(other)
    found = {name: compare_two(*tabulate(loop[name], arrays[name])) for name in loop}
    fallen = reject([statistic.p for statistic in found.values()], ERROR)
    return [name for name, falls in zip(found, fallen, strict=True) if falls]


def tabulate(one: list[I64], other: list[I64]) -> tuple[I64, I64]:
    """Return how often each cell that either sample fills is met by each."""
    cells = np.concatenate([np.stack(one, axis=1), np.stack(other, axis=1)])
    _, place = np.unique(cells, axis=0, return_inverse=True)
    place = place.ravel()
    number, size = int(place.max(initial=0)) + 1, len(one[0])
    return np.bincount(place[:size], minlength=number), np.bincount(place[size:], minlength=number)


@pytest.mark.parametrize("name", TYPES)
def test_each_type_alone(name: str) -> None:
    law = make_law(TYPES[name])
    assert find_differences(law, law) == []


def test_all_types_together_with_stealth() -> None:
    law = make_law(*TYPES.values(), fraud_stealth=0.3)
    assert find_differences(law, law) == []


TRUE = TYPES["card_testing"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (replace(TRUE, burst_seconds=1300), "burst"),
        (replace(TRUE, days=2, per_day=(2, 6)), "length"),
        (replace(TRUE, keeps_own_rows=False), "own rows on struck dates"),
        (replace(TRUE, months=((date(2023, 12, 1), 3.0),)), "start"),
        (replace(TRUE, place="remote", remote_degrees=0.4), "place"),
        (replace(TRUE, amount_factor=1.15), "category and amount"),
        (replace(TRUE, hours=(8.0, *[1.0] * 23)), "hour"),
        (replace(TRUE, per_day=(4, 11)), "type and rows"),
    ],
)
def test_another_type_is_told_apart(wrong: FraudType, where: str) -> None:
    assert where in find_differences(make_law(TRUE), make_law(wrong))


COPIED = FraudType("copied", days=1, per_day=(2, 2), compromised=Compromise(4, ("gas_transport", "grocery_pos")))


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (Compromise(1, ("gas_transport", "grocery_pos")), "weeks of copies"),
        (Compromise(4, ("gas_transport",)), "categories of copies"),
    ],
)
def test_another_way_of_copying_cards_is_told_apart(wrong: Compromise, where: str) -> None:
    assert where in find_differences(make_law(COPIED), make_law(replace(COPIED, compromised=wrong)))


def forget(tables: CompromiseTables) -> CompromiseTables:
    return replace(tables, exposures=(None,))


def take_next_month(tables: CompromiseTables) -> CompromiseTables:
    return replace(tables, merchant=np.roll(tables.merchant, 1, axis=0))


@pytest.mark.parametrize("change", [forget, take_next_month])
def test_rows_at_other_merchants_are_told_apart(change: Callable[[CompromiseTables], CompromiseTables]) -> None:
    law = make_law(COPIED)
    assert "copies" in compare_samples(draw_loop(law, 11), draw_arrays(law, 11, change))
