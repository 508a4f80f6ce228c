"""Can a learner part the rows of two datasets? Gradient boosting, tested on customers that it has not seen.

It sees the columns of a row and of the customer's row before, so it finds differences that no table names. Two samples
of one population give an area under the ROC curve of 0.5. scikit-learn is an extra, which only this module imports.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.comparison.row_sample import CATEGORICAL, FEATURES, LABEL, RowSample

FOLDS: Final = 5
LEAST_FRAUDS: Final = 100
"""Fraudulent rows of either sample below which no fraud model is trained."""

_LEAST_CUSTOMERS: Final = 4 * FOLDS
_NORMAL_95: Final = 1.959964
_TELLING: Final = 3
_SURE: Final = 0.01  # p below which it is worth to say what tells the datasets apart
_MOST_CODES: Final = 63  # of a categorical feature, as the learner has it
_BLOCKS: Final = 32


@dataclass(frozen=True)
class Parting:
    """How well a learner parts two datasets.

    Attributes:
        auc: Area under the ROC curve on unseen customers, the mean over the folds.
        error: Its standard error; rows of a customer count together.
        low, high: 95 % confidence interval.
        p: Probability of an area as large between two samples of one population.
        rows: Rows of either sample.
        telling: Features without which the area drops most, and by how much; none where p is large.
        different: Whether the area is past chance, judged together with all other tests.
    """

    auc: float
    error: float
    low: float
    high: float
    p: float
    rows: tuple[int, int]
    telling: tuple[tuple[str, float], ...]
    different: bool = False


@dataclass(frozen=True)
class Transfer:
    """How well fraud models that were trained on either dataset find the fraud of the first, on unseen customers.

    Attributes:
        at_home, from_other: Average precision of the model trained on the first, and on the other.
        error: Standard error of their difference, from leaving out blocks of customers.
    """

    at_home: float
    from_other: float
    error: float

    @property
    def loss(self) -> float:
        """Share of the average precision that is lost."""
        return 1.0 - self.from_other / self.at_home if self.at_home else 0.0


@dataclass(frozen=True)
class _Rows:
    """Rows to learn from.

    Attributes:
        names: Of the features.
        label: What is to be told, 0 or 1.
        group: Within each, both labels weigh the same: what only tells groups apart is not learned.
    """

    features: F64
    names: tuple[str, ...]
    label: I64
    customer: U64
    group: I64

    def where(self, chosen: Bools) -> _Rows:
        return replace(
            self,
            features=self.features[chosen],
            label=self.label[chosen],
            customer=self.customer[chosen],
            group=self.group[chosen],
        )


def has_learner() -> bool:
    """Return whether scikit-learn is installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return False
    return True


def limit_threads(number: int) -> AbstractContextManager[object]:
    """Return a context in which learners use so many threads, whatever else the machine does."""
    from threadpoolctl import threadpool_limits  # what scikit-learn itself needs

    context: AbstractContextManager[object] = threadpool_limits(number, "openmp")
    return context


def part_samples(one: RowSample, other: RowSample, known: Set[str], *, same_period: bool) -> Parting | None:
    """Return how well a learner parts two samples; None where they have too few customers.

    Args:
        known: Columns that both datasets have.
        same_period: Whether months can be compared.
    """
    samples = one, other
    if min(len(np.unique(sample.customer)) for sample in samples) < _LEAST_CUSTOMERS:
        return None
    names = tuple(name for name, needs in FEATURES.items() if needs <= known and (same_period or name != "month"))
    # Shares of profiles and of fraud have tests of their own; here their chance would hide what rows show.
    kinds = [_select(sample, ("profile", LABEL)).astype(np.int64) for sample in samples]
    rows = _Rows(
        features=np.concatenate([_select(sample, names) for sample in samples]),
        names=names,
        label=np.repeat([0, 1], [len(sample) for sample in samples]),
        customer=np.concatenate([sample.customer for sample in samples]),
        group=np.concatenate([2 * kind[:, 0] + kind[:, 1] for kind in kinds]),
    )
    fold = _choose_folds(rows.customer, FOLDS)
    folds = [(rows.where(fold != number), rows.where(fold == number)) for number in range(FOLDS)]
    folds = [(training, testing) for training, testing in folds if 0 < testing.label.mean() < 1]
    models = [_train(training) for training, _ in folds]
    measured = [_measure_area(model, testing) for model, (_, testing) in zip(models, folds, strict=True)]
    area = float(np.mean([own for own, _ in measured]))
    error = float(np.sqrt(sum(variance for _, variance in measured))) / len(measured)
    p = _find_p(area, error)
    low, high = (float(np.clip(area + way * _NORMAL_95 * error, 0.0, 1.0)) for way in (-1, 1))
    telling = _find_telling(models[0], folds[0][1]) if p < _SURE else ()
    return Parting(area, error, low, high, p, (len(one), len(other)), telling)


