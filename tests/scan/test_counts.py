"""Tallies: of groups they add up, and customers are found again in whatever order their rows come."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.equivalence.samplers import World, count, draw_arrays, find, shipped
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.model.exact import ExactModel
from vecgen.model.params import ModelParameters, Period
from vecgen.sampling.rng import mix
from vecgen.scan.counts import Totals
from vecgen.scan.groups.group_counter import GroupCounter
from vecgen.scan.row_counts import RowCounts

LAW = ModelParameters(Period(date(2023, 12, 20), date(2024, 1, 20)), fraud_rate=0.5, travel=True)
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
WORLD: World = shipped(LAW, load_profiles(DEFAULT_PROFILES), MERCHANTS, ("leftovers", "adults_50up_male_rural"))
LAWS: ExactModel = WORLD.model
TABLES = [pa.Table.from_batches(list(batches)).unify_dictionaries() for batches in draw_arrays(WORLD, 12, 3)]


def count_slots(totals: Totals) -> list[int]:
    return [int(counts.slots.sum()) for pair in totals.counts for counts in pair]


def test_every_row_is_counted_once_in_every_table() -> None:
    totals = count([table.to_batches() for table in TABLES], LAWS)
    assert totals.rows == sum(table.num_rows for table in TABLES) == sum(count_slots(totals))
    for pair in totals.counts:
        for counts in pair:
            rows = counts.slots.sum()
            for name in ("category_hours", "month_hours", "minute_seconds", "amounts"):
                assert getattr(counts, name).sum() == rows
            assert counts.near.sum() + counts.far.sum() == rows == counts.merchants.total()


def test_customers_are_summed_up() -> None:
    totals = count([table.to_batches() for table in TABLES], LAWS)
    for table, people in zip(TABLES, totals.customers, strict=True):
        rows = table.select(["ssn", "is_fraud", "trans_date"]).to_pylist()
        fraud = [row for row in rows if row["is_fraud"]]
        defrauded = {row["ssn"] for row in fraud}
        assert len(people.defrauded) == len(defrauded)
        assert people.defrauded[:, 1].sum() == people.fraud_dates[:, 2].sum() == len(fraud)
        assert len(people.fraud_dates) == len({(row["ssn"], row["trans_date"]) for row in fraud})
        untouched = [row["ssn"] for row in rows if row["ssn"] not in defrauded]
        assert people.rows.total() == len(set(untouched))
        assert sum(number * customers for number, customers in people.rows.items()) == len(untouched)


@settings(max_examples=20)
@given(st.integers(0, 2**64 - 1), st.integers(1, 500))
def test_order_and_batches_change_nothing(seed: int, size: int) -> None:
    table = pa.concat_tables([table.select(table.column_names) for table in TABLES]).unify_dictionaries()
    order = np.argsort(mix(np.arange(table.num_rows, dtype=np.uint64) ^ np.uint64(seed)))
    mixed = count([table.take(pa.array(order)).combine_chunks().to_batches(max_chunksize=size)], LAWS)
    plain = count([own.to_batches() for own in TABLES], LAWS)
    assert [f.statistic for f in find(mixed, WORLD)] == pytest.approx([f.statistic for f in find(plain, WORLD)])
    for one, other in zip(mixed.counts, plain.counts, strict=True):
        for label in (0, 1):
            assert same(one[label], other[label])


def same(one: RowCounts, other: RowCounts) -> bool:
    arrays = [name for name in vars(one) if name != "merchants"]
    return one.merchants == other.merchants and all(np.array_equal(getattr(one, n), getattr(other, n)) for n in arrays)


def test_regular_rows_on_fraud_dates_are_seen_whatever_comes_first() -> None:
    table = TABLES[0]
    fraud = table.filter(pa.compute.equal(table.column("is_fraud"), 1)).slice(0, 1)
    place = table.schema.get_field_index("is_fraud")
    regular = fraud.set_column(place, table.schema.field(place), pa.array([0], pa.int8()))
    for order in ([fraud, regular], [regular, fraud]):
        group = GroupCounter(LAWS)
        for part in order:
            for batch in part.combine_chunks().to_batches():
                group.add(batch)
        assert group.close().kept_on_fraud_dates == 1
