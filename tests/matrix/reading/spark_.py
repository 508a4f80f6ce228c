"""Read with Spark's vectorised reader; a directory given as iceberg:DIRECTORY as an Iceberg table of its files.

Iceberg's runtime for this Spark is what ICEBERG_JAR says.
"""

import os
import tempfile
from itertools import count

from pyspark.sql import DataFrame, SparkSession

from tests.matrix.reading.common import main

COUNTS_AS = {
    "string": "crc32(encode({}, 'UTF-8'))",
    "double": "cast(round({} * 1e6) AS bigint)",
    "date": "datediff({}, date'1970-01-01')",
}
ICEBERG = "iceberg:"
TABLES = count()


def open_session(scratch: str) -> SparkSession:
    """Return a session that reads as Spark does by default."""
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "1").config("spark.sql.warehouse.dir", scratch)
    if jar := os.environ.get("ICEBERG_JAR"):
        builder = (
            builder.config("spark.jars", jar)
            .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
            .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
            .config("spark.sql.catalog.lake.type", "hadoop")
            .config("spark.sql.catalog.lake.warehouse", f"{scratch}/lake")
        )
    return builder.getOrCreate()


def sum_up(frame: DataFrame) -> dict[str, list[int]]:
    """Return the checksums of a frame, computed in SQL."""
    sums = [f"sum({COUNTS_AS.get(kind, '{}').format(f'`{name}`')}) AS `{name}`" for name, kind in frame.dtypes]
    row = frame.selectExpr("count(*)", *sums).collect()[0]
    return {name: [row[0], int(row[name])] for name in frame.columns}


def add_to_iceberg(spark: SparkSession, frame: DataFrame, path: str) -> DataFrame:
    """Return a new Iceberg table that the files below a directory were added to."""
    name = f"t{next(TABLES)}"
    columns = ", ".join(f"`{column}` {kind}" for column, kind in frame.dtypes)
    keys = [key for key in ("year", "month", "profile_group") if key in frame.columns]
    partitioned = f"PARTITIONED BY ({', '.join(keys)})" if keys else ""
    spark.sql(f"CREATE TABLE lake.db.{name} ({columns}) USING iceberg {partitioned}")
    spark.sql(f"CALL lake.system.add_files(table => 'db.{name}', source_table => '`parquet`.`{path}`')")
    return spark.table(f"lake.db.{name}")


with tempfile.TemporaryDirectory() as scratch:
    spark = open_session(scratch)
    assert spark.conf.get("spark.sql.parquet.enableVectorizedReader") == "true"

    def read(path: str) -> dict[str, list[int]]:
        """Return the checksums of a directory."""
        directory = path.removeprefix(ICEBERG)
        frame = spark.read.parquet(directory)
        return sum_up(frame if directory == path else add_to_iceberg(spark, frame, directory))

    main(read)
    spark.stop()
