"""Counts a dataset, or somebody's table, with a bound on what each customer adds, and with cells known beforehand.

What is counted by, profiles, categories and days, is told, not looked up: even a name or a first day can tell of a
customer. Rows of others are left out, without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.config.profile import FORBIDDEN, LEFTOVERS, MAX_NAME
from vecgen.errors import InputError, setting
from vecgen.io.digest import column_words
from vecgen.io.reader import read_batches, require_files
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID
from vecgen.model.customers import GENDERS, Segmenter
from vecgen.model.exact import ExactModel
from vecgen.model.params import ModelParameters
from vecgen.process.progress import Report, State
from vecgen.process.workers import Workers
from vecgen.sampling.arrays import I64, U64
from vecgen.scan.bounded.bounded_counter import UNTOLD, BoundedCounter, add_ages, add_listed
from vecgen.scan.bounded.bounded_tables import AGES, BoundedCounts, BoundedTables, start_tables
from vecgen.scan.missing import Scope, complete, tell_customers
from vecgen.scan.row_checks import hash_holders
from vecgen.stores.filesystem import Place
from vecgen.verify.customer_checks import IDENTIFIERS
from vecgen.verify.expectation import Expectation, read_expectation
from vecgen.verify.read import Bundle, choose_scope, find_parts, load_customers
from vecgen.verify.without_model.count_dataset import choose_columns, read_column_map
from vecgen.verify.without_model.count_rows import Source, read_rows, run_shares
from vecgen.verify.without_model.look import MOST_CATEGORIES, Look, make_open_model

Found = tuple[BoundedTables, list[U64]]
"""Tables, and hashes of the customers of each group of files."""


@dataclass(frozen=True)
class _Input:
    """Which files are counted, and how."""

    files: Sequence[Place]
    source: Source
    model: ExactModel
    expectation: Expectation


def count_bounded(
    directory: Place, stated: Mapping[str, Any], categories: Sequence[str], workers: Workers, report: Report
) -> BoundedCounts:
    """Count the customers of a dataset or table by cells that are stated.

    Args:
        stated: As of `count_dataset`, with "start" and "end".
        categories: Beside those of the profiles.

    Raises:
        InputError: A dataset or file that cannot be read, or no period.
    """
    for name in ("start", "end"):
        if stated.get(name) is None:
            expected = f"the period: with {setting('epsilon')} it is not looked up in the rows"
            remedy = f"pass {setting('start')} and {setting('end')}"
            raise InputError(setting(name), "", "nothing", expected, remedy)
    _check_categories(categories)
    given = _open(directory, stated, categories)
    tables, customers = _count(given, workers, report)
    joined = np.concatenate([np.zeros(0, dtype=np.uint64), *customers])
    seen = np.unique(joined)
    if len(seen) < len(joined):  # customers with rows in several groups would count once in each
        tables = _count_bundle(given.model, given.source, [list(given.files)])[0]
    if given.source.customers:
        _add_customers(tables, given, seen)
    return BoundedCounts(given.model, tables, given.source.scope.known)


def _check_categories(categories: Sequence[str]) -> None:
    for name in categories:
        if {*FORBIDDEN} & {*name} or len(name) > MAX_NAME:
            expected = f"names of at most {MAX_NAME} characters, none of them of {FORBIDDEN}"
            raise InputError(setting("categories"), "", name, expected, "write _ for them, as is read of tables")
    if len(categories) > MOST_CATEGORIES:
        raise InputError(setting("categories"), "", len(categories), f"at most {MOST_CATEGORIES:,}")


def _open(directory: Place, stated: Mapping[str, Any], categories: Sequence[str]) -> _Input:
    column_map = read_column_map(stated)
    expectation = read_expectation(directory, {**stated, "fraud_rate": 0.0})
    period = expectation.law.period
    segments = Segmenter(expectation.profiles, expectation.as_of or period.start)
    if column_map:
        files = require_files(directory)
        tells = segments if column_map.tells_segments else None
        source = Source(Scope(column_map.columns, segments=tells), column_map=column_map)
    else:
        columns = choose_columns(directory)
        files, customers = find_parts(directory, columns)
        source = Source(choose_scope(columns, customers, segments), tuple(customers))
    profiles = expectation.profiles.names if "profile" in source.scope.known else (LEFTOVERS,)
    shipped = {name for own in expectation.profiles.regular for name in own.categories}
    look = Look(profiles, tuple(sorted({*shipped, *categories})), period.start, period.end)
    model = make_open_model(look, ModelParameters(period, fraud_rate=0.0))
    return _Input(files, source, model, expectation)


def _count(given: _Input, workers: Workers, report: Report) -> Found:
    tables, customers = start_tables(given.model), []
    shares = run_shares(given.files, given.source, partial(_count_bundle, given.model), workers, report)
    for state, (own, seen) in shares:
        tables.add(own)
        customers += seen
        report(State(state.total, done=state.done, bytes=state.bytes))
    return tables, customers


def _count_bundle(model: ExactModel, source: Source, bundle: Bundle) -> Found:
    """Count the rows of groups of files."""
    tables, customers = start_tables(model), []
    scope = source.scope
    joined = _read_distinct(source.customers) if scope.joined else None
    tells_ages = not source.customers and {column.name for column in scope.columns} >= {"dob", "gender"}
    for files in bundle:
        counter = BoundedCounter(model, scope.untested)
        for path in files:
            for batch, _ in read_rows(path, source):
                whole = complete(batch, model, joined, scope.segments)[0]
                counter.add(whole, _tell_ages(whole, scope.segments) if scope.segments and tells_ages else None)
        own, seen = counter.close()
        tables.add(own)
        customers.append(seen)
    return tables, customers


def _read_distinct(files: Sequence[Place]) -> pa.Table:
    """Return the customers of files with their ids; whose rows are whose must not depend on another customer.

    Raises:
        InputError: An id is that of two customers.
    """
    people = load_customers(files)
    if len(pc.unique(people.column(CUSTOMER_ID.name))) < people.num_rows:
        remedy = "list each customer once"
        raise InputError(str(files[0]), f"column {CUSTOMER_ID.name}", "an id twice", "one customer an id", remedy)
    return people


def _tell_ages(batch: pa.RecordBatch, segments: Segmenter) -> I64:
    """Return gender and age of each row's customer as a cell of `BoundedTables.ages`."""
    gender, age = tell_customers(batch.column("gender"), batch.column("dob"), segments)
    told = (gender < len(GENDERS)) & (age >= 0) & (age < AGES)
    return np.where(told, gender * AGES + age, UNTOLD)


