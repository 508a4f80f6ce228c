"""Customers' own columns: ages on a date, profiles by segment, numbers that no person can have."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.datasets import read_people
from vecgen.config.loader import load_profiles
from vecgen.errors import InputError
from vecgen.records.receipt import Receipt
from vecgen.verify.customer_checks import CustomerCounts, count_unsafe, read_identifiers


@pytest.fixture(scope="module")
def batch(parquet: tuple[Path, Receipt]) -> pa.RecordBatch:
    return read_people(parquet[0]).combine_chunks().to_batches()[0]


def change(batch: pa.RecordBatch, name: str, value: object) -> pa.RecordBatch:
    """Return the first customer of a batch with another value."""
    first = batch.slice(0, 1)
    place = first.schema.get_field_index(name)
    return first.set_column(place, first.schema.field(place), pa.array([value], first.schema.field(place).type))


def count(batch: pa.RecordBatch, profiles: Path, as_of: date = date(2023, 12, 20)) -> CustomerCounts:
    counts = CustomerCounts()
    counts.add(batch, load_profiles(profiles), as_of)
    return counts


def test_customers_of_ours_have_the_profile_of_their_segment(batch: pa.RecordBatch, profiles: Path) -> None:
    counts = count(batch, profiles)
    assert (counts.rows, counts.wrong_profile) == (60, 0)
    assert counts.ages.sum() == counts.zips.total() == counts.birth_months.sum() == counts.account_digits.sum() == 60
    wrong = (
        "leftovers.json" if batch.column("profile")[0].as_py() != "leftovers.json" else "adults_50up_male_rural.json"
    )
    assert count(change(batch, "profile", wrong), profiles).wrong_profile == 1


@pytest.mark.parametrize(
    ("as_of", "age"),
    [(date(2023, 2, 28), 22), (date(2023, 3, 1), 23), (date(2024, 2, 28), 23), (date(2024, 2, 29), 24)],
)
def test_a_birthday_on_29_february(as_of: date, age: int, batch: pa.RecordBatch, profiles: Path) -> None:
    born = change(batch, "dob", date(2000, 2, 29))
    assert count(born, profiles, as_of).ages.sum(axis=0).nonzero()[0].tolist() == [age]


def test_identifiers_are_read_as_numbers(batch: pa.RecordBatch) -> None:
    read = read_identifiers(change(batch, "ssn", "123-45-6789"))
    assert read["ssn"].tolist() == [[123456789, 0]]
    with pytest.raises(InputError, match=r"column ssn: got .*, expected digits and hyphens"):
        read_identifiers(change(batch, "ssn", "x"))


def test_numbers_that_a_person_could_have_are_counted(batch: pa.RecordBatch) -> None:
    assert count_unsafe(batch) == 60
    assert count_unsafe(batch.slice(0, 0)) == 0
