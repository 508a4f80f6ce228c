"""The options that commands share, in one place: the command line and the Spark job offer the same names.

argparse because it is the standard library's: the Spark job must start on clusters that have nothing but its own needs.
"""

from __future__ import annotations

import argparse
import os
from argparse import ArgumentParser
from typing import Final

from vecgen.cli.argument_types import (
    parse_date,
    parse_dates,
    parse_delay,
    parse_names,
    parse_number,
    parse_partition_keys,
    parse_path,
    parse_place,
    parse_ranges,
    parse_size,
    parse_storage_option,
    parse_weights,
    parse_whole,
    read_storage_options,
)
from vecgen.io.writers import COMPRESSIONS, ENCODINGS, FORMATS
from vecgen.model.params import DEPENDENCES, MAX_FRAUD_DAYS
from vecgen.plan.form import Form
from vecgen.plan.output import TABLES
from vecgen.plan.request import Request
from vecgen.plan.slices import PARTITION_KEYS

_REQUEST: Final = Request()
_FORM: Final = Form()
"""The request and the form whose values are the options' defaults."""


def add_customer_options(parser: ArgumentParser, *, with_file: bool) -> None:
    """Add what decides the customers."""
    group = parser.add_argument_group("customers")
    either = group.add_mutually_exclusive_group()
    help_count = f"how many to draw ({_REQUEST.customers})"
    either.add_argument("--customers", type=parse_whole, default=_REQUEST.customers, metavar="N", help=help_count)
    if with_file:
        help_file = "take them from a '|' separated CSV, a Parquet file, or a directory of either"
        either.add_argument("--customers-file", type=parse_path, metavar="F", help=help_file)
    group.add_argument("--as-of", type=parse_date, metavar="DATE", help="reference date for ages (the first day)")
    help_safe = "social security and card numbers that no person can have"
    group.add_argument("--safe-identifiers", action="store_true", help=help_safe)
    add_demographics_option(group)


def add_demographics_option(parser: argparse._ArgumentGroup | ArgumentParser) -> None:
    """Add where places, ages and merchants are read."""
    parser.add_argument(
        "--demographics",
        type=parse_path,
        default=_REQUEST.demographics,
        metavar="DIR",
        help="of places, ages, merchants (the shipped)",
    )


def add_model_options(parser: ArgumentParser) -> None:
    """Add what decides the transactions."""
    law, group = _REQUEST.law, parser.add_argument_group("model")
    group.add_argument(
        "--start", type=parse_date, default=law.period.start, metavar="DATE", help=f"first day ({law.period.start})"
    )
    help_end = "last day (that of --start's year); another one changes all rows, see the README"
    group.add_argument("--end", type=parse_date, metavar="DATE", help=help_end)
    help_seed = f"same seed, same rows: 0 to 2**64 - 1 ({_REQUEST.seed})"
    group.add_argument("--seed", type=parse_whole, default=_REQUEST.seed, metavar="N", help=help_seed)
    help_profiles = "of behaviour profiles (the shipped)"
    group.add_argument("--profiles", type=parse_path, default=_REQUEST.profiles, metavar="DIR", help=help_profiles)
    help_rate = f"share of defrauded customers ({law.fraud_rate}; in Sparkov's published files 0.98)"
    group.add_argument("--fraud-rate", type=parse_number, default=law.fraud_rate, metavar="P", help=help_rate)
    help_days = f"days from a fraud's first to its last, 1 to {MAX_FRAUD_DAYS}; 1 is two dates ({law.fraud_days})"
    group.add_argument("--fraud-days", type=parse_whole, default=law.fraud_days, metavar="F", help=help_days)
    help_stealth = "share of frauds whose category, amount and time are drawn as those of regular rows (0)"
    group.add_argument("--fraud-stealth", type=parse_number, default=law.fraud_stealth, metavar="S", help=help_stealth)
    help_types = "kinds of fraud, NAME=WEIGHT,… (`vecgen profiles show NAME`), or a directory of them (sparkov alone)"
    group.add_argument("--fraud-types", type=parse_weights, default={}, metavar="TYPES", help=help_types)
    help_model = f"joint model of date, category, day part and amount ({law.dependence})"
    group.add_argument("--dependence", choices=DEPENDENCES, default=law.dependence, help=help_model)
    group.add_argument("--travel", action="store_true", help="let travelling profiles buy further from home")
    add_report_options(parser)


