"""Rows counted by their log odds: sums over parts of the rows are those of the whole."""

from __future__ import annotations

import numpy as np

from vecgen.scan.scores import BLOCKS, DETECTORS, LOG_ODDS, PROBABILITIES, Scores


def test_scores_of_parts_add_up() -> None:
    some, more = Scores(), Scores()
    some.rows[0, 3, 1, 7] = 2.0
    more.rows[0, 3, 1, 7] = 5.0
    more.calibration.frauds[1, 2] = 4.0
    some.add(more)
    assert some.rows[0, 3, 1, 7] == some.rows.sum() == 7.0
    assert some.calibration.frauds.sum() == 4.0
    assert more.rows.sum() == 5.0


def test_every_log_odds_has_a_bin() -> None:
    assert Scores().rows.shape == (len(DETECTORS), BLOCKS, 2, len(LOG_ODDS) + 1)
    assert Scores().calibration.bound.shape == (len(DETECTORS), len(PROBABILITIES) + 1)
    for ends in (LOG_ODDS, PROBABILITIES):
        assert (np.diff(ends) > 0).all()
