"""The Spark session of a job: what spark-submit or spark-defaults have set is left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import SparkSession

DEFAULTS: Final[Mapping[str, str]] = {
    # INT96, Spark's default, is deprecated and unreadable to some.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Above the number of partitions of a task, so that no task sorts its rows before it writes them.
    "spark.sql.maxConcurrentOutputFileWriters": "1000",
    # Batches are few and large: merging their partitions would undo the balance.
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
}


def open_session() -> SparkSession:
    """Return the session that runs already, or a new one; set `DEFAULTS` only where nobody has."""
    spark = SparkSession.builder.getOrCreate()
    configured = spark.sparkContext.getConf()
    for key, value in DEFAULTS.items():
        if not configured.contains(key):
            spark.conf.set(key, value)
    return spark
