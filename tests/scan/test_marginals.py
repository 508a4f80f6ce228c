"""Tables of a comparison: their counts are those of a loop over the rows."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.datasets import read_rows
from vecgen.model.exact import AMOUNT_EDGES, ExactModel
from vecgen.records.receipt import Receipt
from vecgen.scan.comparison.marginals import BLOCKS, GAP_EDGES, RATE_EDGES, TABLES, start_marginals
from vecgen.scan.comparison.statistics import Statistics

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(parquet: tuple[Path, Receipt]) -> Rows:
    return list(read_rows(parquet[0]).to_pylist())


@pytest.fixture(scope="module")
def by_customer(rows: Rows) -> list[Rows]:
    customers: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda row: (row["trans_date"], row["trans_time"])):
        customers.setdefault(row["ssn"], []).append(row)
    return list(customers.values())


def counts_of(statistics: Statistics, name: str) -> dict[tuple[int, ...], int]:
    """Return the cells of a table that are not empty."""
    table = statistics.marginals.tables[name].sum(axis=0)
    return {tuple(cell.tolist()): int(table[tuple(cell)]) for cell in np.argwhere(table)}


def test_rows_are_counted_by_what_they_show(statistics: Statistics, open_model: ExactModel, rows: Rows) -> None:
    category, profile = open_model.categories.index, open_model.profile_files.index
    cells: dict[str, Any] = {
        "category": lambda row: (0, category(row["category"])),
        "amount": lambda row: (0, int(np.searchsorted(AMOUNT_EDGES, round(100 * row["amt"]), side="right"))),
        "weekday": lambda row: (0, row["trans_date"].weekday()),
        "month": lambda row: (0, row["trans_date"].month - 1),
        "fraud": lambda row: (0, row["is_fraud"]),
        "category by profile": lambda row: (profile(row["profile"]), category(row["category"])),
        "hour by category": lambda row: (category(row["category"]), int(row["trans_time"][:2])),
        "hour by fraud": lambda row: (row["is_fraud"], int(row["trans_time"][:2])),
    }
    for name, cell in cells.items():
        assert counts_of(statistics, name) == Counter(map(cell, rows)), name
    merchants = Counter(row["merchant"] for row in rows)
    assert sorted(counts_of(statistics, "merchant").values()) == sorted(merchants.values())  # none share a cell here


def test_customers_are_counted_once(statistics: Statistics, open_model: ExactModel, by_customer: list[Rows]) -> None:
    days = open_model.law.period.days
    rates = (np.searchsorted(RATE_EDGES, len(own) / days, side="right") for own in by_customer)
    assert counts_of(statistics, "rows a day") == Counter((0, int(cell)) for cell in rates)
    assert counts_of(statistics, "defrauded") == Counter(
        (0, max(row["is_fraud"] for row in own)) for own in by_customer
    )
    assert counts_of(statistics, "gender") == Counter((0, "FM".index(own[0]["gender"])) for own in by_customer)
    assert statistics.marginals.customers.sum() == len(by_customer)


def test_time_is_counted_between_rows_of_a_customer(statistics: Statistics, by_customer: list[Rows]) -> None:
    gaps = [later["unix_time"] - earlier["unix_time"] for own in by_customer for earlier, later in pairwise(own)]
    cells = np.searchsorted(GAP_EDGES, gaps, side="right").tolist()
    assert counts_of(statistics, "seconds between rows") == Counter((0, cell) for cell in cells)


def test_all_tables_of_rows_count_all_rows_and_blocks_hold_customers(statistics: Statistics, rows: Rows) -> None:
    for table in TABLES:
        counts = statistics.marginals.tables[table.name]
        expected = statistics.marginals.customers.sum() if table.of == "customers" else len(rows)
        assert counts.sum() == expected - (table.axis == "gap") * statistics.marginals.customers.sum(), table.name
        assert (counts.sum(axis=(1, 2))[statistics.marginals.customers == 0] == 0).all()
    assert (statistics.marginals.customers > 0).sum() > BLOCKS / 3


def test_counts_add_up(statistics: Statistics, open_model: ExactModel) -> None:
    total = start_marginals(open_model)
    total.add(statistics.marginals)
    total.add(statistics.marginals)
    assert total.rows == 2 * statistics.marginals.rows
    assert all((total.tables[t.name] == 2 * statistics.marginals.tables[t.name]).all() for t in TABLES)
    assert total.total("fraud").tolist() == [2 * n for n in statistics.marginals.total("fraud").tolist()]
