"""Reading configuration: the shipped files, and every way a directory or file can be broken."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.support.strategies import check_message, documents, odd_bytes, odd_texts, try_all
from vecgen.config.loader import (
    DEFAULT_DEMOGRAPHICS,
    DEFAULT_PROFILES,
    check_profiles,
    load_demographics,
    load_profiles,
    read_json,
)
from vecgen.config.profile import ProfileSet
from vecgen.errors import InputError


@pytest.fixture
def profile_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT_PROFILES, tmp_path / "profiles"))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return a small, valid demographics directory."""
    texts = {
        "places.csv": "zip,city,state,lat,long,city_pop,zip_pop\n04570,Squirrel Island,ME,44.0213,-69.5233,2,2\n",
        "age_gender.csv": "gender,age,proportion\nF,30,1\n",
        "merchants.csv": 'category,name\nhome,"Fox, Ray and Co"\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def refuse(load: Callable[[Path], object], directory: Path, where: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load(directory)
    assert caught.value.where == str(where)
    assert "\n" not in str(caught.value)
    return caught.value


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def find_faults(directory: Path, demographics: Path = DEFAULT_DEMOGRAPHICS) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        check_profiles(directory, demographics)
    return [(Path(fault.where).name, fault.field) for fault in (caught.value, *caught.value.further)]


def test_ten_faults_of_several_files_are_found_at_once(profile_dir: Path, tmp_path: Path) -> None:
    demographics = Path(shutil.copytree(DEFAULT_DEMOGRAPHICS, tmp_path / "demographics"))
    (demographics / "age_gender.csv").write_text("gender,age,proportion\nX,30,1\n", encoding="utf-8")
    segment = {"gender": "X", "age": {"min": 9, "max": 3}, "city_pop": {"max": "inf"}}
    edit(profile_dir / "main_config.json", **{"young_adults_male_rural.json": segment})
    edit(profile_dir / "adults_2550_male_rural.json", colour="red", travel_pct=-1, shopping_time={"AM": 0, "PM": 0})
    edit(profile_dir / "leftovers.json", categories_wt={"bribes": -1, "home": "x"})
    (profile_dir / "fraud_leftovers.json").write_text("{,}", encoding="utf-8")
    (profile_dir / "fraud_adults_50up_male_rural.json").unlink()
    found = find_faults(profile_dir, demographics)
    assert found == [
        ("main_config.json", "young_adults_male_rural.json.gender"),
        ("main_config.json", "young_adults_male_rural.json.age.min"),
        ("main_config.json", "young_adults_male_rural.json.city_pop.min"),
        ("adults_2550_male_rural.json", "colour"),
        ("adults_2550_male_rural.json", "shopping_time"),
        ("adults_2550_male_rural.json", "travel_pct"),
        ("leftovers.json", "categories_wt.bribes"),
        ("leftovers.json", "categories_wt.home"),
        ("leftovers.json", "categories_amt.bribes"),
        ("profiles", "fraud_adults_50up_male_rural.json"),
        ("fraud_leftovers.json", "line 1, column 2"),
        ("age_gender.csv", "line 2, gender"),
    ]


def test_profiles_are_checked_where_nothing_names_them(profile_dir: Path) -> None:
    (profile_dir / "main_config.json").unlink()
    edit(profile_dir / "fraud_young_adults_male_rural.json", travel_pct=101)
    (profile_dir / "leftovers.json").unlink()
    expected = [("main_config.json", ""), ("profiles", "leftovers.json")]
    assert find_faults(profile_dir) == [*expected, ("fraud_young_adults_male_rural.json", "travel_pct")]


def test_a_faulty_profile_does_not_hide_that_another_lacks_merchants(profile_dir: Path) -> None:
    edit(profile_dir / "leftovers.json", travel_pct=101)
    amount = {"mean": 20, "stdev": 5}
    edit(profile_dir / "fraud_leftovers.json", categories_wt={"bribes": 1}, categories_amt={"bribes": amount})
    assert find_faults(profile_dir) == [("leftovers.json", "travel_pct"), ("merchants.csv", "category bribes")]


def test_each_file_is_read_once(profile_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def count(path: Path) -> object:
        read.append(path.name)
        return read_json(path)

    monkeypatch.setattr("vecgen.config.loader.read_json", count)
    load_profiles(profile_dir)
    assert sorted(read) == sorted(set(read))
    (profile_dir / "leftovers.json").write_text("{}")
    (profile_dir / "main_config.json").write_text("?")
    read.clear()
    find_faults(profile_dir)
    assert sorted(read) == sorted(set(read))
    assert {"leftovers.json", "main_config.json"} <= set(read)


def test_every_repeated_key_is_found(profile_dir: Path) -> None:
    path = profile_dir / "main_config.json"
    path.write_text('{"a.json": 1, "a.json": 2, "b.json": {"min": 1, "min": 2, "max": 3}}', encoding="utf-8")
    error = refuse(load_profiles, profile_dir, path)
    repeated = [fault.value for fault in (error, *error.further) if fault.where == str(path)]
    assert repeated == ["min", "a.json"]


def test_the_key_of_a_schema_is_skipped(profile_dir: Path, shipped: ProfileSet) -> None:
    for path in profile_dir.glob("*.json"):
        edit(path, **{"$schema": f"./{path.stem}.schema.json"})
    assert load_profiles(profile_dir) == shipped


@pytest.mark.parametrize("load", [load_profiles, load_demographics])
def test_a_missing_directory_is_refused(load: Callable[[Path], object], tmp_path: Path) -> None:
    error = refuse(load, tmp_path / "absent", tmp_path / "absent")
    assert (error.value, error.expected[:16]) == ("no such directory", "a directory with")


@pytest.mark.parametrize("load", [load_profiles, load_demographics])
def test_a_file_is_no_directory(load: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert refuse(load, path, path).value == "a file"


def test_a_missing_main_config_is_refused(profile_dir: Path) -> None:
    (profile_dir / "main_config.json").unlink()
    assert refuse(load_profiles, profile_dir, profile_dir / "main_config.json").value == "no such file"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adults_2550_male_rural", "a profile named in main_config.json"),
        ("fraud_adults_2550_male_rural", "the fraud twin of adults_2550_male_rural"),
        ("leftovers", "the profile of customers no segment matches"),
        ("fraud_leftovers", "the fraud twin of leftovers"),
    ],
)
def test_a_missing_profile_is_named(profile_dir: Path, name: str, expected: str) -> None:
    (profile_dir / f"{name}.json").unlink()
    error = refuse(load_profiles, profile_dir, profile_dir)
    assert (error.field, error.value, error.expected) == (f"{name}.json", "no such file", expected)
    assert error.remedy.startswith(f"add {name}.json")


def test_a_fault_in_a_profile_names_its_file(profile_dir: Path) -> None:
    path = profile_dir / "fraud_leftovers.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"travel_pct": 20', '"travel_pct": 200'), encoding="utf-8")
    error = refuse(load_profiles, profile_dir, path)
    assert (error.field, error.value) == ("travel_pct", 200)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("", "line 1, column 1", "end of file"),
        ('{\n  "a": 1,\n  oops\n}', "line 3, column 3", "oops"),
        ('{"a": 1,}', "line 1, column 8", ",}"),
        ('{"a": 1}\n x', "line 2, column 2", "x"),
        ('{"a": 1,\n "b": {"min": 1, "min": 2}}', "", "min"),
        ('{"a.json": ' + "[" * 200_000, "", "RecursionError"),
        ('{"a.json": ' + "9" * 5000 + "}", "", "ValueError"),
    ],
    ids=["empty", "word", "comma", "extra", "duplicate", "deep", "long"],
)
def test_invalid_json_is_located(profile_dir: Path, text: str, field: str, value: str) -> None:
    path = profile_dir / "main_config.json"
    path.write_text(text, encoding="utf-8")
    error = refuse(load_profiles, profile_dir, path)
    if field.endswith("8"):  # Python 3.13 points at the comma, earlier releases behind it
        assert error.field in (field, "line 1, column 9")
    else:
        assert (error.field, error.value) == (field, value)


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(profile_dir: Path, token: str) -> None:
    path = profile_dir / "leftovers.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["travel_pct"] = "TOKEN"
    path.write_text(json.dumps(raw).replace('"TOKEN"', token), encoding="utf-8")
    assert refuse(load_profiles, profile_dir, path).field == "travel_pct"


