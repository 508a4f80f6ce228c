"""Transactions and customers as a format of Spark: `spark.read.format("vecgen")`, `spark.readStream.format("vecgen")`.

Register it once per session: `spark.dataSource.register(VecgenDataSource)`. Options are those of the command line, with
"-" or "_"; what is theirs alone stands in `_make_parser`. Each task makes one batch of customers; no row passes the
driver. Spark does not tell Python sources which columns a query uses: the option `columns`, or a schema, says it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

from vecgen.argument_types import parse_dates, parse_names
from vecgen.arrow import arrow_schema, choose_columns
from vecgen.customer_source import CustomerSource, DrawnCustomers
from vecgen.errors import InputError
from vecgen.generate import CUSTOMERS, TRANSACTIONS, select_days, start_group
from vecgen.memory import keep_freed_memory
from vecgen.options import Parser, add_customer_options, add_law_options, to_arguments, to_request
from vecgen.plan import Plan, compile_plan
from vecgen.schedule import cut_again
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID, Column
from vecgen.spark.versions import Feature, require
from vecgen.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql.datasource import DataSourceStreamReader

_COLUMNS: Final = {TRANSACTIONS: COLUMNS, CUSTOMERS: CUSTOMER_COLUMNS}


class VecgenDataSource(DataSource):
    """The format `vecgen`."""

    @classmethod
    def name(cls) -> str:
        """Return the name of the format."""
        return "vecgen"

    def schema(self) -> StructType:
        """Return the columns that the options ask for.

        Raises:
            VecgenError: Options that do not exist, or values outside their ranges.
        """
        options = read_options(self.options)
        to_request(options)
        return from_arrow_schema(arrow_schema(_choose(options.table, options.columns)))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Return the reader of a batch query.

        Raises:
            InputError: Filters are to be pushed, to a Spark before 4.1.
        """
        options = read_options(self.options)
        work, plan = compile_work(options, schema)
        days = select_days(plan.tables.law.period, options.only_dates)
        parts = [replace(part, days=days) for part in share_out(plan, options.table)]
        if not options.push_filters:
            return Reader(work, parts)
        require(Feature.PUSHED_FILTERS)
        from vecgen.spark.pushdown import PushingReader

        return PushingReader(work, parts)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802 - Spark's name
        """Return the reader of a stream of transactions.

        Raises:
            InputError: Another table, a rate below 1, or a Spark before 4.2.
        """
        require(Feature.STREAM)
        from vecgen.spark.stream import StreamReader

        options = read_options(self.options)
        if options.table != TRANSACTIONS:
            raise InputError("table", "", options.table, "transactions: customers have no time to be ordered by")
        return StreamReader(*compile_work(options, schema), options)


def read_options(options: Mapping[str, str]) -> Namespace:
    """Return the options of a query.

    Raises:
        UsageError: Options that do not exist or have no such value.
    """
    return _make_parser().parse_args(to_arguments(options))


def _make_parser() -> Parser:
    parser = Parser(prog="vecgen generate", add_help=False, allow_abbrev=False)
    add_customer_options(parser, with_file=True)
    add_law_options(parser)
    parser.add_argument("--table", choices=list(_COLUMNS), default=TRANSACTIONS)
    parser.add_argument("--columns", type=parse_names, help="names separated by commas; others are not made")
    parser.add_argument("--only-dates", type=parse_dates, metavar="FROM..TO")
    parser.add_argument("--batch-rows", type=int, metavar="N", help="expected rows of a task (4,000,000 at most)")
    help_push = "of trans_date; with spark.sql.python.filterPushdown.enabled"
    parser.add_argument("--push-filters", action="store_true", help=help_push)
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument("--days-per-trigger", type=int, metavar="N", help="of a stream (1)")
    rate.add_argument("--rows-per-trigger", type=int, metavar="N", help="of a stream, about; whole days, at least one")
    return parser


def _choose(table: str, names: Sequence[str] | None) -> tuple[Column, ...]:
    usual = _COLUMNS[table]
    return usual if names is None else choose_columns(names, (*usual, CUSTOMER_ID))


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
    seed: int
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
            group = start_group(self.tables, self.seed, people, min(len(part.days), 31), columns)
            for batch in group.all_batches(part.days):
                yield batch.cast(schema)


def compile_work(options: Namespace, schema: StructType) -> tuple[Work, Plan]:
    """Return what tasks need, and the plan they were cut from."""
    plan = compile_plan(to_request(options))
    if options.batch_rows is not None:
        plan = cut_again(plan, options.batch_rows)
    columns = _choose(options.table, schema.fieldNames())
    source = plan.source if isinstance(plan.source, DrawnCustomers) else None
    return Work(options.table, plan.tables, plan.request.seed, source, columns, to_arrow_schema(schema)), plan


def share_out(plan: Plan, table: str) -> list[Part]:
    """Return a part for each batch of a plan, or for each range of customers."""
    if table == CUSTOMERS:
        parts = [Part(first, last, None) for first, last in plan.customer_ranges()]
    else:
        parts = [Part(batch.first, batch.last, batch.profile) for batch in plan.batches]
    if isinstance(plan.source, DrawnCustomers):
        return parts
    return [replace(part, people=plan.source.table(part.first, part.last, part.profile)) for part in parts]


class Reader(DataSourceReader):
    """Reads a table, one task a part."""

    def __init__(self, work: Work, parts: Sequence[Part]) -> None:
        self._work, self._parts = work, list(parts)

    def partitions(self) -> list[Part]:
        """Return the parts, largest first."""
        return self._parts

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a part."""
        if isinstance(partition, Part):  # else one of Spark's own, where there are none
            for batch in self._work.batches(partition, self._work.columns):
                yield batch.cast(self._work.schema)
