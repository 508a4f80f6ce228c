"""The page of a report: one HTML document without any other file or script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from vecgen.model.exact import NIGHT, ExactModel
from vecgen.plan.command import recall_command
from vecgen.report.baselines import Detector, Rule, Score, choose_best, describe_rule
from vecgen.report.ceiling import Ceiling, list_figures, spell_figure
from vecgen.report.ceiling_chart import NAMES
from vecgen.report.charts import describe_weight, share_outside
from vecgen.report.figures import Chart
from vecgen.report.html_elements import (
    NONE,
    Markup,
    bars,
    clock,
    count,
    dollars,
    facts,
    figure,
    percent,
    plain_dollars,
    section,
    share,
    short_dollars,
    table,
    write_document,
    write_tiles,
)
from vecgen.report.summary import ProfileSummary, Summary, quantiles
from vecgen.verify.certificate import SENTENCES, Certificate, spell_expected, sum_up_types
from vecgen.verify.expectation import Expectation
from vecgen.verify.row_tests import Finding, Verdict

MARK: Final = '<meta name="generator" content="vecgen report">'
"""Part of every page, so that a report is recognised."""
_KNOWN: Final = "When is the fraud known?"
_FEW_FRAUDS: Final = 300
_EASY, _MEDIUM = 0.8, 0.5  # F1 of the best rule
_NIGHT: Final = f"{clock(NIGHT[0])} to {clock(NIGHT[-1] + 1)}"
_GLOSS: Final = (
    "Precision: share of what is flagged that is fraud. Recall: share of the fraud that is flagged. "
    "F1: their harmonic mean."
)


@dataclass(frozen=True)
class Report:
    """What a page is made from.

    Attributes:
        name: Of the dataset.
        detectors: The best rule of each family; none where there is no fraudulent row.
        ceiling: How well fraud can be detected at best; None where there is none.
        night: How well the night alone tells fraud.
        expectation: What the dataset was compared with.
    """

    name: str
    summary: Summary
    model: ExactModel
    certificate: Certificate
    charts: Sequence[Chart]
    detectors: Sequence[Detector]
    ceiling: Ceiling | None
    night: tuple[Rule, Score]
    expectation: Expectation


def write_page(report: Report) -> str:
    """Return the page of a report as HTML."""
    charts = {chart.name: chart for chart in report.charts}
    sections = [
        section("When", _season_lead(report.summary), figure(charts["days"])),
        section("What, and at which hour", _hours_lead(report), figure(charts["hours"])),
        section("How much", _AMOUNT_LEAD, figure(charts["amounts"]), _category_table(report.summary)),
        section("Where", _map_lead(report.summary), figure(charts["map"])),
        section("Who", _WHO_LEAD, _profile_table(report.summary)),
        section("How hard is the fraud to find?", _HARD_LEAD, *_detector_parts(report)),
        *(section(_KNOWN, escape(chart.alt), figure(chart)) for name, chart in charts.items() if name == "labels"),
        section(
            "Does it follow its model?", _certificate_lead(report.certificate), *_certificate_parts(report.certificate)
        ),
        section("Where it comes from", "", *_origin_parts(report)),
    ]
    title = f"{report.name}: a dataset of card transactions"
    return write_document(MARK, title, _header(report), sections)


_AMOUNT_LEAD: Final = "What a transaction costs in each category."
_WHO_LEAD: Final = "Customers with transactions, by the profile they follow."
_CEILING_LEAD: Final = (
    "The model is known, and with it the probability that a transaction is fraudulent, given all that a detector may "
    "see. No detector of a row, or of all rows of a customer's day, is better than one that ranks by it."
)
_HARD_LEAD: Final = (
    "How far a single rule goes, without any learning. Tried are all amounts (9 % apart), all intervals of hours and "
    "all sets of categories, alone and together."
)


# ----------------------------------------------------------------------------------------------------------------- top
def _header(report: Report) -> str:
    summary, certificate = report.summary, report.certificate
    period = summary.period
    left_out = summary.read - sum(summary.rows)
    verb = "is" if left_out == 1 else "are"
    faults = f"{count(left_out, 'row')} with a fault {verb} left out of all charts and tables but the checks."
    return (
        f"<header>\n<h1>{escape(report.name)}</h1>\n"
        f'<p class="lead">Synthetic card transactions from {period.start} to {period.end}.</p>\n'
        f'<a class="verdict{"" if certificate.holds else " bad"}" href="#does-it-follow-its-model">'
        f"{_verdict_in_words(certificate)}</a>\n"
        f"{_tiles(report)}\n{f'<p>{faults}</p>' if left_out else ''}</header>"
    )


def _verdict_in_words(certificate: Certificate) -> str:
    return SENTENCES[certificate.outcome].capitalize()


def _tiles(report: Report) -> str:
    summary = report.summary
    (regular, fraud), (_, stolen) = summary.rows, summary.cents
    rows, cents = regular + fraud, sum(summary.cents)
    odds = f"{percent(fraud, rows)}, one in {rows / fraud:,.0f}" if fraud else "none"
    tiles = [
        ("", "Transactions", f"{summary.read:,}", f"on {summary.period.days:,} days"),
        ("", "Customers", f"{report.certificate.customers:,}", f"{summary.customers:,} with transactions"),
        ("", "Volume", short_dollars(cents), f"{dollars(cents, rows)} a transaction"),
        ("fraud", "Fraudulent transactions", f"{fraud:,}", odds),
        (
            "fraud",
            "Defrauded customers",
            f"{summary.defrauded:,}",
            f"{percent(summary.defrauded, summary.customers)} of those with transactions",
        ),
        ("fraud", "Stolen", short_dollars(stolen), f"{percent(stolen, cents)} of the volume"),
    ]
    return write_tiles(tiles)


# -------------------------------------------------------------------------------------------------------------- tables
def _category_table(summary: Summary) -> str:
    rows = []
    for position in sorted(range(len(summary.categories)), key=lambda p: -int(summary.hour_amounts[:, p].sum())):
        regular, fraud = summary.amounts[:, position]
        total = int(regular.sum() + fraud.sum())
        low, middle, high = quantiles(regular, (0.05, 0.5, 0.95))
        figures = [f"{total:,}", f"{fraud.sum():,}", percent(int(fraud.sum()), total)]
        amounts = [plain_dollars(value) for value in (low, middle, high, quantiles(fraud, (0.5,))[0])]
        rows.append([summary.categories[position], *figures, *amounts])
    head = ["category", "transactions", "fraud", "share", "5 % below", "median", "5 % above", "median of fraud"]
    note = '<p class="note">Share: of fraud in the category. Amounts: of regular transactions, within 9 %.</p>'
    return table("Amounts by category", head, rows) + note


def _profile_table(summary: Summary) -> str:
    head = ["profile", "customers", "defrauded", "transactions", "a day", "fraud", "share", "mean", "mean of fraud"]
    totals = ProfileSummary("all", summary.customers, summary.defrauded, summary.rows, summary.cents)
    rows = [_profile_row(profile, summary.period.days) for profile in summary.profiles]
    note = '<p class="note">A day: per customer. Share: of fraud. Means: of regular and of fraudulent amounts.</p>'
    return table("Profiles", head, rows, foot=_profile_row(totals, summary.period.days)) + note


def _profile_row(profile: ProfileSummary, days: int) -> list[str]:
    total, fraud = sum(profile.rows), profile.rows[1]
    daily = f"{total / profile.customers / days:.2f}" if profile.customers else NONE
    figures = [f"{profile.customers:,}", f"{profile.defrauded:,}", f"{total:,}", daily, f"{fraud:,}"]
    means = [dollars(cents, rows) for cents, rows in zip(profile.cents, profile.rows, strict=True)]
    return [profile.name, *figures, percent(fraud, total), *means]


# ---------------------------------------------------------------------------------------------------------- detectors
def _detector_parts(report: Report) -> list[str]:
    best = choose_best(report.detectors)
    if best is None:
        return ["<p>There is no fraudulent row, so there is nothing to detect.</p>\n"]
    summary, score = report.summary, best.score
    blind = percent(summary.rows[1], sum(summary.rows))
    words = (
        f"It finds {score.found:,} of {count(score.frauds, 'fraudulent transaction')}, and {score.found:,} of the "
        f"{score.flagged:,} that it flags {'is' if score.found == 1 else 'are'} fraudulent. "
        f"Of transactions picked blindly, {blind} are."
    )
    night = report.night[1]
    dark = (
        f"The night alone ({_NIGHT}) has a precision of {share(night.precision)} and a recall of {share(night.recall)}."
    )
    rows = [[d.family.name, *(share(x) for x in _figures(d.score)), _in_words(d, summary)] for d in report.detectors]
    head = ["conditions", "F1", "precision", "recall", "the best rule"]
    place = list(report.detectors).index(best)
    return [
        f'<p class="meaning">{_meaning(score)}</p>\n',
        f'<p class="rule">Flag: {escape(_in_words(best, summary))}.</p>\n',
        bars((("precision", score.precision), ("recall", score.recall), ("F1", score.f1))),
        f"<p>{words} {dark}</p>\n",
        "<h3>The best rule of each kind</h3>\n",
        table("Best rules", head, rows, words=(4,), kinds=lambda i: ' class="best"' if i == place else ""),
        f'<p class="note">{_GLOSS} {_caution(score)}</p>\n',
        *_ceiling_parts(report),
    ]


def _ceiling_parts(report: Report) -> list[str]:
    assert report.ceiling is not None  # there is fraud
    chart = next(chart for chart in report.charts if chart.name == "ceiling")
    detectors = [list_figures(detector) for detector in report.ceiling.detectors]
    rows = [[name, *(spell_figure(figures[name]) for figures in detectors)] for name in detectors[0]]
    return [
        "<h3>The ceiling</h3>\n",
        f"<p>{_CEILING_LEAD}</p>\n",
        figure(chart),
        table("The ceiling", ["figure", *(NAMES[d.sees] for d in report.ceiling.detectors)], rows),
        '<p class="note">In brackets: 95 % confidence, by leaving out parts of the customers.</p>\n',
    ]


def _in_words(detector: Detector, summary: Summary) -> str:
    return describe_rule(detector.rule, summary.categories).replace("≥ ", "≥\u00a0")  # kept on a line


def _figures(score: Score) -> tuple[float, float, float]:
    return score.f1, score.precision, score.recall


def _meaning(score: Score) -> str:
    """Say how hard fraud is to find, by the best of all rules that the page lists."""
    beat = f"A model whose F1 is not above {share(score.f1)} has learned no more than this rule says."
    if score.f1 >= _EASY:
        return f"<strong>Easy:</strong> one rule nearly does it. {beat}"
    if score.f1 >= _MEDIUM:
        return f"<strong>Medium:</strong> one rule goes part of the way. {beat}"
    return f"<strong>Hard for a single rule.</strong> {beat}"


def _caution(score: Score) -> str:
    few = f" With {count(score.frauds, 'fraudulent transaction')} in all, another seed gives other figures." * (
        score.frauds < _FEW_FRAUDS
    )
    return f"Rules are measured on the transactions they were searched in: they can reach no more than this.{few}"


# --------------------------------------------------------------------------------------------------------- certificate
def _certificate_lead(certificate: Certificate) -> str:
    untested = sum(not _is_tested(finding) for finding in certificate.findings)
    what = f"No: {', '.join(certificate.broken)}." if certificate.broken else "Yes, as far as it can be told."
    few = f" There are too few rows for {untested} of the tests." if untested else ""
    notes = "".join(f" Note: {escape(note)}." for note in certificate.notes)
    return (
        f"{what}{few}{notes} What <code>vecgen verify</code> finds: {len(certificate.checks)} checks of every row, "
        f"{len(certificate.findings)} statistical tests. A dataset that follows its model fails once in "
        f"{1 / certificate.error:,.0f}."
    )


def _is_tested(finding: Finding) -> bool:
    """Return whether there were rows enough for a test."""
    return finding.verdict != "not testable"


def _certificate_parts(certificate: Certificate) -> list[str]:
    checks = [
        [c.name, f"{c.broken:,}", _verdict("holds" if c.holds else "broken"), spell_expected(c)]
        for c in certificate.checks
    ]
    listed, types = sum_up_types(certificate.findings)
    model = [
        [f.law, f.of, _outcome(f), f"{f.number:,}", *(_strength(f) if _is_tested(f) else [NONE] * 4)] for f in listed
    ]
    kinds = [
        [own.name, f"{own.tests:,}", f"{own.untested:,}", f"{own.nearest.p:.2g}", own.nearest.law] for own in types
    ]
    kinds_head = ["fraud type", "tests that did not fail", "with too few rows", "smallest p", "of the test"]
    head = ["test of", "among", "result", "number", "p", "effect", "chi-square", "degrees of freedom"]
    return [
        "<h3>Every row on its own</h3>\n",
        table("Checks", ["check", "exceptions", "result", "expected"], checks, text=(2,), words=(3,)),
        "<h3>All rows together</h3>\n",
        table("Tests", head, model, text=(1, 2)),
        table("Tests of fraud types", kinds_head, kinds, text=(4,)) if kinds else "",
        '<p class="note">p: how often a dataset that follows its model looks worse. Effect: how far off, as '
        "Cohen's w; below 0.1 is small.</p>\n",
    ]


def _strength(finding: Finding) -> list[str]:
    return [f"{finding.p:.2g}", f"{finding.effect:.5f}", f"{finding.statistic:,.1f}", f"{finding.freedom:,}"]


def _outcome(finding: Finding) -> str:
    return _verdict(finding.verdict) if _is_tested(finding) else Markup('<span class="none">too few rows</span>')


def _verdict(verdict: Verdict) -> str:
    kind = {"holds": "good", "broken": "bad"}.get(verdict)
    return Markup(f'<span class="{kind}">{verdict}</span>') if kind else verdict


# -------------------------------------------------------------------------------------------------------------- origin
def _origin_parts(report: Report) -> list[str]:
    receipt = report.expectation.receipt
    digests = [(f"Digest of {name}", f"<code>{digest}</code>") for name, digest in report.certificate.digests.items()]
    stated = _stated_model(report)
    if receipt is None:
        words = "<p>This dataset has no receipt, so the command that made it is not known.</p>\n"
        return [words, facts([("Compared with", stated), *digests])]
    size = sum(part.bytes for part in receipt.parts.values())
    number = sum(part.files for part in receipt.parts.values())
    return [
        "<p>The command that made it, and makes the same rows anywhere:</p>\n",
        f"<pre><code>{escape(recall_command(receipt.parts, receipt.request, receipt.output))}</code></pre>\n",
        facts(
            [
                ("Version", f"vecgen {escape(receipt.version)}"),
                ("Fingerprint", f"<code>{escape(receipt.fingerprint)}</code>"),
                *digests,
                ("Model", stated),
                ("Files", f"{number:,}, {size / 1e6:,.1f} MB"),
                ("Made in", f"{receipt.seconds:,.1f} s on {count(receipt.cores, 'core')}"),
            ]
        ),
    ]


def _stated_model(report: Report) -> str:
    """Say with which values the dataset was compared, and which of them could not be tested."""
    law = report.model.law
    tested = any(f.law == "defrauded" and _is_tested(f) for f in report.certificate.findings)
    origin = "as its receipt says" if report.expectation.receipt else "assumed"
    rate = f"fraud rate {law.fraud_rate:g}" + ("" if tested else f" ({origin}; too few customers to test it)")
    days = f"fraud days {law.fraud_days}" + (f"; fraud stealth {law.fraud_stealth:g}" if law.fraud_stealth else "")
    return f"law {escape(law.dependence)}; {rate}; {days}; travel {'on' if law.travel else 'off'}"


def _season_lead(summary: Summary) -> str:
    days: dict[str, str] = {}
    for span in summary.seasons:
        name = f"{span.name.replace('_', ' ')} {describe_weight(span)}"
        days.setdefault(name, f"{span.first:%d %b} to {span.last:%d %b}")
    listed = ", ".join(f"{escape(name)} ({when})" for name, when in days.items())
    return f"Volume by day. Shaded are the seasons, with their weight: {listed}." if listed else "Volume by day."


def _hours_lead(report: Report) -> str:
    night = report.night[1]
    regular = share((night.flagged - night.found) / max(report.summary.rows[0], 1))
    frauds = f"{share(night.recall)} of the fraud and {regular} of the rest happen" if night.frauds else ""
    return (
        "The stronger the colour, the more transactions; each panel has its own scale. "
        f"{frauds or f'{regular} of the transactions happen'} at night ({_NIGHT})."
    )


def _map_lead(summary: Summary) -> str:
    outside = share_outside(summary)
    rest = f" {share(outside)} of the customers live beyond the picture." if outside > 0 else ""
    return f"By half a degree: the stronger the colour, the more there are, on a logarithmic scale.{rest}"
