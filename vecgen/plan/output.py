"""Options of the output: place, form, and the part of the dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

from vecgen.errors import InputError, setting
from vecgen.io.parquet_layout import Compression, Encodings
from vecgen.io.schema import (
    ALL_COLUMNS,
    CUSTOMER_ID,
    CUSTOMERS,
    FRAUD_CASES,
    PART_COLUMNS,
    PARTITION_COLUMNS,
    PROBABILITY_COLUMNS,
    TRANSACTION_COLUMNS,
    TRANSACTIONS,
    Column,
    choose_columns,
)
from vecgen.io.writers import Format
from vecgen.model.params import Period
from vecgen.plan.slices import PARTITION_KEYS, PartitionKey, select_days
from vecgen.stores.filesystem import Place

Table = Literal["delta"]
TABLES: Final[tuple[Table, ...]] = get_args(Table)
Existing = Literal["refuse", "resume", "overwrite"]
"""What to do with an output that is not empty: see `run.run`."""
NORMALIZED_NAMES: Final = tuple(column.name for column in (CUSTOMER_ID, *TRANSACTION_COLUMNS))
"""Columns of transactions whose customers are in a table of their own."""
DEFAULT_MAX_FILE_SIZE: Final = 256 * 1024 * 1024


@dataclass(frozen=True)
class Output:
    """The place and form of a dataset; nothing here changes a row.

    Attributes:
        partition_by: Directory levels of the transactions, in this order; may be empty.
        max_file_size: Bytes after which a file is closed and the next started.
        max_records_per_file: Rows a file may hold; None for no limit.
        single_file: All transactions in one file, written by one process; asks for no partitions and no limits.
        batch_rows: Expected rows of a batch; None to let the number of cores decide.
        batches: First and last numbers of the batches to write; empty for all. Customers are not written then.
        only_dates: First and last date of the transactions to write; None for the whole period.
        table: Kind of table that the files are committed to, one of transactions and one of customers.
        append: Add transactions to the dataset that is there, or start it; see `run.loads`.
        with_customer_id: Whether customers and transactions have a last column `customer_id`.
        with_fraud_probability: Whether transactions have the two columns `PROBABILITY_COLUMNS`.
        columns: Names of the transactions' columns in their order; None for all.
        encoding: Of Parquet: for every reader, or smaller files for new ones; see `parquet_layout`.

    Raises:
        InputError: An unknown column, a column or partition key named twice, an invalid limit, or options that exclude
            each other.
    """

    path: Place
    format: Format = "parquet"
    compression: Compression = "snappy"
    partition_by: tuple[PartitionKey, ...] = PARTITION_KEYS
    max_file_size: int = DEFAULT_MAX_FILE_SIZE
    max_records_per_file: int | None = None
    single_file: bool = False
    batch_rows: int | None = None
    batches: tuple[tuple[int, int], ...] = ()
    only_dates: tuple[date, date] | None = None
    table: Table | None = None
    append: bool = False
    with_customer_id: bool = False
    with_fraud_probability: bool = False
    columns: tuple[str, ...] | None = None
    encoding: Encodings = "portable"

    def __post_init__(self) -> None:
        for name in ("max_file_size", "max_records_per_file", "batch_rows"):
            limit = getattr(self, name)
            if limit is not None and not 1 <= limit < 1 << 63:
                raise InputError(setting(name), "", limit, "a whole number from 1 up, below 2**63")
        if self.single_file and (self.partition_by or self.max_records_per_file is not None):
            raise InputError(
                setting("single_file"),
                "",
                "partitions or limits",
                f"{setting('partition_by', '')} and no limit of records",
            )
        if self.encoding != "portable" and self.format != "parquet":
            raise InputError(
                setting("encoding"), "", self.format, f"{setting('format', 'parquet')}, whose encodings it chooses"
            )
        if self.table and self.format != "parquet":
            raise InputError(setting("table"), "", self.format, f"{setting('format', 'parquet')}, the files of a table")
        if self.append and self.batches:
            raise InputError(
                setting("append"),
                "",
                "batches",
                f"{setting('only_dates')} or a whole period: loads are told by their dates",
            )
        if len(set(self.partition_by)) < len(self.partition_by):
            raise InputError(setting("partition_by"), "", ",".join(self.partition_by), "each key at most once")
        self.columns_of(TRANSACTIONS)

    def columns_of(self, part: str) -> tuple[Column, ...]:
        """Return the columns of a part's files."""
        columns = PART_COLUMNS[part]
        if part == TRANSACTIONS and self.columns is not None:
            columns = choose_columns(self.columns, ALL_COLUMNS, setting("columns"))
        if part == TRANSACTIONS and self.with_fraud_probability:
            columns = (*columns, *(column for column in PROBABILITY_COLUMNS if column not in columns))
        return (*columns, CUSTOMER_ID) if self.with_customer_id and CUSTOMER_ID not in columns else columns

    def partition_columns(self) -> tuple[Column, ...]:
        """Return the columns whose values are in the directories of the transactions."""
        known = {column.name: column for column in PARTITION_COLUMNS}
        return tuple(known[key] for key in self.partition_by)

    def selects(self, number: int) -> bool:
        """Return whether the batch of this number is to be written."""
        return not self.batches or any(first <= number <= last for first, last in self.batches)

    def select_days(self, period: Period) -> range:
        """Return the days of the period to be written, counted from its start.

        Raises:
            InputError: Dates of which none, or not all, lie in the period.
        """
        return select_days(period, self.only_dates)


@dataclass(frozen=True)
class Target:
    """Where a run writes the files of an output, and under which names.

    Attributes:
        output: As it was requested.
        directory: The output's own, or a working directory whose content replaces it at the end.
        load: Prefix of file names, for a directory with other loads; see `run.loads`.
        kept: Parts that are there already and are not written again.
    """

    output: Output
    directory: Place
    load: str = ""
    kept: tuple[str, ...] = ()


def target_own(output: Output) -> Target:
    """Return the target of a run that writes straight into its output, alone there."""
    return Target(output, output.path)


def describe_output(target: Target) -> dict[str, Any]:
    """Return an output as plain JSON values by the names of options, as receipts hold it."""
    values = {**asdict(target.output), "load": target.load, "kept": target.kept}
    described: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return described


def describe_form(output: Output) -> dict[str, Any]:
    """Return what decides the form of files, as runs under way record it."""
    return select_form(describe_output(target_own(output)))


def select_form(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the form of files, of an output that `describe_output` described."""
    return {name: value for name, value in described.items() if name not in ("path", "load", "kept")}


def list_parts(output: Output, *, customers: bool = True, transactions: bool = True) -> list[str]:
    """Return the parts of a dataset that are requested."""
    writes_customers = customers and not output.batches
    return [CUSTOMERS] * writes_customers + [TRANSACTIONS, FRAUD_CASES] * transactions


def has_case_files(output: Output) -> bool:
    """Return whether fraud cases have files of their own, by ranges of customers, whatever the batches.

    Else each batch, or the single file, brings a file of its own cases: a slice by batches knows no other customers.
    """
    return not output.batches and not output.single_file
