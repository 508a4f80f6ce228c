"""Fits on Spark: what tasks count adds up to what one process counts, to the last bit."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import vecgen
from tests.support.datasets import list_tree
from tests.support.tables import NAMES, make_table, spell_map, write_csv
from vecgen.fit.private.noise import make_noisy
from vecgen.records.receipt import Receipt
from vecgen.sampling.arrays import I64
from vecgen.scan.bounded.bounded_tables import UNIT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark
Dataset = tuple[Path, Receipt]


@pytest.fixture
def usual(profiles: Path, demographics: Path) -> dict[str, Any]:
    return {"profiles": profiles, "demographics": demographics, "least_customers": 5}


@pytest.mark.parametrize("kind", ["dataset", "table"])
def test_the_fit_is_the_local_one_to_the_last_bit(
    kind: str,
    spark: SparkSession,
    parquet: Dataset,
    usual: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vecgen.spark.fit import main

    monkeypatch.setattr("vecgen.verify.without_model.count_rows.SHARE_BYTES", 1 << 10)
    data = parquet[0] if kind == "dataset" else write_csv(make_table(parquet[0]), tmp_path / "rows.csv")
    told: dict[str, Any] = {} if kind == "dataset" else {"map": spell_map(NAMES)}
    local = vecgen.fit_dataset(data, output=tmp_path / "local", quiet=True, **usual, **told)
    words = [f"--{name.replace('_', '-')}={value}" for name, value in {**usual, **told}.items()]
    assert main([str(data), "--output", str(tmp_path / "spark"), *words, "--quiet"]) == 0
    assert list_tree(tmp_path / "spark") == list_tree(local)
    for path in list_tree(local):
        if (local / path).is_file():
            assert (tmp_path / "spark" / path).read_bytes() == (local / path).read_bytes(), path


def test_tables_to_which_noise_is_added_are_the_local_ones(
    spark: SparkSession, parquet: Dataset, usual: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vecgen.spark.fit import main

    seen: list[dict[str, list[int]]] = []

    def note(values: I64, epsilon: float) -> tuple[I64, float]:
        seen[-1][str(epsilon)] = seen[-1].get(str(epsilon), []) + values.tolist()
        return values, UNIT / epsilon

    monkeypatch.setattr("vecgen.fit.private.private_fit.make_noisy", lambda t, e, _: make_noisy(t, e, note))
    told = {**usual, "epsilon": 1, "start": "2023-01-01", "end": "2023-12-31"}
    seen.append({})
    local = vecgen.fit_dataset(parquet[0], output=tmp_path / "local", quiet=True, **told)
    words = [f"--{name.replace('_', '-')}={value}" for name, value in told.items()]
    seen.append({})
    assert main([str(parquet[0]), "--output", str(tmp_path / "spark"), *words, "--quiet"]) == 0
    assert seen[0] == seen[1]
    assert list_tree(tmp_path / "spark") == list_tree(local)


def test_what_a_task_refuses_is_one_line(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from vecgen.spark.fit import main

    (tmp_path / "rows.csv").write_text("a,b,c,d\n1,soon,x,2\n", encoding="utf-8")
    words = ["--map=customer=a,time=b,category=c,amount=d", "--output", str(tmp_path / "mine"), "--quiet"]
    assert main([str(tmp_path / "rows.csv"), *words]) == 2
    captured = capsys.readouterr()
    assert "column b: got 'soon'" in captured.err
    assert captured.err.count("\n") == 1
    assert list_tree(tmp_path) == ["rows.csv"]


def test_pieces_come_back_in_their_order(spark: SparkSession) -> None:
    from vecgen.spark.fit import run_tasks

    assert list(run_tasks(spark, [5, 3, 4], partial(pow, 2))) == [32, 8, 16]
