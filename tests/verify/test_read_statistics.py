"""Rows of a dataset are counted once each; what no model allows is left out and counted."""

from __future__ import annotations

from pathlib import Path

from tests.support.datasets import data_files
from vecgen.model.params import ModelParameters, Period
from vecgen.process.progress import State
from vecgen.records.receipt import Receipt
from vecgen.scan.comparison.statistics import Statistics
from vecgen.verify.comparison.open_dataset import open_dataset
from vecgen.verify.comparison.read_statistics import read_statistics
from vecgen.verify.without_model.look import make_open_model


def read(directory: Path, states: list[State]) -> Statistics:
    opened = open_dataset(directory)
    model = make_open_model(opened.look, ModelParameters(Period(opened.look.first, opened.look.last), fraud_rate=0.0))
    return read_statistics(opened, model, 1, states.append)


def test_refunds_are_left_out_and_counted(text: tuple[Path, Receipt], tmp_path: Path) -> None:
    lines = data_files(text[0] / "transactions")[0].read_text(encoding="utf-8").splitlines()
    amount = lines[0].split("|").index("amt")
    for number in (3, 7):
        cells = lines[number].split("|")
        cells[amount] = f"-{cells[amount]}"
        lines[number] = "|".join(cells)
    (tmp_path / "rows.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    states: list[State] = []
    found = read(tmp_path, states)
    assert found.faults == {"amt": 2}
    assert found.marginals.rows == len(lines) - 1 == states[-1].rows
    assert found.marginals.total("category").sum() == len(lines) - 3
