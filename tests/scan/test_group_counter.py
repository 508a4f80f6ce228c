"""Counts of one group by type of fraud: told by transaction numbers, and left out where nothing tells them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tests.equivalence.samplers import count, draw_arrays
from tests.equivalence.typed_worlds import SHIPPED, typed_world
from vecgen.scan.counts import CASE_FIELDS
from vecgen.scan.groups.group_counter import GroupCounter
from vecgen.scan.reports import make_reader

WORLD = typed_world(SHIPPED["card_testing"], SHIPPED["account_takeover"], SHIPPED["bust_out"])
MODEL = WORLD.model
SEED = 5
BATCHES = [pa.Table.from_batches(list(own)).unify_dictionaries().to_batches() for own in draw_arrays(WORLD, 40, SEED)]


def test_types_add_up_to_all_frauds() -> None:
    totals = count(BATCHES, MODEL, seed=SEED)
    assert totals.untold == 0
    for kinds, pair, people in zip(totals.frauds, totals.counts, totals.customers, strict=True):
        assert sum(int(own.rows.slots.sum()) for own in kinds) == pair[1].slots.sum() > 0
        assert np.sum([own.rows.amounts for own in kinds], axis=0).tolist() == pair[1].amounts.tolist()
        assert sum(len(own.customers.defrauded) for own in kinds) == len(people.defrauded)
        assert sum(len(own.customers.fraud_dates) for own in kinds) == len(people.fraud_dates)
        assert sum(own.customers.defrauded[:, 0].sum() for own in kinds) == people.defrauded[:, 0].sum()
    testing = [own.shapes for own, *_ in totals.frauds]
    dates = sum(len(own.customers.fraud_dates) for own, *_ in totals.frauds)
    assert sum(own.hours.sum() for own in testing) == pytest.approx(dates)


def test_numbers_of_another_seed_tell_nothing() -> None:
    totals = count(BATCHES, MODEL, seed=SEED + 1)
    frauds = sum(int(pair[1].slots.sum()) for pair in totals.counts)
    assert totals.untold == frauds
    assert not any(len(own.customers.defrauded) for kinds in totals.frauds for own in kinds)
    assert count(BATCHES, MODEL).untold == frauds


def test_cases_hold_what_numbers_tell() -> None:
    group = GroupCounter(MODEL, reports=make_reader(MODEL.law, SEED))
    for batch in BATCHES[0]:
        group.add(batch)
    cases = dict(zip(CASE_FIELDS, group.close().cases.T, strict=True))
    assert sorted(cases["customer"].tolist()) == list(range(40))
    assert set(cases["type"].tolist()) == {0, 1, 2}
    known = cases["reported"] >= 0
    assert (cases["reported"] >= cases["first"])[known].all()
    assert known.sum() > 30


def test_rows_farther_than_a_type_goes_are_told_apart() -> None:
    near = typed_world(SHIPPED["card_testing"], SHIPPED["account_takeover"]).model
    totals = count(draw_arrays(typed_world(SHIPPED["account_takeover"]), 40, SEED), near, seed=SEED)
    testing = [own for own, _ in totals.frauds]
    assert sum(own.beyond for own in testing) > 0
    assert all(int(own.rows.slots.sum()) == int(own.rows.near.sum()) for own in testing)
