"""Charts of a summary, each drawn wide and narrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from vecgen.model.exact import AMOUNT_EDGES, NIGHT
from vecgen.report.figures import (
    FRAUD,
    INK,
    LINE,
    MUTED,
    REGULAR,
    SEASON,
    Chart,
    draw_forms,
    make_figure,
    require_matplotlib,
    settings,
)
from vecgen.report.html_elements import clock
from vecgen.report.summary import SeasonSpan, Summary, days_of, quantiles
from vecgen.sampling.arrays import F64, I64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LABELS: Final = ("regular", "fraud")
_COLOURS: Final = (REGULAR, FRAUD)
_CELL_COLOURS: Final = ((0x2B, 0x86, 0xA6), (0xD9, 0x5F, 0x3B))
_WIDE, _NARROW = 9.2, 4.3  # inches; a phone shows a narrow one at about its own size
_WEEK: Final = 7
_MARGIN: Final = 4  # cells of the map around the customers
_OUTLYING: Final = 0.01  # share of the customers beyond each edge of the map
_FEW: Final = 30  # rows; fewer are drawn one by one
_DEGREE_STEPS: Final = (1, 2, 5, 10, 20, 45)
_LABEL_SIZE: Final = 8.5  # points, of seasons and degrees
_TIMES: Final = "\u00d7"
_LETTER: Final = 0.55 * _LABEL_SIZE / 72  # inches, about as wide as one is
_LINE_HEIGHT: Final = 1.25 * _LABEL_SIZE / 72
_TALLEST: Final = 1.0  # inches that an upright label may take from the days


def draw_charts(summary: Summary) -> list[Chart]:
    """Draw all charts of a summary.

    Raises:
        InputError: Matplotlib is not installed.
    """
    require_matplotlib()
    with settings():
        return [
            draw_forms("days", _describe_days(summary), lambda wide: _draw_days(summary, wide)),
            draw_forms("hours", _describe_hours(summary), lambda wide: _draw_hours(summary, wide)),
            draw_forms("amounts", _describe_amounts(summary), lambda wide: _draw_amounts(summary, wide)),
            draw_forms("map", _describe_map(summary), lambda wide: _draw_map(summary, wide)),
        ]


def _finish(axes: Axes) -> None:
    axes.tick_params(length=3, width=0.8)
    axes.margins(x=0)


# ---------------------------------------------------------------------------------------------------------------- days
def _draw_days(summary: Summary, wide: bool) -> Figure:
    width, height = (_WIDE, 4.4) if wide else (_NARROW, 4.8)
    figure = make_figure(width, height)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(5, 3))
    days = np.array(days_of(summary.period), dtype="datetime64[D]")
    regular, fraud = summary.days
    labels = _label_seasons(summary, width - 0.6)
    _mark_seasons(upper, summary, labels)
    _mark_seasons(lower, summary, {})
    upper.fill_between(days, regular, step="mid", color=REGULAR, alpha=0.25, linewidth=0)
    if len(days) >= 2 * _WEEK:
        upper.plot(*_weekly(days, regular), color=REGULAR, linewidth=1.8)
    lower.fill_between(days, fraud, step="mid", color=FRAUD, alpha=0.85, linewidth=0)
    for axes, name in ((upper, "Regular transactions a day, and their mean over seven days"), (lower, "Fraud a day")):
        axes.set_title(name if wide else name.partition(",")[0])
        _finish(axes)
        axes.yaxis.set_major_formatter(_short_number)
        axes.locator_params(axis="y", nbins=4 if axes is lower else 5, integer=True)
    names = max((label.height for label in labels.values()), default=0.0) / ((height - 0.9) * 5 / 8)
    upper.set_ylim(0, max(1.0, 1.05 * regular.max() / (1.0 - min(names, 0.6))))
    lower.set_ylim(0, max(1.0, 1.05 * fraud.max()))
    _date_axis(lower, wide)
    return figure


def _weekly(days: npt.NDArray[Any], rows: I64) -> tuple[npt.NDArray[Any], F64]:
    """Return the mean of the seven days around each day that has three on either side."""
    half = _WEEK // 2
    return days[half:-half], np.convolve(rows, np.full(_WEEK, 1.0 / _WEEK), mode="valid")


@dataclass(frozen=True)
class _Label:
    """The name of a season as it is drawn; `height` in inches."""

    text: str
    upright: bool
    height: float


def _label_seasons(summary: Summary, width: float) -> dict[SeasonSpan, _Label]:
    """Return the label of each season that has room for one on an axis of about `width` inches."""
    inches = width / summary.period.days
    labels = {span: _make_label(span, ((span.last - span.first).days + 1) * inches) for span in summary.seasons}
    return {span: label for span, label in labels.items() if label}


def _make_label(span: SeasonSpan, room: float) -> _Label | None:
    """Return name and weight of a season, upright or the name alone where there is little room, or nothing."""
    name, weight = span.name.split("_"), describe_weight(span)
    lines = [*name, weight]
    if room >= max(map(len, lines)) * _LETTER:
        return _Label("\n".join(lines), False, (len(lines) + 0.6) * _LINE_HEIGHT)
    for text in (" ".join(lines), " ".join(name)):
        label = _Label(text, True, (len(text) + 2) * _LETTER)
        if room >= _LINE_HEIGHT and label.height <= _TALLEST:
            return label
    return None


def _mark_seasons(axes: Axes, summary: Summary, labels: Mapping[SeasonSpan, _Label]) -> None:
    """Shade the seasons, and write the labels at the top of those that have one."""
    from matplotlib import dates

    to_number: Any = dates.date2num
    for span in summary.seasons:
        first, last = to_number(span.first) - 0.5, to_number(span.last) + 0.5
        axes.axvspan(first, last, color=SEASON, linewidth=0, zorder=0)
        if label := labels.get(span):
            axes.text(
                (first + last) / 2,
                0.98,
                label.text,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
                rotation=90 if label.upright else 0,
                fontsize=_LABEL_SIZE,
                color=MUTED,
            )


def describe_weight(season: SeasonSpan) -> str:
    """Return how much more than usual a season weighs."""
    low, high = season.low / 100.0, season.high / 100.0
    return f"{_TIMES} {low:g}" if low == high else f"{_TIMES} {low:g} to {high:g}"


def _date_axis(axes: Axes, wide: bool) -> None:
    from matplotlib import dates

    make: Any = dates  # its functions have no types
    locator = make.AutoDateLocator(minticks=3, maxticks=12 if wide else 6)
    axes.xaxis.set_major_locator(locator)
    days = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S"]
    zeros = ["", "%b\n%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]
    axes.xaxis.set_major_formatter(
        make.ConciseDateFormatter(locator, formats=days, zero_formats=zeros, show_offset=False)
    )


def _short_number(value: float, _: object = None) -> str:
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:g}{letter}"
    return f"{value:g}"


def _describe_days(summary: Summary) -> str:
    days = days_of(summary.period)
    regular = summary.days[0]
    most, least = days[int(regular.argmax())], days[int(regular.argmin())]
    seasons = ", ".join(dict.fromkeys(span.name.replace("_", " ") for span in summary.seasons)) or "none"
    return (
        f"Transactions by day from {days[0]} to {days[-1]}. Regular: from {regular.min():,} ({least}) to "
        f"{regular.max():,} ({most}) a day. Fraud: up to {summary.days[1].max():,} a day. Seasons marked: {seasons}."
    )


# --------------------------------------------------------------------------------------------------------------- hours
def _draw_hours(summary: Summary, wide: bool) -> Figure:
    figure = make_figure(_WIDE, 4.3) if wide else make_figure(_NARROW, 7.4)
    panels = figure.subplots(1, 2, sharey=True) if wide else figure.subplots(2, 1)
    figure.get_layout_engine().set(wspace=0.08)  # type: ignore[union-attr, call-arg]
    order = np.argsort(-summary.hours.sum(axis=(0, 2)), kind="stable")
    for label, (axes, rows) in enumerate(zip(panels, summary.hours[:, order], strict=True)):
        total = rows.sum()
        top = 100.0 * rows.max() / max(total, 1)
        extra = f", at most {top:.2g} % in a cell" if total else ": none"
        axes.set_title(f"{LABELS[label].capitalize()}{extra}")
        _draw_cells(axes, np.sqrt(rows / max(rows.max(), 1)), label, extent=(0.0, 24.0, len(order) - 0.5, -0.5))
        axes.set_yticks(range(len(order)), [summary.categories[position] for position in order])
        axes.set_xticks(range(0, 25, 6), [clock(hour) for hour in range(0, 25, 6)])
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.hlines(np.arange(len(order) - 1) + 0.5, 0, 24, color=LINE, linewidth=0.5)
    return figure


def _draw_cells(
    axes: Axes,
    shares: F64,
    label: int,
    extent: tuple[float, float, float, float],
    origin: Literal["upper", "lower"] = "upper",
) -> None:
    """Draw cells whose opacity is their share (0..1), so that they suit a light and a dark page."""
    colours = np.zeros((*shares.shape, 4), dtype=np.uint8)
    colours[..., :3] = _CELL_COLOURS[label]
    colours[..., 3] = np.rint(255 * np.clip(shares, 0.0, 1.0))
    axes.imshow(colours, extent=extent, origin=origin, aspect="auto", interpolation="none")


def _describe_hours(summary: Summary) -> str:
    parts = []
    for label, name in enumerate(LABELS):
        rows = summary.hours[label]
        if not rows.any():
            parts.append(f"No {name} transactions.")
            continue
        category, hour = np.unravel_index(int(rows.argmax()), rows.shape)
        night = rows[:, list(NIGHT)].sum() / rows.sum()
        parts.append(
            f"{name.capitalize()}: most at {clock(int(hour))} in {summary.categories[category]}; "
            f"{night:.0%} between {clock(NIGHT[0])} and {clock(NIGHT[-1] + 1)}."
        )
    return "Share of transactions by category and hour, regular beside fraud. " + " ".join(parts)


# ------------------------------------------------------------------------------------------------------------- amounts
def _draw_amounts(summary: Summary, wide: bool) -> Figure:
    from matplotlib.patches import Patch

    count = len(summary.categories)
    figure = make_figure(_WIDE if wide else _NARROW, (0.36 if wide else 0.38) * count + 1.0)
    axes = figure.subplots()
    order = sorted(range(count), key=lambda c: -_median(summary.amounts[0, c]))
    for place, category in enumerate(order):
        axes.axhline(-place, color=LINE, linewidth=0.7, zorder=place * 3)
        for label in (0, 1):
            _draw_ridge(axes, summary.amounts[label, category], -place, _COLOURS[label])
    axes.set_xscale("log")
    axes.set_xlim(1.0, _amount_limit(summary.amounts))
    axes.set_ylim(-count + 0.6, 1.6)
    axes.xaxis.set_major_formatter(_short_dollars)
    axes.set_yticks([-place for place in range(count)], [summary.categories[category] for category in order])
    axes.set_xlabel("amount, logarithmic" + "; the tick below a curve is its median" * wide, fontsize=9)
    axes.tick_params(length=0)
    axes.tick_params(axis="x", which="both", length=3)
    axes.spines["left"].set_visible(False)
    patches = [Patch(color=colour, alpha=0.55, label=name) for colour, name in zip(_COLOURS, LABELS, strict=True)]
    figure.legend(handles=patches, loc="outside upper right", frameon=False, ncols=2, labelcolor=INK)
    return figure


def _draw_ridge(axes: Axes, cells: I64, base: float, colour: str) -> None:
    """Draw the distribution of a category's amounts: a curve, or a line for each cell of few rows."""
    if not cells.any():
        return
    middles, order = np.sqrt(AMOUNT_EDGES[:-1] * AMOUNT_EDGES[1:]) / 100.0, -3 * base + 1
    if cells.sum() < _FEW:
        axes.vlines(middles[cells[1:-1] > 0], base, base + 0.5, color=colour, linewidth=1.3, zorder=order)
        return
    density = _density(cells)
    shown = density > 2e-3
    curve = base + 1.45 * density
    axes.fill_between(middles, base, curve, where=shown, color=colour, alpha=0.55, linewidth=0, zorder=order)
    axes.plot([_median(cells)] * 2, [base, base - 0.14], color=colour, linewidth=2, zorder=order)


