"""The ceiling to expect of a request, before a dataset is made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vecgen
from vecgen.model.params import Dependence
from vecgen.report import expected_ceiling
from vecgen.report.ceiling import Figure

TYPES = "card_testing=2,counterfeit=1,lost_or_stolen_card=2"


@pytest.fixture(autouse=True)
def _small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_ceiling, "_ROWS", 700_000)


def distance(found: Figure, expected: float, error: float = 0.0) -> float:
    return abs(found.value - expected) / float(np.hypot(found.error, error))


@pytest.mark.parametrize(("rate", "average_precision", "error"), [(0.2, 0.921, 0.005), (0.5, 0.949, 0.004)])
def test_plans_expect_what_was_measured_by_another_program(rate: float, average_precision: float, error: float) -> None:
    found = vecgen.estimate_ceiling(customers=1000, fraud_rate=rate)
    row, day = found.detectors
    assert distance(row.average_precision, average_precision, error) < 4
    assert row.roc_auc.value == pytest.approx(0.9993, abs=5e-4)
    assert day.average_precision.value > row.average_precision.value + 0.04
    assert found.expected


@pytest.mark.parametrize(("dependence", "plain"), [("v0.5", 0.92), ("independent", 0.85), ("v1.0", 0.985)])
def test_stealth_leads_to_the_base_rate(dependence: Dependence, plain: float) -> None:
    for stealth, expected in ((0.0, plain), (1.0, 0.004)):
        found = vecgen.estimate_ceiling(fraud_rate=0.2, fraud_stealth=stealth, dependence=dependence)
        assert found.detectors[0].average_precision.value == pytest.approx(expected, rel=0.05, abs=0.001)


@pytest.mark.parametrize(
    "options",
    [
        {"dependence": "v1.0", "fraud_days": 7},
        {"dependence": "v1.0", "fraud_stealth": 0.5, "fraud_days": 7},
        {"dependence": "independent", "travel": True, "fraud_days": 3},
        {"fraud_stealth": 0.5, "fraud_days": 7},
        {"fraud_types": "card_testing=2,friendly_fraud=2,account_takeover=1"},
        {"fraud_types": TYPES, "fraud_stealth": 0.3, "dependence": "independent", "travel": True},
        {"fraud_types": TYPES, "fraud_stealth": 0.3, "dependence": "v1.0"},
    ],
    ids=["v1.0", "v1.0-stealth", "independent", "stealth", "types", "types-stealth-independent", "types-stealth-v1.0"],
)
def test_data_meet_what_their_plan_expects(
    options: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {"customers": 120, "fraud_rate": 0.4, "end": "2023-05-31", **options}
    monkeypatch.setattr(expected_ceiling, "_ROWS", 250_000)
    expected = vecgen.estimate_ceiling(**asked)  # type: ignore[arg-type]
    vecgen.write_dataset(output=tmp_path / "data", quiet=True, **asked)  # type: ignore[arg-type]
    found = vecgen.measure_ceiling(tmp_path / "data", quiet=True)
    assert found.rows == pytest.approx(expected.rows, rel=0.25)
    assert found.frauds == pytest.approx(expected.frauds, rel=0.4)
    for data, plan in zip(found.detectors, expected.detectors, strict=True):
        own, other = data.average_precision, plan.average_precision
        assert distance(own, other.value, other.error) < 4.5 or abs(own.value - other.value) < 1e-4
