"""Profiles fitted by a call: they are where the call says, and generate."""

from __future__ import annotations

from pathlib import Path

import pytest

import vecgen
from vecgen.cli.keywords import FitKeywords
from vecgen.errors import OutputError
from vecgen.records.receipt import Receipt


def test_fitted_profiles_generate(
    parquet: tuple[Path, Receipt], profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    usual: FitKeywords = {
        "profiles": profiles,
        "demographics": demographics,
        "quiet": True,
        "output": tmp_path / "mine",
    }
    mine = vecgen.fit_dataset(parquet[0], **usual)
    assert mine == tmp_path / "mine"
    rows = vecgen.generate_transactions(
        customers=20,
        end="2023-01-31",
        profiles=mine / "profiles",
        demographics=mine / "demographics",
        columns=["profile", "amt"],
    )
    assert set(rows["profile"].to_pylist()) <= {path.name for path in profiles.iterdir()}
    with pytest.raises(OutputError, match="mine: already exists"):
        vecgen.fit_dataset(parquet[0], **usual)
