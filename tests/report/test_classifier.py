"""The classifier: one half where there is nothing to find, whatever customers have in common; else it tells what."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from vecgen.report.comparison.classifier import (
    Parting,
    _measure_area,
    _Rows,
    has_learner,
    limit_threads,
    part_samples,
    transfer_fraud,
)
from vecgen.sampling.arrays import F64
from vecgen.scan.comparison.row_sample import FEATURES, RowSample

EVERYTHING = frozenset().union(*FEATURES.values())


def draw(seed: int, customers: int = 80, rows: int = 1500, fraud: float = 0.1, shift: float = 0.0) -> RowSample:
    """Return rows of customers with habits of their own; fraud costs more, `shift` of the amounts moves with hours."""
    rng = np.random.default_rng(seed)  # noqa: TID251 - of the test itself
    hashes = rng.integers(1 << 63, size=customers, dtype=np.int64).view(np.uint64)
    who = rng.integers(customers, size=rows)
    habits = rng.normal(size=customers)
    label = rng.random(rows) < fraud
    features = rng.normal(size=(rows, len(FEATURES)))
    columns = {name: features[:, place] for place, name in enumerate(FEATURES)}
    columns["profile"][:] = columns["category"][:] = columns["previous category"][:] = 0.0
    columns["fraud"][:] = label
    columns["amount"][:] += habits[who] + 2.0 * label + shift * np.sign(columns["second"])
    key = rng.integers(1 << 63, size=rows, dtype=np.int64).view(np.uint64)
    return RowSample(features, hashes[who], key)


def part(one: RowSample, other: RowSample) -> Parting:
    with limit_threads(1):
        found = part_samples(one, other, EVERYTHING, same_period=True)
    assert found
    return found


def test_samples_of_one_population_are_not_parted() -> None:
    found = [part(draw(seed), draw(100 + seed)) for seed in range(6)]
    deviations = np.array([(own.auc - 0.5) / own.error for own in found])
    assert np.abs(deviations).max() < 3.5
    assert abs(deviations.mean()) < 1.7
    assert sum(own.low <= 0.5 <= own.high for own in found) >= 4
    assert all(own.telling == () or own.p < 0.01 for own in found)


def test_a_difference_between_two_features_is_found_and_named() -> None:
    found = part(draw(1), draw(2, shift=1.0))
    assert found.p < 1e-6
    assert found.low > 0.55
    assert {name for name, _ in found.telling[:2]} == {"amount", "second"}
    assert found.rows == (1500, 1500)


def test_what_one_dataset_does_not_have_is_not_looked_at() -> None:
    with limit_threads(1):
        found = part_samples(draw(1), draw(2, shift=1.0), EVERYTHING - {"amt"}, same_period=True)
    assert found
    assert found.p > 1e-3


def test_few_customers_are_not_parted() -> None:
    assert part_samples(draw(1, customers=10), draw(2), EVERYTHING, same_period=True) is None


class Given:
    """A model whose scores are the first feature."""

    def predict_proba(self, features: F64) -> F64:
        return np.column_stack([1.0 - features[:, 0], features[:, 0]])


def test_the_area_is_that_of_scikit_learn_and_its_error_that_of_whole_customers() -> None:
    rng = np.random.default_rng(3)  # noqa: TID251 - of the test itself
    areas, errors = [], []
    for _ in range(200):
        label = np.repeat([0, 1], 300)
        customer = np.repeat(np.arange(60), 10)  # ten rows a customer, all with nearly the same score
        scores = np.repeat(rng.random(60), 10) + 0.01 * rng.random(600)
        rows = _Rows(scores[:, np.newaxis], ("x",), label, customer.astype(np.uint64), np.zeros_like(label))
        area, variance = _measure_area(Given(), rows)
        areas.append(area)
        errors.append(np.sqrt(variance))
    assert areas[-1] == pytest.approx(roc_auc_score(label, scores))
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.12)


def test_a_fraud_model_loses_what_the_other_dataset_does_not_show() -> None:
    home = draw(1)
    with limit_threads(1):
        alike = transfer_fraud(home, draw(2), EVERYTHING, same_period=True)
        shuffled = draw(3)
        shuffled.features[:, list(FEATURES).index("amount")] = 0.0
        blind = transfer_fraud(home, shuffled, EVERYTHING, same_period=True)
        none = transfer_fraud(home, draw(4, fraud=0.01), EVERYTHING, same_period=True)
    assert alike
    assert blind
    assert abs(alike.at_home - alike.from_other) < 4 * alike.error
    assert alike.at_home > 0.2  # one row in ten is fraudulent
    assert blind.loss > 0.4
    assert none is None


def test_scikit_learn_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert has_learner()
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert not has_learner()
