"""Lists fraud cases: a row for each defrauded customer, with window, number and sum of fraudulent rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.schema import (
    COMPROMISE_COLUMNS,
    FRAUD_CASE_COLUMNS,
    FRAUD_TYPE,
    REPORTED_DATE,
    Column,
    arrow_schema,
)
from vecgen.model.fraud.compromise import NONE, Copies
from vecgen.model.params import ModelParameters
from vecgen.model.rows import Attribute, Rows
from vecgen.model.tables import Tables
from vecgen.model.transaction_dates import Calendar, Stream, draw_calendar, find_defrauded
from vecgen.model.transactions import draw_frauds
from vecgen.plan.customer_source import CustomerSource, locate_customers

I64 = npt.NDArray[np.int64]

_LATER_THAN_ALL: Final = 1 << 30  # days
_CUSTOMERS: Final = 100_000  # made at once, to find the defrauded among them: 70 MB
_ATTRIBUTES: Final[frozenset[Attribute]] = frozenset({"cents", "number", "fraud_type"})
_CELLS: Final = 4_000_000  # defrauded customers x slots whose dates are counted at once, some 20 bytes each


def list_columns(law: ModelParameters) -> tuple[Column, ...]:
    """Return the columns of the table of cases, by what is known of them."""
    types = (FRAUD_TYPE,) if law.fraud_types else ()
    reports = (REPORTED_DATE,) if law.fraud_types or law.reporting.is_stated else ()
    copies = COMPROMISE_COLUMNS if any(own.type.compromised for own in law.types) else ()
    return (*FRAUD_CASE_COLUMNS, *types, *reports, *copies)


def find_cases(tables: Tables, source: CustomerSource, first: int, last: int) -> pa.Table:
    """Return the cases among customers first..last-1, ascending by id; dates are drawn for the defrauded only.

    Rows are those of `list_cases`.
    """
    found = [arrow_schema(list_columns(tables.law)).empty_table()]
    for start in range(first, last, _CUSTOMERS):
        people = source.table(start, min(start + _CUSTOMERS, last))
        struck = find_defrauded(tables, people.column("customer_id").to_numpy())
        found += _list_by_profile(tables, people.filter(pa.array(struck)))
    return pa.concat_tables(found).sort_by("customer_id").combine_chunks()


def _list_by_profile(tables: Tables, people: pa.Table) -> Iterator[pa.Table]:
    for profile in tables.profiles:
        own = people.filter(pc.equal(people.column("profile"), profile.file))
        step = max(1, _CELLS // len(profile.schedule.day))
        for start in range(0, own.num_rows, step):
            part = own.slice(start, step)
            yield list_cases(tables, draw_calendar(tables, profile, locate_customers(part)), part)


def list_cases(tables: Tables, calendar: Calendar, customers: pa.Table) -> pa.Table:
    """Return the cases among the customers of a calendar (their table, row for row), ascending by id.

    Columns of `list_columns`; a case is known from the first report of any of its rows on. The whole period counts,
    whatever part of it is written. A window without any fraudulent row is no case: nothing in the dataset shows it.
    """
    found = [arrow_schema(list_columns(tables.law)).empty_table()]
    for stream, dropped in zip(calendar.frauds, calendar.dropped, strict=True):
        found += _list_stream(tables, calendar, stream, dropped, customers)
    return pa.concat_tables(found).sort_by("customer_id").combine_chunks()


def _list_stream(
    tables: Tables, calendar: Calendar, stream: Stream, dropped: I64, customers: pa.Table
) -> Iterator[pa.Table]:
    """Yield the cases of one stream of fraud, if it has any."""
    columns = list_columns(tables.law)
    reported = REPORTED_DATE in columns
    drawn = list(draw_frauds(tables, calendar, stream, _ATTRIBUTES if reported else frozenset({"cents"})))
    if stream.fraud is None or not any(map(len, drawn)):  # a case of rate 0 has no rows
        return
    who, day, cents = (np.concatenate([getattr(rows, name) for rows in drawn]) for name in ("customer", "day", "cents"))
    cases, starts = np.unique(who, return_index=True)  # rows come by customer, then date
    ends = np.append(starts[1:], len(who))
    members = np.searchsorted(stream.members, cases)
    windows = np.broadcast_to(stream.day, stream.kept.shape)[members, 0]
    known = customers.select(["customer_id", "ssn", "cc_num", "profile"]).take(pa.array(cases))
    law = tables.law
    first_day, length = law.period.first_day, law.window_days(law.types[stream.fraud.position].type)
    own = [
        _dates(windows + first_day),
        _dates(windows + first_day + length - 1),
        _dates(day[starts] + first_day),
        _dates(day[ends - 1] + first_day),
        pa.array(ends - starts),
        pa.array(np.add.reduceat(cents, starts) / 100.0),
        pa.array(dropped[members]),
    ]
    if FRAUD_TYPE in columns:
        own.append(pa.array([law.types[stream.fraud.position].type.name] * len(cases)))
    if reported:
        own.append(_list_first_reports(tables, drawn, starts))
    if calendar.regular.copies is not None:
        own += _list_copies(tables, calendar.regular.copies, cases)
    yield pa.table([*known.columns, *own], schema=arrow_schema(columns))


def _list_first_reports(tables: Tables, drawn: Sequence[Rows], starts: I64) -> pa.Array:
    """Return the date of the first report of each case, whose rows begin at `starts`; null for cases without one."""
    days = np.concatenate(
        [tables.reports.find_days(rows.number, rows.day, rows.is_fraud, rows.fraud_type) for rows in drawn]
    )
    first = np.minimum.reduceat(np.where(days < 0, _LATER_THAN_ALL, days), starts)
    dates = (first + tables.law.period.first_day).astype(np.int32)
    return pa.array(dates, mask=first == _LATER_THAN_ALL).view(pa.date32())


def _list_copies(tables: Tables, copies: Copies, cases: I64) -> list[pa.Array]:
    """Return date, category and merchant of the purchases at which the cards of cases were copied; nulls for none."""
    own = copies.take(cases)
    nowhere = own.index == NONE

    def name(names: Sequence[str], positions: I64) -> pa.Array:
        return pa.array(names, pa.string()).take(pa.array(positions, mask=nowhere))

    dates = pa.array((own.day + tables.law.period.first_day).astype(np.int32), mask=nowhere).view(pa.date32())
    return [dates, name(tables.categories, own.category), name(tables.merchants, own.merchant)]


def _dates(days: I64) -> pa.Array:
    return pa.array(days.astype(np.int32)).view(pa.date32())
