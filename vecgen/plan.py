"""What is asked, compiled: the law's tables, where customers come from, and the batches of work.

A batch holds the customers of one profile within a range of ids. Batches decide how much is computed at once and which
file a row lands in, never what the row is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.arrow import digest_batches
from vecgen.customer_source import CustomerSource, DrawnCustomers, ListedCustomers, list_customers
from vecgen.customers import compile_customers
from vecgen.dates import make_period
from vecgen.errors import InputError
from vecgen.fingerprint import fingerprint
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, check_merchants, load_demographics, load_profiles
from vecgen.profile import Profile
from vecgen.schema import CUSTOMER_COLUMNS, CUSTOMER_ID
from vecgen.tables import Law, Tables, compile_tables
from vecgen.word_lists import compile_word_lists, fingerprint_lists

BATCH_ROWS: Final = 4_000_000
MAX_BATCH_ROWS: Final = 32_000_000
MAX_BATCHES: Final = 500_000
"""More would be a burden to whoever hands them out: 16 million million transactions."""
CUSTOMERS_PER_FILE: Final = 500_000
CASES_PER_FILE: Final = 100_000
CUSTOMERS_PER_CASE_FILE: Final = 10_000_000  # fewer cases then: the customers take a worker half a minute
MAX_CUSTOMERS: Final = 1 << 40
_EASY: Final = 50_000  # batches
_BATCH_CUSTOMERS: Final = 1_000_000  # 700 MB
_BATCH_IDS: Final = 10_000_000  # half a second
_DEFAULT_LAW: Final = Law(make_period(date(2023, 1, 1)))


@dataclass(frozen=True)
class Request:
    """What decides the content of a dataset; two equal requests give the same rows.

    Attributes:
        customers: Number of customers to draw; ignored where `customers_file` is given.
        customers_file: The original's `|` CSV, a Parquet file, or a directory of either.
        as_of: Day on which ages hold; None for the first day of the period.
        safe_identifiers: Whether social security and card numbers are such as nobody can have.
    """

    customers: int = 1000
    customers_file: Path | None = None
    seed: int = 42
    law: Law = _DEFAULT_LAW
    as_of: date | None = None
    profiles: Path = DEFAULT_PROFILES
    demographics: Path = DEFAULT_DEMOGRAPHICS
    safe_identifiers: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Customers of one profile (a position in `ProfileSet.names`) with ids first..last-1; `rows` is the expectation."""

    number: int
    profile: int
    first: int
    last: int
    rows: int


@dataclass(frozen=True)
class Plan:
    """A compiled request. Picklable: about 10 MB, and the customers file if one was given.

    Attributes:
        identity: What decides the rows, by the names of options; of files and lists, their fingerprints. Equal for two
            plans if and only if they ask for the same rows.
        rows_per_customer: Expected transactions of a customer, per profile.
    """

    request: Request
    identity: Mapping[str, object]
    tables: Tables
    source: CustomerSource
    rows_per_customer: tuple[float, ...]
    batches: tuple[Batch, ...]

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of the identity."""
        return fingerprint(self.identity)

    @property
    def rows(self) -> int:
        """Expected number of transactions."""
        return sum(batch.rows for batch in self.batches)

    def groups(self, batches: Iterable[Batch]) -> Iterator[pa.Table]:
        """Yield the customers of each batch that has any."""
        for batch in batches:
            customers = self.source.table(batch.first, batch.last, batch.profile)
            if customers.num_rows:
                yield customers

    def customer_ranges(self) -> Iterator[tuple[int, int]]:
        """Yield consecutive ranges of customer ids, one per customers file."""
        for first in range(0, self.source.count, CUSTOMERS_PER_FILE):
            yield first, min(first + CUSTOMERS_PER_FILE, self.source.count)

    def case_ranges(self) -> Iterator[tuple[int, int]]:
        """Yield consecutive ranges of customer ids, one per file of fraud cases, of which each has 100,000 or fewer."""
        step = int(min(CASES_PER_FILE / max(self.request.law.fraud_rate, 1e-9), CUSTOMERS_PER_CASE_FILE))
        for first in range(0, self.source.count, step):
            yield first, min(first + step, self.source.count)


@dataclass(frozen=True)
class BatchIndex:
    """Which batch a customer is in; all a Spark executor needs to group customers."""

    profiles: tuple[str, ...]
    firsts: tuple[npt.NDArray[np.int64], ...]
    numbers: tuple[npt.NDArray[np.int32], ...]

    def append_number(self, customers: pa.Table) -> pa.Table:
        """Return the customers with a column `batch` (int32)."""
        names = customers.column("profile").combine_chunks()
        ids = customers.column("customer_id").to_numpy()
        batch = np.zeros(len(ids), dtype=np.int32)
        for name, firsts, numbers in zip(self.profiles, self.firsts, self.numbers, strict=True):
            own = pc.equal(names, f"{name}.json").to_numpy(zero_copy_only=False)
            batch[own] = numbers.take(np.searchsorted(firsts, ids[own], side="right") - 1)
        return customers.append_column(pa.field("batch", pa.int32(), nullable=False), pa.array(batch))


def index_batches(plan: Plan) -> BatchIndex:
    """Return the index of a plan's batches."""
    names = tuple(profile.name for profile in plan.tables.profiles)
    own = [sorted((b for b in plan.batches if b.profile == p), key=lambda b: b.first) for p in range(len(names))]
    return BatchIndex(
        names,
        tuple(np.array([b.first for b in batches], dtype=np.int64) for batches in own),
        tuple(np.array([b.number for b in batches], dtype=np.int32) for batches in own),
    )


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
    check_seed(request.seed)
    profiles = load_profiles(request.profiles)
    demographics = load_demographics(request.demographics)
    check_merchants((*profiles.regular, *profiles.fraud), demographics.merchants)
    tables = compile_tables(profiles, demographics.merchants, request.law)
    source: CustomerSource
    content = {"profiles": fingerprint(profiles), "demographics": fingerprint(demographics)}
    if request.customers_file is not None:
        _check_drawn(request)
        source = list_customers(request.customers_file, profiles.names)
        content["customers_file"] = _fingerprint_customers(source)
    else:
        _check_count(request.customers)
        as_of = request.as_of or request.law.period.start
        words = compile_word_lists()
        content["word_lists"] = fingerprint_lists(words)
        customer_tables = compile_customers(profiles, demographics, words, as_of, request.safe_identifiers)
        source = DrawnCustomers(customer_tables, request.seed, request.customers)
    pairs = zip(profiles.regular, profiles.fraud, strict=True)
    expected = tuple(_rows_per_customer(regular, fraud, request.law) for regular, fraud in pairs)
    return Plan(request, _identify(request, content), tables, source, expected, _cut_evenly(source, expected))


