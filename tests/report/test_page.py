"""Sentences of the page that follow from its figures."""

from __future__ import annotations

import pytest

from vecgen.report.baselines import Score
from vecgen.report.page import _meaning


@pytest.mark.parametrize(
    ("found", "words"), [(80, "Easy:"), (79, "Medium:"), (50, "Medium:"), (49, "Hard for a single rule.")]
)
def test_how_hard_it_is_follows_from_the_best_rule(found: int, words: str) -> None:
    assert f"<strong>{words}</strong>" in _meaning(Score(100, found, 100))
