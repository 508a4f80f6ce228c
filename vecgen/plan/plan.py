"""A compiled request: tables, source of customers, and the batches of work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.faker_lists import fingerprint_lists, load_word_lists
from vecgen.config.fingerprint import fingerprint
from vecgen.config.loader import check_merchants, load_demographics, load_profiles
from vecgen.io.digest import digest_batches
from vecgen.io.schema import CUSTOMER_COLUMNS, CUSTOMER_ID
from vecgen.model.customers import compile_customers
from vecgen.model.params import ModelParameters
from vecgen.model.tables import ProfileTables, Tables, compile_tables
from vecgen.plan.batches import Batch, cut_evenly
from vecgen.plan.customer_source import CustomerSource, DrawnCustomers, ListedCustomers, list_customers
from vecgen.plan.request import Request, check_count, check_drawn, check_seed, identify

CUSTOMERS_PER_FILE: Final = 500_000
CASES_PER_FILE: Final = 100_000
CUSTOMERS_PER_CASE_FILE: Final = 10_000_000  # fewer cases then: the customers take a worker half a minute


@dataclass(frozen=True)
class Plan:
    """A compiled request. Picklable: about 10 MB, and the customers file if one was given.

    Attributes:
        identity: What decides the rows, by the names of options; files and lists by their fingerprints. Equal for two
            plans if and only if they define the same rows.
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
    """The batch of each customer: all that a Spark executor needs to group them."""

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


def compile_plan(request: Request) -> Plan:
    """Read and compile everything a request names.

    Raises:
        InputError: Any file or value that cannot be used.
    """
    check_seed(request.seed)
    profiles = load_profiles(request.profiles)
    demographics = load_demographics(request.demographics)
    check_merchants((*profiles.regular, *profiles.fraud), demographics.merchants)
    tables = compile_tables(profiles, demographics.merchants, request.law, request.seed)
    source: CustomerSource
    content = {"profiles": fingerprint(profiles), "demographics": fingerprint(demographics)}
    if request.customers_file is not None:
        check_drawn(request)
        source = list_customers(request.customers_file, profiles.names)
        content["customers_file"] = _fingerprint_customers(source)
    else:
        check_count(request.customers)
        as_of = request.as_of or request.law.period.start
        words = load_word_lists()
        content["word_lists"] = fingerprint_lists(words)
        customer_tables = compile_customers(profiles, demographics, words, as_of, request.safe_identifiers)
        source = DrawnCustomers(customer_tables, request.seed, request.customers)
    expected = tuple(_rows_per_customer(profile, request.law) for profile in tables.profiles)
    return Plan(
        request=request,
        identity=identify(request, content),
        tables=tables,
        source=source,
        rows_per_customer=expected,
        batches=cut_evenly(source, expected),
    )


def _fingerprint_customers(source: ListedCustomers) -> str:
    # Ids too: customers in another order are other customers.
    return str(digest_batches(source.customers.to_batches(), (CUSTOMER_ID, *CUSTOMER_COLUMNS)))


def _rows_per_customer(profile: ProfileTables, law: ModelParameters) -> float:
    """Return the expected transactions of a customer of a profile, dropped ones included."""
    rows = law.period.span * sum(profile.regular.per_day) / 2
    for fraud in profile.frauds:
        rows += law.fraud_rate * fraud.days * sum(fraud.behaviour.per_day) / 2 * law.type_shares[fraud.position]
    return rows
