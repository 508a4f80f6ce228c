"""The page of a report: one HTML document that needs nothing beside it, not even a script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Final

from vecgen import __version__
from vecgen.charts import describe_weight, share_outside
from vecgen.command import recall_command
from vecgen.fidelity import Finding
from vecgen.laws import Laws
from vecgen.markup import (
    NONE,
    Markup,
    bars,
    count,
    dollars,
    facts,
    percent,
    plain_dollars,
    section,
    share,
    short_dollars,
    table,
)
from vecgen.pictures import Chart
from vecgen.receipt import Receipt
from vecgen.rules import Detector, Rule, Score, choose_best, describe_rule
from vecgen.summary import ProfileSummary, Summary, quantiles
from vecgen.verify import Certificate

MARK: Final = '<meta name="generator" content="vecgen report">'
"""Stands in every page, so that a report is known for one."""
_FEW_FRAUDS: Final = 300


@dataclass(frozen=True)
class Report:
    """What a page is made from.

    Attributes:
        name: Of the dataset.
        detectors: The best rule of each family; none where there is no fraudulent row.
        night: How well the night alone tells fraud.
    """

    name: str
    summary: Summary
    laws: Laws
    certificate: Certificate
    charts: Sequence[Chart]
    detectors: Sequence[Detector]
    night: tuple[Rule, Score]
    receipt: Receipt | None


def write_page(report: Report) -> str:
    """Return the page of a report as HTML."""
    charts = {chart.name: chart for chart in report.charts}
    style = (files("vecgen") / "report.css").read_text(encoding="utf-8")
    sections = [
        section("When", _season_lead(report.summary), _figure(charts["days"])),
        section("What, and at which hour", _hours_lead(report), _figure(charts["hours"])),
        section("How much", "Amounts by category.", _figure(charts["amounts"]), _category_table(report.summary)),
        section("Where", _map_lead(report.summary), _figure(charts["map"])),
        section("Who", _WHO_LEAD, _profile_table(report.summary)),
        section("How hard is it?", _HARD_LEAD, *_detector_parts(report)),
        section("Does it follow its law?", _certificate_lead(report.certificate), *_certificate_parts(report)),
        section("Where it comes from", "", *_origin_parts(report)),
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            MARK,
            f"<title>{escape(report.name)}: a dataset of card transactions</title>",
            f"<style>\n{style}</style>\n</head>\n<body>",
            _header(report),
            f"<main>\n{''.join(sections)}</main>",
            f"<footer>vecgen {escape(__version__)}: synthetic data, nobody's purchases.</footer>",
            "</body>\n</html>\n",
        ]
    )


_WHO_LEAD: Final = "Customers with transactions, by the profile they follow."
_HARD_LEAD: Final = (
    "What one rule finds, without any learning: the best of its kind, searched through all thresholds of amounts "
    "(9 % apart), all intervals of hours, all sets of categories, and their pairs."
)


# ----------------------------------------------------------------------------------------------------------------- top
def _header(report: Report) -> str:
    summary, certificate = report.summary, report.certificate
    period = summary.period
    bad = "" if certificate.holds else " bad"
    verdict = "Nothing speaks against its law" if certificate.holds else "It does not follow its law"
    left_out = summary.read - sum(summary.rows)
    verb = "is" if left_out == 1 else "are"
    faults = f"{count(left_out, 'row')} with a fault {verb} left out of all charts and tables but the certificate."
    return (
        f"<header>\n<h1>{escape(report.name)}</h1>\n"
        f'<p class="lead">Synthetic card transactions from {period.start} to {period.end}, '
        f"law {escape(certificate.dependence)}.</p>\n"
        f'<a class="verdict{bad}" href="#does-it-follow-its-law">{verdict}</a>\n'
        f"{_tiles(report)}\n{f'<p>{faults}</p>' if left_out else ''}</header>"
    )


def _tiles(report: Report) -> str:
    summary = report.summary
    (regular, fraud), (_, stolen) = summary.rows, summary.cents
    rows, cents = regular + fraud, sum(summary.cents)
    odds = f"one row in {rows / fraud:,.0f}" if fraud else "no fraudulent row"
    tiles = [
        ("", "Transactions", f"{summary.read:,}", f"on {summary.period.days:,} days"),
        ("", "Customers", f"{report.certificate.customers:,}", f"{summary.customers:,} with transactions"),
        ("", "Volume", short_dollars(cents), f"{dollars(cents, rows)} a transaction"),
        ("fraud", "Fraud rate", percent(fraud, rows), odds),
        (
            "fraud",
            "Defrauded",
            f"{summary.defrauded:,}",
            f"{percent(summary.defrauded, summary.customers)} of customers",
        ),
        ("fraud", "Stolen", short_dollars(stolen), f"{percent(stolen, cents)} of the volume, {fraud:,} rows"),
    ]
    return (
        '<dl class="tiles">'
        + "".join(
            f'\n<div class="{kind}"><dt>{name}</dt><dd class="value">{value}</dd><dd class="more">{more}</dd></div>'
            for kind, name, value, more in tiles
        )
        + "\n</dl>"
    )


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
    head = ["category", "rows", "fraud", "fraud rate", "5 %", "median", "95 %", "median of fraud"]
    note = '<p class="note">Quantiles of regular amounts and the median of fraud, read from cells 9 % wide.</p>'
    return table("Amounts by category", head, rows) + note


def _profile_table(summary: Summary) -> str:
    head = ["profile", "customers", "defrauded", "rows", "rows a day", "fraud", "fraud rate", "mean", "mean of fraud"]
    totals = ProfileSummary("all", summary.customers, summary.defrauded, summary.rows, summary.cents)
    rows = [_profile_row(profile, summary.period.days) for profile in summary.profiles]
    note = '<p class="note">Rows a day and customer; means of regular and of fraudulent amounts.</p>'
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
        f"It finds {score.found:,} of {count(score.frauds, 'fraudulent row')}, and {score.found:,} of the "
        f"{count(score.flagged, 'row')} that it flags {'is' if score.found == 1 else 'are'} fraudulent. "
        f"Rows picked blindly have a precision of {blind}."
    )
    night = report.night[1]
    dark = (
        f"The night alone (22:00 to 4:00) has a precision of {share(night.precision)} and a recall of "
        f"{share(night.recall)}."
    )
    rows = [[d.family.name, *(share(x) for x in _figures(d.score)), _in_words(d, summary)] for d in report.detectors]
    head = ["conditions", "F1", "precision", "recall", "the best rule"]
    place = list(report.detectors).index(best)
    return [
        f'<p class="rule">Flag: {escape(_in_words(best, summary))}.</p>\n',
        bars((("precision", score.precision), ("recall", score.recall), ("F1", score.f1))),
        f"<p>{words} {dark}</p>\n<p>{_meaning(score)}</p>\n",
        table("Best rules", head, rows, words=(4,), kinds=lambda i: ' class="best"' if i == place else ""),
        f'<p class="note">{_caution(score)}</p>\n',
    ]


def _in_words(detector: Detector, summary: Summary) -> str:
    return describe_rule(detector.rule, summary.categories).replace("≥ ", "≥\u00a0")  # kept on a line


def _figures(score: Score) -> tuple[float, float, float]:
    return score.f1, score.precision, score.recall


def _meaning(score: Score) -> str:
    beat = f"A model whose F1 is not above {share(score.f1)} has learnt no more than this line says."
    if score.f1 >= 0.8:
        return f"This dataset is easy: one rule nearly does it. {beat}"
    if score.f1 >= 0.5:
        return f"This dataset is of middling difficulty: one rule goes half the way. {beat}"
    return f"This dataset is hard for a single rule: what fraud there is shows in combinations. {beat}"


def _caution(score: Score) -> str:
    few = f" With {count(score.frauds, 'fraudulent row')} in all, another seed gives other figures." * (
        score.frauds < _FEW_FRAUDS
    )
    return f"Searched on the rows it is measured on, so what a rule of this kind can reach at most.{few}"


# --------------------------------------------------------------------------------------------------------- certificate
def _certificate_lead(certificate: Certificate) -> str:
    broken = [check.name for check in certificate.checks if not check.holds]
    broken += [f"{finding.law} ({finding.of})" for finding in certificate.findings if not finding.holds]
    what = f"No: {', '.join(broken)}." if broken else "Yes: nothing speaks against it."
    return (
        f"{what} The certificate of <code>vecgen verify</code>: {len(certificate.checks)} checks of every row, "
        f"{len(certificate.findings)} laws; a true dataset is rejected once in {1 / certificate.error:,.0f}."
    )


def _certificate_parts(report: Report) -> list[str]:
    certificate = report.certificate
    checks = [[c.name, f"{c.broken:,}", _verdict(c.holds), c.expected] for c in certificate.checks]
    laws = [
        [f.law, f.of, _verdict(f.holds), *_strength(f), f"{f.number:,}", f"{f.statistic:,.1f}", f"{f.freedom:,}"]
        for f in certificate.findings
    ]
    head = ["law", "of", "", "p", "effect", "number", "chi-square", "degrees of freedom"]
    return [
        "<h3>What every row must show</h3>\n",
        table("Checks", ["check", "exceptions", "", "expected"], checks, text=(2,), words=(3,)),
        "<h3>What all rows together must show</h3>\n",
        table("Laws", head, laws, text=(1, 2)),
        '<p class="note">p: how often a dataset that follows the law looks worse. Effect: how far off, as Cohen\'s w; '
        "below 0.1 is small.</p>\n",
    ]


def _strength(finding: Finding) -> tuple[str, str]:
    return f"{finding.p:.2g}", f"{finding.effect:.5f}"


def _verdict(holds: bool) -> str:
    return Markup('<span class="good">holds</span>' if holds else '<span class="bad">broken</span>')


# -------------------------------------------------------------------------------------------------------------- origin
def _origin_parts(report: Report) -> list[str]:
    receipt, law = report.receipt, report.laws.law
    digests = [(f"Digest of {name}", f"<code>{digest}</code>") for name, digest in report.certificate.digests.items()]
    stated = (
        f"{escape(law.dependence)}; fraud rate {law.fraud_rate:g}, fraud days {law.fraud_days}, "
        f"travel {'on' if law.travel else 'off'}"
    )
    if receipt is None:
        words = "<p>No receipt stands beside this dataset, so the command that made it is not known.</p>\n"
        return [words, facts([("Held against the law", stated), *digests])]
    size = sum(part.bytes for part in receipt.parts.values())
    number = sum(part.files for part in receipt.parts.values())
    return [
        "<p>The command that made it, and makes the same rows anywhere:</p>\n",
        f"<pre><code>{escape(recall_command(receipt))}</code></pre>\n",
        facts(
            [
                ("Version", f"vecgen {escape(receipt.version)}"),
                ("Fingerprint", f"<code>{escape(receipt.fingerprint)}</code>"),
                *digests,
                ("Law", stated),
                ("Files", f"{number:,}, {size / 1e6:,.1f} MB"),
                ("Made in", f"{receipt.seconds:,.1f} s on {count(receipt.cores, 'core')}"),
            ]
        ),
    ]


def _season_lead(summary: Summary) -> str:
    seasons: dict[str, str] = {}
    for span in summary.seasons:
        name = f"{span.name.replace('_', ' ')} {describe_weight(span)}"
        seasons.setdefault(name, f"{span.first:%d %b} to {span.last:%d %b}")
    listed = "; ".join(f"{escape(name)}, {days}" for name, days in seasons.items())
    return f"Volume by day. Shaded are the seasons and their weight: {listed}." if listed else "Volume by day."


def _hours_lead(report: Report) -> str:
    night = report.night[1]
    frauds = f" {share(night.recall)} of the fraud lies between 22:00 and 4:00," if night.frauds else ""
    regular = (night.flagged - night.found) / max(report.summary.rows[0], 1)
    return (
        "Rows by category and hour, darker where there are more, each panel up to its own darkest cell."
        f"{frauds} {'and ' if frauds else ''}{share(regular)} of the regular rows{'' if frauds else ' lie at night'}."
    )


def _map_lead(summary: Summary) -> str:
    outside = share_outside(summary)
    rest = f" {share(outside)} of the customers live beyond the picture." if outside > 0 else ""
    return (
        "Cells of half a degree, darker where there are more, logarithmic. A purchase lies up to a degree from home."
        + rest
    )


def _figure(chart: Chart) -> str:
    # Two images, one of them shown: a browser that prints does not choose anew among the sources of one.
    forms = (("wide", chart.wide, chart.size), ("narrow", chart.narrow, chart.narrow_size))
    images = (
        f'<img class="{kind}" src="{_embed(svg)}" width="{width}" height="{height}" alt="{escape(chart.alt)}">\n'
        for kind, svg, (width, height) in forms
    )
    return f"<figure>\n{''.join(images)}</figure>\n"


def _embed(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode('ascii')}"