def add_report_options(parser: ArgumentParser) -> None:
    """Add how fraud becomes known."""
    usual, group = _REQUEST.law.reporting, parser.add_argument_group("labels")
    help_delay = "days from a fraud to its report: a gamma distribution, rounded up; MEAN alone is exponential (none)"
    group.add_argument("--report-delay", type=parse_delay, metavar="MEAN[,STDEV]", help=help_delay)
    help_never = f"share of frauds that nobody reports ({usual.never_reported:g})"
    group.add_argument(
        "--never-reported", type=parse_number, default=usual.never_reported, metavar="SHARE", help=help_never
    )
    help_false = f"share of honest transactions that are reported as fraud ({usual.false_reports:g})"
    group.add_argument(
        "--false-reports", type=parse_number, default=usual.false_reports, metavar="SHARE", help=help_false
    )
    help_day = "is_fraud as it is known at the end of that day, by the reports until then (the truth)"
    group.add_argument("--labels-as-of", type=parse_date, metavar="DATE", help=help_day)


def add_output_options(parser: ArgumentParser, *, with_columns: bool = True) -> None:
    """Add where the result goes and in which form; `with_columns`: also which columns transactions have."""
    group = parser.add_argument_group("output")
    help_output = "empty or new: a directory, or a URL such as s3://bucket/prefix (output)"
    group.add_argument("--output", type=parse_place, default="output", metavar="DIR", help=help_output)
    add_storage_option(group)
    group.add_argument("--format", choices=FORMATS, default=_FORM.format, help=f"({_FORM.format})")
    help_keys = f"directory levels: any of {','.join(PARTITION_KEYS)}, or nothing"
    group.add_argument(
        "--partition-by", type=parse_partition_keys, default=_FORM.partition_by, metavar="KEYS", help=help_keys
    )
    help_compression = f"of Parquet ({_FORM.compression})"
    group.add_argument("--compression", choices=COMPRESSIONS, default=_FORM.compression, help=help_compression)
    help_encoding = (
        "of Parquet: portable, which every reader knows, or compact, smaller files that Spark before 4.3, Hive, "
        "fastparquet and older DuckDB, Polars and DataFusion refuse "
        f"({_FORM.encoding})"
    )
    group.add_argument("--encoding", choices=ENCODINGS, default=_FORM.encoding, help=help_encoding)
    help_size = f"({_FORM.max_file_size >> 20}MiB)"
    group.add_argument("--max-file-size", type=parse_size, default=_FORM.max_file_size, metavar="SIZE", help=help_size)
    group.add_argument("--max-records-per-file", type=parse_whole, metavar="N", help="(no limit)")
    either = group.add_mutually_exclusive_group()
    either.add_argument("--resume", action="store_true", help="complete an interrupted run")
    either.add_argument(
        "--overwrite", action="store_true", help="replace a dataset of vecgen once the new one is complete"
    )
    help_table = "commit the files as a table, one of transactions and one of customers (needs deltalake)"
    group.add_argument("--table", choices=TABLES, help=help_table)
    group.add_argument(
        "--append", action="store_true", help="add --only-dates, or a period, to the dataset that is there, or start it"
    )
    group.add_argument("--with-customer-id", action="store_true", help="a last column customer_id")
    if with_columns:
        add_columns_options(group)
        help_probability = "columns fraud_probability, given the row, and day_fraud_probability, given its day"
        group.add_argument("--with-fraud-probability", action="store_true", help=help_probability)
        help_type = "a column fraud_type, of fraudulent transactions"
        group.add_argument("--with-fraud-type", action="store_true", help=help_type)
        help_report = "a column reported_date, on which it was reported as fraud, if ever"
        group.add_argument("--with-report-date", action="store_true", help=help_report)
    group.add_argument("--single-file", action="store_true", help="all transactions in one file, by one process")


def add_columns_options(parser: argparse._ArgumentGroup) -> None:
    """Add which columns transactions have."""
    either = parser.add_mutually_exclusive_group()
    help_columns = "of transactions, in this order; others are not made, which saves time (all)"
    either.add_argument("--columns", type=parse_names, metavar="NAMES", help=help_columns)
    help_normalized = "transactions with customer_id instead of the columns of customers, whose files have it, too"
    either.add_argument("--normalized", action="store_true", help=help_normalized)


