"""Customers' own columns: identifiers as numbers, numbers that no person can have."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.datasets import change_customer, read_customers
from vecgen.errors import InputError
from vecgen.records.receipt import Receipt
from vecgen.verify.customer_checks import count_unsafe, read_identifiers


@pytest.fixture(scope="module")
def batch(parquet: tuple[Path, Receipt]) -> pa.RecordBatch:
    return read_customers(parquet[0]).combine_chunks().to_batches()[0]


def test_identifiers_are_read_as_numbers(batch: pa.RecordBatch) -> None:
    read = read_identifiers(change_customer(batch, "ssn", "123-45-6789"))
    assert read["ssn"].tolist() == [[123456789, 0]]
    with pytest.raises(InputError, match=r"column ssn: got .*, expected digits and hyphens"):
        read_identifiers(change_customer(batch, "ssn", "x"))


def test_numbers_that_a_person_could_have_are_counted(batch: pa.RecordBatch) -> None:
    assert count_unsafe(batch) == 60
    assert count_unsafe(batch.slice(0, 0)) == 0
