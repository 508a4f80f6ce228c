"""The truth ledger: who was defrauded, in which window, how often and of how much; one row for each such customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecgen.arrow import arrow_schema
from vecgen.calendars import Calendar
from vecgen.schema import FRAUD_CASE_COLUMNS
from vecgen.tables import Tables
from vecgen.transactions import draw_frauds

I64 = npt.NDArray[np.int64]


def list_cases(tables: Tables, calendar: Calendar, customers: pa.Table) -> pa.Table:
    """Return the cases among the customers of a calendar (their table, row for row), ascending by id.

    Columns of `FRAUD_CASE_COLUMNS`. The whole period counts, whatever part of it is written. A window without any
    fraudulent row is no case: nothing in the dataset shows it.
    """
    schema = arrow_schema(FRAUD_CASE_COLUMNS)
    stream = calendar.fraud
    drawn = list(draw_frauds(tables, calendar, frozenset({"cents"})))
    if stream is None or not drawn:
        return schema.empty_table()
    who, day, cents = (np.concatenate([getattr(rows, name) for rows in drawn]) for name in ("customer", "day", "cents"))
    cases, starts = np.unique(who, return_index=True)  # rows come by customer, then date
    ends = np.append(starts[1:], len(who))
    members = np.searchsorted(stream.members, cases)
    windows = np.broadcast_to(stream.day, stream.kept.shape)[members, 0]
    known = customers.select(["customer_id", "ssn", "cc_num", "profile"]).take(pa.array(cases))
    first_day = tables.law.period.first_day
    own = [
        _dates(windows + first_day),
        _dates(windows + first_day + tables.law.fraud_days),
        _dates(day[starts] + first_day),
        _dates(day[ends - 1] + first_day),
        pa.array(ends - starts),
        pa.array(np.add.reduceat(cents, starts) / 100.0),
        pa.array(calendar.dropped[members]),
    ]
    return pa.table([*known.columns, *own], schema=schema).combine_chunks()


def _dates(days: I64) -> pa.Array:
    return pa.array(days.astype(np.int32)).view(pa.date32())
