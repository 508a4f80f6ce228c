"""The result of a comparison: what was found, the verdict, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import isfinite
from typing import Final, Literal

from vecgen.report.comparison.classifier import FOLDS, Parting, Transfer
from vecgen.scan.comparison.marginals import Unit

Outcome = Literal["alike", "different", "undecided"]
Verdict = Literal["alike", "different", "tolerated", "not testable"]

STATUSES: Final[dict[Outcome, int]] = {"alike": 0, "different": 1, "undecided": 2}
"""Exit statuses; "undecided" has its own, so that no script takes it for "alike"."""


@dataclass(frozen=True)
class Finding:
    """What one table says.

    Attributes:
        of: What each observation is.
        numbers: Observations of either dataset.
        statistic, freedom, p: Of the test, see `two_samples`.
        effect: How far the shares lie apart, 0 to 1.
        by_chance: The effect of two samples of one population, on average.
        measure: What the effect is.
        verdict: "tolerated" where the effect is past chance, but not by more than what was to be tolerated.
    """

    name: str
    of: Unit
    numbers: tuple[int, int]
    statistic: float
    freedom: float
    p: float
    effect: float
    by_chance: float
    measure: Literal["total variation", "largest difference of sums"]
    verdict: Verdict


@dataclass(frozen=True)
class Summary:
    """A dataset in figures.

    Attributes:
        rows: Rows read, those with faults included.
        first, last: Dates with rows.
    """

    directory: str
    rows: int
    left_out: int
    customers: int
    frauds: int
    first: date
    last: date


@dataclass(frozen=True)
class Comparison:
    """What was found of two datasets.

    Attributes:
        error: Probability that two samples of one population are found different.
        tolerance: How far past chance an effect may be.
        parting: What a learner makes of both; None where it was not asked.
        transfer: What a fraud model makes of both; None where there is too little fraud.
        notes: Sentences about both.
    """

    one: Summary
    other: Summary
    findings: tuple[Finding, ...]
    parting: Parting | None
    transfer: Transfer | None
    notes: tuple[str, ...]
    error: float
    tolerance: float

    @property
    def different(self) -> tuple[str, ...]:
        """Names of what differs."""
        names = (finding.name for finding in self.findings if finding.verdict == "different")
        return (*names, *(["classifier"] if self.parting and self.parting.different else []))

    @property
    def outcome(self) -> Outcome:
        """The verdict: "undecided" where nothing could be tested."""
        if self.different:
            return "different"
        tested = any(finding.verdict != "not testable" for finding in self.findings)
        return "alike" if tested else "undecided"

    @property
    def alike(self) -> bool:
        """Whether nothing differs and something was tested."""
        return self.outcome == "alike"


def to_json(comparison: Comparison) -> str:
    """Return a comparison as a JSON object; what is infinite is null."""
    head = {"outcome": comparison.outcome, "alike": comparison.alike}
    findings = [{name: _or_null(value) for name, value in asdict(f).items()} for f in comparison.findings]
    return json.dumps({**head, **asdict(comparison), "findings": findings}, indent=2, default=str)


def _or_null(value: object) -> object:
    return None if isinstance(value, float) and not isfinite(value) else value


def to_text(comparison: Comparison) -> str:
    """Return a comparison as lines of text."""
    lines = [f"{letter}: {describe(side)}" for letter, side in zip("AB", sides(comparison), strict=True)]
    lines += [f"note: {note}" for note in comparison.notes]
    lines += ["", f"{'shares of':<24} {'of':<10} {'chi-square':>12} {'df':>8} {'p':>8} {'effect':>8} {'by chance':>10}"]
    for f in comparison.findings:
        figures = f"{f.statistic:>12,.1f} {f.freedom:>8,.1f} {f.p:>8.2g} {f.effect:>8.5f} {f.by_chance:>10.5f}"
        lines.append(f"{f.name:<24} {f.of:<10} {figures}  {spell_verdict(f)}")
    learned = [f"{name}: {text}" for name, text in spell_learned(comparison).items()]
    return "\n".join([*lines, *([""] if learned else []), *learned, "", spell_outcome(comparison)])


def spell_learned(comparison: Comparison) -> dict[str, str]:
    """Return what learners made of both datasets in sentences, by what they were told to do."""
    out = {}
    if parting := comparison.parting:
        rows = " and ".join(f"{number:,}" for number in parting.rows)
        telling = ", ".join(f"{name} ({drop:.3f})" for name, drop in parting.telling)
        told = f"; told by {telling}" if telling else ""
        out["classifier"] = (
            f"parts A from B with an area under the ROC curve of {parting.auc:.4f} [{parting.low:.4f}, "
            f"{parting.high:.4f}], 0.5 being none ({rows} rows, {FOLDS} folds of customers)"
            f"{': DIFFERENT' if parting.different else ''}{told}"
        )
    if transfer := comparison.transfer:
        out["fraud model"] = (
            f"finds the fraud of A with an average precision of {transfer.at_home:.4f} if trained on A, "
            f"{transfer.from_other:.4f} (± {transfer.error:.4f}) if trained on B"
        )
    return out


def sides(comparison: Comparison) -> tuple[Summary, Summary]:
    """Return the summaries of both datasets."""
    return comparison.one, comparison.other


def describe(side: Summary) -> str:
    """Return a dataset in one line."""
    faults = f", {side.left_out:,} with a fault left out" if side.left_out else ""
    return (
        f"{side.directory}: {side.rows:,} transactions{faults} of {side.customers:,} customers, {side.frauds:,} "
        f"fraudulent, {side.first} to {side.last}"
    )


def spell_verdict(finding: Finding) -> str:
    """Return the verdict on a table as a line of text shows it."""
    words = {"different": "DIFFERENT", "not testable": "not testable with so few customers"}
    return words.get(finding.verdict, finding.verdict)


def spell_outcome(comparison: Comparison) -> str:
    """Return the verdict on both datasets as one line."""
    rarely = f"two samples of one population differ about once in {1 / comparison.error:,.0f}"
    if comparison.outcome == "different":
        worst = max((f for f in comparison.findings if f.verdict == "different"), key=_excess, default=None)
        far = worst and f"; at most by {worst.effect:.3g} of the shares ({worst.name}; {worst.by_chance:.2g} by chance)"
        return f"DIFFERENT: {', '.join(comparison.different)}{far or ''} ({rarely})"
    if comparison.outcome == "undecided":
        return "UNDECIDED: too few customers to compare anything"
    tolerated = _list([f for f in comparison.findings if f.verdict == "tolerated"])
    untested = sum(f.verdict == "not testable" for f in comparison.findings)
    few = f"; {untested} of {len(comparison.findings)} tests need more customers" if untested else ""
    return f"ALIKE: no difference{tolerated} beyond chance{few} ({rarely})"


def _excess(finding: Finding) -> float:
    return finding.effect - finding.by_chance


def _list(findings: Sequence[Finding]) -> str:
    return f" but small ones ({', '.join(f.name for f in findings)})" if findings else ""
