"""Estimates as they are written."""

from __future__ import annotations

import pytest

from vecgen.fit.estimate import Estimate, round_figure


def test_an_estimate_says_its_error_and_a_kept_figure_that_it_is_kept() -> None:
    assert Estimate(2.5, 0.12345678).to_json() == {"value": 2.5, "standard_error": 0.123457}
    assert Estimate(1.0, None).to_json() == {"value": 1.0, "kept": True}


@pytest.mark.parametrize(("value", "shown"), [(123456.7, 123457.0), (0.00012345678, 0.000123457), (0.0, 0.0)])
def test_figures_have_six_digits(value: float, shown: float) -> None:
    assert round_figure(value) == shown
