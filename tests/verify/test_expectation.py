"""What is expected of a dataset: its receipt, unless something else is stated."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import LAW, WINTER
from vecgen.errors import InputError
from vecgen.records.receipt import RECEIPT, SUCCESS, Receipt
from vecgen.verify.expectation import read_expectation


def test_a_receipt_says_it_all(parquet: tuple[Path, Receipt]) -> None:
    expected = read_expectation(parquet[0], {})
    assert expected.law == LAW
    assert expected.as_of == WINTER.start
    assert expected.receipt == parquet[1]
    assert not expected.safe_identifiers
    assert expected.time_zone is None
    assert expected.words is not None


def test_lists_of_another_faker_are_none_to_compare_with(parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    for name in (SUCCESS, RECEIPT):
        shutil.copy(parquet[0] / name, tmp_path)
    text = (tmp_path / RECEIPT).read_text(encoding="utf-8")
    (tmp_path / RECEIPT).write_text(text.replace(str(parquet[1].identity["word_lists"]), "0" * 16), encoding="utf-8")
    assert read_expectation(tmp_path, {}).words is None


def test_what_is_stated_counts_more_than_the_receipt(parquet: tuple[Path, Receipt]) -> None:
    expected = read_expectation(parquet[0], {"fraud_rate": 0.25, "end": date(2024, 1, 10), "fraud_days": None})
    assert (expected.law.fraud_rate, expected.law.fraud_days) == (0.25, LAW.fraud_days)
    assert (expected.law.period.start, expected.law.period.end) == (WINTER.start, date(2024, 1, 10))


def test_without_a_receipt_the_period_is_needed(parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    part = parquet[0] / "transactions"
    with pytest.raises(
        InputError, match=f"start: got 'nothing', .* verify the whole of {parquet[0]}, or pass start and"
    ):
        read_expectation(part, {})
    expected = read_expectation(part, {"start": WINTER.start, "end": WINTER.end})
    assert expected.receipt is None
    assert expected.as_of is None
