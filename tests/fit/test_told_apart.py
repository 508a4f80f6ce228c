"""The proof of a fit: what is generated from it is not told from the data, and teaches the same fraud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import vecgen
from tests.fit.conftest import Trip
from vecgen.report.comparison.compare import compare_pair
from vecgen.report.comparison.reading import Reading, read_pair


def test_data_of_fitted_profiles_are_not_told_from_the_data(trip: Trip, tmp_path: Path) -> None:
    told: Any = trip.said["options"] | {name: trip.mine / name for name in ("profiles", "demographics")}
    vecgen.write_dataset(customers=400, seed=5, output=tmp_path / "ours", partition_by="", quiet=True, **told)
    found = compare_pair(read_pair(trip.data, tmp_path / "ours", Reading(most_rows=40_000)))
    assert found.different == ()
    assert all(finding.verdict == "alike" for finding in found.findings)
    assert found.parting
    assert found.parting.low <= 0.5
    assert found.parting.high < 0.55
    assert found.transfer
    assert found.transfer.at_home > 0.3
    assert found.transfer.loss < 0.02 + 3 * found.transfer.error / found.transfer.at_home
