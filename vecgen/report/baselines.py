"""Finds the best single rules that detect fraud, from counts of rows instead of rows.

A rule flags the rows of an interval of hours whose amount reaches the threshold of their category. Hours, categories
and amounts are its three conditions; a family of rules uses some of them. Within a family the search is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vecgen.model.exact import AMOUNT_EDGES, NIGHT
from vecgen.report.html_elements import clock
from vecgen.sampling.arrays import I64

HOURS: Final = tuple(range(24))
CELLS: Final = len(AMOUNT_EDGES) + 1
"""Cells of amounts, and the threshold that no row reaches."""


@dataclass(frozen=True)
class Rule:
    """Flags rows by hour, category and amount.

    Attributes:
        hours: One after the other, over midnight if need be.
        least: Per category, the lowest cell of `AMOUNT_EDGES` that is flagged; CELLS for none.
    """

    hours: tuple[int, ...]
    least: tuple[int, ...]


@dataclass(frozen=True)
class Score:
    """How a rule fares: rows flagged, fraudulent rows among them, fraudulent rows in all."""

    flagged: int
    found: int
    frauds: int

    @property
    def precision(self) -> float:
        """Share of the flagged rows that are fraudulent; 0 where none is flagged."""
        return self.found / self.flagged if self.flagged else 0.0

    @property
    def recall(self) -> float:
        """Share of the fraudulent rows that are flagged; 0 where there are none."""
        return self.found / self.frauds if self.frauds else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2.0 * self.found / (self.flagged + self.frauds) if self.flagged + self.frauds else 0.0


@dataclass(frozen=True)
class Family:
    """Which conditions a rule has."""

    name: str
    hours: bool = False
    categories: bool = False
    amount: bool = False

    @property
    def conditions(self) -> int:
        """Number of conditions, 1 to 3."""
        return self.hours + self.categories + self.amount


FAMILIES: Final = (
    Family("amount", amount=True),
    Family("hours", hours=True),
    Family("categories", categories=True),
    Family("hours and amount", hours=True, amount=True),
    Family("hours and categories", hours=True, categories=True),
    Family("categories, each with its amount", categories=True, amount=True),
    Family("hours and categories, each with its amount", hours=True, categories=True, amount=True),
)


@dataclass(frozen=True)
class Detector:
    """The rule of a family with the highest F1."""

    family: Family
    rule: Rule
    score: Score


def find_detectors(counts: I64) -> list[Detector]:
    """Return the best rule of each family; none where there is no fraudulent row.

    Args:
        counts: Rows by (label, category, hour, cell of `AMOUNT_EDGES`).
    """
    return [_find_best(counts, family) for family in FAMILIES] if counts[1].any() else []


def choose_best(detectors: Sequence[Detector]) -> Detector | None:
    """Return the detector with the highest F1, the simplest of equals; None where there is none."""
    return max(detectors, key=lambda detector: (round(detector.score.f1, 9), -detector.family.conditions), default=None)


def score_rule(counts: I64, rule: Rule) -> Score:
    """Return how a rule fares on rows by (label, category, hour, cell)."""
    flagged = [
        sum(int(rows[category, list(rule.hours), least:].sum()) for category, least in enumerate(rule.least))
        for rows in counts
    ]
    return Score(sum(flagged), flagged[1], int(counts[1].sum()))


def night_rule(categories: int) -> Rule:
    """Return the rule that flags every row of the night."""
    return Rule(NIGHT, (0,) * categories)


def describe_rule(rule: Rule, categories: Sequence[str]) -> str:
    """Return a rule in words."""
    chosen = [(name, least) for name, least in zip(categories, rule.least, strict=True) if least < CELLS]
    parts = []
    if len(rule.hours) < len(HOURS):
        parts.append(f"between {clock(rule.hours[0])} and {clock((rule.hours[-1] + 1) % 24)}")
    if len(chosen) < len(categories) or len(set(rule.least)) > 1:
        parts.append(" or ".join(f"{name}{_describe_amount(least)}" for name, least in chosen))
    elif rule.least[0]:
        parts.append(f"amount{_describe_amount(rule.least[0])}")
    return ", ".join(parts) or "any row"


def _describe_amount(least: int) -> str:
    return f" ≥ ${AMOUNT_EDGES[least - 1] / 100:,.2f}" if least else ""


def _find_best(counts: I64, family: Family) -> Detector:
    """Return the rule with the highest F1 = 2 found / (flagged + frauds).

    By Dinkelbach: with the F1 reached so far as the price, every category takes the threshold that earns most, 2 found
    - price x flagged, and the interval the one where these earnings add up to most. What earns more than price x frauds
    has a higher F1; the price rises until nothing does.
    """
    intervals = _list_intervals() if family.hours else [HOURS]
    found, flagged, thresholds = _reachable(counts, intervals, family)
    frauds = int(counts[1].sum())
    price, best = 0.0, (0, np.zeros(found.shape[1], dtype=np.int64))
    while True:
        earnings = 2.0 * found - price * flagged
        choices = earnings.argmax(axis=2)
        interval = int(np.take_along_axis(earnings, choices[:, :, np.newaxis], axis=2).sum(axis=(1, 2)).argmax())
        picked = (interval, np.arange(found.shape[1]), choices[interval])
        reached = 2.0 * float(found[picked].sum()) / (float(flagged[picked].sum()) + frauds)
        if reached <= price:
            break
        price, best = reached, (interval, choices[interval])
    interval, choice = best
    least = _lower(thresholds, flagged[interval], choice)
    rule = Rule(intervals[interval], tuple(least) if family.categories else tuple(least) * counts.shape[1])
    return Detector(family, rule, score_rule(counts, rule))


def _reachable(counts: I64, intervals: Sequence[tuple[int, ...]], family: Family) -> tuple[I64, I64, list[int]]:
    """Return fraudulent and all rows by (interval, category, threshold), and the thresholds, highest first.

    One category stands for all where the family does not tell them apart.
    """
    rows = np.stack([counts[1], counts.sum(axis=0)])
    rows = rows if family.categories else rows.sum(axis=1, keepdims=True)
    thresholds = list(range(CELLS, -1, -1)) if family.amount else [CELLS, 0]
    above = np.zeros((*rows.shape[:3], CELLS + 1), dtype=np.int64)
    above[..., :CELLS] = np.flip(np.cumsum(np.flip(rows, axis=3), axis=3), axis=3)
    above = above[..., thresholds]
    found, flagged = (np.stack([table[:, list(hours)].sum(axis=1) for hours in intervals]) for table in above)
    return found, flagged, thresholds


def _list_intervals() -> list[tuple[int, ...]]:
    """Return all 24 hours, then every shorter interval."""
    shorter = [tuple((first + i) % 24 for i in range(length)) for length in range(1, 24) for first in HOURS]
    return [HOURS, *shorter]


def _lower(thresholds: Sequence[int], flagged: I64, choice: I64) -> list[int]:
    """Return the chosen threshold of each category, lowered as far as that flags no further row."""
    least = []
    for rows, position in zip(flagged, choice.tolist(), strict=True):
        same = np.flatnonzero(rows == rows[position])
        least.append(thresholds[int(same[-1])] if rows[position] else CELLS)
    return least
