"""Tests of each customer's rows as a whole: numbers of rows, who is defrauded, and dates of fraud."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.model.exact import write_out
from vecgen.model.params import ModelParameters, Period
from vecgen.records.receipt import Receipt
from vecgen.scan.counts import CustomerTotals
from vecgen.verify.chi_square import Statistic
from vecgen.verify.customer_tests import examine_histories, first_and_last, list_shares
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import Reading, read_dataset

PROFILES = load_profiles(DEFAULT_PROFILES)


@pytest.fixture(scope="module")
def reading(parquet: tuple[Path, Receipt]) -> Reading:
    return read_dataset(parquet[0], read_expectation(parquet[0], {}))


def test_customers_of_the_model_pass_every_test(reading: Reading) -> None:
    statistics = dict(examine_histories(reading.totals.customers, reading.model))
    assert {"rate", "defrauded", "fraud rate", "dates within windows"} <= set(statistics)
    assert min(statistic.p for statistic in statistics.values()) > 1e-6


def test_a_number_of_rows_that_no_rate_gives_is_impossible(reading: Reading) -> None:
    people = deepcopy(reading.totals.customers)
    people[0].rows = Counter({1: 1})  # a day's rate times the days of the period is more
    statistics: dict[str, Statistic] = dict(examine_histories(people, reading.model))
    assert statistics["rate"].p == 0.0


def test_shares_of_defrauded_customers(reading: Reading) -> None:
    for rate, share in ((0.0, 0.0), (1.0, 1.0), (0.5, pytest.approx(0.5, abs=0.3))):
        model = write_out(PROFILES, replace(reading.model.law, fraud_rate=rate))
        assert list_shares(model) == [share] * len(model.profiles)


def test_of_a_profile_without_cases_no_window_is_expected(reading: Reading) -> None:
    spared = [CustomerTotals(rows=own.rows) for own in reading.totals.customers]
    never = tuple(
        tuple(replace(fraud, numbers=np.zeros(1, dtype=np.int64)) for fraud in own) for own in reading.model.frauds
    )
    statistics = dict(examine_histories(spared, replace(reading.model, frauds=never)))
    assert statistics["fraud window"] == Statistic()


def test_first_and_last_dates_agree_with_enumeration() -> None:
    (own,) = write_out(PROFILES, ModelParameters(Period(date(2023, 1, 1), date(2023, 1, 10)), fraud_days=2)).frauds[0]
    windows, starts = np.array([[0.2, 0.3, 0.5], [0.0, 0.6, 0.4]]), np.array([0.3, 0.7])
    fraud = replace(own, rows=replace(own.rows, windows=windows), starts=starts, numbers=np.array([0, 2, 4]))
    expected = np.zeros((10, 3))
    for (start, shares), rows in product(enumerate(windows.tolist()), (2, 4)):
        for days in product(range(3), repeat=rows):
            chance = starts[start] * np.prod([shares[day] for day in days]) / 2
            expected[1 + start + min(days), max(days) - min(days)] += chance
    assert first_and_last(fraud, 10) == pytest.approx(expected)
