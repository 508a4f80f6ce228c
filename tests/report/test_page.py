"""Sentences of the page that follow from its figures."""

from __future__ import annotations

import pytest

from vecgen.report.baselines import Score
from vecgen.report.page import _certificate_parts, _meaning
from vecgen.verify.certificate import Certificate
from vecgen.verify.row_tests import Finding


@pytest.mark.parametrize(
    ("found", "words"), [(80, "Easy:"), (79, "Medium:"), (50, "Medium:"), (49, "Hard for a single rule.")]
)
def test_how_hard_it_is_follows_from_the_best_rule(found: int, words: str) -> None:
    assert f"<strong>{words}</strong>" in _meaning(Score(100, found, 100))


def test_a_fraud_type_takes_one_line_of_the_certificate() -> None:
    findings = [
        Finding(law, of, 100, 3.0, 2, p, 0.01, "holds")
        for law, of, p in (("rate", "customers", 0.5), ("hour", "bust_out", 0.25), ("amount", "bust_out", 0.75))
    ]
    page = "".join(_certificate_parts(Certificate("cards", "v0.5", 9, 1, {}, (), tuple(findings), (), 1e-3)))
    assert '<th scope="row">bust_<wbr>out</th><td class="number">2</td><td class="number">0</td>' in page
    assert '<td class="number">0.25</td><td>hour</td>' in page
    assert '<th scope="row">rate</th>' in page
    assert "amount" not in page
