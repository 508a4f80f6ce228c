"""Profiles as values: frozen, hashable, written as they were read."""

from __future__ import annotations

import copy
import dataclasses
import json

import pytest
from hypothesis import given

from tests.support.documents import DOCUMENT, profile_to_json
from tests.support.strategies import profiles
from vecgen.config.parse_profile import parse_profile
from vecgen.config.profile import Profile


def test_profiles_are_frozen_and_hashable() -> None:
    profile = parse_profile("f", "some", DOCUMENT)
    assert hash(profile) == hash(parse_profile("f", "some", copy.deepcopy(DOCUMENT)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.travel_pct = 0.0  # type: ignore[misc]


def test_whole_numbers_are_written_as_integers() -> None:
    written = profile_to_json(parse_profile("f", "some", DOCUMENT))
    assert json.dumps(written["categories_wt"]) == '{"travel": 35, "home": 0}'
    assert json.dumps(written["shopping_time"]) == '{"PM": 40, "AM": 60}'
    assert json.dumps(written["date_wt"]["year"]) == '{"0": 100, "1": 110.5}'


@given(profiles())
def test_any_valid_profile_survives_a_round_trip(profile: Profile) -> None:
    text = json.dumps(profile_to_json(profile))
    assert parse_profile("f", profile.name, json.loads(text)) == profile
