"""Comparisons as text and JSON: the verdict follows from the findings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from math import inf
from typing import Any

import pytest

from vecgen.report.comparison.classifier import Parting, Transfer
from vecgen.report.comparison.findings import STATUSES, Comparison, Finding, Summary, Verdict, to_json, to_text

SIDE = Summary("cards", 1000, 3, 50, 7, date(2023, 1, 1), date(2023, 12, 31))


def finding(name: str, verdict: Verdict, **changes: Any) -> Finding:
    plain = Finding(name, "rows", (1000, 1000), 12.0, 3.5, 0.01, 0.02, 0.01, "total variation", verdict)
    return replace(plain, **changes)


def comparison(*findings: Finding) -> Comparison:
    other = replace(SIDE, directory="mine", left_out=0)
    return Comparison(SIDE, other, findings, None, None, ("a note",), error=1e-3, tolerance=0.0)


@pytest.mark.parametrize(
    ("verdicts", "outcome", "words"),
    [
        (("alike", "alike"), "alike", "ALIKE: no difference beyond chance (two"),
        (("alike", "tolerated"), "alike", "ALIKE: no difference but small ones (t1) beyond chance"),
        (("alike", "not testable"), "alike", "; 1 of 2 tests need more customers"),
        (("not testable", "not testable"), "undecided", "UNDECIDED"),
        (("alike", "different"), "different", "DIFFERENT: t1; at most by 0.02 of the shares (t1; 0.01 by chance)"),
    ],
)
def test_the_verdict_follows_from_the_findings(verdicts: tuple[Verdict, ...], outcome: str, words: str) -> None:
    found = comparison(*(finding(f"t{place}", verdict) for place, verdict in enumerate(verdicts)))
    assert found.outcome == outcome
    assert found.alike == (outcome == "alike") == (STATUSES[found.outcome] == 0)
    assert words in to_text(found).splitlines()[-1]


def test_text_tells_both_datasets_and_each_test() -> None:
    lines = to_text(comparison(finding("hour", "different"), finding("state", "alike"))).splitlines()
    assert lines[0] == (
        "A: cards: 1,000 transactions, 3 with a fault left out of 50 customers, 7 fraudulent, 2023-01-01 to 2023-12-31"
    )
    assert lines[1].startswith("B: mine: 1,000 transactions of 50 customers")
    assert lines[2] == "note: a note"
    assert lines[5].split() == ["hour", "rows", "12.0", "3.5", "0.01", "0.02000", "0.01000", "DIFFERENT"]


def test_json_holds_everything_and_no_infinity() -> None:
    found = json.loads(to_json(comparison(finding("hour", "different", statistic=inf))))
    assert (found["outcome"], found["alike"]) == ("different", False)
    assert found["one"]["first"] == "2023-01-01"
    assert found["findings"][0]["statistic"] is None
    assert found["findings"][0]["effect"] == 0.02


def test_what_learners_found_is_told_and_judged() -> None:
    parting = Parting(0.6123, 0.01, 0.59, 0.63, 1e-9, (5000, 6000), (("amount", 0.1), ("hour", 0.02)), different=True)
    learned = replace(comparison(finding("hour", "alike")), parting=parting, transfer=Transfer(0.8, 0.6, 0.05))
    assert learned.different == ("classifier",)
    lines = to_text(learned).splitlines()
    assert "0.6123 [0.5900, 0.6300]" in lines[-4]
    assert lines[-4].endswith("DIFFERENT; told by amount (0.100), hour (0.020)")
    assert lines[-3].endswith("0.8000 if trained on A, 0.6000 (± 0.0500) if trained on B")
    assert lines[-1].startswith("DIFFERENT: classifier (two samples")
    assert json.loads(to_json(learned))["parting"]["auc"] == 0.6123
    assert learned.transfer is not None
    assert learned.transfer.loss == pytest.approx(0.25)
