"""Fits with differential privacy, whole: what is written, what it says, and where it leads as noise gets small."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.support.tables import LEAST, make_table, spell_map
from vecgen.cli.main import main
from vecgen.config.loader import check_profiles
from vecgen.errors import InputError
from vecgen.fit.private.noise import BUDGET

Write = Callable[..., Path]
Fit = Callable[..., dict[str, Any]]
SPRING = {"start": "2023-03-01", "end": "2023-05-31"}


@pytest.fixture(scope="module")
def spring(write_spring: Write) -> Path:
    return write_spring("private", customers=900, fraud_days=3)


@pytest.fixture(scope="module")
def table(write_spring: Write) -> pa.Table:
    """Return a table of four columns, of 80 customers."""
    return make_table(write_spring("few", customers=80)).select([*LEAST.values()])


@pytest.fixture
def fit(profiles: Path, demographics: Path, tmp_path: Path) -> Fit:
    def run(data: Path, name: str = "mine", **told: Any) -> dict[str, Any]:
        told = {"profiles": profiles, "demographics": demographics} | told
        vecgen.fit_dataset(data, output=tmp_path / name, quiet=True, **told)
        said: dict[str, Any] = json.loads((tmp_path / name / "fit.json").read_text(encoding="utf-8"))
        return said

    return run


def test_with_little_noise_it_is_the_fit_without(spring: Path, fit: Fit, tmp_path: Path) -> None:
    plain, noisy = fit(spring, "plain"), fit(spring, "noisy", epsilon=300, **SPRING)
    assert noisy["customers"] == pytest.approx(900, abs=3)
    assert noisy["options"] | {"fraud_rate": 0} == plain["options"] | {"fraud_rate": 0}
    assert noisy["options"]["fraud_rate"] == pytest.approx(plain["options"]["fraud_rate"], abs=0.01)
    for name, own in plain["profiles"].items():
        if name.startswith("fraud_"):
            assert "kept" in noisy["profiles"][name]
        else:
            compare_profiles(own, noisy["profiles"][name])
    ages = [sum_ages(tmp_path / name) for name in ("plain", "noisy")]
    assert ages[1] == pytest.approx(ages[0], abs=0.02)


def sum_ages(mine: Path) -> list[float]:
    """Return the shares of ages below 25, 50 and 75."""
    with (mine / "demographics" / "age_gender.csv").open(encoding="utf-8") as file:
        rows = [(int(row["age"]), float(row["proportion"])) for row in csv.DictReader(file)]
    return [sum(share for age, share in rows if age < limit) for limit in (25, 50, 75)]


def compare_profiles(plain: dict[str, Any], noisy: dict[str, Any]) -> None:
    """Assert that figures are the same, but for chance: weights of customers instead of rows, and coarser cells."""
    assert noisy["avg_transactions_per_day"]["min"]["value"] == plain["avg_transactions_per_day"]["min"]["value"]
    assert noisy["avg_transactions_per_day"]["max"]["value"] == plain["avg_transactions_per_day"]["max"]["value"]
    total = sum(weight["value"] for weight in plain["categories_wt"].values())
    for name, weight in plain["categories_wt"].items():
        assert noisy["categories_wt"][name]["value"] == pytest.approx(weight["value"], abs=0.01 * total)
    both = plain["categories_amt"].keys() & noisy["categories_amt"].keys()
    assert len(both) >= len(plain["categories_amt"]) - 2  # where all amounts lie in a few cells, they may be kept
    for name in sorted(both):
        amount = plain["categories_amt"][name]
        for figure, value in amount.items():
            other = noisy["categories_amt"][name][figure]
            error = np.hypot(value["standard_error"], other["standard_error"])
            assert other["value"] == pytest.approx(value["value"], abs=5.0 * error), (name, figure)
    assert noisy["shopping_time"]["AM"]["value"] == pytest.approx(plain["shopping_time"]["AM"]["value"], abs=2)


def test_what_is_written_makes_data(spring: Path, fit: Fit, profiles: Path, tmp_path: Path) -> None:
    said = fit(spring, epsilon=1, **SPRING)
    mine = tmp_path / "mine"
    fitted, usual = (check_profiles(place, mine / "demographics") for place in (mine / "profiles", profiles))
    assert fitted.names == usual.names
    assert fitted.fraud == usual.fraud
    receipt = vecgen.write_dataset(
        customers=20,
        profiles=mine / "profiles",
        demographics=mine / "demographics",
        output=tmp_path / "data",
        quiet=True,
        **said["options"],
    )
    assert receipt.parts["transactions"].rows > 0


def test_fit_json_says_what_is_promised_and_spent(spring: Path, fit: Fit) -> None:
    said = fit(spring, epsilon=0.5, **SPRING)
    privacy = said["privacy"]
    assert (privacy["epsilon"], privacy["delta"]) == (0.5, 0)
    assert {own["table"] for own in privacy["budget"]} == {*BUDGET}
    assert sum(own["epsilon"] for own in privacy["budget"]) == pytest.approx(0.5)
    assert all(own["noise_scale"] * own["epsilon"] == pytest.approx(1.0) for own in privacy["budget"])
    assert "rows" not in said
    assert "rows_left_out" not in said
    assert any("fraud twins" in note for note in said["notes"])


def test_figures_change_from_run_to_run(spring: Path, fit: Fit) -> None:
    one, two = (fit(spring, name, epsilon=1, **SPRING)["customers"] for name in ("one", "two"))
    assert one != two or fit(spring, "three", epsilon=1, **SPRING)["customers"] != one


def test_of_nobody_known_there_is_no_word(table: pa.Table, fit: Fit, tmp_path: Path) -> None:
    """A table of strange categories, outside the period: nothing of it is in what is written."""
    path = write_kinds(table, ["secret clinic"] * table.num_rows, tmp_path)
    said = fit(path, epsilon=1, map=spell_map(LEAST), start="2020-01-01", end="2020-12-31")
    assert "secret" not in "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "mine").rglob("*.json"))
    assert said["options"]["start"] == "2020-01-01"
    assert "kept" in said["profiles"]["leftovers"]


def write_kinds(table: pa.Table, kinds: list[str], directory: Path) -> Path:
    path = directory / "rows.parquet"
    pq.write_table(table.set_column(table.column_names.index("kind"), "kind", [kinds]), path)
    return path


def test_categories_that_are_stated_are_fitted(table: pa.Table, fit: Fit, tmp_path: Path) -> None:
    kinds = table.column("kind").to_pylist()
    path = write_kinds(table, ["clinic" if place % 2 else kind for place, kind in enumerate(kinds)], tmp_path)
    told = {"map": spell_map(LEAST), "categories": ["clinic"], **SPRING}
    weights = fit(path, epsilon=300, **told)["profiles"]["leftovers"]["categories_wt"]
    total = sum(weight["value"] for weight in weights.values())
    assert weights["clinic"]["value"] / total == pytest.approx(0.5, abs=0.03)
    assert "clinic|" in (tmp_path / "mine" / "demographics" / "merchants.csv").read_text().replace(",", "|")


@pytest.mark.parametrize("epsilon", [0, -1, float("nan")])
def test_an_epsilon_that_promises_nothing_is_refused(epsilon: float, spring: Path, fit: Fit, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="epsilon"):
        fit(spring, epsilon=epsilon, **SPRING)
    assert not (tmp_path / "mine").exists()


def test_categories_without_epsilon_are_refused(spring: Path, fit: Fit) -> None:
    with pytest.raises(InputError, match="categories"):
        fit(spring, categories="food")


def test_the_command_line_tells_no_number_of_rows(
    spring: Path, profiles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["fit", str(spring), "--profiles", str(profiles), "--output", str(tmp_path / "mine"), "--epsilon", "1"]
    assert main(words) == 2
    assert "--start" in capsys.readouterr().err
    assert main([*words, "--start", "2023-03-01", "--end", "2023-05-31"]) == 0
    captured = capsys.readouterr()
    assert "customers" in captured.out
    assert "transactions" not in captured.out
    assert "rows" not in captured.err
