"""Counts of customers' own columns: ages on a date, profiles by segment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.datasets import change_customer, read_customers
from vecgen.config.loader import load_profiles
from vecgen.model.customers import Segmenter
from vecgen.records.receipt import Receipt
from vecgen.scan.dataset_counts import CustomerCounts


@pytest.fixture(scope="module")
def batch(parquet: tuple[Path, Receipt]) -> pa.RecordBatch:
    return read_customers(parquet[0]).combine_chunks().to_batches()[0]


def count(batch: pa.RecordBatch, profiles: Path, as_of: date = date(2023, 12, 20)) -> CustomerCounts:
    counts = CustomerCounts()
    counts.add(batch, Segmenter(load_profiles(profiles), as_of))
    return counts


def test_customers_of_ours_have_the_profile_of_their_segment(batch: pa.RecordBatch, profiles: Path) -> None:
    counts = count(batch, profiles)
    assert (counts.rows, counts.wrong_profile) == (60, 0)
    assert (
        counts.ages.sum() == counts.addresses.total() == counts.birth_months.sum() == counts.account_digits.sum() == 60
    )
    wrong = (
        "leftovers.json" if batch.column("profile")[0].as_py() != "leftovers.json" else "adults_50up_male_rural.json"
    )
    assert count(change_customer(batch, "profile", wrong), profiles).wrong_profile == 1


@pytest.mark.parametrize(
    ("as_of", "age"),
    [(date(2023, 2, 28), 22), (date(2023, 3, 1), 23), (date(2024, 2, 28), 23), (date(2024, 2, 29), 24)],
)
def test_a_birthday_on_29_february(as_of: date, age: int, batch: pa.RecordBatch, profiles: Path) -> None:
    born = change_customer(batch, "dob", date(2000, 2, 29))
    assert count(born, profiles, as_of).ages.sum(axis=0).nonzero()[0].tolist() == [age]
