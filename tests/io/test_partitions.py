"""Values of partition columns: year and month are numbers for every reader of the files, and in Delta's schema, too."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

from tests.support.datasets import read_rows
from vecgen.io.schema import PARTITION_COLUMNS
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.slices import PARTITION_KEYS
from vecgen.run.local import run_local

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECEMBER, JANUARY = (12, 2023), (1, 2024)
NUMBERS = ["month", "year"]


@pytest.fixture(scope="module")
def lake(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of transactions that can be read as files and as a Delta table; read only."""
    path = tmp_path_factory.mktemp("lake") / "cards"
    run_local(plan, Output(path, table="delta"), 1)
    return path / "transactions"


@pytest.fixture(scope="module")
def months(lake: Path) -> dict[tuple[int, int], int]:
    """Return the number of rows by month and year, counted by their dates."""
    dates: list[date] = read_rows(lake.parent)["trans_date"].to_pylist()
    counts = {month: sum((day.month, day.year) == month for day in dates) for month in (DECEMBER, JANUARY)}
    assert sum(counts.values()) == len(dates)
    assert min(counts.values()) > 0
    return counts


def test_each_key_has_a_column() -> None:
    assert tuple(column.name for column in PARTITION_COLUMNS) == PARTITION_KEYS


@pytest.mark.parametrize(
    "hive_types", ["", ", hive_types = {'year': INT, 'month': INT}", ", hive_types_autocast = true"]
)
def test_duckdb(hive_types: str, lake: Path, months: dict[tuple[int, int], int]) -> None:
    files = f"read_parquet('{lake}/*/*/*/*.parquet', hive_partitioning = true{hive_types})"
    with duckdb.connect() as connection:
        connection.register("table_of_delta", DeltaTable(lake).to_pyarrow_dataset())
        for source in (files, "table_of_delta"):
            query = f"SELECT month, year, count(*) FROM {source} WHERE month >= 1 AND year > 2022 GROUP BY ALL"
            assert {(m, y): n for m, y, n in connection.execute(query).fetchall()} == months
            for condition in ("month = 1", "month = '1'", "month IN (1, 2)", "month < 2 AND year = 2024"):
                only = connection.execute(f"SELECT count(*) FROM {source} WHERE {condition}").fetchone()
                assert only == (months[JANUARY],), condition
        union = f"(SELECT * FROM {files} UNION ALL BY NAME SELECT * FROM table_of_delta)"
        query = f"SELECT typeof(month), count(*) FROM {union} WHERE month = 12 GROUP BY ALL"
        found = connection.execute(query).fetchall()
        assert [count for _, count in found] == [2 * months[DECEMBER]]
        assert found[0][0] in ("INTEGER", "BIGINT")


def test_polars(lake: Path, months: dict[tuple[int, int], int]) -> None:
    files = pl.scan_parquet(lake / "**/*.parquet", hive_partitioning=True)
    table = pl.scan_delta(str(lake))
    for frame in (files, table):
        counted = frame.filter(pl.col("month") >= 1, pl.col("year") > 2022).group_by(NUMBERS).len().collect()
        assert {(m, y): n for m, y, n in counted.rows()} == months
    union = pl.concat([files, table], how="vertical_relaxed").filter(pl.col("month") < 2)
    assert union.select(pl.len()).collect().item() == 2 * months[JANUARY]


def test_pyarrow_and_deltalake(lake: Path, months: dict[tuple[int, int], int]) -> None:
    files, table = ds.dataset(lake, partitioning="hive"), DeltaTable(lake)
    declared = {field["name"]: field["type"] for field in json.loads(table.schema().to_json())["fields"]}
    assert [declared[key] for key in PARTITION_KEYS] == ["integer", "integer", "string"]
    assert [files.schema.field(key).type for key in NUMBERS] == [pa.int32()] * 2
    january = (pc.field("month") == 1) & (pc.field("year") == 2024)
    rows = [files.to_table(filter=january), table.to_pyarrow_table(filters=[("month", "=", 1), ("year", "=", 2024)])]
    assert [part.num_rows for part in rows] == [months[JANUARY]] * 2
    assert pa.concat_tables(rows, promote_options="permissive").num_rows == 2 * months[JANUARY]
    assert table.to_pyarrow_table(filters=[("month", ">", 9)]).num_rows == months[DECEMBER]


@pytest.mark.spark
def test_spark(spark: SparkSession, plan: Plan, lake: Path, months: dict[tuple[int, int], int], tmp_path: Path) -> None:
    """Delta's schema is Spark's own, so a frame read with it is what a Delta table looks like to Spark."""
    from pyspark.sql import functions as sf
    from pyspark.sql.types import StructType

    from vecgen.spark import run

    run(spark, plan, Output(tmp_path / "rows"), "rows")
    inferred = spark.read.parquet(str(lake))
    by_spark = spark.read.parquet(str(tmp_path / "rows" / "transactions"))
    schema = StructType.fromJson(json.loads(DeltaTable(lake).schema().to_json()))
    declared = spark.read.schema(schema).parquet(str(lake))
    for frame in (inferred, by_spark, declared):
        assert [dict(frame.dtypes)[key] for key in PARTITION_KEYS] == ["int", "int", "string"]
        counted = frame.groupBy(NUMBERS).count().collect()
        assert {(row.month, row.year): row["count"] for row in counted} == months
    union = inferred.unionByName(by_spark).unionByName(declared)
    assert dict(union.dtypes)["month"] == "int"
    assert union.where(sf.col("month") == 1).count() == 3 * months[JANUARY]
