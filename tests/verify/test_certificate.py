"""Certificates: the verdict follows from checks and tests; text and JSON say the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from vecgen.errors import setting, spell_options
from vecgen.verify.certificate import (
    SENTENCES,
    STATUSES,
    Certificate,
    Check,
    Outcome,
    spell_certificate,
    spell_examples,
    spell_expected,
    spell_outcome,
    sum_up_types,
    to_json,
    to_text,
)
from vecgen.verify.row_tests import Finding, Verdict


def finding(verdict: Verdict, statistic: float = 3.0) -> Finding:
    return Finding("hours", "regular", 100, statistic, 2, 0.5, 0.01, verdict)


def certificate(*checks: Check, findings: tuple[Finding, ...] = ()) -> Certificate:
    return Certificate("cards", "v0.5", 100, 10, {"transactions": "0" * 32}, checks, findings, ("a note",), 1e-3)


GOOD, BAD = Check("amt", "whole cents", 0), Check("amt", "whole cents", 2)
FLAW = Check("unique trans_num", "no number twice", 2, known_flaw=True)


@pytest.mark.parametrize(
    ("checks", "verdicts", "outcome", "line"),
    [
        ([GOOD], ["holds"], "accepted", "ACCEPTED: no check failed (a valid dataset fails about once in 1,000)"),
        ([BAD], ["holds"], "rejected", "REJECTED: amt ("),
        ([GOOD], ["broken"], "rejected", "REJECTED: hours (regular) ("),
        ([GOOD], ["not testable"], "undecided", "UNDECIDED: no check failed, but there are too few rows"),
        ([GOOD], [], "undecided", "UNDECIDED"),
        ([BAD], [], "rejected", "REJECTED: amt"),
        ([FLAW], ["holds"], "accepted", "ACCEPTED but for a known flaw of the original (unique trans_num)"),
        ([GOOD], ["known flaw"], "accepted", "ACCEPTED but for a known flaw of the original (hours (regular))"),
        ([GOOD], ["holds", "not testable"], "accepted", "ACCEPTED: no check failed; 1 of 2 tests need more rows"),
    ],
)
def test_the_verdict_follows(checks: list[Check], verdicts: list[Verdict], outcome: Outcome, line: str) -> None:
    made = certificate(*checks, findings=tuple(map(finding, verdicts)))
    assert made.outcome == outcome
    assert made.holds == (outcome == "accepted")
    assert spell_outcome(made).startswith(line)
    assert to_text(made).splitlines()[-1] == spell_outcome(made)


def test_every_outcome_has_a_status_and_a_sentence_of_its_own() -> None:
    assert STATUSES.keys() == SENTENCES.keys()
    assert len(set(STATUSES.values())) == len(set(SENTENCES.values())) == 3


def test_a_fraud_type_takes_one_line_unless_a_test_fails() -> None:
    def of(name: str, verdict: Verdict, p: float) -> Finding:
        return replace(finding(verdict), of=name, law=f"law of {p:g}", p=p)

    passed = [of("bust_out", "holds", 0.5), of("bust_out", "holds", 0.25), of("bust_out", "not testable", 1.0)]
    failed = [of("counterfeit", "broken", 1e-9), of("counterfeit", "holds", 0.75)]
    listed, types = sum_up_types([of("customers", "holds", 0.125), *passed, *failed])
    assert [f.p for f in listed] == [0.125, 1e-9]
    assert [(own.name, own.tests, own.untested, own.nearest.p) for own in types] == [
        ("bust_out", 3, 1, 0.25),
        ("counterfeit", 1, 0, 0.75),
    ]
    made = certificate(GOOD, findings=(*passed, *failed))
    lines = to_text(made).splitlines()
    assert [line.split() for line in lines if line.startswith("bust_out")] == [
        ["bust_out", "3", "1", "0.25", "law", "of", "0.25"]
    ]
    assert [line.split()[-1] for line in lines if line.startswith("law of")] == ["BROKEN"]
    assert lines[-1].startswith("REJECTED: law of 1e-09 (counterfeit)")
    assert len(json.loads(to_json(made))["findings"]) == 5
    assert "fraud type" not in to_text(certificate(GOOD))


def test_json_says_what_the_certificate_holds() -> None:
    made = certificate(BAD, FLAW, findings=(finding("broken", float("inf")),))
    read = json.loads(to_json(made))
    assert (read["outcome"], read["holds"]) == ("rejected", False)
    assert [check["holds"] for check in read["checks"]] == [False, True]
    assert read["findings"][0]["statistic"] is None
    assert read["notes"] == ["a note"]


def test_exceptions_are_named_as_far_as_there_is_room() -> None:
    assert spell_examples((), 3) == ""
    assert spell_examples(("a", "b"), 2) == "a, b"
    assert spell_examples(("a", "b"), 1002) == "a, b and 1,000 more"
    assert spell_expected(replace(BAD, examples=("x",), broken=1)) == "whole cents; not so: x"


def test_settings_are_spelled_for_who_reads_them() -> None:
    made = replace(certificate(Check("profile", f"of {setting('profiles')}", 1)), notes=(f"pass {setting('as_of')}",))
    ours, theirs = spell_certificate(made), spell_certificate(made, spell_options)
    assert (ours.checks[0].expected, ours.notes) == ("of profiles", ("pass as_of",))
    assert (theirs.checks[0].expected, theirs.notes) == ("of --profiles", ("pass --as-of",))
