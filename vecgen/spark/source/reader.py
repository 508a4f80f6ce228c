"""Reads parts of a dataset inside Spark tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyspark.sql.datasource import DataSourceReader, InputPartition

from vecgen.run.export.drawn_table import DrawnTable
from vecgen.spark.source.parts import Part, draw_part


class Reader(DataSourceReader):
    """Reads a table, one task a part."""

    def __init__(self, drawn: DrawnTable, parts: Sequence[Part]) -> None:
        self._drawn, self._parts = drawn, list(parts)

    def partitions(self) -> list[Part]:
        """Return the parts, largest first."""
        return self._parts

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a part."""
        if isinstance(partition, Part):  # else one of Spark's own, where there are none
            for batch in draw_part(self._drawn, partition, self._drawn.columns):
                yield batch.cast(self._drawn.schema)
