"""One dataset as it is read for a comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.model.exact import ExactModel
from vecgen.records.receipt import Receipt
from vecgen.report.comparison.reading import Pair, read_pair
from vecgen.scan.comparison.statistics import Statistics


@pytest.fixture(scope="session")
def pair(parquet: tuple[Path, Receipt], text: tuple[Path, Receipt]) -> Pair:
    """Return a dataset as Parquet and the same as CSV, read."""
    return read_pair(parquet[0], text[0])


@pytest.fixture(scope="session")
def statistics(pair: Pair) -> Statistics:
    return pair.statistics[0]


@pytest.fixture(scope="session")
def open_model(pair: Pair) -> ExactModel:
    return pair.models[0]
