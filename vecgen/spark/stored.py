"""Stores listed customers beside the output, so that each task reads its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vecgen.io.customer_table import CUSTOMER_SCHEMA
from vecgen.plan.customer_source import ListedCustomers
from vecgen.records.receipt import PROGRESS
from vecgen.run.run import Run
from vecgen.stores.changes import create
from vecgen.stores.filesystem import Place, open_input

_NAME: Final = "customers.parquet"
_ROW_GROUP: Final = 20_000  # customers; what a task reads and does not need is at most twice as many


@dataclass(frozen=True)
class StoredCustomers:
    """Customers in a Parquet file of CUSTOMER_SCHEMA, sorted by profile and id; see `CustomerSource`."""

    path: Place
    count: int
    profiles: tuple[str, ...]
    met: tuple[float, ...]

    def shares(self, profiles: int) -> npt.NDArray[np.float64]:
        """Return the share of customers of each profile."""
        return np.array(self.met)

    def table(self, first: int, last: int, profile: int | None = None) -> pa.Table:
        """Return the customers first..last-1, or those of one profile among them, ascending by id."""
        wanted = (pc.field("customer_id") >= first) & (pc.field("customer_id") < last)
        if profile is not None:
            wanted &= pc.field("profile") == self.profiles[profile]
        with open_input(self.path) as file:
            table = pq.read_table(file, filters=wanted).sort_by("customer_id")
        return table.cast(CUSTOMER_SCHEMA).combine_chunks()

    def check_lines(self) -> None:
        """Do nothing: the run has checked them before they were stored."""


def store_customers(run: Run) -> Run:
    """Return the run with its listed customers stored below `_progress`; a run that draws its customers as it is.

    Raises:
        OutputError: They cannot be written.
    """
    source = run.plan.source
    if not isinstance(source, ListedCustomers):
        return run
    path = run.target.directory / PROGRESS / _NAME
    by_profile = source.customers.take(pa.array(np.argsort(source.codes, kind="stable")))
    with create(path) as file:
        pq.write_table(by_profile, file, row_group_size=_ROW_GROUP)
    profiles = tuple(profile.file for profile in run.plan.tables.profiles)
    shares = tuple(source.shares(len(profiles)).tolist())
    return replace(run, plan=replace(run.plan, source=StoredCustomers(path, source.count, profiles, shares)))
