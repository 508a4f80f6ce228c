"""Transactions and customers as a format of Spark: `spark.read.format("vecgen")`, `spark.readStream.format("vecgen")`.

Register it once per session: `spark.dataSource.register(VecgenDataSource)`. Options are those of the command line, with
"-" or "_"; those of the source alone are in `_make_parser`. Each task makes one batch of customers; no row passes the
driver. Spark does not tell Python sources which columns a query uses: the option `columns`, or a schema, says it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pyspark.sql.datasource import DataSource, DataSourceReader
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

from vecgen.cli.argument_types import parse_dates, parse_names
from vecgen.cli.keywords import spell_help
from vecgen.cli.options import add_customer_options, add_model_options
from vecgen.cli.parser import Parser, UsageError
from vecgen.cli.read_options import to_arguments, to_request
from vecgen.errors import InputError
from vecgen.io.schema import (
    COLUMNS,
    CUSTOMER_COLUMNS,
    CUSTOMERS,
    TRANSACTIONS,
    arrow_schema,
    choose_of_table,
)
from vecgen.plan.customer_source import DrawnCustomers
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.schedule import cut_again
from vecgen.plan.slices import select_days
from vecgen.run.export.drawn_table import DrawnTable
from vecgen.spark.cluster.versions import Feature, require
from vecgen.spark.source.parts import share_out
from vecgen.spark.source.reader import Reader

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
        """Return the columns that the options select.

        Raises:
            VecgenError: Options that do not exist, or values outside their ranges.
        """
        options = read_options(self.options)
        to_request(options)
        return from_arrow_schema(arrow_schema(choose_of_table(options.columns, _COLUMNS[options.table])))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Return the reader of a batch query.

        Raises:
            InputError: Filters are to be pushed, to a Spark before 4.1.
        """
        options = read_options(self.options)
        drawn, plan = compile_table(options, schema)
        days = select_days(plan.tables.law.period, options.only_dates)
        parts = [replace(part, days=days) for part in share_out(plan, options.table)]
        if not options.push_filters:
            return Reader(drawn, parts)
        require(Feature.PUSHED_FILTERS)
        from vecgen.spark.source.pushdown import PushingReader

        return PushingReader(drawn, parts)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802 - Spark's name
        """Return the reader of a stream of transactions.

        Raises:
            InputError: Another table, a rate below 1, or a Spark before 4.2.
        """
        require(Feature.STREAM)
        from vecgen.spark.source.stream import StreamReader

        options = read_options(self.options)
        if options.table != TRANSACTIONS:
            raise InputError("table", "", options.table, "transactions: customers have no time to be ordered by")
        return StreamReader(*compile_table(options, schema), options)


def read_options(options: Mapping[str, str]) -> Namespace:
    """Return the options of a query.

    Raises:
        UsageError: Options that do not exist or have no such value.
    """
    try:
        return _make_parser().parse_args(to_arguments(options))
    except UsageError as error:
        raise UsageError(spell_help(error.text)) from None


def _make_parser() -> Parser:
    parser = Parser(prog="vecgen generate", add_help=False, allow_abbrev=False)
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
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


def compile_table(options: Namespace, schema: StructType) -> tuple[DrawnTable, Plan]:
    """Return what tasks need, and the plan that they are cut from."""
    plan = compile_plan(to_request(options))
    if options.batch_rows is not None:
        plan = cut_again(plan, options.batch_rows)
    columns = choose_of_table(schema.fieldNames(), _COLUMNS[options.table])
    source = plan.source if isinstance(plan.source, DrawnCustomers) else None
    return DrawnTable(options.table, plan.tables, source, columns, to_arrow_schema(schema)), plan
