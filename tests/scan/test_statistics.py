"""Sides: what is known of a dataset does not depend on its format, nor on who reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vecgen.records.receipt import Receipt
from vecgen.report.comparison.reading import Pair, Reading, read_pair
from vecgen.scan.comparison.marginals import TABLES
from vecgen.scan.comparison.statistics import Statistics


def assert_equal(one: Statistics, other: Statistics) -> None:
    assert one.marginals.rows == other.marginals.rows > 0
    assert one.faults == other.faults == {}
    for table in TABLES:
        np.testing.assert_array_equal(one.marginals.tables[table.name], other.marginals.tables[table.name])
    order, again = np.argsort(one.sample.key), np.argsort(other.sample.key)
    np.testing.assert_array_equal(one.sample.features[order], other.sample.features[again])


def test_a_format_makes_no_difference(pair: Pair) -> None:
    assert_equal(*pair.statistics)


def test_processes_make_no_difference(pair: Pair, parquet: tuple[Path, Receipt]) -> None:
    assert_equal(pair.statistics[0], read_pair(parquet[0], parquet[0], Reading(processes=2)).statistics[1])
