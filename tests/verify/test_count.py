"""Rows of tables counted without a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.tables import NAMES, make_table, write_csv
from vecgen.process.progress import State, ignore
from vecgen.records.receipt import Receipt
from vecgen.scan.column_map import ColumnMap, read_map
from vecgen.verify.unknown.count import read_mapped
from vecgen.verify.unknown.counted import count_unknown
from vecgen.verify.unknown.look import look_at_table

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
    ours = count_unknown(parquet[0], stated, 1, ignore)
    theirs = count_unknown(data, {**stated, "map": NAMES.items()}, 1, said.append)
    assert theirs.model.profiles == ("adults_2550_female_urban", "adults_50up_male_rural", "leftovers")
    assert said[-1].rows == ours.totals.rows == theirs.totals.rows
    places = {name: place for place, name in enumerate(theirs.model.profiles)}
    for name, pair, people in zip(ours.model.profiles, ours.totals.counts, ours.totals.people, strict=True):
        for counts, others in zip(pair, theirs.totals.counts[places[name]], strict=True):
            assert np.array_equal(counts.slots, others.slots)
            assert np.array_equal(counts.amounts, others.amounts)
            assert np.array_equal(counts.near, others.near)
        assert people.rows == theirs.totals.people[places[name]].rows
    assert theirs.people.rows <= ours.people.rows  # those without rows are not there
    assert look_at_table([data], ColumnMap(read_map(NAMES.items()))).categories == ours.model.categories
