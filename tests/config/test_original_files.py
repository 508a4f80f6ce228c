"""Files in the form of the original's, written here from our own figures: they give the data that our files give."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Compile
from tests.support.documents import write_original_customers, write_original_demographics, write_original_profiles
from vecgen.cli.main import main
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.run.local import run_local


def digest(plan: Plan, path: Path) -> dict[str, str]:
    return {
        name: str(part.digest) for name, part in run_local(plan, Output(path, Form(partition_by=())), 1).parts.items()
    }


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


def test_customers_of_the_original_give_the_same_data(
    plan: Plan, compile_small: Compile, own: dict[str, str], tmp_path: Path
) -> None:
    # Customers are the places of their lines, whoever drew them.
    people = plan.source.table(0, plan.source.count)
    path = write_original_customers(tmp_path / "customers.csv", people)
    assert digest(compile_small(customers_file=path), tmp_path / "o") == own


@pytest.fixture
def people(plan: Plan, profiles: Path, demographics: Path, tmp_path: Path) -> tuple[pa.Table, Path, list[str]]:
    """Return ten customers, where to put them, and the words of a run that reads them from there."""
    words = [
        "generate",
        "--customers-file",
        str(tmp_path / "people.parquet"),
        "--output",
        str(tmp_path / "o"),
        "--quiet",
    ]
    words += [
        "--profiles",
        str(profiles),
        "--demographics",
        str(demographics),
        "--end",
        "2023-01-10",
        "--processes",
        "1",
    ]
    return plan.source.table(0, 10), tmp_path, words


def change(table: pa.Table, name: str, row: int, value: str) -> pa.Table:
    values = table.column(name).to_pylist()
    values[row] = value
    return table.set_column(table.column_names.index(name), table.schema.field(name), pa.array(values))


def test_a_text_that_csv_cannot_hold_is_named_before_the_work(
    people: tuple[pa.Table, Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    table, directory, words = people
    pq.write_table(change(table, "street", 6, "1 Elm St | Apt 5"), directory / "people.parquet")
    assert main([*words, "--format", "csv"]) == 2
    error = capsys.readouterr().err
    assert "people.parquet: row 7, street: got '1 Elm St | Apt 5', expected text without | and line breaks" in error
    assert not (directory / "o").exists()
    assert main(words) == 0


def test_shared_numbers_are_noted_and_the_run_goes_on(
    people: tuple[pa.Table, Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    table, directory, words = people
    pq.write_table(change(table, "ssn", 6, table["ssn"][1].as_py()), directory / "people.parquet")
    assert main(words) == 0
    note, *others = capsys.readouterr().err.splitlines()
    assert note.startswith("vecgen: note: 2 customers share a social security number with another, the first ")
    assert others == []
    assert main(["verify", str(directory / "o"), "--quiet"]) == 0
