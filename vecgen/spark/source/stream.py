"""Transactions as a stream in the order of event time: a micro-batch holds all rows of one or several days.

An offset is a date: the first that is still to come. Rows are a function of the options and the days, so a micro-batch
that is made again after a restart has exactly the same rows. Each task sorts its own rows by time; a later
micro-batch holds later days only, hence a watermark without any delay drops nothing.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pyarrow as pa
from pyspark.sql.datasource import DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadLimit, ReadMaxRows, SupportsTriggerAvailableNow

from vecgen.errors import InputError, setting
from vecgen.io.schema import TRANSACTION_COLUMNS, TRANSACTIONS
from vecgen.plan.plan import Plan
from vecgen.plan.slices import select_days
from vecgen.run.export.drawn_table import DrawnTable
from vecgen.spark.source.parts import Part, draw_part, share_out

Offset = dict[str, str]
_TIME: Final = next(column for column in TRANSACTION_COLUMNS if column.name == "unix_time")
_RECORDS: Final = 24_000  # rows of a record batch


class StreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Reads the days of a period one after the other.

    Raises:
        InputError: A rate below 1.
    """

    def __init__(self, drawn: DrawnTable, plan: Plan, options: Namespace) -> None:
        period = plan.tables.law.period
        self._drawn, self._parts = drawn, share_out(plan, TRANSACTIONS)
        self._start, self._days = period.start, select_days(period, options.only_dates)
        self._fingerprint = plan.fingerprint
        self._rows_per_day = max(1, round(plan.rows / period.days))
        self._days_per_trigger = _rate(options, self._rows_per_day)

    def initialOffset(self) -> Offset:  # noqa: N802 - Spark's name, as those below
        """Return the first date of the stream."""
        return self._offset(self._days.start)

    def getDefaultReadLimit(self) -> ReadLimit:  # noqa: N802
        """Return the rate at which days are admitted, as rows expected."""
        return ReadMaxRows(self._days_per_trigger * self._rows_per_day)

    def latestOffset(self, start: Offset, limit: ReadLimit) -> Offset:  # noqa: N802
        """Return where the micro-batch from `start` on ends."""
        step = len(self._days) if isinstance(limit, ReadAllAvailable) else self._days_per_trigger
        return self._offset(min(self._day(start) + step, self._days.stop))

    def reportLatestOffset(self) -> Offset:  # noqa: N802
        """Return where the stream ends."""
        return self._offset(self._days.stop)

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802
        """Do nothing: the end of the period is known from the start."""

    def partitions(self, start: Offset, end: Offset) -> Sequence[InputPartition]:
        """Return the parts of a micro-batch, one task a batch of customers."""
        days = range(self._day(start), self._day(end))
        return [replace(part, days=days) for part in self._parts] if days else []

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a part in the order of time."""
        assert isinstance(partition, Part)
        columns = self._drawn.columns
        timed = columns if _TIME in columns else (*columns, _TIME)
        batches = list(draw_part(self._drawn, partition, timed))
        if batches:
            rows = pa.Table.from_batches(batches).sort_by(_TIME.name).select(self._drawn.schema.names)
            yield from rows.cast(self._drawn.schema).combine_chunks().to_batches(_RECORDS)

    def _offset(self, day: int) -> Offset:
        return {"next": (self._start + timedelta(days=day)).isoformat(), "fingerprint": self._fingerprint}

    def _day(self, offset: Offset) -> int:
        if offset["fingerprint"] != self._fingerprint:
            expected = f"{offset['fingerprint']}, with which the stream of this checkpoint was started"
            raise InputError("options", "fingerprint", self._fingerprint, expected, "ask for the same")
        return (date.fromisoformat(offset["next"]) - self._start).days


def _rate(options: Namespace, rows_per_day: int) -> int:
    for name in ("days_per_trigger", "rows_per_trigger"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(setting(name), "", value, "a whole number from 1 up")
    if options.rows_per_trigger is not None:
        return max(1, int(options.rows_per_trigger) // rows_per_day)
    return options.days_per_trigger or 1
