"""The picture of the ceiling: a curve for each detector, and the best rule as a point."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from vecgen.report.baselines import Score
from vecgen.report.ceiling import measure_ceiling
from vecgen.report.ceiling_chart import NAMES, draw_ceiling
from vecgen.scan.scores import BLOCKS, DETECTORS, LOG_ODDS


def test_the_picture_says_what_it_shows() -> None:
    rows = np.zeros((len(DETECTORS), BLOCKS, 2, len(LOG_ODDS) + 1))
    rows[:, :, 0, 1000:2000] = 5.0
    rows[:, :, 1, 1900:2900] = 1.0
    ceiling = measure_ceiling(rows)
    chart = draw_ceiling(rows, ceiling, Score(flagged=8, found=2, frauds=4))
    assert chart.alt.endswith("the best single rule has a precision of 0.25 at a recall of 0.50.")
    for detector in ceiling.detectors:
        assert f"{NAMES[detector.sees]}, average precision {detector.average_precision.value:.3f}" in chart.alt
    assert chart.name == "ceiling"
    assert chart.wide.startswith(b"<svg")
