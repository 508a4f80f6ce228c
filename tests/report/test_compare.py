"""Comparisons: samples of one model are alike, others are not, whatever their sizes and periods."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import vecgen
from tests.support.public_files import write_public
from vecgen.report.comparison.compare import compare_pair
from vecgen.report.comparison.reading import Reading, read_pair


def names_of(one: Path, other: Path) -> set[str]:
    return set(vecgen.compare_datasets(one, other, quiet=True, classifier=False).different)


def test_samples_of_one_model_are_alike(spring: Path, write_spring: Callable[..., Path]) -> None:
    pair = read_pair(spring, write_spring("more", seed=9, customers=400), Reading(most_rows=20_000))
    found = compare_pair(pair)
    assert found.alike
    assert found.notes == ()
    assert found.parting
    assert found.parting.low < 0.5 < found.parting.high + 0.01
    assert found.transfer
    assert abs(found.transfer.at_home - found.transfer.from_other) < 4 * found.transfer.error
    assert [finding.verdict for finding in found.findings] == ["alike"] * 21
    assert found.other.customers > 1.8 * found.one.customers
    assert all(0.0 <= finding.effect < 0.3 for finding in found.findings)


def test_other_fraud_is_found(spring: Path, write_spring: Callable[..., Path]) -> None:
    found = names_of(spring, write_spring("fraud", seed=9, fraud_rate=0.1))
    assert found == {"fraud", "defrauded"}


def test_another_law_is_found(spring: Path, write_spring: Callable[..., Path]) -> None:
    assert "hour by category" in names_of(spring, write_spring("law", seed=9, dependence="independent"))


def test_periods_are_compared_by_the_day(spring: Path, write_spring: Callable[..., Path]) -> None:
    other = write_spring("shorter", seed=9, start="2023-04-03", end="2023-05-16")
    found = vecgen.compare_datasets(spring, other, quiet=True, classifier=False)
    assert found.notes == ("the periods differ: weekdays and months are compared per day, months that both have",)
    assert (found.other.first, found.other.last) == (date(2023, 4, 3), date(2023, 5, 16))
    verdicts = {finding.name: finding.verdict for finding in found.findings}
    assert (verdicts["weekday"], verdicts["month"], verdicts["hour"]) == ("alike", "alike", "alike")


def test_columns_that_are_not_there_are_said(spring: Path, write_spring: Callable[..., Path]) -> None:
    columns = "ssn,cc_num,acct_num,profile,trans_date,category,amt,is_fraud"
    found = vecgen.compare_datasets(spring, write_spring("few", seed=9, columns=columns), quiet=True, classifier=False)
    assert "not compared, since a column is not there: hour, merchant" in found.notes[-1]
    assert {"category", "amount", "defrauded"} < {finding.name for finding in found.findings}


def test_customers_files_are_joined(spring: Path, write_spring: Callable[..., Path]) -> None:
    found = vecgen.compare_datasets(
        spring, write_spring("normal", seed=9, normalized=True), quiet=True, classifier=False
    )
    assert found.alike
    assert len(found.findings) == 21


def test_without_scikit_learn_it_says_how_to_get_it(spring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    found = vecgen.compare_datasets(spring, spring, quiet=True)
    assert found.alike
    assert found.parting is None
    assert "scikit-learn (pip install scikit-learn)" in found.notes[-1]


def test_files_of_the_public_form_are_compared(tmp_path: Path) -> None:
    """The shipped segments tell their profiles, by age, sex and city; nobody without a transaction is in them."""
    data = tmp_path / "data"
    vecgen.write_transactions(customers=60, end="2023-02-28", fraud_rate=0.5, output=data, partition_by="", quiet=True)
    public = write_public(data, tmp_path / "public")
    found = vecgen.compare_datasets(data, public, quiet=True)
    assert found.alike
    assert "profile" in {finding.name for finding in found.findings}
    assert (found.one.rows, found.one.customers) == (found.other.rows, found.other.customers)
    assert found.other.left_out == 0
    assert max(finding.effect for finding in found.findings) < 1e-9


def test_own_profiles_tell_the_segments_of_files_that_do_not_say_them(
    spring: Path, profiles: Path, tmp_path: Path
) -> None:
    public = write_public(spring, tmp_path / "public")
    own = vecgen.compare_datasets(spring, public, quiet=True, classifier=False, profiles=profiles)
    assert own.alike
    assert max(finding.effect for finding in own.findings) < 1e-9
    shipped = vecgen.compare_datasets(spring, public, quiet=True, classifier=False)
    assert {"profile", "category by profile"} & set(shipped.different)
