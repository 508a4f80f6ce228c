"""Datasets as Arrow tables in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from vecgen.io.schema import Column
from vecgen.model.tables import Tables
from vecgen.plan.plan import Plan
from vecgen.run.batch import start_group

_PEOPLE: Final = 50_000  # customers of a record batch
_MOST_DAYS: Final = 31  # of which rows are requested at once: `Group.all_batches` goes month by month


def list_customers(plan: Plan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield all customers in the columns and types of `schema`, ascending by id."""
    for first in range(0, plan.source.count, _PEOPLE):
        table = plan.source.table(first, min(first + _PEOPLE, plan.source.count)).select(schema.names)
        yield from encode_text(table, schema).combine_chunks().to_batches()


def encode_text(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with dictionaries where `schema`, which has its columns, has them."""
    columns = [
        column.dictionary_encode() if pa.types.is_dictionary(field.type) else column
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(columns, schema=schema)


def list_rows(plan: Plan, columns: tuple[Column, ...], days: range, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the transactions on `days` in the types of `schema`, which has these columns."""
    for customers in plan.groups(plan.batches):
        for batch in list_group(plan.tables, customers, days, columns):
            yield batch.cast(schema)


def list_group(tables: Tables, customers: pa.Table, days: range, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield the transactions on `days` of customers of one profile (at least one), month by month."""
    return start_group(tables, customers, min(len(days), _MOST_DAYS), columns).all_batches(days)


def to_table(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Return batches as one table with one dictionary a column."""
    return pa.Table.from_batches(batches, schema).unify_dictionaries()
