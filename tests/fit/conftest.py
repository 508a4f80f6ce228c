"""Datasets of each law, and what is fitted to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import vecgen
from vecgen.model.params import DEPENDENCES, Dependence


@dataclass(frozen=True)
class Trip:
    """A dataset, its law, and the directory of what was fitted to it."""

    data: Path
    law: Dependence
    mine: Path

    @property
    def said(self) -> dict[str, Any]:
        """What fit.json says."""
        parsed: dict[str, Any] = json.loads((self.mine / "fit.json").read_text(encoding="utf-8"))
        return parsed


@pytest.fixture(scope="session", params=DEPENDENCES)
def trip(
    request: pytest.FixtureRequest, profiles: Path, demographics: Path, tmp_path_factory: pytest.TempPathFactory
) -> Trip:
    """Return a year of 500 customers, a third of them defrauded (half a million rows), fitted; read only."""
    top = tmp_path_factory.mktemp("fit")
    asked: Any = {"profiles": profiles, "demographics": demographics}
    vecgen.write_dataset(
        customers=500,
        fraud_rate=0.33,
        fraud_days=2,
        dependence=request.param,
        output=top / "data",
        partition_by="",
        quiet=True,
        **asked,
    )
    return Trip(top / "data", request.param, vecgen.fit_dataset(top / "data", output=top / "mine", quiet=True, **asked))
