"""Datasets and tables counted with a bound on what each customer adds, by cells that are stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.support.datasets import data_files
from tests.support.tables import NAMES, make_table
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS
from vecgen.errors import InputError
from vecgen.process.progress import State, ignore
from vecgen.process.workers import ALONE, Workers
from vecgen.scan.bounded.bounded_tables import UNIT, BoundedCounts, BoundedTables
from vecgen.verify.without_model.count_bounded import count_bounded

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def spring(write_spring: Write) -> Path:
    return write_spring("bounded", customers=60)


@pytest.fixture
def count(profiles: Path) -> Callable[..., BoundedCounts]:
    def run(data: Path, workers: Workers = ALONE, **told: Any) -> BoundedCounts:
        stated = {"start": date(2023, 3, 1), "end": date(2023, 5, 31), "profiles": profiles} | told
        return count_bounded(data, {"demographics": DEFAULT_DEMOGRAPHICS, **stated}, (), workers, ignore)

    return run


def distances(one: BoundedTables, other: BoundedTables) -> list[int]:
    return [int(np.abs(getattr(one, f.name) - getattr(other, f.name)).sum()) for f in fields(BoundedTables)]


def leave_out(source: Path, output: Path, card: str) -> Path:
    """Write the files of a dataset, without its receipt, and without a customer."""
    for path in data_files(source):
        if path.relative_to(source).parts[0] == "fraud_cases":
            continue
        table = pq.read_table(path, partitioning=None)
        to = output / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.filter(pc.not_equal(table["cc_num"].cast(pa.string()), card)), to)
    return output


def list_cards(data: Path) -> list[str]:
    paths = data_files(data / "customers")
    return [card for path in paths for card in pq.read_table(path)["cc_num"].cast(pa.string()).to_pylist()]


def test_each_customer_is_in_each_table_once(spring: Path, count: Callable[..., BoundedCounts]) -> None:
    tables = count(spring).tables
    customers = len(list_cards(spring))
    for name in ("rates", "fraud", "ages"):
        assert getattr(tables, name).sum() == customers * UNIT, name
    active = tables.rates[:, 1:].sum() / UNIT
    for name in ("choices", "amounts", "weekdays", "months", "days"):
        assert getattr(tables, name).sum() / UNIT == pytest.approx(active, rel=1e-3), name
    assert tables.fraud[0] == pytest.approx(customers * UNIT / 2, rel=0.4)


def test_a_customer_left_out_changes_each_table_by_the_unit_at_most(
    spring: Path, count: Callable[..., BoundedCounts], tmp_path: Path
) -> None:
    whole = count(leave_out(spring, tmp_path / "whole", "nobody's")).tables
    for number, card in enumerate(list_cards(spring)[:3]):
        less = count(leave_out(spring, tmp_path / str(number), card)).tables
        assert 0 < max(distances(whole, less)) <= UNIT


def test_customers_in_several_groups_of_files_count_once(
    spring: Path, count: Callable[..., BoundedCounts], tmp_path: Path
) -> None:
    """Files that are named as ours, but not cut by customers as ours are."""
    for path in data_files(spring / "customers"):
        (tmp_path / "customers").mkdir(exist_ok=True)
        pq.write_table(pq.read_table(path), tmp_path / "customers" / path.name)
    paths = data_files(spring / "transactions")
    rows = pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths])
    number = len(paths[0].name.split("-")[1])
    for half in range(2):
        to = tmp_path / "transactions" / paths[0].name.replace("0" * number, str(half).zfill(number), 1)
        to.parent.mkdir(exist_ok=True)
        pq.write_table(rows.filter(pa.array(np.arange(rows.num_rows) % 2 == half)), to)
    assert len(data_files(tmp_path / "transactions")) == 2
    assert set(distances(count(tmp_path).tables, count(spring).tables)) == {0}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_table_says_what_the_dataset_says(
    workers: int, spring: Path, count: Callable[..., BoundedCounts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.verify.without_model.count_rows.SHARE_BYTES", 1 << 10)
    pq.write_table(make_table(spring), tmp_path / "rows.parquet")
    told = {"map": [*NAMES.items()], "as_of": date(2023, 3, 1)}
    table, dataset = count(tmp_path, Workers(workers), **told).tables, count(spring).tables
    table.rates[:, 0] = dataset.rates[:, 0]  # nobody tells of customers without rows
    assert {
        name
        for name in ("rates", "choices", "amounts", "days")
        if (getattr(table, name) != getattr(dataset, name)).any()
    } == set()


def test_the_period_is_stated(spring: Path, count: Callable[..., BoundedCounts]) -> None:
    with pytest.raises(InputError, match="not looked up in the rows"):
        count(spring, end=None)


def test_what_is_not_stated_is_left_out(spring: Path, profiles: Path) -> None:
    seen: list[State] = []
    stated = {"start": date(2023, 4, 1), "end": date(2023, 4, 30), "profiles": profiles}
    stated |= {"demographics": DEFAULT_DEMOGRAPHICS}
    bounded = count_bounded(spring, stated, ("zoo",), ALONE, seen.append)
    assert bounded.tables.days.shape == (30,)
    assert "zoo" in bounded.model.categories
    assert {state.rows for state in seen} == {0}


@pytest.mark.parametrize("categories", [("a|b",), ("x" * 101,), tuple(map(str, range(1001)))])
def test_categories_that_no_profile_can_have_are_refused(categories: tuple[str, ...], tmp_path: Path) -> None:
    stated = {"start": date(2023, 4, 1), "end": date(2023, 4, 30)}
    with pytest.raises(InputError, match="categories"):
        count_bounded(tmp_path, stated, categories, ALONE, ignore)
