"""What the tests of Spark share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import LAW, WINTER

Options = dict[str, str]


@pytest.fixture(scope="module")
def options(profiles: Path, demographics: Path) -> Options:
    """Return the options of the fixture `plan`, spelt in every way there is."""
    return {
        "customers": "60",
        "start": WINTER.start.isoformat(),
        "end": WINTER.end.isoformat(),
        "fraud_rate": str(LAW.fraud_rate),
        "fraud-days": "1",
        "profiles": str(profiles),
        "demographics": str(demographics),
        "travel": "false",
    }
