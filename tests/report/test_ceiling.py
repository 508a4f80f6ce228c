"""The ceiling: its figures are those of an independent library, and data meet what the plan expects."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

import vecgen
from vecgen.cli.main import main
from vecgen.errors import InputError
from vecgen.report.ceiling import Ceiling, measure_ceiling, recall_at
from vecgen.scan.scores import BLOCKS, count_log_odds


def random_scores(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log odds, labels and blocks of rows, in clusters as customers are."""
    chance, place = np.asarray(stats.uniform.rvs(size=(2, 400), random_state=seed))
    noise = stats.norm.rvs(size=4000, random_state=seed)
    block = np.repeat((BLOCKS * place).astype(np.int64), 10)
    labels = np.repeat(chance < 0.1, 10)
    odds = np.where(labels, 1.0, -1.0) + 1.5 * noise
    odds[:3], odds[3:5] = np.inf, -np.inf
    return odds, labels, block


def ceiling_of(odds: np.ndarray, labels: np.ndarray, block: np.ndarray) -> Ceiling:
    return measure_ceiling(np.stack([count_log_odds(odds, block, labels)] * 2))


def test_figures_are_those_of_rows_ranked_one_by_one() -> None:
    odds, labels, block = random_scores()
    found = ceiling_of(odds, labels, block)
    row = found.detectors[0]
    finite = np.clip(odds, -1e3, 1e3)
    assert (found.rows, found.frauds) == (len(labels), labels.sum())
    assert row.average_precision.value == pytest.approx(average_precision_score(labels, finite), abs=2e-3)
    assert row.roc_auc.value == pytest.approx(roc_auc_score(labels, finite), abs=2e-4)
    false, true, _ = roc_curve(labels, finite)
    assert row.recall[0.01].value == pytest.approx(np.interp(0.01, false, true), abs=0.02)
    best = np.argsort(-finite, kind="stable")
    for top, figure in row.precision.items():
        assert figure.value == pytest.approx(labels[best[:top]].mean(), abs=0.02)
    assert list(row.precision) == [100, 1000]  # no more than there are rows


def test_intervals_cover_as_often_as_they_say() -> None:
    values = [ceiling_of(*random_scores(seed)).detectors[0].average_precision for seed in range(60)]
    true = np.mean([figure.value for figure in values])
    covered = sum(figure.low <= true <= figure.high for figure in values)
    assert 51 <= covered <= 60  # of 60 at 95 %, fewer or as few as 50 once in a thousand
    assert np.mean([f.error for f in values]) == pytest.approx(np.std([f.value for f in values]), rel=0.3)


def test_a_perfect_detector_has_no_flaw() -> None:
    labels = np.arange(200) < 20
    row = ceiling_of(np.where(labels, 5.0, -5.0), labels, np.arange(200) % BLOCKS).detectors[0]
    figures = (row.average_precision, row.roc_auc, *row.recall.values())
    assert [(f.value, f.low, f.high) for f in figures] == [(1.0, 1.0, 1.0)] * 4
    assert row.precision[100].value == pytest.approx(0.2)
    assert recall_at(np.array([[10.0, 0.0], [0.0, 1.0]]), 0.001) == 1.0


def test_the_layout_of_files_changes_nothing(tmp_path: Path) -> None:
    asked: dict[str, object] = {"customers": 40, "fraud_rate": 0.5, "end": "2023-03-31", "quiet": True}
    layouts: list[dict[str, object]] = [
        {},
        {"format": "csv", "batch_rows": 500, "max_records_per_file": 77},
        {"single_file": True, "normalized": True},
    ]
    found = []
    for number, layout in enumerate(layouts):
        vecgen.write_dataset(output=tmp_path / str(number), **asked, **layout)  # type: ignore[arg-type]
        ceiling = vecgen.measure_ceiling(tmp_path / str(number), processes=1 + number % 2, quiet=True)
        found.append((ceiling.rows, ceiling.frauds, ceiling.detectors[0].roc_auc.value, ceiling.detectors[1].roc_auc))
    assert found[0] == found[1]
    assert found[2][:3] == found[0][:3]  # blocks are by what tells customers apart, there their ids


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "data")
    few = ["--customers", "30", "--fraud-rate", "0.5", "--end", "2023-02-28"]
    assert main(["generate", *few, "--output", data, "--quiet"]) == 0
    assert main(["ceiling", data, "--quiet", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [detector["sees"] for detector in found["detectors"]] == ["row", "day"]
    assert main(["ceiling", data, "--quiet"]) == 0
    table = capsys.readouterr().out
    assert f"{found['rows']:,} transactions, {found['frauds']:,} fraudulent" in table
    assert f"{found['detectors'][0]['average_precision']['value']:.4f} [" in table


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--plan", "--fraud-rate", "0"], "--fraud-rate: got 0.0, expected more than 0"),
        (["--plan", "cards"], "got 'cards', which belongs to no option"),
        ([], "the following arguments are required: DIR"),
    ],
)
def test_what_has_no_ceiling_is_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ceiling", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_dataset_without_fraud_or_amounts_is_refused(tmp_path: Path) -> None:
    few: dict[str, object] = {"customers": 5, "end": "2023-02-28", "quiet": True}
    vecgen.write_dataset(output=tmp_path / "honest", fraud_rate=0.0, **few)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no fraudulent transaction"):
        vecgen.measure_ceiling(tmp_path / "honest", quiet=True)
    columns = "ssn,cc_num,acct_num,profile,lat,long,merch_lat,merch_long,trans_date,trans_time,category,is_fraud"
    vecgen.write_dataset(output=tmp_path / "no_amounts", columns=columns, **few)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"'no amt', expected transactions with them"):
        vecgen.measure_ceiling(tmp_path / "no_amounts", quiet=True)