def _fingerprint_customers(source: ListedCustomers) -> str:
    # Ids too: customers in another order are other customers.
    return str(digest_batches(source.customers.to_batches(), (CUSTOMER_ID, *CUSTOMER_COLUMNS)))


def _identify(request: Request, content: Mapping[str, str]) -> dict[str, object]:
    """Return what decides the rows; `content`: fingerprints of what was read, since paths decide nothing."""
    law, drawn = request.law, request.customers_file is None
    return {
        "customers": request.customers if drawn else None,
        "as_of": (request.as_of or law.period.start).isoformat() if drawn else None,
        "safe_identifiers": request.safe_identifiers,
        "seed": request.seed,
        "start": law.period.start.isoformat(),
        "end": law.period.end.isoformat(),
        "fraud_rate": float(law.fraud_rate),
        "fraud_days": law.fraud_days,
        "dependence": law.dependence,
        "travel": law.travel,
        **{name: content.get(name) for name in ("profiles", "demographics", "customers_file", "word_lists")},
    }


def check_seed(seed: int) -> None:
    """Refuse a seed that another one stands for.

    Raises:
        InputError: It is out of range.
    """
    if not 0 <= seed < 1 << 64:  # seeds that are equal modulo 2**64 would give the same rows
        raise InputError("--seed", "", seed, "a whole number from 0 to 2**64 - 1")


def _check_drawn(request: Request) -> None:
    if request.safe_identifiers:  # a file's own numbers would stay
        expected = "customers that are drawn: those of a file bring their own numbers"
        raise InputError("--safe-identifiers", "", str(request.customers_file), expected, "pass --customers")


def _check_count(customers: int) -> None:
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise InputError("--customers", "", customers, f"a whole number from 1 to {MAX_CUSTOMERS}")


def _rows_per_customer(regular: Profile, fraud: Profile, law: Law) -> float:
    """Return the expected transactions of a customer of a profile, dropped ones included."""
    own = law.period.span * (regular.min_per_day + regular.max_per_day) / 2
    return own + law.fraud_rate * law.fraud_days * (fraud.min_per_day + fraud.max_per_day) / 2


def _cut_evenly(source: CustomerSource, rows_per_customer: Sequence[float]) -> tuple[Batch, ...]:
    """Return batches for whoever does not say how many: few enough to be handed out with ease."""
    rows = source.count * float(source.shares(len(rows_per_customer)) @ np.array(rows_per_customer))
    return cut_batches(source, rows_per_customer, min(max(BATCH_ROWS, int(rows / _EASY)), MAX_BATCH_ROWS))


def cut_batches(source: CustomerSource, rows_per_customer: Sequence[float], batch_rows: int) -> tuple[Batch, ...]:
    """Return batches of about `batch_rows` expected rows each at most; every customer is in exactly one.

    A profile's customers are cut into equal ranges, however few rows they have: a batch's customers are held in memory
    and, where they are drawn, looked for among all ids of the range. The largest batches come first: work is handed out
    in the order of numbers, so that what runs last is short.

    Raises:
        InputError: More batches than MAX_BATCHES.
    """
    shares = source.shares(len(rows_per_customer))
    densities = shares * np.array(rows_per_customer)
    wanted = source.count * np.maximum(densities / float(batch_rows), shares / _BATCH_CUSTOMERS)
    parts = np.clip(np.ceil(wanted), math.ceil(source.count / _BATCH_IDS), source.count).astype(np.int64)
    met = np.flatnonzero(shares)
    if parts[met].sum() > MAX_BATCHES:
        expected = f"so many rows that {source.count:,} customers make at most {MAX_BATCHES:,} batches"
        raise InputError("--batch-rows", "", batch_rows, expected, "or fewer customers, or a shorter period")
    ranges = []
    for profile, density, count in zip(met.tolist(), densities[met].tolist(), parts[met].tolist(), strict=True):
        bounds = np.linspace(0, source.count, count + 1).astype(np.int64).tolist()
        ranges += [(round((last - first) * density), profile, first, last) for first, last in pairwise(bounds)]
    ranges.sort(key=lambda item: (-item[0], *item[1:]))
    return tuple(
        Batch(number, profile, first, last, rows) for number, (rows, profile, first, last) in enumerate(ranges)
    )