def test_other_encodings_are_refused(profile_dir: Path) -> None:
    path = profile_dir / "main_config.json"
    path.write_bytes('{"é.json": 1}'.encode("latin-1"))
    error = refuse(load_profiles, profile_dir, path)
    assert (error.value, error.expected) == ("byte 0xe9 at offset 2", "UTF-8 text")


def test_a_byte_order_mark_is_skipped(profile_dir: Path, shipped: ProfileSet) -> None:
    path = profile_dir / "main_config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_profiles(profile_dir) == shipped


def test_an_unreadable_file_is_refused(profile_dir: Path) -> None:
    path = profile_dir / "main_config.json"
    path.unlink()
    path.mkdir()  # unlike missing permissions, this stops the superuser too
    assert refuse(load_profiles, profile_dir, path).expected == "a readable file"


def test_a_profile_of_two_segments_is_loaded_once(profile_dir: Path) -> None:
    path = profile_dir / "main_config.json"
    segment = {"gender": ["F", "M"], "age": {"min": 0, "max": None}, "city_pop": {"min": 0, "max": -1}}
    path.write_text(json.dumps({"young_adults_male_rural.json": segment}), encoding="utf-8")
    loaded = load_profiles(profile_dir)
    assert loaded.names == ("young_adults_male_rural", "leftovers")
    assert [segment.gender for segment in loaded.segments] == ["F", "M"]


