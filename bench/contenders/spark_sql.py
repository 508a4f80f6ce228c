"""The same 26 columns from Spark's own functions: ranges, `rand`, look-ups in arrays, no Python in any row.

`spark-submit bench/contenders/spark_sql.py --customers N --output DIR`
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sf

from bench.contenders.figures import DAYS, FRAUD_SHARE, Figures, load_figures, parse_job
from vecgen.io.schema import COLUMNS

PARTITIONS_PER_CORE = 2
SECONDS_PER_DAY = 86_400
FIRST_SECOND = 1_672_531_200  # 2023-01-01


def choose(values: Sequence[str] | Sequence[float], position: Column, kind: str = "string") -> Column:
    """Return the value at a position counted from 0; the list is a constant of the query."""
    # As one text that Spark splits while it plans: a literal per entry costs a call through the gateway each.
    listed = sf.split(sf.lit("|".join(map(str, values))), "[|]").cast(f"array<{kind}>")
    return sf.element_at(listed, position + 1)


def uniform(count: int) -> Column:
    """Return a whole number, uniform in 0..count-1."""
    return (sf.rand() * count).cast("int")


def customers(spark: SparkSession, figures: Figures, count: int) -> DataFrame:
    """Return customers with their sixteen columns, and their number of transactions."""
    partitions = PARTITIONS_PER_CORE * spark.sparkContext.defaultParallelism
    names = ["place", "zip", "city", "state", "lat", "long", "city_pop"]
    rows = [(i, *place) for i, place in enumerate(figures.places)]
    places = spark.createDataFrame(pa.table([list(column) for column in zip(*rows, strict=True)], names))
    people = spark.range(0, count, numPartitions=partitions).select(
        "id", uniform(len(figures.places)).cast("long").alias("place"), uniform(len(figures.profiles)).alias("kind")
    )
    people = people.join(sf.broadcast(places), "place")
    return people.select(
        sf.format_string("%03d-%02d-%04d", 1 + uniform(898), 1 + uniform(98), 1 + uniform(9998)).alias("ssn"),
        (sf.lit(4 * 10**15).cast("long") + (sf.rand() * 10**15).cast("long")).cast("string").alias("cc_num"),
        choose(figures.first, uniform(len(figures.first))).alias("first"),
        choose(figures.last, uniform(len(figures.last))).alias("last"),
        choose(["F", "M"], uniform(2)).alias("gender"),
        sf.concat_ws(" ", uniform(99_999), choose(figures.streets, uniform(len(figures.streets)))).alias("street"),
        *("city", "state", "zip", "lat", "long"),
        sf.col("city_pop").cast("int").alias("city_pop"),
        choose(figures.jobs, uniform(len(figures.jobs))).alias("job"),
        sf.date_add(sf.lit("1930-01-01").cast("date"), uniform(27_000)).alias("dob"),
        (sf.rand() * 10**12).cast("long").cast("string").alias("acct_num"),
        choose(figures.profiles, sf.col("kind")).alias("profile"),
        ((DAYS - 1) * choose(figures.rates, sf.col("kind"), "double")).cast("int").alias("rows"),
    )


def transactions(people: DataFrame, figures: Figures) -> DataFrame:
    """Return the transactions of customers, 26 columns and the keys of the partitions."""
    rows = people.withColumn("row", sf.explode(sf.sequence(sf.lit(1), "rows"))).drop("row", "rows")
    rows = rows.withColumns(
        {"second": uniform(DAYS * SECONDS_PER_DAY) + FIRST_SECOND, "choice": uniform(len(figures.categories))}
    )
    moment = sf.timestamp_seconds("second")
    rows = rows.withColumns(
        {
            "trans_num": sf.concat(*[sf.lpad(sf.hex((sf.rand() * 2**32).cast("long")), 8, "0") for _ in range(4)]),
            "trans_date": moment.cast("date"),
            "trans_time": sf.date_format(moment, "HH:mm:ss"),
            "unix_time": sf.col("second").cast("long"),
            "category": choose(figures.categories, sf.col("choice")),
            "amt": sf.round(-choose(figures.means, sf.col("choice"), "double") * sf.log(1 - sf.rand()) + 1, 2),
            "is_fraud": (sf.rand() < FRAUD_SHARE).cast("byte"),
            "merchant": choose(figures.merchants, uniform(len(figures.merchants))),
            "merch_lat": sf.round(sf.col("lat") + 2 * sf.rand() - 1, 6),
            "merch_long": sf.round(sf.col("long") + 2 * sf.rand() - 1, 6),
        }
    )
    return rows.select([column.name for column in COLUMNS])


def write(rows: DataFrame, output: Path) -> None:
    """Write transactions as ours are written: snappy Parquet by year, month and profile."""
    keys = {"year": sf.year("trans_date"), "month": sf.month("trans_date"), "profile_group": sf.col("profile")}
    rows.withColumns(keys).write.partitionBy(*keys).parquet(str(output / "transactions"), compression="snappy")


def open_session() -> SparkSession:
    """Return a session with what makes Spark's partitioned writer fastest: no sort before it."""
    builder = SparkSession.builder.appName("peer").config("spark.sql.maxConcurrentOutputFileWriters", "1000")
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    return builder.config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS").getOrCreate()


def main() -> None:
    """Write a dataset."""
    count, output = parse_job("spark_sql.py")
    figures, spark = load_figures(), open_session()
    write(transactions(customers(spark, figures, count), figures), output)
    spark.stop()


if __name__ == "__main__":
    main()
