"""Files in the form of the original's, written here from our own figures: they give the data that our files give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Compile
from tests.documents import write_original_demographics, write_original_profiles
from vecgen.generate import Output
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.local import run_local
from vecgen.plan import Plan


def digest(plan: Plan, path: Path) -> dict[str, str]:
    return {name: str(part.digest) for name, part in run_local(plan, Output(path, partition_by=()), 1).parts.items()}


@pytest.fixture(scope="module")
def own(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the digests of the small plan, whose files are ours."""
    return digest(plan, tmp_path_factory.mktemp("own") / "o")


def test_profiles_of_the_original_are_ours(tmp_path: Path) -> None:
    # Equal values: every weight, and the order of categories, day parts, seasons and segments.
    original = write_original_profiles(DEFAULT_PROFILES, tmp_path / "profiles")
    text = (original / "adults_2550_female_urban.json").read_text(encoding="utf-8")
    assert '"start_date (MM-DD)" : "1-1"' in text
    assert "\t" in text
    assert load_profiles(original) == load_profiles(DEFAULT_PROFILES)


def test_profiles_of_the_original_give_the_same_data(
    profiles: Path, compile_small: Compile, own: dict[str, str], tmp_path: Path
) -> None:
    original = write_original_profiles(profiles, tmp_path / "profiles")
    assert digest(compile_small(profiles=original), tmp_path / "o") == own


@pytest.mark.parametrize("key", ["categories_wt", "shopping_time"])
def test_the_order_of_the_file_is_kept(
    profiles: Path, compile_small: Compile, own: dict[str, str], tmp_path: Path, key: str
) -> None:
    original = write_original_profiles(profiles, tmp_path / "profiles")
    for path in original.glob("*female*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        document[key] = dict(reversed(document[key].items()))
        path.write_text(json.dumps(document), encoding="utf-8")
    changed = digest(compile_small(profiles=original), tmp_path / "o")
    assert changed["customers"] == own["customers"]
    assert changed["transactions"] != own["transactions"]


def test_demographics_of_the_original_are_ours(tmp_path: Path) -> None:
    original = load_demographics(write_original_demographics(DEFAULT_DEMOGRAPHICS, tmp_path / "demographic_data"))
    shipped = load_demographics(DEFAULT_DEMOGRAPHICS)
    assert original.merchants == shipped.merchants
    assert original.age_gender.gender == shipped.age_gender.gender
    assert original.age_gender.share.tolist() == shipped.age_gender.share.tolist()
    for name in ("zip", "city", "state"):
        assert getattr(original.places, name) == getattr(shipped.places, name)
    for name in ("lat", "long", "city_pop", "zip_pop"):
        assert getattr(original.places, name).tolist() == getattr(shipped.places, name).tolist()


def test_demographics_of_the_original_give_the_same_data(
    demographics: Path, compile_small: Compile, own: dict[str, str], tmp_path: Path
) -> None:
    original = write_original_demographics(demographics, tmp_path / "demographic_data")
    assert digest(compile_small(demographics=original), tmp_path / "o") == own
