"""The keywords of the dataset that most tests write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import LAW, WINTER
from vecgen.cli.keywords import RequestKeywords


@pytest.fixture(scope="module")
def asked(profiles: Path, demographics: Path) -> RequestKeywords:
    """Return the keywords of the fixture `plan`."""
    return {
        "customers": 60,
        "start": "2023-12-20",
        "end": WINTER.end,
        "fraud_rate": LAW.fraud_rate,
        "profiles": str(profiles),
        "demographics": demographics,
    }
