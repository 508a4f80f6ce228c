"""The reader of a stream: offsets, rates, and the options that a checkpoint was started with."""

from __future__ import annotations

import pytest

from tests.conftest import WINTER, Compile
from vecgen.errors import InputError
from vecgen.io.schema import COLUMNS


def test_a_stream_of_other_options_is_not_continued(compile_small: Compile, options: dict[str, str]) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxRows

    from vecgen.io.schema import arrow_schema
    from vecgen.spark import VecgenDataSource
    from vecgen.spark.source.stream import StreamReader

    def start(**more: str) -> StreamReader:
        schema = from_arrow_schema(arrow_schema(COLUMNS))
        reader = VecgenDataSource({**options, **more}).streamReader(schema)
        assert isinstance(reader, StreamReader)
        return reader

    reader, plan = start(rows_per_trigger="600"), compile_small()
    first = reader.initialOffset()
    assert first == {"next": "2023-12-20", "fingerprint": plan.fingerprint}
    days = 600 // round(plan.rows / WINTER.days)
    assert days > 1
    following = reader.latestOffset(first, reader.getDefaultReadLimit())
    assert following["next"] == f"2023-12-{20 + days}"
    assert reader.latestOffset(first, ReadAllAvailable())["next"] == "2024-01-21"
    assert reader.latestOffset(reader.reportLatestOffset(), ReadMaxRows(1)) == reader.reportLatestOffset()
    assert list(reader.partitions(first, first)) == []
    with pytest.raises(InputError, match="with which the stream of this checkpoint was started"):
        start(seed="43").latestOffset(first, ReadMaxRows(1))
    with pytest.raises(InputError, match="days_per_trigger: got 0"):
        start(days_per_trigger="0")
    with pytest.raises(InputError, match="table: got 'customers'"):
        start(table="customers")
