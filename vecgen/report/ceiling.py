"""How well fraud can be detected at all: figures of the two best possible detectors, from counts of scored rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from vecgen.errors import InputError
from vecgen.sampling.arrays import F64
from vecgen.scan.scores import BLOCKS, DETECTORS

FALSE_POSITIVES: Final = (0.001, 0.01)
"""Shares of the regular rows that may be flagged, at which recall is stated."""
TOPS: Final = (100, 1_000, 10_000, 100_000)
"""Numbers of rows that an investigator may look at, at which precision is stated."""

_NORMAL_95: Final = 1.959964
_VIEWS: Final = {"row": "one row", "day": "a customer's whole day"}


@dataclass(frozen=True)
class Figure:
    """A figure with its standard error and its 95 % confidence interval, from leaving out blocks of customers."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Detector:
    """The figures of one of the best possible detectors.

    Attributes:
        sees: "row", or "day": all rows of a customer's day.
        recall: By the share of regular rows that are flagged.
        precision: Among so many of the rows with the highest probability.
    """

    sees: str
    average_precision: Figure
    roc_auc: Figure
    recall: Mapping[float, Figure]
    precision: Mapping[int, Figure]


@dataclass(frozen=True)
class Ceiling:
    """What no detector can exceed, and of how many rows.

    Attributes:
        rows, frauds: All rows and the fraudulent among them; expected numbers where no row was made.
        sampled: Rows that the figures are from.
        expected: Whether the figures are expectations of a dataset that was not read.
    """

    rows: int
    frauds: int
    sampled: int
    expected: bool
    detectors: tuple[Detector, ...]


@dataclass(frozen=True)
class Curve:
    """Recall and precision of a detector at every threshold, from the highest down."""

    recall: F64
    precision: F64


def measure_ceiling(rows: F64, sampled: int | None = None, scale: float = 1.0) -> Ceiling:
    """Return the ceiling.

    Args:
        rows: By (detector, block of customers, label, bin of log odds): counts, or sums of weights.
        sampled: Rows that were scored for a dataset that is not there; None where it is.
        scale: By what `rows` is to be multiplied to be the rows of the dataset.

    Raises:
        InputError: There is no fraudulent row.
    """
    regular, frauds = rows[0].sum(axis=(0, 2)).tolist()
    if frauds == 0:
        raise InputError("ceiling", "", "no fraudulent transaction", "a dataset with some, to be detected")
    return Ceiling(
        rows=round(scale * (regular + frauds)),
        frauds=round(scale * frauds),
        sampled=round(regular + frauds) if sampled is None else sampled,
        expected=sampled is not None,
        detectors=tuple(_measure(name, own, scale) for name, own in zip(DETECTORS, rows, strict=True)),
    )


def trace_curve(rows: F64) -> Curve:
    """Return the precision-recall curve of rows by (label, bin of log odds), from a recall of 0 on."""
    regular, frauds = _cumulate(rows)
    flagged = regular + frauds
    met = flagged > 0
    precision = frauds[met] / flagged[met]
    return Curve(np.append(0.0, frauds[met] / frauds[-1]), np.append(precision[:1], precision))


def _measure(name: str, blocks: F64, scale: float) -> Detector:
    """Return the figures of one detector, given rows by (block, label, bin)."""
    total = blocks.sum(axis=0)
    size = total.sum()
    tops = [top for top in TOPS if top <= scale * size]

    def figure(statistic: Callable[[F64], float]) -> Figure:
        return _estimate(statistic, total, blocks)

    return Detector(
        sees=name,
        average_precision=figure(average_precision),
        roc_auc=figure(roc_auc),
        recall={share: figure(lambda rows, share=share: recall_at(rows, share)) for share in FALSE_POSITIVES},  # type: ignore[misc]
        precision={top: figure(lambda rows, top=top: precision_at(rows, top / (scale * size))) for top in tops},  # type: ignore[misc]
    )


def _estimate(statistic: Callable[[F64], float], total: F64, blocks: F64) -> Figure:
    """Return a figure with the jackknife's error over blocks of customers."""
    used = [block for block in blocks if block.any()]
    left_out = [statistic(total - block) for block in used if block[1].sum() < total[1].sum()]
    value = statistic(total)
    if len(left_out) < 2:
        return Figure(value, float("nan"), 0.0, 1.0)
    variance = np.var(left_out) * (len(left_out) - 1)
    error = float(np.sqrt(variance))
    low, high = (float(np.clip(value + side * _NORMAL_95 * error, 0.0, 1.0)) for side in (-1, 1))
    return Figure(value, error, low, high)


def average_precision(rows: F64) -> float:
    """Return the area under the precision-recall steps of rows by (label, bin); rows of a bin are flagged together."""
    curve = trace_curve(rows)
    return float((np.diff(curve.recall) * curve.precision[1:]).sum())


def roc_auc(rows: F64) -> float:
    """Return the probability that a fraudulent row has higher odds than a regular one; equals count half."""
    regular, frauds = _cumulate(rows)
    found = np.append(0.0, frauds)
    return float((np.diff(regular, prepend=0.0) * (found[1:] + found[:-1])).sum() / (2.0 * frauds[-1] * regular[-1]))


def recall_at(rows: F64, share: float) -> float:
    """Return the share of fraudulent rows found when so large a share of the regular ones is flagged."""
    regular, frauds = _cumulate(rows)
    return float(np.interp(share * regular[-1], np.append(0.0, regular), np.append(0.0, frauds)) / frauds[-1])


def precision_at(rows: F64, share: float) -> float:
    """Return the share of fraudulent rows among so large a share of all rows with the highest odds."""
    regular, frauds = _cumulate(rows)
    flagged = np.append(0.0, regular + frauds)
    number = share * flagged[-1]
    return float(np.interp(number, flagged, np.append(0.0, frauds)) / number)


def _cumulate(rows: F64) -> tuple[F64, F64]:
    """Return the regular and the fraudulent rows with such odds or higher, from the highest down."""
    regular, frauds = np.cumsum(rows[:, ::-1], axis=1)
    return regular, frauds


def to_json(ceiling: Ceiling) -> str:
    """Return a ceiling as a JSON object."""
    return json.dumps(asdict(ceiling), indent=2)


def to_text(ceiling: Ceiling) -> str:
    """Return a ceiling as a table."""
    what = "expected transactions" if ceiling.expected else "transactions"
    sample = f"; estimated from {ceiling.sampled:,} that were drawn" if ceiling.expected else ""
    tables = [list_figures(detector) for detector in ceiling.detectors]
    rows = [("best possible detector, which sees", [_VIEWS[detector.sees] for detector in ceiling.detectors])]
    rows += [(label, [spell_figure(table[label]) for table in tables]) for label in tables[0]]
    lines = [f"{label:<36}" + "".join(f"{cell:>28}" for cell in cells) for label, cells in rows]
    head = f"{ceiling.rows:,} {what}, {ceiling.frauds:,} fraudulent{sample}"
    foot = f"in brackets: 95 % confidence, by leaving out each of {BLOCKS} parts of the customers"
    return "\n".join([head, "", *lines, "", foot])


def list_figures(detector: Detector) -> dict[str, Figure]:
    """Return the figures of a detector by their names."""
    return {
        "average precision": detector.average_precision,
        "ROC AUC": detector.roc_auc,
        **{f"recall at {100 * share:g} % false positives": f for share, f in detector.recall.items()},
        **{f"precision among the top {top:,}": f for top, f in detector.precision.items()},
    }


def spell_figure(figure: Figure) -> str:
    """Return a figure with its interval."""
    return f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"