def _median(cells: I64) -> float:
    return quantiles(cells, [0.5])[0] if cells.any() else 0.0


def _density(cells: I64) -> F64:
    """Return the density of the logarithm of amounts by inner cell, smoothed, its highest value 1."""
    total = int(cells.sum())
    if total == 0:
        return np.zeros(len(cells) - 2)
    density = cells[1:-1] / np.log(AMOUNT_EDGES[1:] / AMOUNT_EDGES[:-1])
    width = float(np.clip(10.0 * total**-0.25, 1.2, 4.0))  # cells; few rows are spread further
    reach = np.arange(-20, 21)
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    smooth = np.convolve(density, kernel / kernel.sum(), mode="same")
    return np.asarray(smooth / max(smooth.max(), 1e-300))


def _amount_limit(amounts: I64) -> float:
    """Return the upper end of the axis, beyond which one row in 10,000 may lie."""
    highest = [quantiles(amounts[label].sum(axis=0), [0.9999])[0] for label in (0, 1) if amounts[label].any()]
    return max([*highest, 100.0]) * 1.3


def _short_dollars(value: float, _: object = None) -> str:
    return f"${_short_number(value)}"


def _describe_amounts(summary: Summary) -> str:
    parts = []
    for label, name in enumerate(LABELS):
        cells = summary.amounts[label].sum(axis=0)
        if cells.any():
            low, middle, high = quantiles(cells, [0.05, 0.5, 0.95])
            parts.append(f"{name}: median ${middle:,.2f}, nine in ten from ${low:,.2f} to ${high:,.2f}")
    return f"Distribution of amounts by category on a logarithmic axis. {'; '.join(parts).capitalize()}."


