"""Read a dataset with pandas, polars, DuckDB or Spark: rows, fraudulent rows and turnover by category.

    python tests/examples/read_dataset.py cards pandas polars duckdb spark

`cards` is a dataset in Parquet (`vecgen generate --output cards`). Year, month and profile group are directories, which
every reader can leave out unread: here, January and February.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import pandas as pd


def read_pandas(path: str) -> pd.DataFrame:
    """Pandas reads the columns and months it is asked for into memory."""
    columns = ["category", "is_fraud", "amt"]
    rows = pd.read_parquet(path, columns=columns, filters=[("month", ">=", 3)])
    groups = rows.groupby("category", as_index=False)
    return groups.agg(rows=("amt", "size"), frauds=("is_fraud", "sum"), turnover=("amt", "sum"))


def read_polars(path: str) -> pd.DataFrame:
    """Polars scans lazily: what the query does not need is not read."""
    import polars as pl

    rows = pl.scan_parquet(f"{path}/**/*.parquet", hive_partitioning=True).filter(pl.col("month") >= 3)
    sums = [pl.len().alias("rows"), pl.col("is_fraud").sum().alias("frauds"), pl.col("amt").sum().alias("turnover")]
    return rows.group_by("category").agg(sums).collect().to_pandas()


def read_duckdb(path: str) -> pd.DataFrame:
    """DuckDB queries the files where they lie."""
    import duckdb

    query = (
        "SELECT category, count(*) AS rows, count(*) FILTER (is_fraud = 1) AS frauds, sum(amt) AS turnover "
        f"FROM '{path}/**/*.parquet' WHERE month >= 3 GROUP BY category"
    )
    return duckdb.execute(query).df()


def read_spark(path: str) -> pd.DataFrame:
    """Spark finds the partitions by itself, on one machine or many."""
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    spark = SparkSession.builder.appName("read").getOrCreate()
    rows = spark.read.parquet(path).where("month >= 3")
    sums = [f.count("*").alias("rows"), f.sum("is_fraud").alias("frauds"), f.sum("amt").alias("turnover")]
    found = rows.groupBy("category").agg(*sums).toPandas()
    spark.stop()
    return found


READERS: dict[str, Callable[[str], pd.DataFrame]] = {
    "pandas": read_pandas,
    "polars": read_polars,
    "duckdb": read_duckdb,
    "spark": read_spark,
}


def main() -> None:
    """Read with each reader named and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("readers", nargs="+", choices=list(READERS))
    options = parser.parse_args()
    for name in options.readers:
        table = READERS[name](f"{options.dataset}/transactions").sort_values("category")
        print(f"{name}\n{table.to_csv(index=False, float_format='%.2f')}")


if __name__ == "__main__":
    main()
