"""The picture of the ceiling: precision and recall of the best possible detectors, and of the best single rule."""

from __future__ import annotations

from typing import Any, Final

from vecgen.report.baselines import Score
from vecgen.report.ceiling import Ceiling, trace_curve
from vecgen.report.figures import FRAUD, INK, MUTED, REGULAR, Chart, draw_forms, make_figure, settings
from vecgen.sampling.arrays import F64
from vecgen.scan.scores import DETECTORS

NAMES: Final = {"row": "best of one row", "day": "best of a customer's day"}
_COLOURS: Final = {"row": REGULAR, "day": INK}


def draw_ceiling(rows: F64, ceiling: Ceiling, rule: Score) -> Chart:
    """Return the precision-recall curves of both detectors, and a rule as a point.

    Args:
        rows: As of `measure_ceiling`.
    """
    with settings():
        return draw_forms("ceiling", _describe(ceiling, rule), lambda wide: _draw(rows, rule, wide))


def _draw(rows: F64, rule: Score, wide: bool) -> Any:
    """Return the figure, for a page or for a phone."""
    figure = make_figure(*((9.2, 4.4) if wide else (4.3, 4.3)))
    axes = figure.subplots()
    for name, blocks in zip(DETECTORS, rows, strict=True):
        curve = trace_curve(blocks.sum(axis=0))
        axes.plot(curve.recall, curve.precision, color=_COLOURS[name], linewidth=2, label=NAMES[name])
    axes.plot([rule.recall], [rule.precision], "o", color=FRAUD, markersize=8, label="best single rule")
    axes.set_xlim(0.0, 1.02)
    axes.set_ylim(0.0, 1.04)
    axes.set_xlabel("recall: share of the fraud that is found")
    axes.set_ylabel("precision: share of fraud in what is flagged")
    axes.tick_params(length=3, width=0.8)
    axes.grid(color=MUTED, alpha=0.15)
    figure.legend(loc="outside upper right", frameon=False, ncols=3 if wide else 1, labelcolor=INK)
    return figure


def _describe(ceiling: Ceiling, rule: Score) -> str:
    areas = (f"{NAMES[d.sees]}, average precision {d.average_precision.value:.3f}" for d in ceiling.detectors)
    point = f"the best single rule has a precision of {rule.precision:.2f} at a recall of {rule.recall:.2f}"
    return f"Precision by recall: {'; '.join(areas)}; {point}."
