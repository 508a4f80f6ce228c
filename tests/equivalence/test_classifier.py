"""A learner as witness: it cannot tell rows of the arrays from rows of the row loop, and fraud looks the same in both.

Gradient boosting sees every column of a transaction, so it would find joint laws that no test names; a second one sees
what the rows of a customer add up to. They are kept apart because sums of a few hundred customers, repeated in every
row, drown what rows show. Rows of a customer share a rate and a window: what is exchangeable between the samplers are
whole customers. So customers are split into those that train and those that test, and the band of the area under the
curve comes from swapping the samplers of test customers at random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score

from tests.equivalence.samplers import Batches, draw_arrays, draw_loop, shipped
from tests.equivalence.test_wrong_samplers import Wrong, permute_amounts, swap_shape_and_scale
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import Profile
from vecgen.model.exact import ExactModel
from vecgen.model.params import ModelParameters, Period
from vecgen.scan.row_checks import inspect

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

NAMES = ("young_adults_male_urban", "adults_2550_female_urban", "adults_50up_male_rural")
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
SPRING = ModelParameters(Period(date(2023, 2, 1), date(2023, 4, 30)), fraud_rate=1.0)
WORLD = shipped(SPRING, load_profiles(DEFAULT_PROFILES), MERCHANTS, NAMES)
CUSTOMERS = 120  # of each profile: about 94,000 rows of each sampler
SWAPS = 2_000
ROW = 13  # columns of a row; what follows belongs to its customer


@dataclass(frozen=True)
class Sample:
    """Rows as numbers: features, shape (rows, columns), the customer of each row, and whether it is fraudulent."""

    features: F64
    customer: I64
    is_fraud: I64

    def of(self, customers: I64) -> Sample:
        """Return the rows of some customers."""
        own = np.isin(self.customer, customers)
        return Sample(self.features[own], self.customer[own], self.is_fraud[own])

    def rows(self) -> Sample:
        """Return what is known of each row alone."""
        return Sample(self.features[:, :ROW], self.customer, self.is_fraud)

    def people(self) -> Sample:
        """Return one row a customer: profile and what all its rows add up to."""
        _, first = np.unique(self.customer, return_index=True)
        features = self.features[first]
        features[:, 1:ROW] = 0.0
        return Sample(features, self.customer[first], self.is_fraud[first])


def sample(groups: list[Batches], laws: ExactModel) -> Sample:
    """Return the features of all rows; customers are numbered in the order of their keys, so alike in every sampler."""
    batches = [batch for group in groups for batch in group]
    rows = [inspect(batch, laws)[0] for batch in batches]

    def column(name: str) -> npt.NDArray[np.int64]:
        return np.concatenate([getattr(part, name) for part in rows]).astype(np.int64)

    _, customer = np.unique(np.concatenate([part.customer for part in rows]), return_inverse=True)
    merchant = np.concatenate([merchant_codes(batch) for batch in batches])
    number = np.concatenate([part.number for part in rows]) >> np.uint64(56)
    names = ("profile", "day", "second", "category", "cents", "is_fraud", "lat", "long")
    row = np.stack([*(column(name) for name in names), merchant, *number.T.astype(np.int64)], axis=1).astype(np.float64)
    weekday = column("day") % 7
    sums = [row[:, 4], row[:, 5], row[:, 2] < 43_200, weekday == 4, row[:, 2] % 60, row[:, 6], row[:, 7], row[:, 1]]
    rows_of = np.bincount(customer)
    means = [(np.bincount(customer, values) / rows_of)[customer] for values in sums]
    days = np.unique(customer * 400 + column("day")) // 400
    active = np.bincount(days, minlength=len(rows_of))
    features = np.column_stack([row, weekday, row[:, 2] // 3600, rows_of[customer], active[customer], *means])
    return Sample(features, customer.astype(np.int64), column("is_fraud"))


def merchant_codes(batch: pa.RecordBatch) -> I64:
    """Return the position of each row's merchant among all, so that numbers mean the same in every sampler."""
    names = {name: position for position, name in enumerate(sorted({n for own in MERCHANTS.names for n in own}))}
    merchant = batch.column("merchant")
    encoded = merchant if isinstance(merchant, pa.DictionaryArray) else merchant.dictionary_encode()
    codes = np.array([names[name] for name in encoded.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(codes[encoded.indices.to_numpy()])


@cache
def loop(seed: int) -> Sample:
    return sample(list(draw_loop(WORLD, CUSTOMERS, seed)), WORLD.model)


@cache
def arrays(seed: int) -> Sample:
    return sample(list(draw_arrays(WORLD, CUSTOMERS, seed)), WORLD.model)


def split() -> tuple[I64, I64]:
    """Return the customers that train and those that test: every other one."""
    everyone = np.arange(CUSTOMERS * len(NAMES))
    return everyone[0::2], everyone[1::2]


def fit(features: F64, labels: I64, weights: F64 | None = None) -> HistGradientBoostingClassifier:
    leaf = min(200, len(labels) // 20)
    model = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=leaf, early_stopping=False, random_state=0)
    return model.fit(features, labels, weights)


def tell_apart(one: Sample, other: Sample) -> tuple[float, float]:
    """Return the area under the curve of a model told to find the rows of `other`, and its p-value (two-sided).

    That the customers that train happen to have more rows in one sampler
    than in the other says nothing of those that test: each profile and label weighs the same on both sides.
    """
    training, testing = split()
    parts = [own.of(training) for own in (one, other)]
    labels = np.repeat([0, 1], [len(own.customer) for own in parts])
    features = np.concatenate([own.features for own in parts])
    group = ((features[:, 0] * 2 + features[:, 5]) * 2 + labels).astype(np.int64)
    model = fit(features, labels, 1.0 / np.bincount(group)[group])
    tests = [own.of(testing) for own in (one, other)]
    scores = model.predict_proba(np.concatenate([own.features for own in tests]))[:, 1]
    # Customer c of one sampler and of the other are a pair; a swap exchanges which of the two is called the other.
    unit = np.concatenate([np.searchsorted(testing, own.customer) for own in tests])
    side = np.repeat([0, 1], [len(own.customer) for own in tests])
    pair = 2 * unit + side
    ranks = np.bincount(pair, stats.rankdata(scores), 2 * len(testing)).reshape(-1, 2).astype(np.float64)
    rows = np.bincount(pair, minlength=2 * len(testing)).reshape(-1, 2)
    swaps = np.random.default_rng(1).random((SWAPS, len(testing))) < 0.5  # noqa: TID251 - of the test itself
    drawn = [
        area(np.where(swap, ranks[:, 0], ranks[:, 1]), np.where(swap, rows[:, 0], rows[:, 1]), rows.sum())
        for swap in swaps
    ]
    found = area(ranks[:, 1], rows[:, 1], rows.sum())
    return found, (1 + np.sum(np.abs(np.array(drawn) - 0.5) >= abs(found - 0.5))) / (1 + SWAPS)


def area(ranks: npt.NDArray[np.floating], rows: npt.NDArray[np.integer], total: int) -> float:
    """Return the area under the curve from the ranks of the positive rows (Mann and Whitney)."""
    positive = rows.sum()
    return float((ranks.sum() - positive * (positive + 1) / 2) / (positive * (total - positive)))


VIEWS = {"rows": Sample.rows, "customers": Sample.people}


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_a_learner_cannot_tell_arrays_from_row_loop(view: Callable[[Sample], Sample]) -> None:
    _, p = tell_apart(view(loop(1)), view(arrays(2)))
    assert p > 1e-3


def buy_more(profile: Profile) -> Profile:
    return replace(profile, min_per_day=profile.min_per_day + 1, max_per_day=profile.max_per_day + 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "view"),
    [
        (Wrong({"dependence": "independent"}), Sample.rows),
        (Wrong(rows=permute_amounts), Sample.rows),
        (Wrong(profile=swap_shape_and_scale), Sample.rows),
        (Wrong(patch=("model.transactions._NIGHT_SHARE", 0.0)), Sample.rows),
        (Wrong(profile=buy_more), Sample.people),
    ],
    ids=["day part independent", "amounts permuted", "shape and scale swapped", "no fraud hours", "higher rates"],
)
def test_a_learner_tells_wrong_samplers(
    wrong: Wrong, view: Callable[[Sample], Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled = sample(list(wrong.draw(WORLD, CUSTOMERS, 2, monkeypatch)), WORLD.model)
    _, p = tell_apart(view(loop(1)), view(spoiled))
    assert p < 1e-3


def catch(training: Sample, testing: Sample) -> tuple[float, float]:
    """Return the average precision of a fraud model and its standard error, by drawing test customers again."""
    train, test = split()
    known, unknown = training.of(train), testing.of(test)
    seen = [column for column in range(ROW) if column != 5]  # all of a row but its label
    scores = fit(known.features[:, seen], known.is_fraud).predict_proba(unknown.features[:, seen])[:, 1]
    rng = np.random.default_rng(2)  # noqa: TID251 - of the test itself
    rows = [np.flatnonzero(unknown.customer == customer) for customer in test]
    again = [np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))]) for _ in range(60)]
    drawn = [average_precision_score(unknown.is_fraud[own], scores[own]) for own in again]
    return float(average_precision_score(unknown.is_fraud, scores)), float(np.std(drawn))


@pytest.mark.slow
def test_a_fraud_model_scores_the_same_wherever_it_learned() -> None:
    samples: dict[str, Callable[[int], Sample]] = {"loop": loop, "arrays": arrays}
    scores = {(a, b): catch(samples[a](1), samples[b](2)) for a in samples for b in samples}
    home, spread = scores["loop", "loop"]
    assert home > 0.3  # fraud can be learned: one row in fifteen is fraudulent
    for score, error in scores.values():
        assert score == pytest.approx(home, abs=4.5 * float(np.hypot(error, spread)))