# ----------------------------------------------------------------------------------------------------------------- map
def _draw_map(summary: Summary, wide: bool) -> Figure:
    rows, columns = _bounds(summary.homes)
    middle = np.deg2rad((rows.start + rows.stop) / 4.0 - len(summary.homes) / 4.0)
    shape = (rows.stop - rows.start) / (columns.stop - columns.start) / max(float(np.cos(middle)), 0.2)
    titles = ("Customers", "Regular purchases", "Fraudulent purchases")
    each = (_WIDE / 3 if wide else _NARROW) - 0.35
    height = each * min(shape, 1.6) + 0.55
    figure = make_figure(_WIDE, height) if wide else make_figure(_NARROW, 3 * height)
    panels = figure.subplots(1, 3) if wide else figure.subplots(3, 1)
    extent = (columns.start / 2 - 180.0, columns.stop / 2 - 180.0, rows.start / 2 - 90.0, rows.stop / 2 - 90.0)
    tables = (summary.homes, *summary.purchases)
    for label, axes, table, title in zip((0, 0, 1), panels, tables, titles, strict=True):
        inside = table[rows.start : rows.stop, columns.start : columns.stop]
        density = np.log1p(inside) / max(float(np.log1p(inside.max())), 1e-9)
        _draw_cells(axes, np.where(inside > 0, 0.25 + 0.75 * density, 0.0), label, extent, origin="lower")
        axes.set_title(title)
        axes.spines[:].set_visible(True)
        axes.tick_params(length=2, labelleft=not wide or axes is panels[0])
        _degree_ticks(axes, extent)
        axes.grid(color=LINE, linewidth=0.5)
        axes.set_axisbelow(True)
    return figure