def transfer_fraud(one: RowSample, other: RowSample, known: Set[str], *, same_period: bool) -> Transfer | None:
    """Return what a fraud model loses that is trained on the other dataset; None where there is too little fraud."""
    names = tuple(n for n, needs in FEATURES.items() if needs <= known and n not in (LABEL, *_UNKNOWN_TO_MODELS))
    names = tuple(name for name in names if same_period or name != "month")
    home, away = (_as_labelled(sample, names) for sample in (one, other))
    if "is_fraud" not in known or min(home.label.sum(), away.label.sum()) < LEAST_FRAUDS:
        return None
    fold = _choose_folds(home.customer, 2)
    scores = np.zeros((2, len(home.label)))
    for number in (0, 1):
        test = fold == number
        # Half of either dataset trains: a model must not be better for having seen more.
        for place, training in enumerate((home, away)):
            half = training.where(_choose_folds(training.customer, 2) != number)
            scores[place, test] = _score(_train(half), home.features[test])
    precision = [_average_precision(score, home.label) for score in scores]
    block = (home.customer >> np.uint64(32)).astype(np.int64) % _BLOCKS
    kept = [block != number for number in range(_BLOCKS)]
    left_out = [
        _average_precision(scores[0][own], home.label[own]) - _average_precision(scores[1][own], home.label[own])
        for own in kept
    ]
    return Transfer(precision[0], precision[1], float(np.sqrt(np.var(left_out) * (_BLOCKS - 1))))


_UNKNOWN_TO_MODELS: Final = ("previous fraud",)


def _as_labelled(sample: RowSample, names: tuple[str, ...]) -> _Rows:
    label = sample.features[:, list(FEATURES).index(LABEL)].astype(np.int64)
    return _Rows(_select(sample, names), names, label, sample.customer, np.zeros_like(label))


def _select(sample: RowSample, names: Sequence[str]) -> F64:
    return sample.features[:, [list(FEATURES).index(name) for name in names]]


def _choose_folds(customer: U64, folds: int) -> I64:
    """Return the fold of each row's customer."""
    return ((customer >> np.uint64(40)) % np.uint64(folds)).astype(np.int64)


def _train(rows: _Rows) -> Any:
    """Return a model of the labels."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    most = np.nanmax(rows.features, axis=0)
    categorical = [name in CATEGORICAL and most[place] < _MOST_CODES for place, name in enumerate(rows.names)]
    leaf = int(np.clip(len(rows.label) // 100, 1, 200))
    model = HistGradientBoostingClassifier(
        max_iter=60,
        max_bins=63,
        min_samples_leaf=leaf,
        early_stopping=False,
        categorical_features=categorical,
        random_state=0,
    )
    cells = np.bincount(2 * rows.group + rows.label, minlength=2 * int(rows.group.max()) + 2).reshape(-1, 2)
    weights = cells.sum(axis=1, keepdims=True) / (2.0 * np.maximum(cells, 1))
    return model.fit(rows.features, rows.label, weights[rows.group, rows.label])


def _score(model: Any, features: F64) -> F64:
    return np.asarray(model.predict_proba(features)[:, 1])


def _measure_area(model: Any, rows: _Rows) -> tuple[float, float]:
    """Return the area under the ROC curve and its variance, where rows come customer by customer (Obuchowski 1997)."""
    from scipy import stats

    scores = _score(model, rows.features)
    ranks = stats.rankdata(scores)
    parts, variance = [], 0.0
    for label in (0, 1):
        own = rows.label == label
        # How much of the other label each row is on the right side of.
        beaten = (ranks[own] - stats.rankdata(scores[own])) / np.count_nonzero(~own)
        right = beaten if label else 1.0 - beaten
        people, codes = np.unique(rows.customer[own], return_inverse=True)
        sums = np.bincount(codes, right - right.mean())
        variance += float((sums**2).sum()) / len(right) ** 2 * len(people) / max(1, len(people) - 1)
        parts.append(float(right.mean()))
    return parts[0], variance


def _find_p(area: float, error: float) -> float:
    from scipy import stats

    return float(stats.norm.sf((area - 0.5) / error)) if error else float(area <= 0.5)


def _find_telling(model: Any, rows: _Rows) -> tuple[tuple[str, float], ...]:
    """Return the features without which the area drops most: each in turn is exchanged among the rows."""
    area, _ = _measure_area(model, rows)
    # A fixed exchange that mixes both labels: rows in the order of their customers' scrambled hashes, moved by half.
    order = np.argsort(rows.customer * np.uint64(0x9E3779B97F4A7C15), kind="stable")
    moved = np.empty_like(order)
    moved[order] = np.roll(order, len(order) // 2)
    drops = []
    for place, name in enumerate(rows.names):
        changed = rows.features.copy()
        changed[:, place] = changed[moved, place]
        drops.append((name, area - _measure_area(model, replace(rows, features=changed))[0]))
    found = sorted(drops, key=lambda drop: -drop[1])[:_TELLING]
    return tuple((name, drop) for name, drop in found if drop > 0.0)


def _average_precision(scores: F64, label: I64) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(label, scores))