def test_small_demographics_are_read(data_dir: Path) -> None:
    data = load_demographics(data_dir)
    assert data.places.zip == ("04570",)
    assert data.age_gender.share.tolist() == [1.0]
    assert data.merchants.names == (("Fox, Ray and Co",),)


@pytest.mark.parametrize("name", ["places.csv", "age_gender.csv", "merchants.csv"])
def test_each_demographic_file_is_needed(data_dir: Path, name: str) -> None:
    (data_dir / name).unlink()
    assert refuse(load_demographics, data_dir, data_dir / name).value == "no such file"


def test_the_same_data_in_two_files_is_refused(data_dir: Path) -> None:
    (data_dir / "locations_partitions.csv").write_text(ORIGINALS["locations_partitions.csv"], encoding="utf-8")
    error = refuse(load_demographics, data_dir, data_dir)
    assert (error.value, error.expected) == ("places.csv and locations_partitions.csv", "one of the two")


@pytest.mark.parametrize("name", ["merchants.csv", "main_config.json"])
def test_large_files_are_refused_unread(profile_dir: Path, data_dir: Path, name: str) -> None:
    load, directory = (load_profiles, profile_dir) if name.endswith(".json") else (load_demographics, data_dir)
    with (directory / name).open("wb") as file:
        file.truncate(1 << 34)  # a hole, which takes no room
    error = refuse(load, directory, directory / name)
    assert (error.value, error.expected.partition(" ")[0]) == ("17,179,869,184 bytes", "at")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "line 1"),
        ("category;name\nhome;Fox\n", "line 1"),
        ("category,name\nhome,Fox\n\nhome,Ray\n", "line 3"),
        ("category,name\nhome,Fox, Ray and Co\n", "line 2"),
        ('category,name\nhome,"Fox\nRay"\n', "line 2, name"),
        ('category,name\nhome,Fox\nhome,"Ray', "line 3"),
        ('category,name\nhome,Fox\nhome,"Ray"s\n', "line 3"),
        ("category,name\nhome," + "x" * 200_000 + "\n", "line 2"),
    ],
    ids=["empty", "semicolons", "blank line", "unquoted", "line break", "open quote", "text after quote", "long field"],
)
def test_invalid_csv_is_located(data_dir: Path, text: str, field: str) -> None:
    path = data_dir / "merchants.csv"
    path.write_text(text, encoding="utf-8")
    assert refuse(load_demographics, data_dir, path).field == field


