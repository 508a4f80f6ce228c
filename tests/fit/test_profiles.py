"""Profiles that are kept, and what is said of them."""

from __future__ import annotations

from pathlib import Path

from tests.fit.conftest import Trip
from vecgen.config.loader import load_profiles
from vecgen.fit.profiles import keep


def test_a_profile_that_is_kept_says_why(profiles: Path) -> None:
    usual = load_profiles(profiles).regular[0]
    kept = keep(usual, "fewer than 20 customers")
    assert kept.profile == usual
    assert kept.figures == {"kept": "fewer than 20 customers"}
    assert kept.notes == (f"{usual.name}: fewer than 20 customers; kept as it was",)


def test_a_fitted_profile_says_each_figure_and_what_is_not_estimated(trip: Trip) -> None:
    said = trip.said
    own = said["profiles"]["adults_2550_female_urban"]
    assert own.keys() == {"avg_transactions_per_day", "categories_wt", "categories_amt", "shopping_time", "date_wt"}
    assert own["date_wt"]["time_of_year"].keys() == {"season_1", "season_2", "season_3"}
    mixed = [note for note in said["notes"] if "mixes the amounts" in note]
    assert bool(mixed) == (trip.law == "v1.0") == (own["categories_amt"] == {})