def add_storage_option(parser: argparse._ArgumentGroup | ArgumentParser) -> None:
    """Add how an object store is reached; `locate` takes what it collects."""
    help_option = "of s3 URLs: endpoint, region, scheme ...; may be given again; a command line is no place for secrets"
    parser.add_argument(
        "--storage-option",
        type=parse_storage_option,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=help_option,
    )
    help_file = "lines of KEY=VALUE, in a file that only you can read: for credentials that the environment lacks"
    parser.add_argument("--storage-options-file", type=read_storage_options, metavar="FILE", help=help_file)


def add_dataset_argument(parser: ArgumentParser) -> None:
    """Add the dataset that a command reads."""
    parser.add_argument(
        "directory", type=parse_place, metavar="DIR", help="a directory, or a URL such as s3://bucket/prefix"
    )
    add_storage_option(parser)


def add_expectation_options(parser: ArgumentParser) -> None:
    """Add what is expected of a dataset, each by default what its receipt says."""
    title = "what it should be (as its receipt says; without one, --start and --end are needed)"
    law, group = _REQUEST.law, parser.add_argument_group(title)
    help_law = f"joint model ({law.dependence})"
    group.add_argument("--law", choices=DEPENDENCES, dest="dependence", help=help_law)
    group.add_argument("--start", type=parse_date, metavar="DATE", help="first day")
    group.add_argument("--end", type=parse_date, metavar="DATE", help="last day")
    group.add_argument("--profiles", type=parse_path, metavar="DIR", help="(the shipped)")
    group.add_argument(
        "--demographics", type=parse_path, metavar="DIR", help="(the shipped; merchants: those in the dataset)"
    )
    help_rate = f"share of defrauded customers ({law.fraud_rate})"
    group.add_argument("--fraud-rate", type=parse_number, metavar="P", help=help_rate)
    help_days = f"days from a fraud's first to its last; 1 is two dates ({law.fraud_days})"
    group.add_argument("--fraud-days", type=parse_whole, metavar="F", help=help_days)
    help_stealth = "share of frauds that are drawn as regular rows are (0)"
    group.add_argument("--fraud-stealth", type=parse_number, metavar="S", help=help_stealth)
    group.add_argument("--travel", action=argparse.BooleanOptionalAction, help="whether profiles travel (no)")
    group.add_argument("--as-of", type=parse_date, metavar="DATE", help="reference date for ages, to check customers")
    help_zone = "time zone of its dates and times, such as America/New_York (UTC; without receipt: as found)"
    group.add_argument("--time-zone", metavar="NAME", help=help_zone)
    help_safe = "whether no person can have its numbers (no)"
    group.add_argument("--safe-identifiers", action=argparse.BooleanOptionalAction, help=help_safe)


def add_slice_options(parser: ArgumentParser) -> None:
    """Add which part of a dataset is written; rows and files are those of the whole."""
    group = parser.add_argument_group("slices")
    help_dates = "transactions of these dates of the period only, FROM..TO"
    group.add_argument("--only-dates", type=parse_dates, metavar="FROM..TO", help=help_dates)
    group.add_argument(
        "--batch-rows", type=parse_whole, metavar="N", help="expected rows of a batch (by cores and file size)"
    )
    help_batches = "transactions of these batches only, such as 17,4711-4720"
    group.add_argument("--batches", type=parse_ranges, default=(), metavar="NUMBERS", help=help_batches)


def add_plan_option(parser: ArgumentParser) -> None:
    """Add the dry run."""
    parser.add_argument("--plan", action="store_true", help="print rows, bytes, files, memory and time; write nothing")


def add_quiet_option(parser: ArgumentParser, what: str = "errors only") -> None:
    """Add silence. `what`: is said all the same."""
    parser.add_argument("--quiet", action="store_true", help=f"say {what}")


def add_processes_option(parser: ArgumentParser, *, by_size: bool = False) -> None:
    """Add how many processors are used. `by_size`: None by default, for whoever knows the size of the work."""
    default, usual = (
        (None, "one per processor, one alone for little work") if by_size else (count_processors(), "one per processor")
    )
    parser.add_argument(
        "--processes", type=parse_whole, default=default, metavar="N", help=f"worker processes ({usual})"
    )


def count_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
