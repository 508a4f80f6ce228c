"""The round trip: what is fitted to data is what the data was made of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import vecgen
from tests.fit.conftest import Trip
from vecgen.config.loader import load_profiles
from vecgen.config.profile import WEEKDAYS, Profile
from vecgen.model.date_weights import date_weights
from vecgen.model.params import make_period

YEAR = make_period(date(2023, 1, 1))


def find_pairs(profile: Profile, said: dict[str, Any]) -> Iterator[tuple[str, float, float, float]]:
    """Yield name, truth, estimate and standard error of each figure of a profile that was estimated."""
    amounts = dict(zip(profile.categories, profile.amounts, strict=True))
    truth: dict[str, dict[str, float]] = {
        "categories_wt": dict(zip(profile.categories, profile.category_weights, strict=True)),
        "shopping_time": dict(zip(profile.day_parts, profile.day_part_weights, strict=True)),
        "mean": {name: amount.mean for name, amount in amounts.items()},
        "stdev": {name: amount.stdev for name, amount in amounts.items()},
        "day_of_week": dict(zip(WEEKDAYS, profile.weekday_weights, strict=True)),
    }
    tables = {name: said[name] for name in ("categories_wt", "shopping_time")}
    tables |= {part: {n: pair[part] for n, pair in said["categories_amt"].items()} for part in ("mean", "stdev")}
    tables |= {"day_of_week": said["date_wt"]["day_of_week"]} if "date_wt" in said else {}
    for table, figures in tables.items():
        for name, figure in figures.items():
            if figure.get("standard_error", 0.0) > 0:
                yield f"{profile.name} {table} {name}", truth[table][name], figure["value"], figure["standard_error"]


def list_deviations(trip: Trip, profiles: Path) -> dict[str, float]:
    """Return each estimate's distance from the truth in standard errors."""
    known = load_profiles(profiles)
    out: dict[str, float] = {}
    for profile in (*known.regular, *known.fraud):
        said = trip.said["profiles"].get(profile.name, {"kept": ""})
        if "kept" not in said:
            found = find_pairs(profile, said)
            out |= {name: (value - truth) / error for name, truth, value, error in found}
    return out


def test_figures_are_within_standard_errors_of_the_truth(trip: Trip, profiles: Path) -> None:
    deviations = list_deviations(trip, profiles)
    values = np.array(list(deviations.values()))
    assert len(values) >= (40 if trip.law == "v1.0" else 150)
    far = {name: value for name, value in deviations.items() if abs(value) > 3}
    assert len(far) <= 0.02 * len(values), far
    assert np.abs(values).max() < 4, far
    assert (values**2).mean() < 1 + 3 * np.sqrt(2 / len(values))  # as of independent ones


def test_the_law_and_fraud_are_found(trip: Trip) -> None:
    said = trip.said
    assert said["options"] == {
        "start": "2023-01-01",
        "end": "2023-12-31",
        "dependence": trip.law,
        "fraud_rate": said["fraud_rate"]["value"],
        "fraud_days": 2,
    }
    for name, truth in (("fraud_rate", 0.33), ("night_share_of_fraud", 0.8), ("merchant_radius_degrees", 1.0)):
        assert abs(said[name]["value"] - truth) < 3 * said[name]["standard_error"]
    assert sum(said["rows_left_out"].values()) == 0


def test_rates_and_dates_are_found(trip: Trip, profiles: Path) -> None:
    known, mine = load_profiles(profiles), load_profiles(trip.mine / "profiles")
    estimated = [name for name in known.names if "kept" not in trip.said["profiles"][name]]
    assert len(estimated) >= 2
    for name, truth, fitted in zip(known.names, known.regular, mine.regular, strict=True):
        if name in estimated:
            assert (fitted.min_per_day, fitted.max_per_day) == (truth.min_per_day, truth.max_per_day)
            weights = [date_weights(profile, YEAR) for profile in (truth, fitted)]
            shares = [own / own.sum() for own in weights]
            assert np.abs(shares[0] - shares[1]).sum() < 0.03  # of all rows, what is on another date
            assert len(fitted.seasons) == 3


def test_the_data_that_was_fitted_is_accepted(trip: Trip) -> None:
    certificate = vecgen.verify_dataset(trip.data, profiles=trip.mine / "profiles", quiet=True)
    broken = [finding.law for finding in certificate.findings if finding.verdict == "broken"]
    assert certificate.holds, (broken, certificate.checks)


def test_data_with_another_weight_is_rejected(trip: Trip, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trip.mine / "profiles", tmp_path / "profiles"))
    for name in load_profiles(copy).names:
        path = copy / f"{name}.json"
        profile = json.loads(path.read_text(encoding="utf-8"))
        profile["categories_wt"][max(profile["categories_wt"], key=profile["categories_wt"].get)] *= 1.05
        path.write_text(json.dumps(profile), encoding="utf-8")
    certificate = vecgen.verify_dataset(trip.data, profiles=copy, quiet=True)
    assert "category and day part" in {f.law for f in certificate.findings if f.verdict == "broken"}


def test_data_is_generated_from_what_was_fitted(trip: Trip) -> None:
    rows = vecgen.generate_transactions(
        customers=20, profiles=trip.mine / "profiles", demographics=trip.mine / "demographics", columns=["amt"]
    )
    assert rows.num_rows > 1000
