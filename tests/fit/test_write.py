"""A directory that is complete or not there; profiles that are read as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.datasets import list_tree
from tests.support.strategies import profiles as any_profile
from vecgen.config.loader import load_profiles
from vecgen.config.parse_profile import parse_profile
from vecgen.config.profile import Profile
from vecgen.errors import InputError, OutputError
from vecgen.fit.write import spell_profile, write_fit


@settings(max_examples=30)
@given(any_profile())
def test_a_profile_is_read_as_it_was(profile: Profile) -> None:
    assert parse_profile("p", profile.name, spell_profile(profile)) == profile


def test_what_is_not_fitted_is_that_of_the_usual_directories(
    profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    usual: Any = {"profiles": profiles, "demographics": demographics}
    write_fit(tmp_path / "mine", [], usual, {"age_gender.csv": [("F", 30, 1.0)]}, {"rows": 1})
    assert load_profiles(tmp_path / "mine" / "profiles") == load_profiles(profiles)
    assert (tmp_path / "mine" / "demographics" / "age_gender.csv").read_text() == "gender,age,proportion\nF,30,1.0\n"
    assert list_tree(tmp_path)[0] == "mine"
    with pytest.raises(OutputError, match="already exists"):
        write_fit(tmp_path / "mine", [], usual, {}, {})


def test_what_nobody_could_read_is_not_written(profiles: Path, demographics: Path, tmp_path: Path) -> None:
    usual: Any = {"profiles": profiles, "demographics": demographics}
    with pytest.raises(InputError):
        write_fit(tmp_path / "mine", [], usual, {"age_gender.csv": [("X", 30, 1.0)]}, {})
    assert list_tree(tmp_path) == []
