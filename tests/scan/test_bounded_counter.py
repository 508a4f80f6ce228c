"""Bounded tables: no customer changes one by more than the unit, whatever their rows and those of others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vecgen.model.exact import ExactModel
from vecgen.model.params import ModelParameters, Period
from vecgen.scan.bounded.bounded_counter import UNTOLD, BoundedCounter, add_ages, add_listed
from vecgen.scan.bounded.bounded_tables import RATE_CELLS, UNIT, BoundedTables, start_tables
from vecgen.scan.missing import complete
from vecgen.verify.without_model.look import Look, make_open_model

FIRST = date(2023, 2, 20)
DAYS = 14


def make_model() -> ExactModel:
    period = Period(FIRST, date(2023, 3, 5))
    look = Look(("adults", "leftovers"), ("food", "fuel", "rent"), period.start, period.end)
    return make_open_model(look, ModelParameters(period, fraud_rate=0.0))


MODEL = make_model()


@dataclass(frozen=True)
class Row:
    customer: int
    profile: int
    day: int  # may lie outside the period
    hour: int  # the last one is no time
    category: int  # the last one is not listed
    cents: int
    is_fraud: int
    age: int  # as customers' rows tell it, which need not agree


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, 3),
        st.integers(0, 1),
        st.integers(-1, DAYS),
        st.integers(0, 24),
        st.integers(0, 3),
        st.integers(1, 10**9),
        st.integers(0, 1),
        st.integers(0, 5),
    ),
    max_size=40,
)


def count(batches: Sequence[Sequence[Row]]) -> BoundedTables:
    counter = BoundedCounter(MODEL, frozenset({"trans_num", "unix_time", "place"}))
    for rows in batches:
        columns = {
            "customer_id": pa.array([row.customer for row in rows], pa.int64()),
            "profile": pa.array([f"{('adults', 'leftovers')[row.profile]}.json" for row in rows], pa.string()),
            "trans_date": pa.array([FIRST.toordinal() - 719163 + row.day for row in rows], pa.int32()).view(
                pa.date32()
            ),
            "trans_time": pa.array([f"{row.hour:02}:30:00" if row.hour < 24 else "noon" for row in rows], pa.string()),
            "category": pa.array([("food", "fuel", "rent", "toys")[row.category] for row in rows], pa.string()),
            "amt": pa.array([row.cents / 100 for row in rows], pa.float64()),
            "is_fraud": pa.array([row.is_fraud for row in rows], pa.int8()),
        }
        batch = pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])
        ages = np.array([row.age or UNTOLD for row in rows], dtype=np.int64)
        counter.add(complete(batch, MODEL)[0], ages)
    return counter.close()[0]


def distances(one: BoundedTables, other: BoundedTables) -> dict[str, int]:
    """Return the sum of differences of cells by table."""
    return {f.name: int(np.abs(getattr(one, f.name) - getattr(other, f.name)).sum()) for f in fields(BoundedTables)}


@given(ROWS, st.integers(0, 3))
def test_a_customer_changes_no_table_by_more_than_the_unit(rows: list[Row], who: int) -> None:
    others = [row for row in rows if row.customer != who]
    assert max(distances(count([rows]), count([others])).values()) <= UNIT


@given(ROWS, st.data(), st.integers(1, 5))
def test_order_and_batches_change_nothing(rows: list[Row], data: st.DataObject, size: int) -> None:
    mixed = data.draw(st.permutations(rows))
    batches = [mixed[start : start + size] for start in range(0, len(mixed), size)]
    assert set(distances(count([rows]), count(batches)).values()) == {0}


def test_a_customer_with_many_rows_counts_as_one_with_few() -> None:
    busy = [Row(0, 0, day % DAYS, 9, 0, 5_000, 0, 1) for day in range(10_000)]
    idle = [Row(1, 0, 3, 9, 1, 5_000, 0, 1)]
    tables = count([[*busy, *idle]])
    food, fuel = tables.choices[0, 0, :2]
    assert fuel == UNIT
    assert UNIT - 10_000 < food <= UNIT


def test_tables_hold_what_rows_are() -> None:
    regular = [Row(7, 1, day, 15, 2, 250, 0, 3) for day in range(DAYS - 2)]
    fraud = [Row(7, 1, day, 1, 0, 90_000, 1, 3) for day in (DAYS - 2, DAYS - 1)]
    tables = count([[*regular, *fraud]])
    assert tables.rates[1].tolist() == [0, UNIT] + [0] * (RATE_CELLS - 2)  # one a day, on days without fraud
    assert tables.choices[1, 1, 2] == tables.choices.sum() == (UNIT // 12) * 12
    assert tables.fraud.tolist() == [0, UNIT, *[0] * 7]
    assert tables.months.tolist() == [UNIT // 12 * 9, UNIT // 12 * 3]
    assert tables.weekdays[1, 0] == UNIT // 12 * 2  # 20 and 27 February were Mondays
    assert tables.ages[0, 3] == tables.ages.sum() == UNIT


def test_customers_without_rows_are_added_by_profile() -> None:
    tables = start_tables(MODEL)
    add_listed(tables, np.array([0, 1, 1]))
    add_ages(tables, np.array([5, UNTOLD, 5]))
    assert tables.rates[:, 0].tolist() == [UNIT, 2 * UNIT]
    assert tables.fraud[0] == 3 * UNIT
    assert tables.ages[0, 5] == tables.ages.sum() == 2 * UNIT
