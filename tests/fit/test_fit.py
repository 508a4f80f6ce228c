"""What a fit reads, refuses and keeps to itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import vecgen
from tests.fit.conftest import Trip
from tests.support.datasets import data_files, list_tree
from vecgen.config.loader import check_profiles
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def fit(data: Path, output: Path, profiles: Path, demographics: Path, **told: Any) -> dict[str, Any]:
    vecgen.fit_dataset(data, output=output, profiles=profiles, demographics=demographics, quiet=True, **told)
    said: dict[str, Any] = json.loads((output / "fit.json").read_text(encoding="utf-8"))
    return said


def test_files_of_the_original_say_the_same(
    parquet: Dataset, text: Dataset, profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    sparkov = tmp_path / "sparkov"
    sparkov.mkdir()
    for number, path in enumerate(data_files(text[0] / "transactions") + data_files(text[0] / "customers")):
        shutil.copy(path, sparkov / f"{number}.csv")
    ours = fit(parquet[0], tmp_path / "a", profiles, demographics)
    theirs = fit(sparkov, tmp_path / "b", profiles, demographics)
    assert ours == theirs
    assert list_tree(tmp_path / "a") == list_tree(tmp_path / "b")


def test_processes_change_nothing(parquet: Dataset, profiles: Path, demographics: Path, tmp_path: Path) -> None:
    one, two = (
        fit(parquet[0], tmp_path / str(n), profiles, demographics, processes=n, least_customers=5) for n in (1, 2)
    )
    assert one == two
    assert "kept" not in one["profiles"]["leftovers"]


def test_what_too_few_customers_have_is_kept_and_said(
    trip: Trip, profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    said = fit(trip.data, tmp_path / "mine", profiles, demographics, least_customers=512)
    assert {name for name, own in said["profiles"].items() if "kept" in own} == set(said["profiles"])
    assert said["fraud_rate"] == {"value": 0.01, "kept": True}
    assert all(any(name in note for note in said["notes"]) for name in said["profiles"])
    kept = check_profiles(tmp_path / "mine" / "profiles", tmp_path / "mine" / "demographics")
    assert kept == check_profiles(profiles, demographics)


def test_rows_that_no_model_allows_are_counted_and_left_out(
    text: Dataset, profiles: Path, demographics: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    lines = data_files(text[0] / "transactions")[0].read_text(encoding="utf-8").splitlines(keepends=True)
    place = lines[0].split("|").index("amt")
    for number in (3, 5):
        cells = lines[number].split("|")
        cells[place] = "-12.50" if number == 3 else "0"
        lines[number] = "|".join(cells)
    (tmp_path / "data" / "rows.csv").write_text("".join(lines), encoding="utf-8")
    assert fit(tmp_path / "data", tmp_path / "mine", profiles, demographics)["rows_left_out"]["amt"] == 2
