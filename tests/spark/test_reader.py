"""The reader inside a task: Spark's own partition, where there is no part, has no rows."""

from __future__ import annotations

import pytest

pytest.importorskip("pyspark.sql.datasource")

from pyspark.sql.datasource import InputPartition

from vecgen.io.schema import COLUMNS, TRANSACTIONS, arrow_schema
from vecgen.plan.plan import Plan
from vecgen.run.export.drawn_table import DrawnTable
from vecgen.spark.source.reader import Reader


def test_a_partition_of_sparks_own_is_empty(plan: Plan) -> None:
    schema = arrow_schema(COLUMNS)
    reader = Reader(DrawnTable(TRANSACTIONS, plan.tables, plan.source, COLUMNS, schema), [])
    assert reader.partitions() == []
    assert list(reader.read(InputPartition(0))) == []
