"""The parts of a read: customers and dates that one Spark task samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from pyspark.sql.datasource import InputPartition

from vecgen.io.schema import CUSTOMERS, Column
from vecgen.plan.customer_source import DrawnCustomers
from vecgen.plan.plan import Plan
from vecgen.process.memory import keep_freed_memory
from vecgen.run.export.drawn_table import DrawnTable


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


def draw_part(drawn: DrawnTable, part: Part, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield these columns of the customers of a part, or of their transactions on its days."""
    keep_freed_memory()
    people = part.people if drawn.source is None else drawn.source.table(part.first, part.last, part.profile)
    return drawn.batches(people, part.days, columns)


def share_out(plan: Plan, table: str) -> list[Part]:
    """Return a part for each batch of a plan, or for each range of customers."""
    if table == CUSTOMERS:
        parts = [Part(first, last, None) for first, last in plan.customer_ranges()]
    else:
        parts = [Part(batch.first, batch.last, batch.profile) for batch in plan.batches]
    if isinstance(plan.source, DrawnCustomers):
        return parts
    return [replace(part, people=plan.source.table(part.first, part.last, part.profile)) for part in parts]
