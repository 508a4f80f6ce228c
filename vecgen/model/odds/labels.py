"""The labels that the transactions of a profile can have, regular or fraud of a type, written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecgen.config.profile import DAY_PARTS, Profile
from vecgen.model.exact import FraudDistribution, RowDistribution, keep_amounts, to_microdegrees
from vecgen.model.fraud.moments import share_seconds, share_starts
from vecgen.model.odds.likelihood import HOUR, Side
from vecgen.model.params import ModelParameters
from vecgen.sampling.arrays import F64, I64


def make_regular(profile: Profile, rows: RowDistribution, categories: Sequence[str], law: ModelParameters) -> Side:
    """Return the side of a profile's regular rows."""
    assert rows.days is not None
    numbers = law.period.span * np.array(rows.rates, dtype=np.int64)
    amounts = _own_amounts(rows.choice.sum(axis=1), numbers, law)
    return Side(
        share=0.0,
        numbers=numbers,
        windows=rows.days[np.newaxis],
        starts=np.zeros(1),
        first=0,
        ends=_cumulate(rows.days[np.newaxis]) if law.dependence == "v1.0" else None,
        part=np.zeros(len(DAY_PARTS)),
        hours=_spread_hours(rows),
        own_amount=amounts,
        period=law.period.days,
        **_choose(profile, rows, categories),
    )


def make_fraud(fraud: FraudDistribution, categories: Sequence[str], law: ModelParameters) -> Side:
    """Return the side of the fraudulent rows of one type."""
    rows, kind = fraud.rows, fraud.kind
    assert rows.windows is not None
    seconds, starts = share_seconds(kind), share_starts(kind)
    choice, part = _choose(fraud.profile, rows, categories), np.zeros(len(DAY_PARTS))
    if seconds is not None:
        # Categories know one part of the day alone, which is all of it.
        choice["parts"] = np.array([[0.0] * len(DAY_PARTS), [1.0] * len(DAY_PARTS)])
        part = np.log(rows.choice.sum(axis=1))
    return Side(
        share=float(np.log(fraud.share)),
        numbers=fraud.numbers,
        windows=rows.windows,
        starts=np.log(fraud.starts),
        first=1,
        ends=_cumulate(rows.windows) if law.dependence == "v1.0" else None,
        part=part,
        hours=_spread_hours(rows),
        own_amount=_own_amounts(fraud.amount_parts, fraud.numbers, law),
        remote=to_microdegrees(kind.remote_degrees),
        burst=kind.burst_seconds or 0,
        second=seconds if kind.burst_seconds else None,
        begun=np.append(0.0, np.cumsum(starts)) if kind.burst_seconds and starts is not None else None,
        keeps_own_rows=kind.keeps_own_rows,
        period=law.period.days,
        **choice,
    )


def _choose(profile: Profile, rows: RowDistribution, categories: Sequence[str]) -> dict[str, Any]:
    """Return what is read from a profile for either label."""
    own = {name: (amount.mean, amount.stdev) for name, amount in zip(profile.categories, profile.amounts, strict=True)}
    parts = [DAY_PARTS.index(part) for part in profile.day_parts]
    stays = 1.0 - rows.travel_share
    ways = [own for own in ((stays, rows.home_radius), (rows.travel_share, rows.travel_radius)) if own[0] > 0]
    return {
        "parts": _intervals(profile.day_part_weights, parts, len(DAY_PARTS)),
        "categories": _intervals(
            profile.category_weights, [categories.index(c) for c in profile.categories], len(categories)
        ),
        "choice": rows.choice,
        "amounts": tuple(own.get(name) for name in categories),
        "travel": np.array([share for share, _ in ways]),
        "radii": tuple(radius for _, radius in ways),
    }


def _spread_hours(rows: RowDistribution) -> F64:
    """Return the probability of a second of each hour of the day, given its day part."""
    return np.asarray(rows.hours[:, 0].ravel() / HOUR)  # of any category: without stealth they say nothing of it


def _own_amounts(parts: F64, numbers: I64, law: ModelParameters) -> F64:
    return keep_amounts(parts, numbers) if law.dependence == "v1.0" else np.ones(len(DAY_PARTS))


def _cumulate(windows: F64) -> F64:
    ends = np.cumsum(windows, axis=1)
    ends /= np.maximum(ends[:, -1:], 1e-300)
    return np.concatenate([np.zeros((len(windows), 1)), ends], axis=1)


def _intervals(weights: Sequence[float], places: Sequence[int], count: int) -> F64:
    """Return where shares begin and end in (0, 1], in the common order; what is not listed has no length."""
    ends = np.cumsum(np.array(weights, dtype=np.float64))
    ends /= ends[-1]
    out = np.zeros((2, count))
    out[1, places], out[0, places] = ends, np.append(0.0, ends[:-1])
    return out
