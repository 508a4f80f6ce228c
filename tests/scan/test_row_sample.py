"""Samples of rows: bounded, the same in whatever order customers come, and with what went before a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.datasets import read_rows
from vecgen.model.exact import ExactModel
from vecgen.records.receipt import Receipt
from vecgen.report.comparison.reading import Pair
from vecgen.scan.comparison.row_sample import FEATURES, RowSample
from vecgen.scan.comparison.statistics import Statistics


def cut(sample: RowSample, pieces: int) -> list[RowSample]:
    """Return a sample in parts of whole customers."""
    part = sample.customer % np.uint64(pieces)
    chosen = [part == number for number in range(pieces)]
    return [RowSample(sample.features[own], sample.customer[own], sample.key[own]) for own in chosen]


def test_few_rows_are_all_in_the_sample(statistics: Statistics) -> None:
    assert statistics.sample.one_in == 1
    assert len(statistics.sample) == statistics.marginals.total("fraud").sum()


def test_a_sample_is_bounded_and_does_not_depend_on_the_order(statistics: Statistics) -> None:
    found = []
    for parts in (cut(statistics.sample, 7), cut(statistics.sample, 3)[::-1]):
        total = RowSample(most=600)
        for part in parts:
            total.add(part)
        found.append(total)
    keys = [set(sample.key.tolist()) for sample in found]
    assert keys[0] == keys[1]
    assert found[0].one_in == found[1].one_in > 1
    assert 200 < len(keys[0]) <= 600
    expected = statistics.sample.key[statistics.sample.key % found[0].one_in == 0]
    assert keys[0] == set(expected.tolist())


def test_features_tell_of_the_row_before(
    statistics: Statistics, open_model: ExactModel, parquet: tuple[Path, Receipt], pair: Pair
) -> None:
    rows = sorted(read_rows(parquet[0]).to_pylist(), key=lambda row: (row["ssn"], row["unix_time"]))
    moments = {}
    for before, row in zip([{}, *rows], rows, strict=False):
        known = before.get("ssn") == row["ssn"]
        since = row["unix_time"] - before["unix_time"] if known else -1
        amount = round(100 * before["amt"]) if known else -1
        moments[round(100 * row["amt"]), row["trans_date"].weekday(), round(1e6 * row["merch_lat"])] = since, amount
    table = {name: statistics.sample.features[:, place] for place, name in enumerate(FEATURES)}
    first = np.isnan(table["seconds since"])
    assert first.sum() == statistics.marginals.customers.sum()
    since = np.where(first, -1, np.rint(np.expm1(table["seconds since"])))
    amount = np.where(first, -1, np.rint(np.exp(table["previous amount"])))
    expected = sorted(moments.values())
    found = sorted(zip(since.astype(int).tolist(), amount.astype(int).tolist(), strict=True))
    assert len(expected) == len(found)  # no two rows share amount, weekday and place
    assert found == expected
