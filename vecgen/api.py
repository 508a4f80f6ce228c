"""The Python API: datasets as Arrow tables in this process, or written, verified and reported on.

Keywords are the options of the command line with "_" for "-"; the same values give the same rows. Tables convert with
one call: `.to_pandas()`, `polars.from_arrow(table)`, or `duckdb.sql("SELECT … FROM table")`.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vecgen.cli.argument_types import parse_dates, parse_names, parse_path, parse_place
from vecgen.cli.commands.compare import run_compare
from vecgen.cli.commands.export import run_export
from vecgen.cli.commands.fit import run_fit
from vecgen.cli.commands.keyword_parsers import ASKED, COMPARED, EXPORTED, FITTED, SPLIT, STATED, WRITTEN
from vecgen.cli.commands.split import run_split
from vecgen.cli.keywords import (
    ComparisonKeywords,
    Day,
    Directory,
    ExpectationKeywords,
    ExportKeywords,
    FitKeywords,
    OutputKeywords,
    RequestKeywords,
    SplitKeywords,
    read_keywords,
    read_value,
    takes,
)
from vecgen.cli.parser import Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset, to_existing, to_output, to_request
from vecgen.io.digest import Digest
from vecgen.io.schema import (
    ALL_COLUMNS,
    COLUMNS,
    CUSTOMER_COLUMNS,
    CUSTOMER_ID,
    Column,
    Text,
    choose_columns,
    choose_schema,
)
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.plan.schedule import Estimate, cut_again, estimate
from vecgen.plan.slices import select_days
from vecgen.records.receipt import Receipt
from vecgen.report import build as report
from vecgen.report import ceiling
from vecgen.report.ceiling import Ceiling
from vecgen.report.comparison.findings import Comparison
from vecgen.report.expected_ceiling import expect_ceiling
from vecgen.run.export.arrow_tables import encode_text, list_customers, list_rows, to_table
from vecgen.run.fraud_cases import find_cases, list_columns
from vecgen.run.local import run_local
from vecgen.run.split import Split
from vecgen.verify import certify
from vecgen.verify.certificate import Certificate, spell_certificate
from vecgen.verify.expectation import read_expectation
from vecgen.verify.file_check import digest_complete
from vecgen.verify.verify import score_dataset

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on

_BATCH_ROWS: Final = 1_000_000  # transactions whose dates are drawn at once: some 10 MB


@takes(ASKED, RequestKeywords)
def make_request(**asked: Unpack[RequestKeywords]) -> Request:
    """Return what decides the content of a dataset.

    Raises:
        InputError: A value that cannot be used.
    """
    return to_request(read_keywords(ASKED, asked))


@takes(ASKED, RequestKeywords)
def generate_customers(
    *, columns: Sequence[str] | str | None = None, text: Text = "string", **asked: Unpack[RequestKeywords]
) -> pa.Table:
    """Return customers as a table, ascending by id.

    Args:
        columns: Names, in the order wanted; None for the sixteen of a dataset. `customer_id` can be among them.
        text: How text is stored: "string", or "dictionary" (categories).

    Raises:
        InputError: A name, value or file that cannot be used.
    """
    schema = choose_schema(_choose(columns, CUSTOMER_COLUMNS), text)
    return to_table(list_customers(_compile(asked), schema), schema)


@takes(ASKED, RequestKeywords)
def iterate_customers(
    *, columns: Sequence[str] | str | None = None, text: Text = "string", **asked: Unpack[RequestKeywords]
) -> Iterator[pa.RecordBatch]:
    """Yield the customers of `generate_customers` in record batches of 50,000."""
    return list_customers(_compile(asked), choose_schema(_choose(columns, CUSTOMER_COLUMNS), text))


@takes(ASKED, RequestKeywords)
def generate_transactions(
    *,
    columns: Sequence[str] | str | None = None,
    only_dates: tuple[Day, Day] | str | None = None,
    text: Text = "string",
    **asked: Unpack[RequestKeywords],
) -> pa.Table:
    """Return transactions as a table, profile by profile, within it by month, customer and date.

    Args:
        columns: Names, in the order wanted; None for the 26 of a dataset. Other columns are not drawn.
            `customer_id`, `fraud_probability`, `day_fraud_probability` and `reported_date` can be among them.
        only_dates: First and last date of the period to return; None for all.
        text: How text that repeats is stored: "string", or "dictionary" (categories).

    Raises:
        InputError: A name, value or file that cannot be used.
    """
    batches = iterate_transactions(columns=columns, only_dates=only_dates, text=text, **asked)
    return to_table(batches, choose_schema(_choose(columns, COLUMNS), text))


@takes(ASKED, RequestKeywords)
def iterate_transactions(
    *,
    columns: Sequence[str] | str | None = None,
    only_dates: tuple[Day, Day] | str | None = None,
    text: Text = "string",
    **asked: Unpack[RequestKeywords],
) -> Iterator[pa.RecordBatch]:
    """Yield the transactions of `generate_transactions` in record batches of about 24,000 rows, in little memory."""
    chosen = _choose(columns, COLUMNS)
    schema = choose_schema(chosen, text)
    plan = cut_again(_compile(asked), _BATCH_ROWS)
    dates = read_value("only_dates", parse_dates, only_dates)
    return list_rows(plan, chosen, select_days(plan.tables.law.period, dates), schema)


@takes(ASKED, RequestKeywords)
def generate_fraud_cases(
    *, columns: Sequence[str] | str | None = None, text: Text = "string", **asked: Unpack[RequestKeywords]
) -> pa.Table:
    """Return fraud cases as a table: a row for each defrauded customer, ascending by id.

    Args:
        columns: Names, in the order wanted; None for all.
        text: How text is stored: "string", or "dictionary" (categories).

    Raises:
        InputError: A name, value or file that cannot be used.
    """
    plan = _compile(asked)
    schema = choose_schema(_choose(columns, list_columns(plan.tables.law)), text)
    cases = find_cases(plan.tables, plan.source, 0, plan.source.count)
    return encode_text(cases.select(schema.names), schema)


@takes(WRITTEN, OutputKeywords, processes=1)
def write_dataset(**written: Unpack[OutputKeywords]) -> Receipt:
    """Write customers, transactions and fraud cases, as `vecgen generate` does; return the receipt.

    Raises:
        InputError: A value or file that cannot be used.
        OutputError: The output holds something else or cannot be written.
    """
    return _write(written, customers=True, transactions=True)


@takes(WRITTEN, OutputKeywords, processes=1)
def write_customers(**written: Unpack[OutputKeywords]) -> Receipt:
    """Write customers only; see `write_dataset`."""
    return _write(written, customers=True, transactions=False)


@takes(WRITTEN, OutputKeywords, processes=1)
def write_transactions(**written: Unpack[OutputKeywords]) -> Receipt:
    """Write transactions and fraud cases only; see `write_dataset`."""
    return _write(written, customers=False, transactions=True)


@takes(WRITTEN, OutputKeywords, processes=1)
def estimate_dataset(**written: Unpack[OutputKeywords]) -> Estimate:
    """Return rows, bytes, files, memory and time of what `write_dataset` would write; write nothing."""
    options = read_keywords(WRITTEN, written)
    return estimate(compile_plan(to_request(options)), to_output(options), options.processes)


@takes(STATED, ExpectationKeywords, processes=1)
def verify_dataset(directory: Directory, *, fast: bool = False, **stated: Unpack[ExpectationKeywords]) -> Certificate:
    """Check a dataset against its model, as `vecgen verify` does; `holds` of the certificate is the verdict.

    Args:
        fast: Do not read files for the checksums of their bytes.

    Raises:
        InputError: The dataset, a value or a file cannot be read.
    """
    options = _read(STATED, directory, stated)
    place = to_dataset(options)
    with show(options.quiet) as progress:
        expectation = read_expectation(place, vars(options))
        found = certify.verify_dataset(place, expectation, options.processes, report=progress, fast=fast)
    return spell_certificate(found)


@takes(STATED, ExpectationKeywords, processes=1)
def write_report(directory: Directory, output: Directory | None = None, **stated: Unpack[ExpectationKeywords]) -> Path:
    """Write a page about a dataset, as `vecgen report` does; return the page.

    Args:
        output: Directory of the page and its pictures, new or an earlier report; by default `_report` in the dataset.

    Raises:
        InputError: The dataset, a value or a file cannot be read, or Matplotlib is not installed.
        OutputError: The output holds something else or cannot be written.
    """
    options = _read(STATED, directory, stated)
    place = to_dataset(options)
    target = report.default_output(place) if output is None else read_value("output", parse_path, output)
    with show(options.quiet) as progress:
        report.write_report(place, read_expectation(place, vars(options)), target, options.processes, progress)
    return target / report.PAGE


@takes(STATED, ExpectationKeywords, processes=1)
def measure_ceiling(directory: Directory, **stated: Unpack[ExpectationKeywords]) -> Ceiling:
    """Return how well fraud can be detected at best in a dataset, as `vecgen ceiling` does.

    Raises:
        InputError: The dataset, a value or a file cannot be read, or there is no fraud.
    """
    options = _read(STATED, directory, stated)
    place = to_dataset(options)
    with show(options.quiet) as progress:
        expectation = read_expectation(place, vars(options))
        return ceiling.measure_ceiling(score_dataset(place, expectation, options.processes, progress).rows)


@takes(ASKED, RequestKeywords)
def estimate_ceiling(**asked: Unpack[RequestKeywords]) -> Ceiling:
    """Return how well fraud could be detected at best in what `write_dataset` would write; write nothing.

    Raises:
        InputError: A value or file that cannot be used, or a fraud rate of 0.
    """
    return expect_ceiling(make_request(**asked))


@takes(FITTED, FitKeywords, processes=1)
def fit_dataset(directory: Directory, **told: Unpack[FitKeywords]) -> Path:
    """Write profiles and demographics from which data like a dataset is generated; return the directory.

    The same as `vecgen fit` writes: `profiles` and `demographics` for `write_dataset`, and `fit.json` with the standard
    errors and the other options.

    Raises:
        InputError: The dataset, a value or a file cannot be read.
        OutputError: The output holds something or cannot be written.
    """
    options = _read(FITTED, directory, told)
    run_fit(options)
    output: Path = options.output
    return output


@takes(SPLIT, SplitKeywords)
def split_dataset(directory: Directory, **told: Unpack[SplitKeywords]) -> Split:
    """Write two parts of a dataset's transactions, for training and for tests, as `vecgen split` does; return counts.

    Raises:
        InputError: The dataset, a value or a file cannot be read, or a part would be empty.
        OutputError: The output holds something or cannot be written.
    """
    return run_split(_read(SPLIT, directory, told))


@takes(EXPORTED, ExportKeywords)
def export_dataset(directory: Directory, **told: Unpack[ExportKeywords]) -> Path:
    """Write transactions as the files of another layout, as `vecgen export` does; return their directory.

    Raises:
        InputError: The dataset or a value cannot be used.
        OutputError: The output holds something or cannot be written.
    """
    options = _read(EXPORTED, directory, told)
    run_export(options)
    output: Path = options.output
    return output


@takes(COMPARED, ComparisonKeywords, processes=1)
def compare_datasets(one: Directory, other: Directory, **told: Unpack[ComparisonKeywords]) -> Comparison:
    """Test whether two datasets are alike, as `vecgen compare` does; `alike` of the comparison is the verdict.

    Raises:
        InputError: A dataset, a value or a file cannot be read.
        OutputError: The page cannot be written, or something else is there.
    """
    options = read_keywords(COMPARED, told)
    options.one, options.other = read_value("one", parse_place, one), read_value("other", parse_place, other)
    return run_compare(options)


def digest_dataset(
    directory: Directory,
    *,
    storage_option: Mapping[str, str] | None = None,
    storage_options_file: Directory | None = None,
) -> dict[str, Digest]:
    """Return the digest of each part of a dataset, equal for equal content whatever its order, files and format.

    Raises:
        InputError: The dataset cannot be read.
    """
    stated: ExpectationKeywords = {
        "storage_option": storage_option or {},
        "storage_options_file": storage_options_file,
    }
    return digest_complete(to_dataset(_read(STATED, directory, stated)))


def _write(written: OutputKeywords, *, customers: bool, transactions: bool) -> Receipt:
    options = read_keywords(WRITTEN, written)
    plan, output = compile_plan(to_request(options)), to_output(options)
    with show(options.quiet) as progress:
        return run_local(
            plan,
            output,
            options.processes,
            customers=customers,
            transactions=transactions,
            existing=to_existing(options),
            report=progress,
        )


def _read(parser: Parser, directory: Directory, given: Mapping[str, Any]) -> Namespace:
    options = read_keywords(parser, given)
    options.directory = read_value("directory", parse_place, directory)
    return options


def _compile(asked: RequestKeywords) -> Plan:
    return compile_plan(make_request(**asked))


def _choose(names: Sequence[str] | str | None, usual: tuple[Column, ...]) -> tuple[Column, ...]:
    chosen = read_value("columns", parse_names, names)
    known = ALL_COLUMNS if usual is COLUMNS else usual if CUSTOMER_ID in usual else (*usual, CUSTOMER_ID)
    return usual if chosen is None else choose_columns(chosen, known)
