"""The form of a dataset's files: format, directories, sizes and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vecgen.errors import InputError, setting
from vecgen.io.parquet_layout import Compression, Encodings
from vecgen.io.schema import (
    ALL_COLUMNS,
    CUSTOMER_ID,
    FRAUD_TYPE,
    PART_COLUMNS,
    PARTITION_COLUMNS,
    PROBABILITY_COLUMNS,
    REPORTED_DATE,
    TRANSACTION_COLUMNS,
    TRANSACTIONS,
    Column,
    choose_columns,
)
from vecgen.io.writers import Format
from vecgen.plan.request import check_limit
from vecgen.plan.slices import PARTITION_KEYS, PartitionKey

NORMALIZED_NAMES: Final = tuple(column.name for column in (CUSTOMER_ID, *TRANSACTION_COLUMNS))
"""Columns of transactions whose customers are in a table of their own."""


@dataclass(frozen=True)
class Form:
    """How rows are put into files; nothing here changes a row.

    Attributes:
        encoding: Of Parquet: for every reader, or smaller files for new ones; see `parquet_layout`.
        partition_by: Directory levels of the transactions, in this order; may be empty.
        max_file_size: Bytes after which a file is closed and the next started.
        max_records_per_file: Rows a file may hold; None for no limit.
        single_file: All transactions in one file, written by one process; asks for no partitions and no limits.
        with_customer_id: Whether customers and transactions have a last column `customer_id`.
        with_fraud_probability: Whether transactions have the two columns `PROBABILITY_COLUMNS`.
        with_fraud_type: Whether transactions have the column `FRAUD_TYPE`.
        with_report_date: Whether transactions have the column `REPORTED_DATE`.
        columns: Names of the transactions' columns in their order; None for all.

    Raises:
        InputError: An unknown column, a column or partition key named twice, an invalid limit, or options that exclude
            each other.
    """

    format: Format = "parquet"
    compression: Compression = "snappy"
    encoding: Encodings = "portable"
    partition_by: tuple[PartitionKey, ...] = PARTITION_KEYS
    max_file_size: int = 256 * 1024 * 1024
    max_records_per_file: int | None = None
    single_file: bool = False
    with_customer_id: bool = False
    with_fraud_probability: bool = False
    with_fraud_type: bool = False
    with_report_date: bool = False
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_limit("max_file_size", self.max_file_size)
        check_limit("max_records_per_file", self.max_records_per_file)
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
        for column, wanted in ((FRAUD_TYPE, self.with_fraud_type), (REPORTED_DATE, self.with_report_date)):
            if part == TRANSACTIONS and wanted and column not in columns:
                columns = (*columns, column)
        return (*columns, CUSTOMER_ID) if self.with_customer_id and CUSTOMER_ID not in columns else columns

    def partition_columns(self) -> tuple[Column, ...]:
        """Return the columns whose values are in the directories of the transactions."""
        known = {column.name: column for column in PARTITION_COLUMNS}
        return tuple(known[key] for key in self.partition_by)
