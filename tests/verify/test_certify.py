"""The certificate of a dataset that was read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vecgen.records.receipt import Receipt
from vecgen.verify.certify import certify
from vecgen.verify.customer_checks import TEXT_TESTS
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
    assert certificate.notes == ()
    without = certify(reading, replace(expectation, as_of=None, words=None))
    assert {finding.law for finding in certificate.findings} - {finding.law for finding in without.findings} == {
        "age and gender",
        "ZIP code",
        "length of account numbers",
        "month of birth",
        *TEXT_TESTS,
    }


def test_other_lists_than_the_installed_ones_are_mentioned(parquet: tuple[Path, Receipt]) -> None:
    expectation = read_expectation(parquet[0], {})
    reading = read_dataset(parquet[0], expectation)
    (note,) = certify(reading, replace(expectation, words=None)).notes
    assert note == "customers' names, jobs and streets are not tested: the Faker that is installed has other lists"
    assert "no receipt" in certify(reading, replace(expectation, words=None, receipt=None)).notes[0]
