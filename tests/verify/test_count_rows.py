"""Rows of tables counted without a model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from tests.support.tables import NAMES, make_table, write_csv
from vecgen.process.progress import State, ignore
from vecgen.process.workers import Workers
from vecgen.records.receipt import Receipt
from vecgen.scan.column_map import ColumnMap, read_map
from vecgen.scan.counts import CustomerTotals
from vecgen.verify.without_model.count_dataset import count_dataset
from vecgen.verify.without_model.count_rows import arrange, read_mapped
from vecgen.verify.without_model.look import look_at_table

Dataset = tuple[Path, Receipt]


def test_shares_of_a_table_add_up_to_it(parquet: Dataset, profiles: Path, demographics: Path, tmp_path: Path) -> None:
    data = write_csv(make_table(parquet[0]), tmp_path / "rows.csv")
    column_map = ColumnMap(read_map(NAMES.items()))
    rows = [sum(mapped.batch.num_rows for mapped in read_mapped(data, column_map, (n, 3))) for n in range(3)]
    assert sum(rows) == parquet[1].parts["transactions"].rows
    assert min(rows) > 100


def test_a_table_counts_as_its_dataset(parquet: Dataset, profiles: Path, demographics: Path, tmp_path: Path) -> None:
    data = write_csv(make_table(parquet[0]), tmp_path / "rows.csv", "\t")
    stated = {"profiles": profiles, "demographics": demographics}
    said: list[State] = []
    ours = count_dataset(parquet[0], stated, Workers(1), ignore)
    theirs = count_dataset(data, {**stated, "map": NAMES.items()}, Workers(1), said.append)
    assert theirs.model.profiles == ("adults_2550_female_urban", "adults_50up_male_rural", "leftovers")
    assert said[-1].rows == ours.totals.rows == theirs.totals.rows
    places = {name: place for place, name in enumerate(theirs.model.profiles)}
    for name, pair, people in zip(ours.model.profiles, ours.totals.counts, ours.totals.customers, strict=True):
        for counts, others in zip(pair, theirs.totals.counts[places[name]], strict=True):
            assert np.array_equal(counts.slots, others.slots)
            assert np.array_equal(counts.amounts, others.amounts)
            assert np.array_equal(counts.near, others.near)
        assert people.rows == theirs.totals.customers[places[name]].rows
    assert theirs.customer_counts.rows <= ours.customer_counts.rows  # those without rows are not there
    assert look_at_table([data], ColumnMap(read_map(NAMES.items()))).categories == ours.model.categories


def test_the_order_of_customers_does_not_matter() -> None:
    defrauded = np.array([[5, 2], [5, 2], [4, 1], [5, 2]])
    dates = np.array([[0, 3, 1], [0, 9, 1], [1, 3, 2], [2, 1, 1], [3, 4, 1], [3, 9, 1]])
    one = CustomerTotals(Counter({7: 1, 3: 2}), defrauded, dates)
    order = np.array([2, 3, 0, 1])  # the old number of each customer
    moved = np.column_stack([np.argsort(order)[dates[:, 0]], dates[:, 1:]])[::-1]
    other = CustomerTotals(Counter({3: 2, 7: 1}), defrauded[order], moved)
    first, second = arrange(one), arrange(other)
    assert list(first.rows) == list(second.rows) == [3, 7]
    assert np.array_equal(first.defrauded, second.defrauded)
    assert np.array_equal(first.fraud_dates, second.fraud_dates)
    assert sorted(first.fraud_dates[:, 2].tolist()) == sorted(dates[:, 2].tolist())
