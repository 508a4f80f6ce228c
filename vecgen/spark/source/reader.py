"""Reads parts of a dataset inside Spark tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyspark.sql.datasource import DataSourceReader, InputPartition

from vecgen.spark.source.parts import Part, Work


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
