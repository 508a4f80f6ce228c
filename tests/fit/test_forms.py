"""Datasets in other forms say what the usual one says: normalized, and as the public files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vecgen
from tests.support.outputs import make_output
from tests.support.public_files import write_public
from vecgen.plan.form import NORMALIZED_NAMES
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local

Dataset = tuple[Path, Receipt]


@pytest.fixture
def options(profiles: Path, demographics: Path) -> dict[str, Any]:
    return {"profiles": profiles, "demographics": demographics, "least_customers": 5, "processes": 1, "quiet": True}


def fit(data: Path, output: Path, options: dict[str, Any]) -> dict[str, Any]:
    vecgen.fit_dataset(data, output=output, **options)
    said: dict[str, Any] = json.loads((output / "fit.json").read_text(encoding="utf-8"))
    return said


def test_normalized_datasets_are_fitted(plan: Plan, parquet: Dataset, options: dict[str, Any], tmp_path: Path) -> None:
    run_local(plan, make_output(tmp_path / "data", with_customer_id=True, columns=NORMALIZED_NAMES), 1)
    assert fit(tmp_path / "data", tmp_path / "mine", options) == fit(parquet[0], tmp_path / "usual", options)


def test_transactions_whose_customers_are_not_there_are_one_profile(
    plan: Plan, options: dict[str, Any], tmp_path: Path
) -> None:
    run_local(plan, make_output(tmp_path / "data", with_customer_id=True, columns=NORMALIZED_NAMES), 1)
    said = fit(tmp_path / "data" / "transactions", tmp_path / "mine", options)
    assert set(said["profiles"]) == {"leftovers", "fraud_leftovers"}
    assert "kept" not in said["profiles"]["leftovers"]
    assert any("there is one profile" in note for note in said["notes"])


def test_the_public_form_is_fitted(parquet: Dataset, options: dict[str, Any], tmp_path: Path) -> None:
    said = fit(write_public(parquet[0], tmp_path / "public", 1000), tmp_path / "mine", options)
    expected = fit(parquet[0] / "transactions", tmp_path / "usual", options)
    for name in ("profiles", "options", "fraud_rate", "rows", "merchant_radius_degrees"):
        assert said[name] == expected[name]
    assert not any("ages are the usual ones" in note for note in said["notes"])
