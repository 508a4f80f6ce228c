"""Counts of the original's rows, counts of ours for the same customers, and the test that compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy import stats

from tests.support.checkout import SUPPORT
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.model.params import Dependence, ModelParameters, Period
from vecgen.model.rows import Rows
from vecgen.model.tables import compile_tables
from vecgen.model.transaction_dates import Calendar, Customers, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.sampling.arrays import I64

DATA = SUPPORT / "data" / "transactions"
PERIOD = Period(date(2023, 1, 1), date(2023, 12, 31))
FRAUD_RATES = {"one_in_101": 1 / 101, "everyone": 1.0}
SEED = 2023
RELEASES: tuple[Dependence, ...] = ("v0.5", "v1.0")
CATEGORIES = load_demographics(DEFAULT_DEMOGRAPHICS).merchants.categories
WEEKDAY_OF_DAY = (np.arange(365) + PERIOD.start.weekday()) % 7
MONTH_OF_DAY = np.repeat(np.arange(12), [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
Counts = dict[tuple[str, ...], I64]
"""Counts of the cells of a table, by the groups (profile and the like) that are compared one by one."""


@dataclass(frozen=True)
class Sample:
    """What vecgen drew for one release and scenario: counts of rows of each table, per profile, and per customer."""

    tables: dict[str, Counts]
    customers: dict[str, dict[str, I64]]


@cache
def read(name: str) -> dict[str, npt.NDArray[Any]]:
    table = pq.read_table(DATA / f"{name}.parquet")
    return {column: table.column(column).to_numpy() for column in table.column_names}


EDGES = read("amount_bins")["upper"]
SIZES = {
    "date": 365,
    "category_hour": len(CATEGORIES) * 24,
    "category_month_weekday": len(CATEGORIES) * 12 * 7,
    "month_hour": 12 * 24,
    "amount": len(CATEGORIES) * len(EDGES),
    "amount_daypart": 2 * len(EDGES),
    "offset": 1600,
    "minute_second": 3600,
}
OF_DATES = ("date", "category_month_weekday", "month_hour")
"""Tables that are compared for regular rows only: fraudulent rows of a customer share a window."""


def encode(rows: Rows, name: str) -> I64:
    """Return the cell of each row in the table `name`."""
    second = rows.second
    codes: dict[str, Callable[[], I64]] = {
        "date": lambda: rows.day,
        "category_hour": lambda: rows.category * 24 + second // 3600,
        "category_month_weekday": lambda: (rows.category * 12 + MONTH_OF_DAY[rows.day]) * 7 + WEEKDAY_OF_DAY[rows.day],
        "month_hour": lambda: MONTH_OF_DAY[rows.day] * 24 + second // 3600,
        "amount": lambda: rows.category * len(EDGES) + amount_bin(rows.cents),
        "amount_daypart": lambda: second // 43_200 * len(EDGES) + amount_bin(rows.cents),
        "offset": lambda: place_bin(rows.lat) * 40 + place_bin(rows.long),
        "minute_second": lambda: second % 3600,
    }
    return np.asarray(codes[name](), dtype=np.int64)


def amount_bin(cents: I64) -> I64:
    return np.searchsorted(EDGES, cents / 100, side="right")


def place_bin(offset: I64) -> I64:
    # Customers live at 0, 0, so a place is an offset.
    return np.minimum((offset + 1_000_000) // 50_000, 39)


def measured(name: str, release: str, is_fraud: int) -> Counts:
    """Return the original's counts, per profile where the table has profiles."""
    table = read(name)
    chosen = table["release"] == release
    if "is_fraud" in table:
        chosen &= table["is_fraud"] == is_fraud
    t = {column: values[chosen] for column, values in table.items()}
    category = np.array([CATEGORIES.index(c) for c in t["category"]]) if "category" in t else np.zeros(chosen.sum())
    codes: dict[str, Callable[[], I64]] = {
        "date": lambda: (t["date"].astype("datetime64[D]") - np.datetime64("2023-01-01")).astype(np.int64),
        "category_hour": lambda: category * 24 + t["hour"],
        "category_month_weekday": lambda: (category * 12 + t["month"] - 1) * 7 + t["weekday"],
        "month_hour": lambda: (t["month"].astype(np.int64) - 1) * 24 + t["hour"],
        "amount": lambda: category * len(EDGES) + t["amt_bin"],
        "amount_daypart": lambda: t["pm"].astype(np.int64) * len(EDGES) + t["amt_bin"],
        "offset": lambda: t["lat_bin"].astype(np.int64) * 40 + t["long_bin"],
        "minute_second": lambda: t["minute"].astype(np.int64) * 60 + t["second"],
    }
    code = np.asarray(codes[name](), dtype=np.int64)
    groups = t["profile"] if "profile" in t else np.full(len(code), "")
    return {
        (group,): np.bincount(code[groups == group], t["rows"][groups == group], SIZES[name]).astype(np.int64)
        for group in np.unique(groups).tolist()
    }


