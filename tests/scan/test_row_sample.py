"""Samples of rows: bounded, the same in whatever order customers come, and with what went before a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.datasets import read_rows
from vecgen.model.exact import ExactModel
from vecgen.records.receipt import Receipt
from vecgen.report.comparison.reading import Pair
from vecgen.scan.sides.row_sample import FEATURES, RowSample
from vecgen.scan.sides.side import Side


def cut(sample: RowSample, pieces: int) -> list[RowSample]:
    """Return a sample in parts of whole customers."""
    part = sample.customer % np.uint64(pieces)
    chosen = [part == number for number in range(pieces)]
    return [RowSample(sample.features[own], sample.customer[own], sample.key[own]) for own in chosen]


def test_few_rows_are_all_in_the_sample(side: Side) -> None:
    assert side.sample.one_in == 1
    assert len(side.sample) == side.marginals.total("fraud").sum()


def test_a_sample_is_bounded_and_does_not_depend_on_the_order(side: Side) -> None:
    found = []
    for parts in (cut(side.sample, 7), cut(side.sample, 3)[::-1]):
        total = RowSample(most=600)
        for part in parts:
            total.add(part)
        found.append(total)
    keys = [set(sample.key.tolist()) for sample in found]
    assert keys[0] == keys[1]
    assert found[0].one_in == found[1].one_in > 1
    assert 200 < len(keys[0]) <= 600
    expected = side.sample.key[side.sample.key % found[0].one_in == 0]
    assert keys[0] == set(expected.tolist())


def test_features_tell_of_the_row_before(
    side: Side, open_model: ExactModel, parquet: tuple[Path, Receipt], pair: Pair
) -> None:
    rows = sorted(read_rows(parquet[0]).to_pylist(), key=lambda row: (row["ssn"], row["unix_time"]))
    moments = {}
    for before, row in zip([{}, *rows], rows, strict=False):
        known = before.get("ssn") == row["ssn"]
        since = row["unix_time"] - before["unix_time"] if known else -1
        amount = round(100 * before["amt"]) if known else -1
        moments[round(100 * row["amt"]), row["trans_date"].weekday(), round(1e6 * row["merch_lat"])] = since, amount
    table = {name: side.sample.features[:, place] for place, name in enumerate(FEATURES)}
    first = np.isnan(table["seconds since"])
    assert first.sum() == side.marginals.customers.sum()
    since = np.where(first, -1, np.rint(np.expm1(table["seconds since"])))
    amount = np.where(first, -1, np.rint(np.exp(table["previous amount"])))
    expected = sorted(moments.values())
    found = sorted(zip(since.astype(int).tolist(), amount.astype(int).tolist(), strict=True))
    assert len(expected) == len(found)  # no two rows share amount, weekday and place
    assert found == expected
