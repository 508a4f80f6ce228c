"""Counts a dataset, or somebody's table, of which no model is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from vecgen.config.profile import LEFTOVERS, SUFFIX
from vecgen.errors import InputError, setting
from vecgen.io.reader import read_names, recognise_part, require_files
from vecgen.io.schema import COLUMNS, CUSTOMER_ID, TRANSACTIONS, Column
from vecgen.model.customers import Segmenter
from vecgen.model.params import ModelParameters
from vecgen.process.progress import Report
from vecgen.process.scratch import scratch_directory
from vecgen.process.workers import Workers
from vecgen.scan.column_map import ColumnMap, read_map
from vecgen.scan.dataset_counts import DatasetCounts
from vecgen.scan.missing import Scope
from vecgen.stores.filesystem import Place
from vecgen.verify.customer_checks import IDENTIFIERS
from vecgen.verify.expectation import Expectation, read_expectation
from vecgen.verify.read import choose_scope, find_parts, read_customers
from vecgen.verify.without_model.count_rows import Source, count_shares, count_transactions
from vecgen.verify.without_model.kept_rows import KeptRows, has_room, size_of_rows
from vecgen.verify.without_model.look import Look, look_at, look_at_table, make_open_model

_TOLD_OF_TABLES: Final = ("time_zone", "date_format", "merchant_prefix", "amount_unit")
_COUNTED: Final = tuple(
    column
    for column in COLUMNS
    if column.name
    in {
        *("ssn", "cc_num", "acct_num", "lat", "long", "merch_lat", "merch_long", "profile"),
        *("trans_date", "trans_time", "category", "amt", "is_fraud", "merchant"),
        *("dob", "gender", "city_pop"),
    }
)
"""Columns that counts need; what only tells rows apart, or says the same twice, is left unread."""
_NEEDED: Final = ("trans_date", "trans_time", "category", "amt")
_TELLING_PROFILES: Final = frozenset({"dob", "gender", "city_pop"})
_TELLING: Final = ({CUSTOMER_ID.name}, {"cc_num"}, {"ssn"})
"""Columns that tell customers apart, any of these."""


def count_dataset(directory: Place, stated: Mapping[str, Any], workers: Workers, report: Report) -> DatasetCounts:
    """Count the rows and customers of a dataset, or of somebody's table.

    Args:
        stated: As of `read_expectation`, with "profiles" and "demographics"; of a table, "map" and what else is in a
            `ColumnMap`.

    Raises:
        InputError: A dataset or file that cannot be read, profiles that those stated do not have, or no row to count.
    """
    if not directory.exists():
        raise InputError(str(directory), "", "no such directory", "the directory of a dataset, or a file")
    column_map = read_column_map(stated)
    with scratch_directory() as scratch:
        if column_map:
            counted = _count_table(directory, column_map, stated, workers, report, scratch)
        else:
            counted = _count_usual_columns(directory, stated, workers, report, scratch)
    if not any(counts.slots.any() for pair in counted.totals.counts for counts in pair):
        found = ", ".join(f"{number:,} with {reason}" for reason, number in (+counted.totals.faults).items())
        raise InputError(str(directory), "", f"no row that counts ({found})", "transactions of the period")
    return counted


def read_column_map(stated: Mapping[str, Any]) -> ColumnMap | None:
    """Return how a table's columns are read; None for a dataset.

    Raises:
        InputError: What tells of tables, without a map.
    """
    told = {name: stated[name] for name in _TOLD_OF_TABLES if stated.get(name)}
    if stated.get("map") is not None:
        return ColumnMap(read_map(stated["map"]), **told)
    for name, value in told.items():
        raise InputError(
            setting(name), "", value, f"it with {setting('map')}", f"leave it out, or add {setting('map')}"
        )
    return None


def _keep(files: Sequence[Place], workers: Workers, scratch: Path, shares: int = 1) -> KeptRows | None:
    """Return where the rows of files are kept from the first look to the count, if they are."""
    if not workers.share_disk or not has_room(scratch, sum(map(size_of_rows, files))):
        return None
    return KeptRows(scratch, tuple(files), shares)


def _count_usual_columns(
    directory: Place, stated: Mapping[str, Any], workers: Workers, report: Report, scratch: Path
) -> DatasetCounts:
    columns = choose_columns(directory)
    transactions, customers = find_parts(directory, columns)
    in_rows, joined = "profile" in {column.name for column in columns}, choose_scope(columns, customers).joined
    kept = _keep([path for path in transactions if path.suffix == ".csv"], workers, scratch)
    look = look_at(transactions, None if in_rows else customers if joined else (), workers, kept, columns)
    expectation = read_expectation(directory, {**stated, "fraud_rate": 0.0}, {"start": look.first, "end": look.last})
    _check_known(look, expectation, directory, Path(stated["profiles"]))
    period = expectation.law.period
    as_of = expectation.as_of or period.start
    scope = choose_scope(columns, customers, Segmenter(expectation.profiles, as_of))
    is_segmented = "profile" in scope.known
    if not look.profiles:
        look = replace(look, profiles=expectation.profiles.names if is_segmented else (LEFTOVERS,))
    model = make_open_model(look, ModelParameters(period, fraud_rate=0.0))
    source = Source(scope, tuple(customers), kept=kept)
    totals, counts = count_transactions(transactions, model, source, workers, report)
    if customers:
        counts = read_customers(customers, expectation, as_of)[0]
    seen = [own.rows.total() + len(own.defrauded) for own in totals.customers]
    listed = [counts.profiles[file] for file in model.profile_files]
    return DatasetCounts(model, totals, counts, tuple(map(max, seen, listed)), scope.known, is_segmented)


def choose_columns(directory: Place) -> tuple[Column, ...]:
    """Return the columns of transactions that counts need, of those that all files have.

    Raises:
        InputError: No transactions, or files that do not tell customers, times, categories and amounts.
    """
    files = {path: read_names(path) for path in require_files(directory)}
    own = {path: {*names} for path, names in files.items() if recognise_part(names) == TRANSACTIONS}
    remedy = f"for a table of other columns, say with {setting('map')} which are what"
    if not own:
        path, names = next(iter(files.items()))
        raise InputError(str(path), "columns", ", ".join(names), "those of transactions", remedy)
    shared = set.intersection(*own.values())
    if not any(shared >= telling for telling in _TELLING):
        raise InputError(str(directory), "columns", "no cc_num", "what tells customers apart in all files", remedy)
    for path, names_there in own.items():
        if lacking := [name for name in _NEEDED if name not in names_there]:
            raise InputError(str(path), "columns", f"no {lacking[0]}", "a file with this column", remedy)
    if shared >= {*IDENTIFIERS, "profile"}:
        return tuple(column for column in _COUNTED if column.name in shared - _TELLING_PROFILES)
    return tuple(column for column in (*_COUNTED, CUSTOMER_ID) if column.name in shared)


def _count_table(
    directory: Place,
    column_map: ColumnMap,
    stated: Mapping[str, Any],
    workers: Workers,
    report: Report,
    scratch: Path,
) -> DatasetCounts:
    files = require_files(directory)
    kept = _keep(files, workers, scratch, count_shares(files, workers))
    look = look_at_table(files, column_map, workers, kept)
    expectation = read_expectation(directory, {**stated, "fraud_rate": 0.0}, {"start": look.first, "end": look.last})
    period, segments = expectation.law.period, None
    if column_map.tells_segments:
        segments = Segmenter(expectation.profiles, expectation.as_of or period.start)
        look = replace(look, profiles=expectation.profiles.names)
    model = make_open_model(look, ModelParameters(period, fraud_rate=0.0))
    scope = Scope(column_map.columns, segments=segments)
    source = Source(scope, column_map=column_map, kept=kept)
    totals, counts = count_transactions(files, model, source, workers, report)
    customers = tuple(own.rows.total() + len(own.defrauded) for own in totals.customers)
    return DatasetCounts(model, totals, counts, customers, scope.known, segments is not None)


def _check_known(look: Look, expectation: Expectation, directory: Place, profiles: Path) -> None:
    for name in look.profiles:
        if name not in expectation.profiles.names:
            remedy = "pass --profiles with a directory whose main_config.json says who has it"
            raise InputError(str(directory), "column profile", name + SUFFIX, f"a profile of {profiles}", remedy)
