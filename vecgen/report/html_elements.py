"""Pieces of a page: sections, tables, lists of facts, and formatted numbers."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from vecgen.report.figures import Chart

_PER_CENT: Final = "\u00a0%"  # on one line with its number
NONE: Final = "-"
"""Stands where there is no number."""


class Markup(str):
    """Text that is HTML already."""


def write_document(mark: str, title: str, header: str, sections: Iterable[str]) -> str:
    """Return a page: one HTML document without any other file or script.

    Args:
        mark: Part of the head by which the page is recognised.
    """
    style = (files("vecgen.report") / "page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            mark,
            f"<title>{escape(title)}</title>",
            f"<style>\n{style}</style>\n</head>\n<body>",
            header,
            f"<main>\n{''.join(sections)}</main>",
            "<footer>vecgen: synthetic data, nobody's purchases.</footer>",
            "</body>\n</html>\n",
        ]
    )


def section(title: str, lead: str, *parts: str) -> str:
    """Return a section with its heading, what leads into it, and its parts."""
    name = "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")
    words = f'<p class="lead">{lead}</p>\n' if lead else ""
    head = f'<section id="{name}" aria-labelledby="{name}-title">\n<h2 id="{name}-title">{escape(title)}</h2>\n'
    return f"{head}{words}{''.join(parts)}</section>\n"


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    foot: Sequence[str] | None = None,
    text: Sequence[int] = (),
    words: Sequence[int] = (),
    kinds: Callable[[int], str] = lambda _: "",
) -> str:
    """Return a table whose first column names its rows.

    Args:
        text, words: Columns of text and of long text; all others hold figures.
        kinds: Class attribute of a row by its position.
    """
    kind_of = {0: "", **dict.fromkeys(text, ""), **dict.fromkeys(words, ' class="words"')}
    align = [kind_of.get(i, ' class="number"') for i in range(len(head))]

    def line(cells: Sequence[str], kind: str = "") -> str:
        first, *rest = (cell if isinstance(cell, Markup) else escape(cell) for cell in cells)
        first = first.replace("_", "_<wbr>")  # long names take two lines where there is little room
        others = "".join(f"<td{align[i]}>{cell}</td>" for i, cell in enumerate(rest, 1))
        return f'<tr{kind}><th scope="row">{first}</th>{others}</tr>\n'

    heads = "".join(f'<th scope="col"{align[i]}>{escape(cell)}</th>' for i, cell in enumerate(head))
    body = "".join(line(cells, kinds(number)) for number, cells in enumerate(rows))
    end = f"<tfoot>{line(foot)}</tfoot>" if foot else ""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0"><table>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n{end}</table></div>\n"
    )


def bars(values: Iterable[tuple[str, float]]) -> str:
    """Return shares (0..1) as named bars."""
    lines = (
        f'<span>{name}</span><span class="track"><span style="width:{100 * value:.1f}%"></span></span>'
        f"<span>{share(value)}</span>\n"
        for name, value in values
    )
    return f'<div class="bars">\n{"".join(lines)}</div>\n'


def facts(facts: Iterable[tuple[str, str]]) -> str:
    """Return names and what they are (HTML) as a list."""
    lines = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in facts)
    return f'<dl class="facts">\n{lines}</dl>\n'


def count(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """Return a part of a whole in per cent."""
    return share(part / whole) if whole else NONE


def share(value: float) -> str:
    """Return a share (0..1) in per cent, three digits of it."""
    return f"{100.0 * value:#.3g}".rstrip(".") + _PER_CENT if value else f"0{_PER_CENT}"


def clock(hour: int) -> str:
    """Return a full hour as every chart, table and sentence writes it."""
    return f"{hour:02d}:00"


def dollars(cents: int, rows: int) -> str:
    """Return the mean of `rows` amounts that add up to `cents`."""
    return f"${cents / rows / 100:,.2f}" if rows else NONE


def plain_dollars(value: float) -> str:
    """Return an amount in dollars; NaN stands for none."""
    return NONE if math.isnan(value) else f"${value:,.2f}"


def short_dollars(cents: int) -> str:
    """Return a sum of cents in dollars, millions or billions."""
    dollars = cents / 100
    for unit, name in ((1e9, "bn"), (1e6, "m")):
        if dollars >= unit:
            return f"${dollars / unit:,.2f} {name}"
    return f"${dollars:,.0f}"


def write_tiles(tiles: Iterable[tuple[str, str, str, str]]) -> str:
    """Return figures as tiles: class, name, value, and what more there is to say of each."""
    lines = (
        f'\n<div class="{kind}"><dt>{name}</dt><dd class="value">{value}</dd><dd class="more">{more}</dd></div>'
        for kind, name, value, more in tiles
    )
    return f'<dl class="tiles">{"".join(lines)}\n</dl>'


def figure(chart: Chart) -> str:
    """Return a chart as a figure, wide or narrow as the reader's screen is."""
    # Two images, one of them shown: a browser that prints does not choose anew among the sources of one.
    forms = (("wide", chart.wide, chart.size), ("narrow", chart.narrow, chart.narrow_size))
    images = (
        f'<img class="{kind}" src="{_embed(svg)}" width="{width}" height="{height}" alt="{escape(chart.alt)}">\n'
        for kind, svg, (width, height) in forms
    )
    return f"<figure>\n{''.join(images)}</figure>\n"


def _embed(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode('ascii')}"
