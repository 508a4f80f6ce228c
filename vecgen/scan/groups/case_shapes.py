"""What the rows of one fraud case share: the burst of a date, and a remote place.

Rows that share something are no independent observations. Dates and cases are: each counts as one, shared out among its
rows. How far its rows lie apart is a rank: the probability of less, which is uniform under the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Final

import numpy as np

from vecgen.model.exact import FraudDistribution, to_microdegrees
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.groups.burst_gaps import GAP_CELLS, count_gaps, count_outside

PIECES: Final = 20
"""Equal parts of the ranks, from 0 to 1."""
PLACE_PIECES: Final = 40
"""Cells along a side of the square that a type of fraud reaches."""
_HOUR: Final = 3600  # seconds
_LARGE: Final = 1 << 40


@dataclass
class CaseShapes:
    """Counts of the cases of one type of fraud; cases without bursts, or at home, are not counted.

    Attributes:
        hours: Dates by hour of the day.
        seconds: Dates by second of the hour.
        bursts: Dates by rank of the time from the first row to the last, where no row passes for regular.
        gaps: Dates by cell of the time between two rows, where some do, see `burst_gaps`.
        outside: Rows of such dates, and those outside the burst that holds most, see `burst_gaps`.
        places: Cases by cell of the square that the type reaches, shape (PLACE_PIECES, PLACE_PIECES).
        spreads: Cases by rank of how far rows lie apart, north to south and east to west, shape (2, PIECES).
        too_long: Dates whose rows are further apart than a burst can be.
        too_wide: Cases whose rows are further apart than those around one place can be.
    """

    hours: F64 = field(default_factory=lambda: np.zeros(24))
    seconds: F64 = field(default_factory=lambda: np.zeros(_HOUR))
    bursts: F64 = field(default_factory=lambda: np.zeros(PIECES))
    gaps: F64 = field(default_factory=lambda: np.zeros(GAP_CELLS))
    outside: I64 = field(default_factory=lambda: np.zeros(2, dtype=np.int64))
    places: F64 = field(default_factory=lambda: np.zeros((PLACE_PIECES, PLACE_PIECES)))
    spreads: F64 = field(default_factory=lambda: np.zeros((2, PIECES)))
    too_long: int = 0
    too_wide: int = 0

    def add(self, other: CaseShapes) -> None:
        """Add other cases."""
        for f in fields(CaseShapes):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))


@dataclass(frozen=True)
class CaseRows:
    """Rows of fraud of one type as columns of one length; `case` is equal for rows of one case, and for no others."""

    case: I64
    day: I64
    second: I64
    lat: I64
    long: I64

    def join(self, other: CaseRows) -> CaseRows:
        """Return these rows and others."""
        return CaseRows(*(np.concatenate([getattr(own, f.name) for own in (self, other)]) for f in fields(CaseRows)))


def no_rows() -> CaseRows:
    """Return no rows."""
    return CaseRows(*(np.zeros(0, dtype=np.int64) for _ in fields(CaseRows)))


def sum_up_cases(rows: CaseRows, fraud: FraudDistribution, stealth: float) -> CaseShapes:
    """Return the counts of whole cases.

    Args:
        stealth: Share of rows that pass for regular: these are in no burst, and nothing tells them.
    """
    shapes = CaseShapes()
    if len(rows.case) and fraud.kind.burst_seconds:
        shapes = _sum_up_bursts(rows, fraud.kind.burst_seconds, any_regular=stealth > 0.0)
    if len(rows.case) and fraud.kind.remote_degrees:
        shapes = replace(shapes, **_sum_up_places(rows, fraud))  # type: ignore[arg-type]
    return shapes


def spread_out(fewer: F64, no_more: F64, pieces: int) -> F64:
    """Return how much of the stretches from `fewer` to `no_more`, each of weight 1, lies in each equal piece of (0, 1).

    If they are the probabilities of a smaller value and of one that is no larger, all pieces expect as much, and vary
    less than counts do (Czado, Gneiting, Held 2009).
    """
    edges = np.arange(pieces + 1) / pieces
    inside = np.clip(edges, fewer[:, np.newaxis], no_more[:, np.newaxis])
    width = np.maximum(no_more - fewer, 1e-300)[:, np.newaxis]
    return np.asarray((np.diff(inside, axis=1) / width).sum(axis=0))


def measure_burst(length: I64, rows: I64, burst: int) -> F64:
    """Return the probability that so many rows, at seconds 0 to burst - 1 as likely, are at most `length` apart."""
    reach = np.clip(length, -1, burst - 1).astype(np.float64)
    share, next_share = reach / burst, (reach + 1.0) / burst
    # By the first of them: all others are no later than `length` after it, and one of them is at it.
    inside = (burst - reach) * (next_share**rows - np.maximum(share, 0.0) ** rows)
    return np.asarray(np.where(reach < 0, 0.0, inside + np.maximum(share, 0.0) ** rows))


def _sum_up_bursts(rows: CaseRows, burst: int, *, any_regular: bool) -> CaseShapes:
    _, which, number = np.unique(np.stack([rows.case, rows.day]), axis=1, return_inverse=True, return_counts=True)
    which = which.ravel()
    share = np.asarray(1.0 / number[which], dtype=np.float64)
    hours, seconds = np.zeros(24), np.zeros(_HOUR)
    np.add.at(hours, rows.second // _HOUR, share)
    np.add.at(seconds, rows.second % _HOUR, share)
    shapes = CaseShapes(hours=hours, seconds=seconds)
    if any_regular:
        seen = which, rows.second, burst
        return replace(shapes, gaps=count_gaps(*seen), outside=count_outside(*seen))
    length = _range_of(rows.second, which, len(number))
    told = (number > 1) & (length < burst)
    fewer, no_more = (measure_burst(own, number[told], burst) for own in (length[told] - 1, length[told]))
    too_long = int(np.count_nonzero((number > 1) & ~told))
    return replace(shapes, bursts=spread_out(fewer, no_more, PIECES), too_long=too_long)


def _sum_up_places(rows: CaseRows, fraud: FraudDistribution) -> dict[str, object]:
    _, which, number = np.unique(rows.case, return_inverse=True, return_counts=True)
    share = 1.0 / number[which]
    offsets = (rows.lat, rows.long)
    cells = [np.minimum((own + fraud.reach) * PLACE_PIECES // (2 * fraud.reach), PLACE_PIECES - 1) for own in offsets]
    places = np.bincount(cells[0] * PLACE_PIECES + cells[1], share, PLACE_PIECES**2)
    spreads, wide = np.zeros((2, PIECES)), np.zeros(len(number), dtype=np.bool_)
    for axis, own in enumerate(offsets):
        width = _range_of(own, which, len(number))
        wide |= width > 2 * fraud.rows.far_radius
        told = (number > 1) & (width <= 2 * fraud.rows.far_radius)
        ranks = _rank_widths(width[told], number[told], fraud)
        spreads[axis] = spread_out(*ranks, PIECES)
    return {"places": places.reshape(PLACE_PIECES, PLACE_PIECES), "spreads": spreads, "too_wide": int(wide.sum())}


def _rank_widths(width: I64, rows: I64, fraud: FraudDistribution) -> tuple[F64, F64]:
    """Return the probability that the rows of a case lie less far apart along one axis, and no farther."""
    own = fraud.rows
    shares = ((1.0 - own.travel_share, own.home_radius), (own.travel_share, own.travel_radius))
    ranks = np.zeros((2, len(width)))
    for share, radius in shares:
        for place, within in enumerate((width - 0.5, width + 0.5)):
            part = np.clip(within / max(1.0, 2.0 * radius), 0.0, 1.0) if radius else (within > 0).astype(np.float64)
            ranks[place] += share * (rows * part ** (rows - 1) - (rows - 1) * part**rows)
    return ranks[0], ranks[1]


def share_places(fraud: FraudDistribution, reach: int) -> F64:
    """Return the probability of each of PLACE_PIECES ** 2 cells of the square that lies `reach` around home."""
    edges = np.linspace(-reach, reach, PLACE_PIECES + 1)
    away, own = float(to_microdegrees(fraud.kind.remote_degrees)), fraud.rows
    out = np.zeros((PLACE_PIECES, PLACE_PIECES))
    for share, radius in ((1.0 - own.travel_share, own.home_radius), (own.travel_share, own.travel_radius)):
        if share > 0:
            along = np.diff(_measure_sum(edges, away, float(radius)))
            out += share * np.outer(along, along)
    return out


def _measure_sum(values: F64, one: float, other: float) -> F64:
    """Return the probability that two uniform numbers, within `one` and `other` of 0, add up to less."""
    if min(one, other) == 0.0:
        return np.clip((values + max(one, other)) / max(1.0, 2.0 * max(one, other)), 0.0, 1.0)

    def corner(sign: int, other_sign: int) -> F64:  # the area of a triangle that the rectangle's corner cuts off
        return np.asarray(np.maximum(values + sign * one + other_sign * other, 0.0) ** 2 / 2.0)

    return np.asarray((corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4.0 * one * other))


def _range_of(values: I64, which: I64, groups: int) -> I64:
    """Return how far the values of each group lie apart."""
    least, most = np.full(groups, _LARGE), np.full(groups, -_LARGE)
    np.minimum.at(least, which, values)
    np.maximum.at(most, which, values)
    return np.asarray(most - least)
