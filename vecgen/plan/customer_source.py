"""Sources of customers, with one interface: drawn by id, or listed in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.profile import SUFFIX
from vecgen.io.assembler import MICRODEGREES
from vecgen.io.customer_file.origin import Origin
from vecgen.io.customer_file.read import check_lines, read_customers
from vecgen.io.customer_table import customers_to_arrow
from vecgen.model.customers import CustomerTables, draw_customers, draw_segments
from vecgen.model.transaction_dates import Customers

_SAMPLE: Final = 100_000
_SCAN: Final = 1 << 20


class CustomerSource(Protocol):
    """Customers with the ids 0..count-1, each of one profile (a position in `ProfileSet.names`)."""

    @property
    def count(self) -> int:
        """Number of customers."""

    def shares(self, profiles: int) -> npt.NDArray[np.float64]:
        """Return the share of customers of each of `profiles` profiles; 0 only where a profile has none."""

    def table(self, first: int, last: int, profile: int | None = None) -> pa.Table:
        """Return the customers first..last-1, or those of one profile among them, ascending by id."""

    def check_lines(self) -> None:
        """Raise InputError where the texts of a customer cannot stand in lines separated by |."""


@dataclass(frozen=True)
class DrawnCustomers:
    """Customers as a pure function of (seed, id)."""

    tables: CustomerTables
    seed: int
    count: int

    def shares(self, profiles: int) -> npt.NDArray[np.float64]:
        """Return the share of customers of each profile; of many customers, estimated from the first."""
        met = np.bincount(self._profiles(0, min(self.count, _SAMPLE)), minlength=profiles)
        if self.count > _SAMPLE:
            met = np.maximum(met, 1)  # a profile the sample did not meet may appear further on
        return np.asarray(met / met.sum())

    def table(self, first: int, last: int, profile: int | None = None) -> pa.Table:
        """Return the customers first..last-1, or those of one profile among them, ascending by id."""
        ids = np.arange(first, last) if profile is None else self._find(first, last, profile)
        return customers_to_arrow(self.tables, draw_customers(self.tables, self.seed, ids))

    def check_lines(self) -> None:
        """Do nothing: drawn words and places contain no bars."""

    def _find(self, first: int, last: int, profile: int) -> npt.NDArray[np.int64]:
        """Return the ids of a profile, holding only a block of all ids at a time."""
        blocks = ((start, min(start + _SCAN, last)) for start in range(first, last, _SCAN))
        found = [start + np.flatnonzero(self._profiles(start, stop) == profile) for start, stop in blocks]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def _profiles(self, first: int, last: int) -> npt.NDArray[np.int16]:
        return draw_segments(self.tables, self.seed, np.arange(first, last))


@dataclass(frozen=True)
class ListedCustomers:
    """Customers of files; a customer's id is its row, counted from 0 through all files."""

    customers: pa.Table
    codes: npt.NDArray[np.int16]
    origins: tuple[Origin, ...]

    @property
    def count(self) -> int:
        """Number of customers."""
        return len(self.codes)

    def shares(self, profiles: int) -> npt.NDArray[np.float64]:
        """Return the share of customers of each profile."""
        return np.asarray(np.bincount(self.codes, minlength=profiles) / self.count)

    def table(self, first: int, last: int, profile: int | None = None) -> pa.Table:
        """Return the customers first..last-1, or those of one profile among them, ascending by id."""
        part = self.customers.slice(first, last - first)
        return part if profile is None else part.filter(pa.array(self.codes[first:last] == profile))

    def check_lines(self) -> None:
        """Raise InputError where the texts of a customer cannot stand in lines separated by |."""
        check_lines(self.customers, self.origins)


def list_customers(path: Path, profile_names: tuple[str, ...]) -> ListedCustomers:
    """Read a customers file (see `read_customers` for formats and errors)."""
    files = [f"{name}{SUFFIX}" for name in profile_names]
    customers, origins = read_customers(path, files)
    codes = pc.index_in(customers.column("profile").combine_chunks(), pa.array(files))
    return ListedCustomers(customers, codes.to_numpy().astype(np.int16), origins)


def locate_customers(customers: pa.Table) -> Customers:
    """Return what the sampler of transactions needs of `customers` (with `customer_id`)."""

    def micro(name: str) -> npt.NDArray[np.int64]:
        degrees: npt.NDArray[np.float64] = customers.column(name).to_numpy()
        return np.rint(degrees * MICRODEGREES).astype(np.int64)

    return Customers(customers.column("customer_id").to_numpy(), micro("lat"), micro("long"))
