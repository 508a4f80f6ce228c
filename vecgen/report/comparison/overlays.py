"""Pictures of two datasets: the shares of both in one frame, and how far they lie apart beside what chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vecgen.model.exact import AMOUNT_EDGES
from vecgen.report.comparison.findings import Comparison
from vecgen.report.comparison.reading import Pair, weigh_days
from vecgen.report.figures import FRAUD, INK, LINE, MUTED, REGULAR, Chart, draw_forms, make_figure, settings
from vecgen.sampling.arrays import F64
from vecgen.scan.comparison.histories import OLDEST
from vecgen.scan.comparison.marginals import GAP_EDGES, RATE_EDGES

COLOURS: Final = (REGULAR, FRAUD)
_WIDE, _NARROW = 9.2, 4.3  # inches
_SEEN: Final = 5e-4  # of the highest share; what is below on either side is not drawn
_AGES: Final = 5  # years of a step
_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS: Final = ("J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D")
_AMOUNT_ENDS: Final[F64] = AMOUNT_EDGES / 100.0


@dataclass(frozen=True)
class _Panel:
    """One frame: `ends` of the cells, or names of cells side by side; `log` for a logarithmic axis.

    Attributes:
        given: Of a table with a condition, the cell that is drawn; None for tables without.
        inner: Whether the first and the last cell have no end, and are left out.
    """

    title: str
    table: str
    ends: F64 | None = None
    names: Sequence[str] = ()
    log: bool = False
    given: int | None = None
    inner: bool = False


_ALL: Final = (
    _Panel("amount ($)", "amount", ends=_AMOUNT_ENDS, log=True, inner=True),
    _Panel("hour", "hour", ends=np.arange(25.0)),
    _Panel("seconds between rows", "seconds between rows", ends=GAP_EDGES, log=True, inner=True),
    _Panel("weekday", "weekday", names=_DAYS),
    _Panel("month", "month", names=_MONTHS),
    _Panel("rows of a customer a day", "rows a day", ends=RATE_EDGES, log=True, inner=True),
    _Panel("age of customers", "age", ends=np.arange(0.0, OLDEST + 1, _AGES)),
)
_FRAUD: Final = (
    _Panel("amount of fraud ($)", "amount by fraud", ends=_AMOUNT_ENDS, log=True, given=1, inner=True),
    _Panel("hour of fraud", "hour by fraud", ends=np.arange(25.0), given=1),
)


def draw_overlays(pair: Pair, comparison: Comparison) -> list[Chart]:
    """Draw all pictures of two datasets.

    Raises:
        InputError: Matplotlib is not installed.
    """
    found = {finding.name for finding in comparison.findings}
    shown = [panel for panel in _ALL if panel.table in found]
    fraud = [panel for panel in _FRAUD if panel.table in found and _has(pair, panel)]
    categories = _Panel("", "category")
    of_fraud = _Panel("", "category by fraud", given=1)
    with settings():
        charts = [
            _draw_panels("rows", "Shares of both datasets", pair, comparison, shown),
            _draw_categories("categories", "Categories of all rows", pair, comparison, categories),
        ]
        if fraud:
            charts.append(_draw_panels("fraud", "Shares of the fraud in both datasets", pair, comparison, fraud))
        if of_fraud.table in found and _has(pair, of_fraud):
            charts.append(_draw_categories("fraud-categories", "Categories of fraud", pair, comparison, of_fraud))
        effects = draw_forms("effects", _describe_effects(comparison), lambda wide: _draw_effects(comparison, wide))
    return [*charts, effects]


def name_sides(comparison: Comparison) -> tuple[str, str]:
    """Return what pictures and tables call both datasets."""
    one, other = (f"{letter}: {path.rstrip('/').rpartition('/')[2]}" for letter, path in _paths(comparison))
    return one, other


def _paths(comparison: Comparison) -> Sequence[tuple[str, str]]:
    return ("A", comparison.one.directory), ("B", comparison.other.directory)


def _has(pair: Pair, panel: _Panel) -> bool:
    return all(_count(pair, panel, side).any() for side in (0, 1))


def _count(pair: Pair, panel: _Panel, side: int) -> F64:
    table = pair.statistics[side].marginals.tables[panel.table].sum(axis=0)
    counts: F64 = table[panel.given or 0].astype(np.float64)
    if panel.table in ("weekday", "month"):
        counts *= weigh_days(pair, panel.table, side)
    return np.asarray(counts.reshape(-1, _AGES).sum(axis=1)) if panel.table == "age" else counts


def _share(pair: Pair, panel: _Panel, side: int) -> F64:
    """Return the share of each cell; on a logarithmic axis, of each part as wide."""
    counts = _count(pair, panel, side)
    shares = counts / max(counts.sum(), 1.0)
    shares = shares[1:-1] if panel.inner else shares
    if panel.log and panel.ends is not None:
        width = np.diff(np.log(panel.ends))
        shares = shares * np.median(width) / width
    return np.asarray(shares)


# -------------------------------------------------------------------------------------------------------------- panels
def _draw_panels(name: str, what: str, pair: Pair, comparison: Comparison, panels: Sequence[_Panel]) -> Chart:
    listed = ", ".join(panel.title for panel in panels)
    alt = f"{what}, {' and '.join(name_sides(comparison))}, drawn over each other: {listed}."

    def draw(wide: bool) -> Any:
        columns = min(len(panels), 4 if len(panels) > 3 else 2) if wide else 1
        rows = -(-len(panels) // columns)
        figure = make_figure(_WIDE if wide else _NARROW, 2.1 * rows + 0.5)
        grid = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for place, (axes, panel) in enumerate(zip(grid, panels, strict=False)):
            labels = name_sides(comparison) if place == 0 else (None, None)
            _draw_panel(axes, [_share(pair, panel, side) for side in (0, 1)], panel, labels)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        figure.legend(loc="outside upper right", frameon=False, ncols=2, labelcolor=INK)
        return figure

    return draw_forms(name, alt, draw)


def _draw_panel(axes: Any, shares: Sequence[F64], panel: _Panel, labels: Sequence[str | None]) -> None:
    ends = np.arange(len(shares[0]) + 1.0) if panel.ends is None else panel.ends
    axes.stairs(100.0 * shares[0], ends, fill=True, color=COLOURS[0], alpha=0.35, linewidth=0, label=labels[0])
    axes.stairs(100.0 * shares[1], ends, color=COLOURS[1], linewidth=1.5, baseline=None, label=labels[1])
    axes.set_title(panel.title, fontsize=9.5)
    axes.set_ylim(0.0, None)
    if panel.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_spell_short)
        axes.xaxis.set_minor_formatter("")
    seen = np.flatnonzero(np.maximum(*shares) > _SEEN * max(float(np.max(shares)), 1e-300))
    if len(seen):
        axes.set_xlim(ends[seen[0]], ends[seen[-1] + 1])
    if panel.names:
        axes.set_xticks(np.arange(len(panel.names)) + 0.5, list(panel.names), fontsize=8)
    elif panel.table.startswith("hour"):
        axes.set_xticks(range(0, 25, 6))
    axes.tick_params(length=2, labelsize=8)
    axes.yaxis.set_major_formatter(_per_cent)
    axes.locator_params(axis="y", nbins=4)


def _spell_short(value: float, _: object = None) -> str:
    return next(
        (f"{value / unit:g}{letter}" for unit, letter in ((1e6, "M"), (1e3, "k")) if value >= unit), f"{value:g}"
    )


def _per_cent(value: float, _: object = None) -> str:
    return f"{value:g} %"


# ---------------------------------------------------------------------------------------------------------- categories
def _draw_categories(name: str, what: str, pair: Pair, comparison: Comparison, panel: _Panel) -> Chart:
    names = pair.models[0].categories
    shares = [_share(pair, panel, side) for side in (0, 1)]
    order = np.argsort(-(shares[0] + shares[1]), kind="stable")
    alt = f"{what} in {' and '.join(name_sides(comparison))}, side by side; most in {names[order[0]]}."

    def draw(wide: bool) -> Any:
        figure = make_figure(_WIDE if wide else _NARROW, 0.24 * len(names) + 0.8)
        axes = figure.subplots()
        for side, (own, label) in enumerate(zip(shares, name_sides(comparison), strict=True)):
            places, alpha = np.arange(len(order)) + (side - 0.5) * 0.4, (0.35, 0.9)[side]
            axes.barh(places, 100.0 * own[order], height=0.38, color=COLOURS[side], alpha=alpha, label=label)
        axes.set_yticks(range(len(order)), [names[place] for place in order], fontsize=8.5)
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.xaxis.set_major_formatter(_per_cent)
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper right", frameon=False, ncols=2, labelcolor=INK)
        return figure

    return draw_forms(name, alt, draw)


# ------------------------------------------------------------------------------------------------------------- effects
def _draw_effects(comparison: Comparison, wide: bool) -> Any:
    tested = [finding for finding in comparison.findings if finding.verdict != "not testable"]
    figure = make_figure(_WIDE if wide else _NARROW, 0.26 * max(1, len(tested)) + 0.9)
    axes = figure.subplots()
    for place, finding in enumerate(tested):
        axes.axhline(place, color=LINE, linewidth=0.7, zorder=0)
        axes.plot([finding.by_chance] * 2, [place - 0.3, place + 0.3], color=MUTED, linewidth=2)
        colour = FRAUD if finding.verdict == "different" else REGULAR
        axes.plot([finding.effect], [place], "o", color=colour, markersize=6)
    axes.set_yticks(range(len(tested)), [finding.name for finding in tested], fontsize=8.5)
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=1e-3)
    axes.set_xlim(0.0, 1.0)
    axes.xaxis.set_major_formatter(_spell_short)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("effect (dot), and what chance gives (stroke)", fontsize=9)
    return figure


def _describe_effects(comparison: Comparison) -> str:
    far = comparison.different
    found = f"beyond chance: {', '.join(far)}" if far else "none beyond chance"
    return f"How far the shares of both lie apart, for each table, beside what chance gives; {found}."
