"""Copied cards in datasets: right ones pass, and each way of leaving the compromised merchant out is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import vecgen
from vecgen.config.demographics import Merchants
from vecgen.model.fraud.compromise import NONE, CompromiseTables, Copies, no_copies
from vecgen.model.fraud.compromise import compile_compromise as compile_true
from vecgen.sampling.arrays import I64, U64, Bools
from vecgen.verify.certificate import Certificate
from vecgen.verify.certify import certify, verify_dataset
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset

ASKED: Final[dict[str, Any]] = {
    "customers": 60,
    "start": "2023-03-10",
    "end": "2023-06-20",
    "fraud_rate": 0.5,
    "fraud_types": "counterfeit=2,card_testing=1",
    "seed": 5,
    "quiet": True,
    "processes": 1,
}
LAWS: Final = {"compromised merchants (regular)", "merchant within category (regular)"}


def write(directory: Path, **changes: Any) -> Path:
    vecgen.write_dataset(output=directory, **{**ASKED, **changes})
    return directory


def verify(directory: Path) -> Certificate:
    return verify_dataset(directory, read_expectation(directory, {}), 1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("copied") / "o")


def test_a_dataset_with_copied_cards_holds(dataset: Path) -> None:
    certificate = verify(dataset)
    assert certificate.holds
    assert "copied cards" in {check.name for check in certificate.checks}
    tested = {f"{f.law} ({f.of})" for f in certificate.findings if f.verdict == "holds"}
    assert tested >= LAWS


def test_text_format_tells_a_missing_type_or_copy_from_a_wrong_one(tmp_path: Path) -> None:
    directory = write(tmp_path / "o", customers=25, format="csv", with_fraud_type=True)
    checks = {check.name: check.broken for check in verify(directory).checks}
    assert (checks["copied cards"], checks["fraud_type"]) == (0, 0)


def forget_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Copies, "slice", lambda copies, own: no_copies(len(copies.index[own])))


def forget_all(patch: pytest.MonkeyPatch) -> None:
    def choose(who: I64, eligible: Bools, words: U64) -> I64:
        return np.full(len(words), NONE)

    patch.setattr("vecgen.model.transaction_dates.choose_rows", choose)


def take_next_month(patch: pytest.MonkeyPatch) -> None:
    def compile_wrong(kinds: Any, merchants: Merchants, seed: int, *period: Any) -> CompromiseTables | None:
        true = compile_true(kinds, merchants, seed, *period)
        return true and replace(true, merchant=np.roll(true.merchant, 1, axis=0))

    patch.setattr("vecgen.model.tables.compile_compromise", compile_wrong)


def take_any_category(patch: pytest.MonkeyPatch) -> None:
    def choose(who: I64, eligible: Bools, words: U64) -> I64:
        return np.searchsorted(who, np.arange(len(words)))  # the first purchase, whatever it is

    patch.setattr("vecgen.model.transaction_dates.choose_rows", choose)


@pytest.mark.parametrize("spoil", [forget_rows, forget_all, take_next_month, take_any_category])
def test_a_compromised_merchant_left_out_is_found(spoil: Callable[[pytest.MonkeyPatch], None], tmp_path: Path) -> None:
    """Of ten customers with two or three cases each is found: no chance is in it."""
    with pytest.MonkeyPatch.context() as patch:
        spoil(patch)
        write(tmp_path / "o", customers=10)
    failed = {check.name: check.broken for check in verify(tmp_path / "o").checks if not check.holds}
    assert failed.keys() == {"copied cards"}
    assert failed["copied cards"] >= 1


def test_rows_at_compromised_merchants_that_no_case_states_are_found(dataset: Path) -> None:
    """Four rows in place of each that a case states."""
    expectation = read_expectation(dataset, {})
    reading = read_dataset(dataset, expectation, 1)
    assert reading.copies is not None
    counts, reader = reading.copies
    moved = replace(counts, compromised=counts.compromised + 3 * reader.list_moved(counts))
    broken = certify(replace(reading, copies=(moved, reader)), expectation).broken
    assert "compromised merchants (regular)" in broken


def test_another_merchant_that_is_met_too_often_is_found(dataset: Path) -> None:
    expectation = read_expectation(dataset, {})
    reading = read_dataset(dataset, expectation, 1)
    own = reading.totals.counts[0][0].merchants
    for (category, name), number in list(own.items()):
        first = expectation.demographics.merchants
        names = first.names[first.categories.index(reading.model.categories[category])]
        if name in names[:250]:  # half of the rows of one profile move to the first merchants
            own[category, name] -= number
            own[category, names[names.index(name) % 25]] += number
    assert "merchant within category (regular)" in certify(reading, expectation).broken


def test_where_copies_cannot_be_told_it_is_said(tmp_path: Path) -> None:
    certificate = verify(write(tmp_path / "o", columns=["trans_num", "is_fraud", "category", "merchant"]))
    assert certificate.holds
    assert not LAWS & {f"{finding.law} ({finding.of})" for finding in certificate.findings}
    assert any("copied cards are not tested" in note for note in certificate.notes)
