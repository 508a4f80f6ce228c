"""Histories: the rows of a dataset, customer by customer in the order of time, whatever way they came."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.support.datasets import read_rows
from vecgen.io.reader import find_files, read_batches
from vecgen.io.schema import COLUMNS
from vecgen.model.exact import ExactModel
from vecgen.records.receipt import Receipt
from vecgen.scan.comparison.histories import GENDERS, STATES, Histories, HistoryCollector, number_gender, number_state
from vecgen.scan.row_checks import inspect


@pytest.fixture(scope="module")
def histories(
    parquet: tuple[Path, Receipt], open_model: ExactModel, tmp_path_factory: pytest.TempPathFactory
) -> Histories:
    scratch = tmp_path_factory.mktemp("scratch")
    collector = HistoryCollector(open_model, scratch)
    for path in find_files(parquet[0] / "transactions"):
        for batch in read_batches(path, COLUMNS):
            collector.add(inspect(batch, open_model)[0], batch)
    (found,) = collector.close()
    assert list(scratch.iterdir()) == []
    return found


def test_rows_are_those_of_the_files(
    parquet: tuple[Path, Receipt], histories: Histories, open_model: ExactModel
) -> None:
    start = open_model.law.period.start
    expected = [
        (
            (row["trans_date"] - start).days,
            sum(60**place * int(part) for place, part in enumerate(reversed(row["trans_time"].split(":")))),
            open_model.profile_files.index(row["profile"]),
            open_model.categories.index(row["category"]),
            row["is_fraud"],
            "FM".index(row["gender"]),
            26 * (ord(row["state"][0]) - 65) + ord(row["state"][1]) - 65,
            _years(row["dob"], start),
            round(100 * row["amt"]),
            round(1e6 * row["merch_lat"]) - round(1e6 * row["lat"]),
        )
        for row in read_rows(parquet[0]).to_pylist()
    ]
    names = ("day", "second", "profile", "category", "label", "gender", "state", "age", "cents", "lat")
    found = zip(*(getattr(histories, name).tolist() for name in names), strict=True)
    assert sorted(found) == sorted(expected)


def _years(born: date, on: date) -> int:
    return int((on - born).days / 365.2425)


def test_customers_stand_together_in_the_order_of_time(histories: Histories) -> None:
    assert histories.first.sum() == len(np.unique(histories.customer))
    assert (np.diff(histories.moment)[~histories.first[1:]] >= 0).all()


def test_texts_that_are_no_states_share_a_number() -> None:
    assert [number_state(text) for text in ("AA", "AB", "ZZ")] == [0, 1, STATES - 2]
    assert {number_state(text) for text in ("", "A", "ca", "Ohio", "ÄÖ")} == {STATES - 1}
    assert [GENDERS[number_gender(text)] for text in ("F", "M", "", "x")] == ["F", "M", "other", "other"]
