"""The result of `vecgen verify`, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Final, Literal

from vecgen.errors import spell_keywords
from vecgen.verify.row_tests import LABELS, Finding

Outcome = Literal["accepted", "rejected", "undecided"]

STATUSES: Final[dict[Outcome, int]] = {"accepted": 0, "rejected": 1, "undecided": 2}
"""Exit statuses; "undecided" has its own, so that no script takes it for "accepted"."""

MOST_EXAMPLES: Final = 3
"""Exceptions that a check names."""

_LISTED: Final = {"customers", *LABELS}
"""Whose tests are listed one by one; of many fraud types, these would be hundreds."""

SENTENCES: Final[dict[Outcome, str]] = {
    "accepted": "no check failed",
    "rejected": "it does not follow its model",
    "undecided": "too few rows or columns to test its model",
}


@dataclass(frozen=True)
class Check:
    """A condition of every row, customer or file; `broken` counts the exceptions.

    Attributes:
        known_flaw: Whether the exceptions are a known flaw of the original, of which a note tells.
        examples: Names of the first exceptions, where they have names.
    """

    name: str
    expected: str
    broken: int
    known_flaw: bool = False
    examples: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether there is no exception that counts against the dataset."""
        return self.broken == 0 or self.known_flaw


@dataclass(frozen=True)
class Certificate:
    """What was found.

    Attributes:
        digests: Of the parts that were read, by name.
        notes: Sentences about the dataset as a whole.
        error: Probability that a valid dataset is rejected.
    """

    directory: str
    dependence: str
    rows: int
    customers: int
    digests: dict[str, str]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    error: float

    @property
    def broken(self) -> tuple[str, ...]:
        """Names of the checks and tests that failed."""
        model = (f"{finding.law} ({finding.of})" for finding in self.findings if finding.verdict == "broken")
        return (*(check.name for check in self.checks if not check.holds), *model)

    @property
    def outcome(self) -> Outcome:
        """The verdict: "undecided" if nothing failed but nothing could be tested."""
        if self.broken:
            return "rejected"
        return "accepted" if any(finding.verdict != "not testable" for finding in self.findings) else "undecided"

    @property
    def holds(self) -> bool:
        """Whether no check failed and something was tested."""
        return self.outcome == "accepted"


@dataclass(frozen=True)
class TypeSummary:
    """Tests of one fraud type that did not fail: how many, how many of them need more rows, and the nearest to fail."""

    name: str
    tests: int
    untested: int
    nearest: Finding


def sum_up_types(findings: Sequence[Finding]) -> tuple[list[Finding], list[TypeSummary]]:
    """Return what is listed test by test, and in one line a fraud type what did not fail of it."""
    by_type: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.of not in _LISTED and finding.verdict in ("holds", "not testable"):
            by_type.setdefault(finding.of, []).append(finding)
    summed = {id(finding) for own in by_type.values() for finding in own}
    summaries = [
        TypeSummary(name, len(own), sum(f.verdict == "not testable" for f in own), min(own, key=lambda f: f.p))
        for name, own in by_type.items()
    ]
    return [finding for finding in findings if id(finding) not in summed], summaries


def spell_certificate(certificate: Certificate, spell: Callable[[str], str] = spell_keywords) -> Certificate:
    """Return a certificate with the settings in its texts spelled, see `errors.setting`."""
    checks = tuple(replace(check, expected=spell(check.expected)) for check in certificate.checks)
    return replace(certificate, checks=checks, notes=tuple(map(spell, certificate.notes)))


def to_json(certificate: Certificate) -> str:
    """Return a certificate as a JSON object; the statistic of what is impossible, infinity, is null."""
    checks = [{**asdict(check), "holds": check.holds} for check in certificate.checks]
    head = {"outcome": certificate.outcome, "holds": certificate.holds}
    findings = [{name: _or_null(value) for name, value in asdict(f).items()} for f in certificate.findings]
    return json.dumps({**head, **asdict(certificate), "checks": checks, "findings": findings}, indent=2)


def _or_null(value: object) -> object:
    return None if isinstance(value, float) and not isfinite(value) else value


def to_text(certificate: Certificate) -> str:
    """Return a certificate as lines of text, with one for all tests of a fraud type that did not fail."""
    lines = [
        f"{certificate.directory}: {certificate.rows:,} transactions of {certificate.customers:,} customers, "
        f"law {certificate.dependence}"
    ]
    lines += [f"{name} digest {digest}" for name, digest in certificate.digests.items()]
    lines += [f"note: {note}" for note in certificate.notes]
    lines += ["", f"{'check':<24} {'exceptions':>12}"]
    lines += [f"{check.name:<24} {check.broken:>12,}  {_describe(check)}" for check in certificate.checks]
    listed, types = sum_up_types(certificate.findings)
    wide = max([10, *(len(finding.of) for finding in listed)])
    lines += ["", f"{'test':<44} {'of':<{wide}} {'number':>13} {'chi-square':>12} {'df':>7} {'p':>8} {'effect':>8}"]
    for f in listed:
        figures = f"{f.number:>13,} {f.statistic:>12,.1f} {f.freedom:>7,} {f.p:>8.2g} {f.effect:>8.5f}"
        words = {"broken": "BROKEN", "not testable": "not testable with so few rows"}.get(f.verdict, f.verdict)
        lines.append(f"{f.law:<44} {f.of:<{wide}} {figures}  {words}")
    lines += _list_types(types) if types else []
    return "\n".join([*lines, "", spell_outcome(certificate)])


def _list_types(types: Sequence[TypeSummary]) -> list[str]:
    head = f"{'fraud type':<30} {'tests':>13} {'too few rows':>12} {'smallest p':>16}  of the test"
    rows = [
        f"{own.name:<30} {own.tests:>13,} {own.untested:>12,} {own.nearest.p:>16.2g}  {own.nearest.law}"
        for own in types
    ]
    return ["", head, *rows]


def spell_outcome(certificate: Certificate) -> str:
    """Return the verdict on a dataset as one line."""
    rarely = f"a valid dataset fails about once in {1 / certificate.error:,.0f}"
    if certificate.outcome == "rejected":
        return f"REJECTED: {', '.join(certificate.broken)} ({rarely})"
    if certificate.outcome == "undecided":
        return "UNDECIDED: no check failed, but there are too few rows to test the model"
    untested = sum(finding.verdict == "not testable" for finding in certificate.findings)
    few = f"; {untested} of {len(certificate.findings)} tests need more rows" if untested else ""
    known = [check.name for check in certificate.checks if check.broken and check.holds]
    known += [f"{f.law} ({f.of})" for f in certificate.findings if f.verdict == "known flaw"]
    flaw = f" but for a known flaw of the original ({', '.join(known)})" if known else ""
    return f"ACCEPTED{flaw}: no check failed{few} ({rarely})"


def _describe(check: Check) -> str:
    if check.broken and check.known_flaw:
        return f"known flaw: expected {check.expected}"
    return "holds" if check.holds else f"BROKEN: expected {spell_expected(check)}"


def spell_expected(check: Check) -> str:
    """Return what a check expects, and the names of exceptions."""
    names = spell_examples(check.examples, check.broken)
    return f"{check.expected}; not so: {names}" if names else check.expected


def spell_examples(names: Sequence[str], number: int) -> str:
    """Return the first names of a number of things, and how many more there are; "" without names."""
    more = f" and {number - len(names):,} more" if number > len(names) else ""
    return f"{', '.join(names)}{more}" if names else ""
