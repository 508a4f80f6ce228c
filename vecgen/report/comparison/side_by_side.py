"""The page of a comparison: one HTML document without any other file or script."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from vecgen.errors import OutputError, setting
from vecgen.report.comparison.findings import Comparison, Finding, Outcome, Summary, sides, spell_learned
from vecgen.report.comparison.overlays import name_sides
from vecgen.report.figures import Chart
from vecgen.report.html_elements import (
    Markup,
    count,
    facts,
    figure,
    percent,
    section,
    table,
    write_document,
    write_tiles,
)

MARK: Final = '<meta name="generator" content="vecgen compare">'
"""Part of every page, so that an earlier one is recognised."""

_VERDICTS: Final[dict[Outcome, str]] = {
    "alike": "No difference beyond chance",
    "different": "They differ",
    "undecided": "Too few customers to tell",
}
_HEAD: Final = ("shares of", "of", "result", "effect", "by chance", "p", "chi-square", "degrees of freedom")
_NOTE: Final = (
    "Effect: how far the shares of both lie apart, 0 to 1 (total variation; of amounts, times between rows, rows a day "
    "and ages the largest difference of the shares up to a value). By chance: the effect of two samples of one "
    "population of these sizes. p: how often two such samples look worse; rows of a customer count together."
)
_LEADS: Final = {
    "rows": ("All rows", "Share of the rows, or of the customers, of either dataset."),
    "categories": ("Categories", "Share of the rows in each category."),
    "fraud": ("Fraud", "Share of the fraudulent rows of either dataset."),
    "fraud-categories": ("Categories of fraud", "Share of the fraudulent rows in each category."),
    "effects": ("How far they lie apart", "For each table of shares, beside what chance gives."),
}


def write_page(comparison: Comparison, charts: Sequence[Chart]) -> str:
    """Return the page of a comparison as HTML."""
    sections = [section(*_LEADS[chart.name], figure(chart)) for chart in charts]
    sections.append(section("Tests", _describe_tests(comparison), _list_tests(comparison)))
    if learned := spell_learned(comparison):
        listed = facts((escape(name.capitalize()), f"It {escape(text)}.") for name, text in learned.items())
        sections.append(section("Learners", "Tested on customers that they have not seen.", listed))
    title = " and ".join(name_sides(comparison))
    return write_document(MARK, f"{title}: two datasets side by side", _header(comparison), sections)


def check_replaceable(path: Path) -> None:
    """Accept where a page is to be written.

    Raises:
        OutputError: Something else is there.
    """
    try:
        ours = not (path.exists() or path.is_symlink()) or MARK in path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise OutputError(f"{setting('output')}: {path} holds something else than a comparison; choose another")


def replace_page(path: Path, text: str) -> None:
    """Write a page beside `path`, then let it take the place of an earlier one.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".vecgen-", dir=path.parent) as scratch:
            complete = Path(scratch) / path.name
            complete.write_text(text, encoding="utf-8")
            complete.replace(path)
    except OSError as error:
        raise OutputError(
            f"{setting('output')}: {path} cannot be written ({error.strerror}); choose another"
        ) from error


def _header(comparison: Comparison) -> str:
    names = name_sides(comparison)
    notes = "".join(f"<p>Note: {escape(note)}.</p>\n" for note in comparison.notes)
    kind = "" if comparison.alike else " bad"
    tiles = [tile for name, side in zip(names, sides(comparison), strict=True) for tile in _tiles(name, side)]
    return (
        f"<header>\n<h1>{escape(names[0])}<br>{escape(names[1])}</h1>\n"
        '<p class="lead">Two datasets of card transactions, side by side.</p>\n'
        f'<a class="verdict{kind}" href="#tests">{_VERDICTS[comparison.outcome]}</a>\n{notes}'
        f"{write_tiles(tiles)}</header>"
    )


def _tiles(name: str, side: Summary) -> list[tuple[str, str, str, str]]:
    letter = escape(name.partition(":")[0])
    kept = side.rows - side.left_out
    left_out = f", {count(side.left_out, 'row')} with a fault left out" if side.left_out else ""
    return [
        ("", f"Transactions of {letter}", f"{side.rows:,}", f"{side.first} to {side.last}{left_out}"),
        ("", f"Customers of {letter}", f"{side.customers:,}", f"{kept / max(1, side.customers):,.1f} rows each"),
        ("", f"Fraudulent of {letter}", f"{side.frauds:,}", percent(side.frauds, kept)),
    ]


def _describe_tests(comparison: Comparison) -> str:
    far = comparison.different
    found = f"Beyond chance: {escape(', '.join(far))}." if far else "Nothing differs beyond chance."
    return f"{found} Two samples of one population are found different once in {1 / comparison.error:,.0f}."


def _list_tests(comparison: Comparison) -> str:
    rows = [_list_figures(finding) for finding in comparison.findings]
    return table("Tests", _HEAD, rows, text=(1, 2)) + f'<p class="note">{_NOTE}</p>\n'


def _list_figures(finding: Finding) -> list[str]:
    kind = {"alike": "good", "different": "bad", "not testable": "none"}.get(finding.verdict, "")
    result = Markup(f'<span class="{kind}">{finding.verdict}</span>')
    figures = f"{finding.effect:.5f}", f"{finding.by_chance:.5f}", f"{finding.p:.2g}"
    return [finding.name, finding.of, result, *figures, f"{finding.statistic:,.1f}", f"{finding.freedom:,.1f}"]
