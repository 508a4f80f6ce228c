"""Fraud types that the tests use: a JSON document with every field, and the shipped ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.load_fraud_types import list_fraud_types, load_fraud_types

DOCUMENT: Final[dict[str, Any]] = {
    "description": "Two rows at night, far away.",
    "source": "illustrative",
    "days": 3,
    "per_day": {"min": 1, "max": 2},
    "spending": "own",
    "categories": {"travel": {"weight": 3, "mean": 50, "stdev": 20}, "home": {"weight": 0, "mean": 5, "stdev": 1}},
    "amount_factor": 2,
    "hours": [5, 4, 3, 2, 1, *[0] * 18, 1],
    "burst_seconds": 600,
    "place": "remote",
    "remote_degrees": 4.5,
    "compromised": {"weeks": 6, "categories": ["travel", "home"]},
    "keeps_own_rows": True,
    "months": {"2023-06": 2, "2023-02": 0},
    "report": {"never": 0.1, "mean_days": 3, "stdev_days": 2},
}


def shipped_types() -> dict[str, FraudType]:
    """Return the shipped fraud types by name."""
    return {kind.name: kind for kind in load_fraud_types(list_fraud_types(DEFAULT_PROFILES).values())}


def untold(kind: FraudType) -> FraudType:
    """Return the type as records have it: without its texts."""
    return replace(kind, description="", source="")
