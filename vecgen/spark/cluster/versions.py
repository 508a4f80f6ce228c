"""The differences between versions of Spark; no other module asks for a version.

Of a Connect client and its server, the older one counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
import pyarrow as pa
import pyspark
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import to_arrow_schema

from vecgen.errors import InputError
from vecgen.spark.cluster.hashing import find_slots

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, GroupedData, SparkSession
    from pyspark.sql.types import StructType

Version: TypeAlias = tuple[int, int]


class Feature(Enum):
    """What vecgen uses of Spark, in words, and the version that brought it."""

    ALL = "all that vecgen uses", (3, 5)
    DATA_SOURCE = "data sources written in Python", (4, 0)
    PROGRESS = "progress through Connect", (4, 0)
    CHUNKED_GROUPS = "groups that pass applyInPandas in pieces", (4, 1)
    PLACED_GROUPS = "repartitionById", (4, 1)
    PUSHED_FILTERS = "filters pushed down to data sources", (4, 1)
    STREAM = "streams of data sources in Arrow batches", (4, 2)

    @property
    def since(self) -> Version:
        """The first version that has it."""
        return self.value[1]

    @property
    def words(self) -> str:
        """What it is."""
        return self.value[0]


def read_version(text: str) -> Version:
    """Return major and minor of a version such as 4.0.1-amzn-0."""
    match = re.match(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def version_of(spark: SparkSession | None = None) -> Version:
    """Return the version of this PySpark, or the older of it and a session's."""
    here = read_version(pyspark.__version__)
    return here if spark is None else min(here, read_version(spark.version))


def require(feature: Feature, spark: SparkSession | None = None) -> None:
    """Refuse a Spark that lacks something.

    Raises:
        InputError: It does; the message says which version has it.
    """
    if (version := version_of(spark)) < feature.since:
        since = ".".join(map(str, feature.since))
        raise InputError("Spark", "version", ".".join(map(str, version)), f"{since} or newer, for {feature.words}")


Draw: TypeAlias = Callable[[Iterator[pd.DataFrame]], Iterator[pa.RecordBatch]]


def complete_batches(customers: DataFrame, count: int, draw: Draw, schema: StructType) -> DataFrame:
    """Return what `draw` yields of each `batch` (0..count-1) of customers, a task for each, in the order of batches.

    Args:
        draw: Receives the customers of a batch in one frame or several, at least one row.
    """
    version = version_of(customers.sparkSession)
    groups, arrow_schema = _group_by_batch(customers, count, version), to_arrow_schema(schema)

    def in_pieces(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in draw(frames):
            yield batch.to_pandas(types_mapper=pd.ArrowDtype)

    def at_once(frame: pd.DataFrame) -> pd.DataFrame:
        table = pa.Table.from_batches(draw(iter([frame])), arrow_schema).combine_chunks()
        # Spark refuses columns of several chunks, or of none.
        (batch,) = table.to_batches() or [pa.RecordBatch.from_pylist([], arrow_schema)]
        whole: pd.DataFrame = batch.to_pandas(types_mapper=pd.ArrowDtype)
        return whole

    complete = in_pieces if version >= Feature.CHUNKED_GROUPS.since else at_once
    completed: DataFrame = groups.applyInPandas(complete, schema)
    return completed


def _group_by_batch(customers: DataFrame, count: int, version: Version) -> GroupedData:
    """Group customers by batch. Spark places groups by hash: two may share a task while another task has none."""
    if version >= Feature.PLACED_GROUPS.since:
        return customers.repartitionById(count, sf.col("batch")).groupBy("batch")
    slots = ",".join(map(str, find_slots(count).tolist()))
    # As SQL: Connect's columns take no column as an index before Spark 4.0.
    placed = customers.withColumn("slot", sf.expr(f"cast(split('{slots}', ',')[batch] as int)"))
    return placed.repartition(count, "slot").groupBy("batch", "slot")
