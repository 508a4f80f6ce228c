"""The certificate of a dataset that was read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vecgen.records.receipt import Receipt
from vecgen.verify.certify import certify
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset


def test_a_reading_is_judged_again_by_another_expectation(parquet: tuple[Path, Receipt]) -> None:
    expectation = read_expectation(parquet[0], {})
    reading = read_dataset(parquet[0], expectation)
    certificate = certify(reading, expectation)
    assert certificate.holds
    assert certificate.digests == {name: part.digest for name, part in parquet[1].parts.items()}
    assert certificate.rows == parquet[1].parts["transactions"].rows
    assert {finding.of for finding in certificate.findings} >= {"regular", "fraud", "customers"}
    without = certify(reading, replace(expectation, as_of=None))
    assert {finding.law for finding in certificate.findings} - {finding.law for finding in without.findings} == {
        "age and gender",
        "ZIP code",
        "length of account numbers",
        "month of birth",
    }
