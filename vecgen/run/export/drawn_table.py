"""A table that is drawn piece by piece, by tasks that know nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from vecgen.io.schema import CUSTOMERS, Column, arrow_schema
from vecgen.model.tables import Tables
from vecgen.plan.customer_source import CustomerSource
from vecgen.run.export.arrow_tables import list_group


@dataclass(frozen=True)
class DrawnTable:
    """What all tasks need to draw pieces of a table.

    Attributes:
        name: "customers" or "transactions".
        source: Of the customers; None where each piece brings its own.
        schema: Of what readers are given, in the types that they expect.
    """

    name: str
    tables: Tables
    source: CustomerSource | None
    columns: tuple[Column, ...]
    schema: pa.Schema

    def batches(self, people: pa.Table, days: range, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
        """Yield these columns of customers of one profile, or of their transactions on `days`."""
        schema = arrow_schema(columns)
        if self.name == CUSTOMERS:
            yield from people.select(schema.names).cast(schema).combine_chunks().to_batches()
        elif people.num_rows and days:
            for batch in list_group(self.tables, people, days, columns):
                yield batch.cast(schema)
