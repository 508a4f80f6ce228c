"""The parts of a read: customers and dates that one Spark task samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from pyspark.sql.datasource import InputPartition

from vecgen.io.schema import CUSTOMERS, Column, arrow_schema
from vecgen.model.tables import Tables
from vecgen.plan.customer_source import CustomerSource, DrawnCustomers
from vecgen.plan.plan import Plan
from vecgen.process.memory import keep_freed_memory
from vecgen.run.batch import start_group


@dataclass(frozen=True)
class Part(InputPartition):
    """The work of a task: customers with ids first..last-1, of one profile or all, and days of the period.

    Attributes:
        people: The customers where they come from a file, so that a task receives its own only; else None.
    """

    first: int
    last: int
    profile: int | None
    days: range = range(0)
    people: pa.Table = None


@dataclass(frozen=True)
class Work:
    """What all tasks need.

    Attributes:
        source: None where the parts bring their customers.
        schema: What Spark expects, to the letter.
    """

    table: str
    tables: Tables
    source: CustomerSource | None
    columns: tuple[Column, ...]
    schema: pa.Schema

    def batches(self, part: Part, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
        """Yield the customers of a part, or their transactions on its days, as readers see them."""
        keep_freed_memory()
        schema = arrow_schema(columns)
        people = part.people if self.source is None else self.source.table(part.first, part.last, part.profile)
        if self.table == CUSTOMERS:
            yield from people.select(schema.names).cast(schema).combine_chunks().to_batches()
        elif people.num_rows and part.days:
            group = start_group(self.tables, people, min(len(part.days), 31), columns)
            for batch in group.all_batches(part.days):
                yield batch.cast(schema)


def share_out(plan: Plan, table: str) -> list[Part]:
    """Return a part for each batch of a plan, or for each range of customers."""
    if table == CUSTOMERS:
        parts = [Part(first, last, None) for first, last in plan.customer_ranges()]
    else:
        parts = [Part(batch.first, batch.last, batch.profile) for batch in plan.batches]
    if isinstance(plan.source, DrawnCustomers):
        return parts
    return [replace(part, people=plan.source.table(part.first, part.last, part.profile)) for part in parts]
