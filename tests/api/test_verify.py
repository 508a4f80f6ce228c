"""Datasets checked by a call: verdict and digests are those of the files."""

from __future__ import annotations

from pathlib import Path

import vecgen
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_a_dataset_is_held_against_its_model(parquet: Dataset) -> None:
    certificate = vecgen.verify_dataset(parquet[0], quiet=True)
    assert certificate.holds
    assert certificate.rows == parquet[1].parts["transactions"].rows
    assert not vecgen.verify_dataset(str(parquet[0]), fast=True, fraud_rate=0.01, fraud_days=2, quiet=True).holds


def test_digests_are_those_of_the_receipt(parquet: Dataset) -> None:
    digests = {name: str(digest) for name, digest in vecgen.digest_dataset(parquet[0]).items()}
    assert digests == {name: part.digest for name, part in parquet[1].parts.items()}