def test_windows_line_ends_are_read(data_dir: Path) -> None:
    (data_dir / "age_gender.csv").write_bytes(b"gender,age,proportion\r\nF,30,1\r\nM,31,3\r\n")
    assert load_demographics(data_dir).age_gender.share.tolist() == [0.25, 0.75]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
@pytest.mark.parametrize("name", ["merchants.csv", "main_config.json"])
def test_a_pipe_is_refused_and_not_waited_for(profile_dir: Path, data_dir: Path, name: str) -> None:
    load, directory = (load_profiles, profile_dir) if name.endswith(".json") else (load_demographics, data_dir)
    (directory / name).unlink(missing_ok=True)
    os.mkfifo(directory / name)
    assert refuse(load, directory, directory / name).value == "not a regular file"


@pytest.mark.parametrize("examples", [100, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_any_bytes_of_a_profile_are_read_or_refused(profile_dir: Path, examples: int) -> None:
    segments = json.loads((profile_dir / "main_config.json").read_text(encoding="utf-8"))
    (profile_dir / "main_config.json").write_text(json.dumps(dict(list(segments.items())[:1])), encoding="utf-8")

    def check(data: bytes) -> None:
        (profile_dir / "leftovers.json").write_bytes(data)
        try:
            load_profiles(profile_dir)
        except InputError as error:
            check_message(error)

    try_all(examples, odd_bytes(documents()) | st.binary(max_size=50), check)


def tables_of_text(header: str, row: str) -> st.SearchStrategy[str]:
    """Draw a CSV file of some rows, cells of which are replaced."""
    separator = "|" if "|" in header else ","
    cells = row.split(separator)
    cell = st.tuples(st.integers(0, len(cells)), odd_texts)
    rows = cell.map(lambda change: separator.join([*cells[: change[0]], change[1], *cells[change[0] + 1 :]]))
    return st.lists(rows | st.just(row), max_size=3).map(lambda lines: "\n".join([header, *lines]))


ORIGINALS = {
    "locations_partitions.csv": "partition,output\n1.0,Squirrel Island|ME|04570|44.0213|-69.5233|2\n",
    "age_gender_demographics.csv": ",age,gender,prop\n30,15,Male,1\n",
    "merchants.csv": "category|merchant_name\nhome|Fox, Ray and Co\n",
}


@pytest.mark.parametrize("examples", [100, pytest.param(10_000, marks=pytest.mark.heavy)])
@pytest.mark.parametrize(
    ("name", "text"), [*((name, "") for name in ("places.csv", "age_gender.csv", "merchants.csv")), *ORIGINALS.items()]
)
def test_any_bytes_of_demographics_are_read_or_refused(data_dir: Path, name: str, text: str, examples: int) -> None:
    path = data_dir / name
    if text and not path.exists():
        next(data_dir.glob(f"{name[:3]}*" if name[0] == "a" else "places.csv")).unlink()
    header, row = (text or path.read_text(encoding="utf-8")).splitlines()

    def check(data: bytes) -> None:
        path.write_bytes(data)
        try:
            load_demographics(data_dir)
        except InputError as error:
            check_message(error)

    try_all(examples, odd_bytes(tables_of_text(header, row)), check)
