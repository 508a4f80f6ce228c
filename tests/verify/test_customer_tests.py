"""Tests of each customer's rows as a whole: numbers of rows, who is defrauded, and dates of fraud."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest

from vecgen.records.receipt import Receipt
from vecgen.verify.chi_square import Statistic
from vecgen.verify.customer_tests import examine_histories, share_defrauded
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import Reading, read_dataset


@pytest.fixture(scope="module")
def reading(parquet: tuple[Path, Receipt]) -> Reading:
    return read_dataset(parquet[0], read_expectation(parquet[0], {}))


def test_customers_of_the_model_pass_every_test(reading: Reading) -> None:
    statistics = dict(examine_histories(reading.totals.people, reading.model))
    assert {"rate", "defrauded", "fraud rate", "dates within windows"} <= set(statistics)
    assert min(statistic.p for statistic in statistics.values()) > 1e-6


def test_a_number_of_rows_that_no_rate_gives_is_impossible(reading: Reading) -> None:
    people = deepcopy(reading.totals.people)
    people[0].rows = Counter({1: 1})  # a day's rate times the days of the period is more
    statistics: dict[str, Statistic] = dict(examine_histories(people, reading.model))
    assert statistics["rate"].p == 0.0


def test_shares_of_the_defrauded_among_those_with_rows(reading: Reading) -> None:
    for law, twin in reading.model.rows:
        assert share_defrauded(law, twin, 0.0) == 0.0
        assert share_defrauded(law, twin, 1.0) == 1.0
        assert 0.0 < share_defrauded(law, twin, 0.5) < 1.0
