"""Rules: the search finds what trying every rule on every row finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.datasets import read_rows
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.model.exact import AMOUNT_EDGES, NIGHT, write_out
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.report.baselines import (
    CELLS,
    FAMILIES,
    HOURS,
    Detector,
    Family,
    Rule,
    Score,
    choose_best,
    describe_rule,
    find_detectors,
    night_rule,
    score_rule,
)
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset

Row = tuple[int, int, int, int]
"""Label, category, hour, cell of the amount."""
CATEGORIES = 2
ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, CATEGORIES - 1), st.integers(0, 23), st.integers(1, CELLS - 1)),
    min_size=1,
    max_size=8,
)


def count(rows: Sequence[Row]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    counts = np.zeros((2, CATEGORIES, 24, CELLS), dtype=np.int64)
    for row in rows:
        counts[row] += 1
    return counts


def score_rows(rows: Sequence[Row], rule: Rule) -> Score:
    flagged = [label for label, category, hour, cell in rows if hour in rule.hours and cell >= rule.least[category]]
    return Score(len(flagged), sum(flagged), sum(row[0] for row in rows))


def list_rules(rows: Sequence[Row], family: Family) -> Iterator[Rule]:
    """Yield a rule of a family for every set of these rows that any of its rules flags."""
    present = {row[2] for row in rows}
    intervals = [tuple((first + i) % 24 for i in range(length)) for first in range(24) for length in range(1, 25)]
    different = {frozenset(present & set(hours)): hours for hours in intervals}
    cells = sorted({0, CELLS} | ({row[3] for row in rows} if family.amount else set()))
    leasts = product(cells, repeat=CATEGORIES) if family.categories else ((cell,) * CATEGORIES for cell in cells)
    for least in leasts:
        for hours in different.values() if family.hours else [HOURS]:
            yield Rule(hours, tuple(least))


@settings(max_examples=30)
@given(ROWS)
def test_no_rule_of_a_family_is_better_than_the_one_found(rows: list[Row]) -> None:
    detectors = find_detectors(count(rows))
    if not any(row[0] for row in rows):
        assert detectors == []
        return
    for family, detector in zip(FAMILIES, detectors, strict=True):
        rule = detector.rule
        assert detector.family == family
        assert family.hours or rule.hours == HOURS
        assert family.categories or len(set(rule.least)) == 1
        assert family.amount or set(rule.least) <= {0, CELLS}
        assert detector.score == score_rows(rows, rule)
        best = max(score_rows(rows, other).f1 for other in list_rules(rows, family))
        assert detector.score.f1 == pytest.approx(best)


def test_rules_hold_of_a_dataset_row_by_row(parquet: tuple[Path, Receipt]) -> None:
    path, _ = parquet
    reading = read_dataset(path, read_expectation(path, {}))
    counts, categories = reading.totals.hour_amounts, reading.model.categories
    table = read_rows(path).select(["category", "trans_time", "amt", "is_fraud"]).to_pylist()
    detectors = find_detectors(counts)
    night = Rule(NIGHT, (0,) * len(categories))
    for rule, score in [*((d.rule, d.score) for d in detectors), (night, score_rule(counts, night))]:
        dollars = [0.0 if k == 0 else np.inf if k == CELLS else AMOUNT_EDGES[k - 1] / 100 for k in rule.least]
        least = dict(zip(categories, dollars, strict=True))
        flagged = [
            row["is_fraud"]
            for row in table
            if int(row["trans_time"][:2]) in rule.hours and row["amt"] >= least[row["category"]] - 1e-6
        ]
        assert score == Score(len(flagged), sum(flagged), sum(row["is_fraud"] for row in table))
    assert all(d.score.f1 <= detectors[-1].score.f1 + 1e-12 for d in detectors)


def test_the_night_is_when_the_law_puts_most_fraud(plan: Plan) -> None:
    model = write_out(load_profiles(DEFAULT_PROFILES), plan.tables.law)
    hours = model.rows[0][1].part_hours
    assert set(NIGHT) == {12 * part + hour for part, hour in np.argwhere(hours > 1 / 12).tolist()}
    assert night_rule(3) == Rule(NIGHT, (0, 0, 0))


def test_scores_of_nothing_are_zero() -> None:
    nothing = Score(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)


def test_the_best_rule_is_chosen_the_simplest_of_equals() -> None:
    def detector(family: int, found: int) -> Detector:
        return Detector(FAMILIES[family], Rule(HOURS, (0, 0)), Score(10, found, 10))

    assert choose_best([detector(3, 5), detector(0, 5), detector(6, 9)]) == detector(6, 9)
    assert choose_best([detector(6, 5), detector(3, 5), detector(0, 5)]) == detector(0, 5)
    assert choose_best([detector(0, 5), detector(3, 6)]) == detector(3, 6)
    assert choose_best([]) is None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(HOURS, (0, 0)), "any row"),
        (Rule(NIGHT, (0, 0)), "between 22:00 and 04:00"),
        (Rule(HOURS, (1, 1)), "amount ≥ $1.00"),
        (Rule((23,), (2, 2)), "between 23:00 and 00:00, amount ≥ $1.09"),
        (Rule(HOURS, (CELLS, 0)), "travel"),
        (Rule(NIGHT, (1, 0)), "between 22:00 and 04:00, home ≥ $1.00 or travel"),
    ],
)
def test_rules_in_words(rule: Rule, words: str) -> None:
    assert describe_rule(rule, ("home", "travel")) == words
