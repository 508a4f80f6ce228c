"""Tests the fraud of each type by itself: its cases, and its rows, against the type's own distribution.

A type has few rows, and mostly one distribution for all profiles: these are compared together, which finds more.
Rows of one date share a burst, and those of one case a remote place: there, dates and cases are counted instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vecgen.model.exact import HALF_DAY_HOURS, ExactModel, FraudDistribution, RowDistribution
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.moments import share_seconds
from vecgen.sampling.arrays import F64
from vecgen.scan.counts import Totals, TypeCounts
from vecgen.scan.groups.burst_gaps import share_gaps
from vecgen.scan.groups.case_shapes import PIECES, share_places
from vecgen.verify.chi_square import Statistic, compare, compare_excess, pool
from vecgen.verify.customer_tests import examine_cases, examine_kept, examine_whole
from vecgen.verify.row_tests import (
    RowGroup,
    compare_amounts,
    compare_choices,
    compare_clock,
    compare_hours,
    compare_places,
    count_together,
    margins,
    shrink,
)

_FRAUD = 1  # the label
_NEVER = Statistic(float("inf"), 1, 1)  # what no case may show


@dataclass(frozen=True)
class _Fraud:
    """Fraud of one type against customers of one profile: as counted, and as it should be."""

    counts: TypeCounts
    fraud: FraudDistribution
    regular: RowDistribution


def examine_types(totals: Totals, model: ExactModel) -> dict[tuple[str, str], Statistic]:
    """Return the statistic of each test by (its name, name of the type); none where rows do not tell their types."""
    out: dict[tuple[str, str], Statistic] = {}
    if not any(len(own.customers.defrauded) for kinds in totals.frauds for own in kinds):
        return out
    if len(model.law.types) > 1:
        out["fraud type", "customers"] = _compare_types(totals, model)
    for position, own in enumerate(model.law.types):
        group = _select(totals, model, position)
        if group:
            out |= {(law, own.type.name): statistic for law, statistic in _examine_type(group, model)}
    return out


def _select(totals: Totals, model: ExactModel, position: int) -> list[_Fraud]:
    """Return the fraud of one type, by profile."""
    return [
        _Fraud(counts, fraud, regular)
        for kinds, frauds, (regular, _) in zip(totals.frauds, model.frauds, model.rows, strict=True)
        for counts, fraud in zip(kinds, frauds, strict=True)
        if fraud.position == position
    ]


def _compare_types(totals: Totals, model: ExactModel) -> Statistic:
    """Compare how many cases are of each type, of those that show a row."""
    tables = [
        (
            [len(own.customers.defrauded) for own in kinds],
            [fraud.share * float((fraud.numbers > 0).mean()) for fraud in frauds],
        )
        for kinds, frauds in zip(totals.frauds, model.frauds, strict=True)
    ]
    return pool(tables)


def _examine_type(group: Sequence[_Fraud], model: ExactModel) -> Iterator[tuple[str, Statistic]]:
    kind = group[0].fraud.kind
    yield from examine_cases([(own.counts.customers, own.fraud) for own in group], model, pool)
    customers = [(own.counts.customers, own.regular) for own in group]
    yield from (examine_whole if kind.keeps_own_rows else examine_kept)(customers, model.law.period.span)
    rows = [
        RowGroup(
            own.counts.rows, own.fraud.shown, own.counts.customers, exchanges_all_day=kind.hour_weights is not None
        )
        for own in group
    ]
    choices, others = count_together(rows, model.law)
    if kind.burst_seconds:
        categories = pool((own.counts.slots.sum(axis=(0, 1)), own.law.choice.sum(axis=0)) for own in rows)
        yield "category", categories.shrink(choices)
        yield from _compare_bursts(group, kind, model.law.fraud_stealth)
    else:
        yield from shrink(compare_choices(rows, pool), choices)
        yield from shrink(compare_hours(rows, model, _FRAUD, pool), others)
        yield from compare_clock(rows)
    yield from shrink(compare_amounts(rows, _FRAUD, pool), others)
    yield from _compare_places(group) if kind.remote_degrees else compare_places(rows, _FRAUD)
    if any(own.counts.beyond for own in group):
        yield "place", _NEVER


def _compare_bursts(group: Sequence[_Fraud], kind: FraudType, stealth: float) -> Iterator[tuple[str, Statistic]]:
    """Yield when the bursts of a date happen, and how long they are; each counts as one, however many rows it has.

    Where rows that pass for regular are in no burst, seconds between two rows show how long bursts are, and no more
    rows than those are outside.
    """
    hours = ((own.counts.shapes.hours, _mix_hours(own, stealth)) for own in group)
    yield "hour", pool(hours)
    seconds = np.sum([own.counts.shapes.seconds for own in group], axis=0)
    yield from compare_seconds(seconds, fold_seconds(kind, stealth))
    if stealth > 0:
        gaps = ((own.counts.shapes.gaps, share_gaps(kind, _share_parts(own, 2), stealth)) for own in group)
        yield "seconds between rows", pool(gaps)
        rows, outside = np.sum([own.counts.shapes.outside for own in group], axis=0).tolist()
        yield "rows outside bursts", compare_excess(outside, rows, stealth)
    else:
        bursts = np.sum([own.counts.shapes.bursts for own in group], axis=0)
        too_long = any(own.counts.shapes.too_long for own in group)
        yield "length of bursts", _NEVER if too_long else compare(bursts, np.ones(PIECES))


def _mix_hours(own: _Fraud, stealth: float) -> F64:
    """Return the probability of each hour of a row of a date, given the dates, each as likely."""
    regular = _share_parts(own, 1).mean(axis=0).repeat(HALF_DAY_HOURS) / HALF_DAY_HOURS
    return np.asarray((1.0 - stealth) * share_hours(own.fraud.rows) + stealth * regular)


def _share_parts(own: _Fraud, least: int) -> F64:
    """Return the probability of each part of the day of a row that passes for regular, on each date of a case.

    Args:
        least: Rows of the dates.
    """
    dates = own.counts.customers.fraud_dates
    days = dates[dates[:, 2] >= least, 1]
    parts: F64 = own.regular.daily_choice.sum(axis=2)
    return parts[days] if len(days) else parts


def compare_seconds(seen: F64, likely: F64) -> Iterator[tuple[str, Statistic]]:
    """Yield seconds of the hour, and minutes and seconds by themselves."""
    yield "minute and second", compare(seen, likely)
    for law, *tables in zip(("minute", "second"), margins(seen, 60), margins(likely, 60), strict=True):
        yield law, compare(*tables)


def fold_seconds(kind: FraudType, stealth: float) -> F64:
    """Return the probability of each second of the hour, where a share of the rows passes for regular."""
    seconds = share_seconds(kind)
    own = np.full(3600, 1 / 3600) if seconds is None else seconds.reshape(24, -1).sum(axis=0)
    return np.asarray((1.0 - stealth) * own + stealth / 3600)


def share_hours(law: RowDistribution) -> F64:
    """Return the probability of each hour of the day."""
    return np.asarray((law.choice[..., np.newaxis] * law.hours).sum(axis=1).ravel())


def _compare_places(group: Sequence[_Fraud]) -> Iterator[tuple[str, Statistic]]:
    """Yield where remote places are, each case counting as one, and how far rows lie around them."""
    likely = [share_places(own.fraud, own.fraud.reach) for own in group]
    seen = [own.counts.shapes.places for own in group]
    yield "place", pool((s.ravel(), w.ravel()) for s, w in zip(seen, likely, strict=True))
    for axis, name in enumerate(("latitude", "longitude")):
        other = 1 - axis
        yield name, pool((s.sum(axis=other), w.sum(axis=other)) for s, w in zip(seen, likely, strict=True))
        spread = np.sum([own.counts.shapes.spreads[axis] for own in group], axis=0)
        too_wide = any(own.counts.shapes.too_wide for own in group)
        yield f"{name}s of a case", _NEVER if too_wide else compare(spread, np.ones(PIECES))