@cache
def draw(dependence: Dependence, scenario: str, counted_as: str) -> Sample:
    """Draw as many customers of each profile as `counted_as`, a release, has in the scenario."""
    profiles, merchants = load_profiles(DEFAULT_PROFILES), load_demographics(DEFAULT_DEMOGRAPHICS).merchants
    law = ModelParameters(PERIOD, FRAUD_RATES[scenario], dependence=dependence)
    tables = compile_tables(profiles, merchants, law, SEED)
    is_fraud = int(scenario == "everyone")
    names = [name for name in SIZES if not is_fraud or name not in OF_DATES]
    counts: dict[str, Counts] = {name: {} for name in names}
    customers = {}
    first = 0
    for profile in tables.profiles:
        number = count_customers(counted_as, scenario, profile.name)
        if number == 0:
            continue
        people = Customers(np.arange(first, first + number), *[np.zeros(number, dtype=np.int64)] * 2)
        first += number
        calendar = draw_calendar(tables, profile, people)
        for name in names:
            counts[name][(profile.name,)] = np.zeros(SIZES[name], dtype=np.int64)
        for rows in select_rows(draw_rows(tables, calendar, range(365)), is_fraud):
            for name in names:
                counts[name][(profile.name,)] += np.bincount(encode(rows, name), minlength=SIZES[name])
        customers[profile.name] = summarise(calendar)
    for name in ("offset", "minute_second"):
        counts[name] = {("",): np.sum(list(counts[name].values()), axis=0)}
    return Sample(counts, customers)


def count_customers(release: str, scenario: str, profile: str) -> int:
    t = read("customer_counts")
    chosen = (t["release"] == release) & (t["scenario"] == scenario) & (t["profile"] == profile)
    return int(t["customers"][chosen].sum())


def select_rows(batches: Iterator[Rows], is_fraud: int) -> Iterator[Rows]:
    """Yield the rows of one kind; only the columns that are counted."""
    for rows in batches:
        own = rows.is_fraud == is_fraud
        picked = {
            n: getattr(rows, n)[own]
            for n in Rows.__dataclass_fields__
            if n not in ("number", "probability", "reported")
        }
        yield Rows(**picked, number=rows.number)


def summarise(calendar: Calendar) -> dict[str, I64]:
    """Return per customer: regular rows, fraud rows, dates with a fraud row, and the first of them (-1 for none)."""
    number = len(calendar.customers)
    regular = calendar.regular.kept.sum(axis=1).astype(np.int64)
    fraud, days, first = np.zeros(number, np.int64), np.zeros(number, np.int64), np.full(number, -1)
    for stream in calendar.frauds:
        struck = np.zeros((len(stream.members), 365), dtype=np.bool_)
        for slot in range(stream.day.shape[1]):
            has = stream.kept[:, slot] > 0
            struck[np.flatnonzero(has), stream.day[has, slot]] = True
        fraud[stream.members] = stream.kept.sum(axis=1)
        days[stream.members] = struck.sum(axis=1)
        first[stream.members] = struck.argmax(axis=1)
    return {"regular": regular, "fraud": fraud, "fraud_days": days, "first": first}


def compare(ours: Counts, theirs: Counts) -> float:
    """Return the p-value of the hypothesis that each group's cells have the same shares in both samples."""
    assert ours.keys() == theirs.keys()
    parts = [chi_square(ours[group], theirs[group]) for group in ours]
    statistic, freedom = np.sum(parts, axis=0)
    assert freedom > 0
    return float(stats.chi2.sf(statistic, freedom))


def chi_square(a: I64, b: I64) -> tuple[float, int]:
    """Return the two-sample statistic and its degrees of freedom, after merging cells that expect fewer than 8 rows."""
    sizes = np.array([a.sum(), b.sum()], dtype=np.float64)
    if sizes.min() == 0:
        return 0.0, 0
    shares = sizes / sizes.sum()
    observed = merge_cells(np.array([a, b]), 8.0 / float(shares.min()))
    expected = np.outer(shares, observed.sum(axis=0))
    return float(((observed - expected) ** 2 / expected).sum()), observed.shape[1] - 1


def merge_cells(cells: I64, least: float) -> I64:
    """Merge neighbouring cells until each holds at least `least` rows of both samples together."""
    group, held = [0] * cells.shape[1], 0
    for position, total in enumerate(cells.sum(axis=0).tolist()):
        full = held >= least
        group[position] = group[position - 1] + full if position else 0
        held = total if full else held + total
    if held < least:
        group = [min(g, max(group[-1] - 1, 0)) for g in group]
    return np.array([np.bincount(group, row) for row in cells], dtype=np.int64)
