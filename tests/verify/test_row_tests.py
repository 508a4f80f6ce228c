"""Tests of the model on counts: rows of the model hold, one count that is moved is found, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.records.receipt import Receipt
from vecgen.verify.certify import FAMILY_ERROR
from vecgen.verify.chi_square import Statistic, compare
from vecgen.verify.expectation import Expectation, read_expectation
from vecgen.verify.row_tests import LABELS, examine, judge
from vecgen.verify.verify import Reading, read_dataset


@pytest.fixture(scope="module")
def expectation(parquet: tuple[Path, Receipt]) -> Expectation:
    return read_expectation(parquet[0], {})


@pytest.fixture(scope="module")
def reading(parquet: tuple[Path, Receipt], expectation: Expectation) -> Reading:
    return read_dataset(parquet[0], expectation)


def broken(statistics: dict[tuple[str, str], Statistic]) -> list[str]:
    return [finding.law for finding in judge(statistics, FAMILY_ERROR) if finding.verdict == "broken"]


def test_rows_of_the_model_hold(reading: Reading, expectation: Expectation) -> None:
    statistics = dict(examine(reading.totals, reading.model, expectation.merchants))
    assert broken(statistics) == []
    assert {of for _, of in statistics} >= set(LABELS)
    assert sum(s.number for (law, of), s in statistics.items() if (law, of) == ("hour", "regular")) in (
        0,
        sum(int(pair[0].slots.sum()) for pair in reading.totals.counts),
    )


def test_seconds_that_are_all_alike_are_found_by_tests_of_the_time_alone(
    reading: Reading, expectation: Expectation
) -> None:
    seconds = reading.totals.counts[0][0].minute_seconds
    kept = seconds.copy()
    try:
        seconds[:] = 0
        seconds[0] = kept.sum()
        found = broken(dict(examine(reading.totals, reading.model, expectation.merchants)))
    finally:
        seconds[:] = kept
    assert found == ["minute and second", "minute", "second"]


def test_few_rows_are_not_testable_and_no_rows_neither() -> None:
    few, none = compare([1, 1], [0.5, 0.5]), Statistic()
    assert [f.verdict for f in judge({("a", "b"): few, ("c", "d"): none}, 1e-3)] == ["not testable"] * 2


def test_what_only_repeated_draws_explain_is_a_known_flaw() -> None:
    statistic = compare([600, 400], [0.5, 0.5])
    assert [f.verdict for f in judge({("a", "b"): statistic}, 1e-3)] == ["broken"]
    assert [f.verdict for f in judge({("a", "b"): statistic}, 1e-3, workers=8)] == ["known flaw"]
