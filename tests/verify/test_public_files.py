"""Files of the public form are verified, reported on and scored like the dataset that they are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vecgen
from tests.conftest import LAW, WINTER
from tests.support.public_files import SEVEN_YEARS, write_bars, write_public
from vecgen.errors import InputError
from vecgen.records.receipt import Receipt
from vecgen.verify.certificate import Certificate

Dataset = tuple[Path, Receipt]
STATED: dict[str, Any] = {"start": WINTER.start, "end": WINTER.end, "fraud_rate": LAW.fraud_rate, "quiet": True}


def exceptions(certificate: Certificate) -> dict[str, int]:
    return {check.name: check.broken for check in certificate.checks}


def test_the_tests_of_transactions_are_those_of_the_dataset(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    """Profiles are told by age, sex and city: all counts of a profile are the same."""
    expected = vecgen.verify_dataset(parquet[0] / "transactions", profiles=profiles, **STATED)
    for directory in (write_public(parquet[0], tmp_path / "a"), write_bars(parquet[0], tmp_path / "b")):
        found = vecgen.verify_dataset(directory, profiles=profiles, **STATED)
        assert found.holds
        assert found.rows == expected.rows == parquet[1].parts["transactions"].rows
        assert found.customers == expected.customers
        for own, theirs in zip(found.findings, expected.findings, strict=True):
            assert (own.law, own.of, own.number, own.verdict) == (theirs.law, theirs.of, theirs.number, theirs.verdict)
            assert own.statistic == pytest.approx(theirs.statistic)
        assert exceptions(found) == exceptions(expected)
        assert any(note.startswith(f"profiles are told by age on {WINTER.start}, sex and city") for note in found.notes)


def test_seven_years_are_one_difference(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    found = vecgen.verify_dataset(
        write_public(parquet[0], tmp_path / "a", moved=SEVEN_YEARS), profiles=profiles, **STATED
    )
    assert found.holds
    told = [note for note in found.notes if "unix_time" in note]
    assert len(told) == 1
    assert told[0].startswith("one difference: unix_time lies 2,557 days before the date and time, in every row")


def test_a_lag_of_seconds_is_one_mistake(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    found = vecgen.verify_dataset(write_public(parquet[0], tmp_path / "a", moved=100), profiles=profiles, **STATED)
    assert not found.holds
    assert {name: number for name, number in exceptions(found).items() if number} == {"unix_time": 1}


def test_another_reference_date_tells_other_profiles(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    directory = write_public(parquet[0], tmp_path / "a")
    found = vecgen.verify_dataset(directory, profiles=profiles, as_of="2060-01-01", **STATED)
    assert not found.holds
    assert any("by age on 2060-01-01" in note for note in found.notes)


def test_the_report_and_the_ceiling_are_those_of_the_dataset(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    directory = write_public(parquet[0], tmp_path / "a")
    own, theirs = (
        vecgen.measure_ceiling(place, profiles=profiles, **STATED) for place in (parquet[0] / "transactions", directory)
    )
    assert (own.rows, own.frauds) == (theirs.rows, theirs.frauds)
    for one, other in zip(own.detectors, theirs.detectors, strict=True):  # errors are of samples by customers' hashes
        assert one.average_precision.value == pytest.approx(other.average_precision.value)
    pytest.importorskip("matplotlib")
    page = vecgen.write_report(directory, tmp_path / "report", profiles=profiles, **STATED)
    assert f"{parquet[1].parts['transactions'].rows:,}" in page.read_text(encoding="utf-8")


def test_a_column_that_nothing_stands_for_is_missed(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    directory = write_public(parquet[0], tmp_path / "a")
    for path in directory.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("dob", "born"), encoding="utf-8")
    with pytest.raises(InputError, match="got 'dob', expected a file with this column"):
        vecgen.verify_dataset(directory, profiles=profiles, **STATED)
