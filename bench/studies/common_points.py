"""How well a search of common points of purchase finds the merchants where cards were copied.

Each merchant and month is ranked by the share of its customers who are defrauded within some weeks of their purchase.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from bench.harness.command import Command, add_numbers_option, join
from bench.harness.results import save
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.model.fraud.load_fraud_types import load_weighted_types
from vecgen.model.rows import Attribute
from vecgen.model.tables import Tables
from vecgen.model.transaction_dates import Calendar, Customers, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request
from vecgen.sampling.arrays import F64, I64, Bools

CUSTOMERS: Final = (2_000, 10_000, 50_000)
WEEKS: Final = 8
_TOGETHER: Final = 500  # customers drawn at once
_ATTRIBUTES: Final[frozenset[Attribute]] = frozenset({"merchant"})
_NEVER: Final = 1 << 30  # days


@dataclass
class Visits:
    """Customers by (month, merchant): all of them, and those who are defrauded soon after."""

    customers: I64
    defrauded: I64

    def rank(self) -> F64:
        """Return the share of customers who are defrauded soon, 0 where there are none."""
        return np.asarray(self.defrauded / np.maximum(self.customers, 1))


def measure_common_points(counts: Sequence[int], weeks: int = WEEKS) -> dict[str, Any]:
    """Return how well the search finds compromised merchants by numbers of customers, whose fraud is counterfeit."""
    request, types = Request(), load_weighted_types(DEFAULT_PROFILES, {"counterfeit": 1.0})
    tables = compile_plan(replace(request, law=replace(request.law, fraud_types=types))).tables
    return {str(count): _measure_one(tables, count, weeks) for count in counts}


def _measure_one(tables: Tables, customers: int, weeks: int) -> dict[str, Any]:
    assert tables.compromise is not None
    months, merchants = len(tables.compromise.merchant), len(tables.merchants)
    visits = Visits(*(np.zeros(months * merchants, dtype=np.int64) for _ in range(2)))
    copied = np.zeros(months * merchants, dtype=np.int64)
    cases = 0
    for start in range(0, customers, _TOGETHER):
        profile = tables.profiles[start // _TOGETHER % len(tables.profiles)]
        ids = np.arange(start, min(start + _TOGETHER, customers))
        calendar = draw_calendar(tables, profile, Customers(ids, np.zeros_like(ids), np.zeros_like(ids)))
        cases += sum(int(stream.kept.any(axis=1).sum()) for stream in calendar.frauds)
        _count_visits(tables, calendar, visits, 7 * weeks)
        _count_copies(tables, calendar, copied)
    found = _score(visits.rank(), copied > 0)
    return {"cases": cases, "copied": int(copied.sum()), **found}


def _count_visits(tables: Tables, calendar: Calendar, visits: Visits, soon: int) -> None:
    assert tables.compromise is not None
    first = np.full(len(calendar.customers), _NEVER)
    for stream in calendar.frauds:
        days = np.where(stream.kept > 0, np.broadcast_to(stream.day, stream.kept.shape), _NEVER)
        first[stream.members] = days.min(axis=1)
    for rows in draw_rows(tables, calendar, range(tables.law.period.days), attributes=_ATTRIBUTES):
        honest = rows.is_fraud == 0
        customer, day = rows.customer[honest], rows.day[honest]
        cell = tables.compromise.month.take(day) * len(tables.merchants) + rows.merchant[honest]
        wait = first.take(customer) - day
        visits.customers += _count_pairs(customer, cell, wait > 0, len(visits.customers))
        visits.defrauded += _count_pairs(customer, cell, (wait > 0) & (wait <= soon), len(visits.customers))


def _count_pairs(customer: I64, cell: I64, chosen: Bools, cells: int) -> I64:
    """Return the different customers of each cell."""
    pairs = np.unique(customer[chosen] * cells + cell[chosen])
    return np.bincount(pairs % cells, minlength=cells)


def _count_copies(tables: Tables, calendar: Calendar, copied: I64) -> None:
    copies = calendar.regular.copies
    assert copies is not None
    assert tables.compromise is not None
    own = copies.take(np.flatnonzero(copies.index >= 0))
    np.add.at(copied, tables.compromise.month.take(own.day) * len(tables.merchants) + own.merchant, 1)


def _score(rank: F64, true: Bools) -> dict[str, Any]:
    """Return average precision of a ranking, and how many of the true ones are among as many of the first."""
    order = np.lexsort((np.arange(len(rank)), -rank))
    hits = true[order]
    number = int(true.sum())
    precision = np.cumsum(hits) / (1 + np.arange(len(hits)))
    return {
        "merchants_and_months": len(true),
        "compromised": number,
        "found_first": int(hits[:number].sum()),
        "average_precision": round(float((precision * hits).sum() / max(1, number)), 3),
    }


def format_common_points(result: Mapping[str, Any]) -> str:
    """Return a line for each number of customers."""
    return "\n".join(
        f"{int(customers):>9,} customers, {own['cases']:,} cases: {own['found_first']} of {own['compromised']} "
        f"compromised merchants come first of {own['merchants_and_months']:,} merchants and months, "
        f"average precision {own['average_precision']:.3f}"
        for customers, own in result.items()
    )


def _add_options(parser: ArgumentParser) -> None:
    add_numbers_option(parser, "--customers", CUSTOMERS)


def _run(options: Namespace) -> None:
    result = measure_common_points(options.customers)
    save(f"common-points --customers {join(options.customers)}", result, options.results)
    print(format_common_points(result))


COMMAND: Final = Command(_add_options, _run)
