"""Pictures of two datasets: their words say what the counts say, and what is not there is not drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from vecgen.report.comparison.compare import compare_pair
from vecgen.report.comparison.overlays import draw_overlays, name_sides
from vecgen.report.comparison.reading import read_pair


def test_each_picture_tells_what_it_shows(spring: Path, write_spring: Callable[..., Path]) -> None:
    pair = read_pair(spring, write_spring("other", dependence="independent"))
    comparison = compare_pair(pair, learn=False)
    assert name_sides(comparison) == ("A: spring", "B: other")
    charts = {chart.name: chart for chart in draw_overlays(pair, comparison)}
    assert list(charts) == ["rows", "categories", "fraud", "fraud-categories", "effects"]
    rows = pair.statistics[0].marginals.total("category") / pair.statistics[0].marginals.total("category").sum()
    rows = rows + pair.statistics[1].marginals.total("category") / pair.statistics[1].marginals.total("category").sum()
    assert charts["categories"].alt.endswith(f"most in {pair.models[0].categories[int(rows.argmax())]}.")
    assert "beyond chance: " in charts["effects"].alt
    assert "hour by category" in charts["effects"].alt
    for chart in charts.values():
        assert chart.wide.startswith(b"<svg")
        assert b"mathdefault" not in chart.wide
        assert chart.png.startswith(b"\x89PNG")
        assert chart.narrow_size[0] < chart.size[0]


def test_without_fraud_there_is_no_picture_of_it(write_spring: Callable[..., Path]) -> None:
    honest = write_spring("honest", customers=40, fraud_rate=0.0)
    pair = read_pair(honest, honest)
    charts = draw_overlays(pair, compare_pair(pair, learn=False))
    assert [chart.name for chart in charts] == ["rows", "categories", "effects"]
