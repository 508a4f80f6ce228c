"""Customers and transactions as Arrow tables, in this process: nothing is written, no Spark is needed.

Every function takes the keywords of `make_request`, which are those of the command line; the same values give the same
rows. Tables go on by themselves: `.to_pandas()`, `polars.from_arrow(table)`, or `duckdb.sql("SELECT … FROM table")`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypedDict

import pyarrow as pa

from vecgen.arrow import arrow_schema, batch_schema, choose_columns
from vecgen.dates import Period
from vecgen.errors import InputError
from vecgen.generate import select_days, start_group
from vecgen.plan import Plan, Request, compile_plan
from vecgen.schedule import cut_again
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID, Column
from vecgen.tables import Dependence, Law

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on

Day: TypeAlias = date | str
"""A date, or its text as YYYY-MM-DD."""
Directory: TypeAlias = str | os.PathLike[str]
Text = Literal["string", "dictionary"]
"""How text that repeats is stored; dictionaries (categories in pandas and polars) take half the memory."""

_DEFAULT: Final = Request()
_PEOPLE: Final = 50_000  # customers of a record batch
_BATCH_ROWS: Final = 1_000_000  # transactions whose dates are drawn at once: some 10 MB


class Asked(TypedDict, total=False):
    """The keywords of `make_request`."""

    customers: int
    start: Day
    end: Day
    seed: int
    fraud_rate: float
    fraud_days: int
    dependence: Dependence
    travel: bool
    customers_file: Directory | None
    as_of: Day | None
    profiles: Directory
    demographics: Directory


def make_request(  # noqa: PLR0913 - one keyword for each option of the command line
    *,
    customers: int = _DEFAULT.customers,
    start: Day = _DEFAULT.law.period.start,
    end: Day = _DEFAULT.law.period.end,
    seed: int = _DEFAULT.seed,
    fraud_rate: float = _DEFAULT.law.fraud_rate,
    fraud_days: int = _DEFAULT.law.fraud_days,
    dependence: Dependence = _DEFAULT.law.dependence,
    travel: bool = _DEFAULT.law.travel,
    customers_file: Directory | None = None,
    as_of: Day | None = None,
    profiles: Directory = _DEFAULT.profiles,
    demographics: Directory = _DEFAULT.demographics,
) -> Request:
    """Return what decides the content of a dataset.

    Args:
        customers: How many to draw; ignored where `customers_file` is given.
        start: First day of the period.
        end: Last day of the period.
        seed: 0 to 2**64 - 1.
        fraud_rate: Probability that a customer is defrauded.
        fraud_days: Days from a fraud's first to its last, 1 to 7.
        dependence: Joint law of date, category, day part and amount.
        travel: Whether customers of travelling profiles may buy further from home.
        customers_file: The `|` separated CSV, the Parquet file, or the directory of either that customers come from.
        as_of: Day on which ages hold (the first of the period).
        profiles: Directory of behaviour profiles (the shipped).
        demographics: Directory of places, ages and merchants (the shipped).

    Raises:
        InputError: A value outside its range.
    """
    period = Period(_to_date("start", start), _to_date("end", end))
    return Request(
        customers,
        None if customers_file is None else Path(customers_file),
        seed,
        Law(period, fraud_rate, fraud_days, dependence, travel),
        None if as_of is None else _to_date("as_of", as_of),
        Path(profiles),
        Path(demographics),
    )


def generate_customers(
    *, columns: Sequence[str] | None = None, text: Text = "string", **asked: Unpack[Asked]
) -> pa.Table:
    """Return customers as a table, ascending by id.

    Args:
        columns: Names, in the order wanted; None for the sixteen of a dataset. `customer_id` can be among them.
        text: How text is stored.
        asked: See `make_request`.

    Raises:
        InputError: A name, value or file that cannot be used.
    """
    chosen = _choose(columns, CUSTOMER_COLUMNS)
    return _to_table(_people(_compile(asked), _schema(chosen, text)), _schema(chosen, text))


def iterate_customers(
    *, columns: Sequence[str] | None = None, text: Text = "string", **asked: Unpack[Asked]
) -> Iterator[pa.RecordBatch]:
    """Yield the customers of `generate_customers` in record batches of 50,000."""
    return _people(_compile(asked), _schema(_choose(columns, CUSTOMER_COLUMNS), text))


def generate_transactions(
    *,
    columns: Sequence[str] | None = None,
    only_dates: tuple[Day, Day] | None = None,
    text: Text = "string",
    **asked: Unpack[Asked],
) -> pa.Table:
    """Return transactions as a table, profile by profile, within it by month, customer and date.

    Args:
        columns: Names, in the order wanted; None for the 26 of a dataset. What is not named is not drawn.
            `customer_id` can be among them.
        only_dates: First and last date of the period to return; None for all.
        text: How text that repeats is stored.
        asked: See `make_request`.

    Raises:
        InputError: A name, value or file that cannot be used.
    """
    batches = iterate_transactions(columns=columns, only_dates=only_dates, text=text, **asked)
    return _to_table(batches, _schema(_choose(columns, COLUMNS), text))


def iterate_transactions(
    *,
    columns: Sequence[str] | None = None,
    only_dates: tuple[Day, Day] | None = None,
    text: Text = "string",
    **asked: Unpack[Asked],
) -> Iterator[pa.RecordBatch]:
    """Yield the transactions of `generate_transactions` in record batches of about 24,000 rows, in little memory."""
    chosen = _choose(columns, COLUMNS)
    plan = cut_again(_compile(asked), _BATCH_ROWS)
    dates = only_dates and (_to_date("only_dates", only_dates[0]), _to_date("only_dates", only_dates[1]))
    return _rows(plan, chosen, select_days(plan.tables.law.period, dates), _schema(chosen, text))


def _compile(asked: Asked) -> Plan:
    return compile_plan(make_request(**asked))


def _choose(names: Sequence[str] | None, usual: tuple[Column, ...]) -> tuple[Column, ...]:
    return usual if names is None else choose_columns(names, (*usual, CUSTOMER_ID))


def _schema(columns: Sequence[Column], text: Text) -> pa.Schema:
    if text not in ("string", "dictionary"):
        raise InputError("text", "", text, "string or dictionary")
    return arrow_schema(columns) if text == "string" else batch_schema(columns)


def _people(plan: Plan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for first in range(0, plan.source.count, _PEOPLE):
        table = plan.source.table(first, min(first + _PEOPLE, plan.source.count)).select(schema.names)
        yield from _encode(table, schema).combine_chunks().to_batches()


def _encode(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        column.dictionary_encode() if pa.types.is_dictionary(field.type) else column
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(columns, schema=schema)


def _rows(plan: Plan, columns: tuple[Column, ...], days: range, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for customers in plan.groups(plan.batches):
        group = start_group(plan.tables, plan.request.seed, customers, min(len(days), 31), columns)
        for batch in group.all_batches(days):
            yield batch.cast(schema)


def _to_table(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(batches, schema).unify_dictionaries()


def _to_date(name: str, day: Day) -> date:
    if isinstance(day, date):
        return date(day.year, day.month, day.day)  # of a datetime, the date
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise InputError(name, "", day, "a date, or its text as YYYY-MM-DD") from None
