"""The picture of labels: fraud by month, of each kind if that is known, and how much of it is known after n days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from vecgen.model.params import Period
from vecgen.report.figures import FRAUD, INK, MUTED, Chart, draw_forms, make_figure, settings
from vecgen.sampling.arrays import F64, I64

_COLOURS: Final = (FRAUD, "#3c8dad", "#8a6fae", "#c9a227", "#5a9367", "#b0628d", "#7d8ca3", "#a0785a", "#4a4e9b")
"""Of kinds of fraud, the most frequent first; they suit a light and a dark page."""
_SHOWN: Final = 0.99  # of what is ever reported; the axis of days ends there
_LEAST_DAYS: Final = 7


def draw_labels(period: Period, kinds: Mapping[str, I64], known: F64 | None = None) -> Chart:
    """Return the chart of labels.

    Args:
        kinds: Fraudulent transactions by day of the period, by what they are called; some of them are not zero.
        known: Share of the fraud that is reported after 0, 1, 2, ... days; None where nothing says so.
    """
    months, counts = _count_months(period, kinds)
    with settings():
        return draw_forms("labels", _describe(months, counts, known), lambda wide: _draw(months, counts, known, wide))


def _count_months(period: Period, kinds: Mapping[str, I64]) -> tuple[list[str], dict[str, I64]]:
    """Return the months of a period, and the counts of each kind by month, the most frequent kind first."""
    days = (np.datetime64(period.start) + np.arange(period.days)).astype("datetime64[M]")
    months, place = np.unique(days, return_inverse=True)
    ordered = sorted(kinds, key=lambda name: (-int(kinds[name].sum()), name))
    counts = {name: np.bincount(place, kinds[name], len(months)).astype(np.int64) for name in ordered}
    return [str(month) for month in months], counts


def _draw(months: list[str], counts: Mapping[str, I64], known: F64 | None, wide: bool) -> Any:
    panels = 1 if known is None else 2
    figure = make_figure(9.2, 3.8) if wide else make_figure(4.3, 3.6 * panels)
    axes = figure.subplots(1, panels, squeeze=False) if wide else figure.subplots(panels, 1, squeeze=False)
    _draw_months(axes.ravel()[0], months, counts, wide)
    if known is not None:
        _draw_known(axes.ravel()[1], known)
    if len(counts) > 1:
        figure.legend(loc="outside lower center", frameon=False, ncols=4 if wide else 2, labelcolor=INK)
    return figure


def _draw_months(axes: Any, months: list[str], counts: Mapping[str, I64], wide: bool) -> None:
    places, base = np.arange(len(months)), np.zeros(len(months))
    for position, (name, values) in enumerate(counts.items()):
        axes.bar(places, values, bottom=base, color=_COLOURS[position % len(_COLOURS)], label=name, width=0.85)
        base = base + values
    axes.set_title("Fraudulent transactions by month")
    step = -(-len(months) // (5 if wide else 3))
    axes.set_xticks(places[::step], months[::step])
    axes.tick_params(length=3, width=0.8)
    axes.locator_params(axis="y", nbins=5, integer=True)


def _draw_known(axes: Any, known: F64) -> None:
    end = max(_LEAST_DAYS, _find_day(known, _SHOWN))
    shown = known[: end + 1]
    axes.step(np.arange(len(shown)), 100.0 * shown, where="post", color=FRAUD, linewidth=2)
    axes.axhline(100.0 * known[-1], color=MUTED, linewidth=1, linestyle="--")
    axes.set_title("Share of the fraud that is known, %")
    axes.set_xlabel("days after the transaction")
    axes.set_ylim(0, 104)
    axes.margins(x=0)
    axes.tick_params(length=3, width=0.8)
    axes.grid(color=MUTED, alpha=0.15)


def _find_day(known: F64, share: float) -> int:
    """Return after how many days a share of what is ever reported is known."""
    return int(np.searchsorted(known, share * known[-1] * (1.0 - 1e-12)))


def _describe(months: list[str], counts: Mapping[str, I64], known: F64 | None) -> str:
    totals = np.sum(list(counts.values()), axis=0)
    most, least = int(totals.argmax()), int(totals.argmin())
    low, high = (f"{totals[place]:,} ({months[place]})" for place in (least, most))
    words = f"Fraudulent transactions by month: from {low} to {high}."
    if len(counts) > 1:
        words += " By kind: " + ", ".join(f"{name} {int(values.sum()):,}" for name, values in counts.items()) + "."
    if known is not None and known[-1] > 0:
        half, most_of_it = (_find_day(known, share) for share in (0.5, 0.9))
        words += f" {known[-1]:.1%} of the fraud is reported in the end: half of that within {half:,} days, "
        words += f"nine in ten within {most_of_it:,}."
    return words
