"""Counts rows and customers in tables by which two datasets are compared, apart for each block of customers.

Rows of one customer depend on each other. What differs from block to block tells how much chance there is in a table,
whatever the rows of a customer have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Final, Literal

import numpy as np

from vecgen.model.exact import AMOUNT_EDGES, ExactModel
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.comparison.histories import GENDERS, MERCHANT_CELLS, OLDEST, STATES, Histories

BLOCKS: Final = 64
"""Random parts of the customers, by a hash."""
GAP_EDGES: Final[F64] = np.geomspace(1.0, 3e7, 76)
"""Seconds between two rows of a customer at which cells begin; two in the same second come before."""
RATE_EDGES: Final[F64] = np.array(
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, *np.arange(1.5, 10.0), 12.5, 16.5, 24.5, 48.5, 96.5]
)
"""A customer's rows a day at which cells begin. Whole numbers, which models prefer, lie inside."""

Unit = Literal["rows", "customers"]


@dataclass(frozen=True)
class Table:
    """What is counted.

    Attributes:
        of: What each observation is; a customer counts by the first row.
        given: The axis in whose cells shares are taken, "" for shares of all; its own shares are another table's.
        axis: Name of what is counted, see `list_axes`.
        needs: Columns that it needs; `customer_id` stands for what tells customers apart.
        ordered: Whether its cells have an order, so that sums up to each of them can be compared.
    """

    name: str
    of: Unit
    axis: str
    needs: frozenset[str]
    given: str = ""
    ordered: bool = False


def _table(name: str, of: Unit, axis: str, needs: str, *, given: str = "", ordered: bool = False) -> Table:
    return Table(name, of, axis, frozenset(needs.split()), given, ordered)


TABLES: Final = (
    _table("category", "rows", "category", "category"),
    _table("amount", "rows", "amount", "amt", ordered=True),
    _table("hour", "rows", "hour", "trans_time"),
    _table("weekday", "rows", "weekday", "trans_date"),
    _table("month", "rows", "month", "trans_date"),
    _table("merchant", "rows", "merchant", "merchant"),
    _table("seconds between rows", "rows", "gap", "trans_date trans_time", ordered=True),
    _table("fraud", "rows", "label", "is_fraud"),
    _table("category by profile", "rows", "category", "profile category", given="profile"),
    _table("hour by category", "rows", "hour", "category trans_time", given="category"),
    _table("amount by category", "rows", "amount", "category amt", given="category", ordered=True),
    _table("category by fraud", "rows", "category", "is_fraud category", given="label"),
    _table("hour by fraud", "rows", "hour", "is_fraud trans_time", given="label"),
    _table("amount by fraud", "rows", "amount", "is_fraud amt", given="label", ordered=True),
    _table("rows a day", "customers", "rate", "trans_date", ordered=True),
    _table("rows a day by profile", "customers", "rate", "trans_date profile", given="profile", ordered=True),
    _table("defrauded", "customers", "defrauded", "is_fraud"),
    _table("profile", "customers", "profile", "profile"),
    _table("age", "customers", "age", "dob", ordered=True),
    _table("gender", "customers", "gender", "gender"),
    _table("state", "customers", "state", "state"),
)


@dataclass
class Marginals:
    """Counts of the rows without fault of some customers.

    Attributes:
        tables: By name of `TABLES`, shape (BLOCKS, cells of what is given or 1, cells).
        customers: By block.
        rows: Rows read, those with faults included.
    """

    tables: dict[str, I64]
    customers: I64 = field(default_factory=lambda: np.zeros(BLOCKS, dtype=np.int64))
    rows: int = 0

    def add(self, other: Marginals) -> None:
        """Add the counts of other customers."""
        for name, counts in self.tables.items():
            counts += other.tables[name]  # noqa: PLW2901 - in place
        self.customers += other.customers
        self.rows += other.rows

    def total(self, name: str) -> I64:
        """Return the counts by cell of a table without a condition, of all customers."""
        return np.asarray(self.tables[name].sum(axis=0).squeeze(0))


def list_axes(model: ExactModel) -> Mapping[str, int]:
    """Return the number of cells of each axis."""
    return {
        "category": len(model.categories),
        "profile": len(model.profiles),
        "amount": len(AMOUNT_EDGES) + 1,
        "hour": 24,
        "weekday": 7,
        "month": 12,
        "merchant": MERCHANT_CELLS,
        "gap": len(GAP_EDGES) + 1,
        "label": 2,
        "rate": len(RATE_EDGES) + 1,
        "defrauded": 2,
        "age": OLDEST,
        "gender": len(GENDERS),
        "state": STATES,
    }


def shape_table(table: Table, sizes: Mapping[str, int]) -> tuple[int, int, int]:
    """Return the shape of a table's counts."""
    return BLOCKS, sizes[table.given] if table.given else 1, sizes[table.axis]


def start_marginals(model: ExactModel) -> Marginals:
    """Return the counts of no rows."""
    sizes = list_axes(model)
    return Marginals({table.name: np.zeros(shape_table(table, sizes), dtype=np.int64) for table in TABLES})


def count_histories(total: Marginals, rows: Histories, model: ExactModel) -> None:
    """Add all rows of some customers."""
    if len(rows) == 0:
        return
    sizes, block, first = list_axes(model), choose_blocks(rows), np.flatnonzero(rows.first)
    total.customers += np.bincount(block[first], minlength=BLOCKS)
    codes = dict(_code_rows(rows, model))
    of_customers = {name: codes[name][first] for name in _OF_CUSTOMERS} | dict(_code_sums(rows, first, model))
    for table in TABLES:
        shape = shape_table(table, sizes)
        of, where = (of_customers, block[first]) if table.of == "customers" else (codes, block)
        given = of[table.given] if table.given else np.zeros(len(where), dtype=np.int64)
        cells = (where * shape[1] + given) * shape[2] + of[table.axis]
        if table.axis == "gap":
            cells = np.delete(cells, first)
        total.tables[table.name] += np.bincount(cells, minlength=prod(shape)).reshape(shape)


def choose_blocks(rows: Histories) -> I64:
    """Return the block of each row's customer."""
    # The low bits of the hash choose scratch files.
    return ((rows.customer >> np.uint64(32)) % np.uint64(BLOCKS)).astype(np.int64)


_OF_CUSTOMERS: Final = ("profile", "age", "gender", "state")


def _code_rows(rows: Histories, model: ExactModel) -> Iterator[tuple[str, I64]]:
    first_day = model.law.period.first_day
    days = np.arange(first_day, first_day + model.law.period.days)
    yield from ((name, getattr(rows, name)) for name in ("category", "profile", "merchant", "label"))
    yield from ((name, getattr(rows, name)) for name in ("age", "gender", "state"))
    yield "amount", np.searchsorted(AMOUNT_EDGES, rows.cents, side="right")
    yield "hour", rows.second // 3600
    yield "weekday", (days + 3).take(rows.day) % 7  # day 0, 1970-01-01, was a Thursday: 3 where Monday is 0
    yield "month", (days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12).take(rows.day)

    # The time since the row before; a customer's first row is left out later.
    yield "gap", np.searchsorted(GAP_EDGES, np.diff(rows.moment, prepend=0), side="right")


def _code_sums(rows: Histories, first: I64, model: ExactModel) -> Iterator[tuple[str, I64]]:
    number = np.diff(np.append(first, len(rows)))
    yield "rate", np.searchsorted(RATE_EDGES, number / model.law.period.days, side="right")
    yield "defrauded", np.minimum(np.add.reduceat(rows.label, first), 1)
