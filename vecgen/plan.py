"""What is asked, compiled: the law's tables, where customers come from, and the batches of work.

A batch holds the customers of one profile within a range of ids. Batches decide how much is computed at once and which
file a row lands in, never what the row is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.customer_source import CustomerSource, DrawnCustomers, list_customers
from vecgen.customers import compile_customers
from vecgen.dates import Period
from vecgen.errors import InputError
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, check_merchants, load_demographics, load_profiles
from vecgen.profile import Profile
from vecgen.tables import Law, Tables, compile_tables
from vecgen.word_lists import compile_word_lists

BATCH_ROWS: Final = 4_000_000
CUSTOMERS_PER_FILE: Final = 500_000
MAX_CUSTOMERS: Final = 1 << 40
_DEFAULT_PERIOD: Final = Period(date(2023, 1, 1), date(2023, 12, 31))


@dataclass(frozen=True)
class Request:
    """What decides the content of a dataset; two equal requests give the same rows.

    Attributes:
        customers: Number of customers to draw; ignored where `customers_file` is given.
        customers_file: The original's `|` CSV, a Parquet file, or a directory of either.
        as_of: Day on which ages hold; None for the first day of the period.
    """

    customers: int = 1000
    customers_file: Path | None = None
    seed: int = 42
    law: Law = Law(_DEFAULT_PERIOD)
    as_of: date | None = None
    profiles: Path = DEFAULT_PROFILES
    demographics: Path = DEFAULT_DEMOGRAPHICS


@dataclass(frozen=True)
class Batch:
    """Customers of one profile (a position in `ProfileSet.names`) with ids first..last-1; `rows` is the expectation."""

    number: int
    profile: int
    first: int
    last: int
    rows: int


@dataclass(frozen=True)
class Plan:
    """A compiled request. Picklable: about 10 MB, or the customers file if one was given."""

    request: Request
    tables: Tables
    source: CustomerSource
    batches: tuple[Batch, ...]

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that differ wherever the request differs."""
        return hashlib.sha256(json.dumps(describe_request(self.request), sort_keys=True).encode()).hexdigest()[:16]

    def customer_ranges(self) -> Iterator[tuple[int, int]]:
        """Yield consecutive ranges of customer ids, one per customers file."""
        for first in range(0, self.source.count, CUSTOMERS_PER_FILE):
            yield first, min(first + CUSTOMERS_PER_FILE, self.source.count)


def describe_request(request: Request) -> dict[str, object]:
    """Return the request as plain JSON values."""
    described = asdict(replace(request, profiles=Path(), demographics=Path()))
    described["profiles"], described["demographics"] = str(request.profiles), str(request.demographics)
    return json.loads(json.dumps(described, default=str))  # type: ignore[no-any-return]


def compile_plan(request: Request) -> Plan:
    """Read and compile everything a request names.

    Raises:
        InputError: Any file or value that cannot be used.
    """
    profiles = load_profiles(request.profiles)
    demographics = load_demographics(request.demographics)
    check_merchants(profiles, demographics.merchants)
    tables = compile_tables(profiles, demographics.merchants, request.law)
    source: CustomerSource
    if request.customers_file is not None:
        source = list_customers(request.customers_file, profiles.names)
    else:
        _check_count(request.customers)
        as_of = request.as_of or request.law.period.start
        customer_tables = compile_customers(profiles, demographics, compile_word_lists(), as_of)
        source = DrawnCustomers(customer_tables, request.seed, request.customers)
    pairs = zip(profiles.regular, profiles.fraud, strict=True)
    expected = np.array([_rows_per_customer(regular, fraud, request.law) for regular, fraud in pairs])
    return Plan(request, tables, source, tuple(_cut_batches(source, expected)))


def _check_count(customers: int) -> None:
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise InputError("--customers", "", customers, f"a whole number from 1 to {MAX_CUSTOMERS}")


def _rows_per_customer(regular: Profile, fraud: Profile, law: Law) -> float:
    """Return the expected transactions of a customer of a profile, dropped ones included."""
    own = law.period.span * (regular.min_per_day + regular.max_per_day) / 2
    return own + law.fraud_rate * law.fraud_days * (fraud.min_per_day + fraud.max_per_day) / 2


def _cut_batches(source: CustomerSource, rows_per_customer: npt.NDArray[np.float64]) -> Iterator[Batch]:
    """Yield batches of about BATCH_ROWS rows each at most; every customer is in exactly one."""
    number = 0
    for profile, (share, rows) in enumerate(zip(source.shares(len(rows_per_customer)), rows_per_customer, strict=True)):
        if share == 0:
            continue
        density = float(share * rows)
        parts = max(1, round(source.count * density / BATCH_ROWS))
        bounds = np.linspace(0, source.count, parts + 1).astype(np.int64).tolist()
        for first, last in zip(bounds[:-1], bounds[1:], strict=True):
            yield Batch(number, profile, first, last, round((last - first) * density))
            number += 1