def _add_customers(tables: BoundedTables, given: _Input, seen: U64) -> None:
    """Add the ages of customers' files, and customers who have no rows; each once, however often they are listed."""
    segments = Segmenter(given.expectation.profiles, given.expectation.as_of or given.model.law.period.start)
    files = pa.array(given.model.profile_files)
    words, profiles, ages = [], [], []
    for path in given.source.customers:
        for batch in read_batches(path, CUSTOMER_COLUMNS):
            words.append(_hash_customers(batch))
            ages.append(_tell_ages(batch, segments))
            found = pc.index_in(batch.column("profile").cast(pa.string()), files).cast(pa.int64())
            profiles.append(found.fill_null(UNTOLD).to_numpy(zero_copy_only=False))
    customers, who = np.unique(np.concatenate(words), return_inverse=True)
    smallest = [np.full(len(customers), UNTOLD) for _ in range(2)]
    for values, own in zip((profiles, ages), smallest, strict=True):
        np.minimum.at(own, who, np.concatenate(values))
    add_ages(tables, smallest[1])
    scope = given.source.scope
    told = {column.name for column in scope.columns}
    if scope.joined or told >= {*IDENTIFIERS}:  # else nobody knows whose rows are whose
        idle = ~np.isin(customers, seen) & (smallest[0] < UNTOLD)
        add_listed(tables, smallest[0][idle])


def _hash_customers(batch: pa.RecordBatch) -> U64:
    """Return what tells customers apart, as `inspect` makes it of their rows."""
    account = next(column for column in COLUMNS if column.name == "acct_num")
    return hash_holders(batch) + column_words(batch.column(account.name), account)
