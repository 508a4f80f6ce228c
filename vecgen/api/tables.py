"""Customers, transactions and fraud cases as Arrow tables in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from vecgen.cli.argument_types import parse_dates, parse_names
from vecgen.cli.commands.keyword_parsers import ASKED
from vecgen.cli.keywords import Day, RequestKeywords, read_keywords, read_value, takes
from vecgen.cli.read_options import to_request
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, Column, Text, choose_of_table, choose_schema
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.plan.schedule import cut_again
from vecgen.plan.slices import select_days
from vecgen.run.export.arrow_tables import encode_text, list_customers, list_rows, to_table
from vecgen.run.fraud_cases import find_cases, list_columns

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


def _compile(asked: RequestKeywords) -> Plan:
    return compile_plan(make_request(**asked))


def _choose(names: Sequence[str] | str | None, usual: tuple[Column, ...]) -> tuple[Column, ...]:
    return choose_of_table(read_value("columns", parse_names, names), usual)