def _bounds(homes: I64) -> tuple[range, range]:
    """Return the rows and columns of the map that hold nearly all customers, with a margin."""
    out = []
    for axis, count in enumerate(homes.shape):
        along = np.cumsum(homes.sum(axis=1 - axis)) / max(int(homes.sum()), 1)
        first = int(np.searchsorted(along, _OUTLYING, side="right"))
        last = int(np.searchsorted(along, 1.0 - _OUTLYING, side="left"))
        first, last = min(first, count - 1), min(max(last, first), count - 1)
        out.append(range(max(first - _MARGIN, 0), min(last + 1 + _MARGIN, count)))
    return out[0], out[1]


def _degree_ticks(axes: Axes, extent: tuple[float, float, float, float]) -> None:
    west, east, south, north = extent
    for axis, low, high, (minus, plus) in ((axes.xaxis, west, east, "WE"), (axes.yaxis, south, north, "SN")):
        step = next((step for step in _DEGREE_STEPS if (high - low) / step <= 5), 90)
        ticks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
        axis.set_ticks(
            ticks, [f"{abs(t):g}°{minus if t < 0 else plus if t > 0 else ''}" for t in ticks], fontsize=_LABEL_SIZE
        )


def share_outside(summary: Summary) -> float:
    """Return the share of the customers who live outside the map that is drawn."""
    rows, columns = _bounds(summary.homes)
    inside = summary.homes[rows.start : rows.stop, columns.start : columns.stop].sum()
    return 1.0 - float(inside) / max(int(summary.homes.sum()), 1)


def _describe_map(summary: Summary) -> str:
    rows, columns = _bounds(summary.homes)
    south, north, west, east = (
        bound / 2 - half
        for bound, half in ((rows.start, 90), (rows.stop, 90), (columns.start, 180), (columns.stop, 180))
    )
    places = int((summary.homes > 0).sum())
    return (
        "Maps of customers, regular and fraudulent purchases by half a degree, the stronger the colour, the more there "
        f"are, from {south:g} to {north:g} degrees north and {west:g} to {east:g} east. "
        f"Customers live in {places:,} cells."
    )
