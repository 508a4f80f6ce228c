"""New profiles: whole directories and single pairs, ready to be used, and nothing where something is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.config.loader import DEFAULT_PROFILES, MAIN_CONFIG, load_profiles
from vecgen.config.new_profile import add_profile, to_text
from vecgen.errors import InputError, OutputError

ORIGIN = "adults_2550_female_urban"
SHIPPED = {path.name: path.read_bytes() for path in DEFAULT_PROFILES.glob("*.json")}


def read_all(directory: Path) -> dict[str, bytes]:
    return {name: (directory / name).read_bytes() for name in list_tree(directory)}


def test_a_new_directory_is_complete(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "mine"
    add_profile(directory, ORIGIN, "students")
    files = read_all(directory)
    assert files.keys() == {*SHIPPED, "students.json", "fraud_students.json"}
    assert files["students.json"] == SHIPPED[f"{ORIGIN}.json"]
    assert files["fraud_students.json"] == SHIPPED[f"fraud_{ORIGIN}.json"]
    assert {name: files[name] for name in SHIPPED if name != MAIN_CONFIG} == {
        name: content for name, content in SHIPPED.items() if name != MAIN_CONFIG
    }
    assert list_tree(directory.parent) == sorted(["mine", *(f"mine/{name}" for name in files)])


def test_the_copy_takes_the_customers_of_the_original(tmp_path: Path) -> None:
    add_profile(tmp_path / "mine", ORIGIN, "students")
    old, new = load_profiles(DEFAULT_PROFILES), load_profiles(tmp_path / "mine")
    position = old.names.index(ORIGIN)
    assert new.names == (*old.names[:position], "students", *old.names[position:])
    assert new.regular[position] == replace(old.regular[position], name="students")
    assert new.fraud[position] == replace(old.fraud[position], name="fraud_students")
    assert new.segments[position] == replace(old.segments[position], profile="students")
    assert (*new.segments[:position], *new.segments[position + 1 :]) == old.segments


def test_an_empty_directory_is_as_good_as_a_new_one(tmp_path: Path) -> None:
    add_profile(tmp_path, ORIGIN, "students", DEFAULT_PROFILES)
    assert "students" in load_profiles(tmp_path).names


def test_a_pair_is_added_to_a_directory_that_has_profiles(profile_copy: Path) -> None:
    before = read_all(profile_copy)
    (profile_copy / "notes.txt").write_text("mine")
    add_profile(profile_copy, "leftovers", "rest")
    after = read_all(profile_copy)
    assert after.keys() == {*before, "notes.txt", "rest.json", "fraud_rest.json"}
    assert [name for name in before if after[name] != before[name]] == [MAIN_CONFIG]
    loaded = load_profiles(profile_copy)
    assert loaded.names[-2:] == ("rest", "leftovers")
    assert [(s.profile, s.gender, s.age_min, s.city_pop_min) for s in loaded.segments[-2:]] == [
        ("rest", "F", 0.0, 0.0),
        ("rest", "M", 0.0, 0.0),
    ]


def test_a_profile_of_another_directory_is_added(profile_copy: Path) -> None:
    add_profile(profile_copy, "young_adults_male_rural", "lads", DEFAULT_PROFILES)
    assert load_profiles(profile_copy).names[0] == "lads"
    assert (profile_copy / "lads.json").read_bytes() == SHIPPED["young_adults_male_rural.json"]


def test_the_key_of_a_schema_and_other_segments_stay(profile_copy: Path) -> None:
    path = profile_copy / MAIN_CONFIG
    main = {"$schema": "./x.json", **json.loads(path.read_text(encoding="utf-8"))}
    path.write_text(json.dumps(main), encoding="utf-8")
    add_profile(profile_copy, ORIGIN, "students")
    changed = json.loads(path.read_text(encoding="utf-8"))
    assert list(changed)[:2] == ["$schema", "students.json"]
    assert {key: changed[key] for key in main} == main


@pytest.mark.parametrize(
    ("origin", "name", "message"),
    [
        ("nobody", "students", "from: got 'nobody', expected one of "),
        (f"fraud_{ORIGIN}", "students", "from: got "),
        (ORIGIN, ORIGIN, "name: got .* has taken; choose another"),
        (ORIGIN, "leftovers", "name: got 'leftovers', .* has taken"),
        (ORIGIN, "main_config", "name: got 'main_config', .* has taken"),
        (ORIGIN, "fraud_new", "name: got 'fraud_new', expected a name that does not begin with fraud_"),
        (ORIGIN, "a/b", "name: got 'a/b', expected a profile name"),
        (ORIGIN, "stray", "name: got 'stray', .* has taken"),
    ],
)
@pytest.mark.parametrize("new", [False, True])
def test_what_cannot_be_made_leaves_nothing_behind(
    origin: str, name: str, message: str, new: bool, profile_copy: Path, tmp_path: Path
) -> None:
    (profile_copy / "fraud_stray.json").write_text("{}")
    before = list_tree(tmp_path), read_all(profile_copy)
    with pytest.raises(InputError, match=message):
        add_profile(tmp_path / "new" if new else profile_copy, origin, name, profile_copy)
    assert (list_tree(tmp_path), read_all(profile_copy)) == before


def test_a_directory_with_faults_is_left_alone(profile_copy: Path) -> None:
    (profile_copy / "leftovers.json").unlink()
    before = read_all(profile_copy)
    with pytest.raises(InputError, match=r"leftovers\.json"):
        add_profile(profile_copy, ORIGIN, "students", DEFAULT_PROFILES)
    assert read_all(profile_copy) == before


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("do not lose")
    with pytest.raises(InputError, match=r"main_config\.json"):
        add_profile(tmp_path, ORIGIN, "students", DEFAULT_PROFILES)
    assert list_tree(tmp_path) == ["thesis.txt"]


@pytest.mark.parametrize("failing", ["students.json", "fraud_students.json", MAIN_CONFIG])
def test_a_failure_half_way_takes_everything_back(
    failing: str, profile_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = read_all(profile_copy), Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == failing:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        add_profile(profile_copy, ORIGIN, "students")
    assert read_all(profile_copy) == before


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot be written"):
        add_profile(tmp_path / "file", ORIGIN, "students")
    assert read_all(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize("name", [name for name in SHIPPED if not name.endswith(".schema.json")])
def test_text_is_laid_out_as_in_the_shipped_files(name: str) -> None:
    assert f"{to_text(json.loads(SHIPPED[name]))}\n".encode() == SHIPPED[name]
