"""Fits how many customers are defrauded, and over how many days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vecgen.fit.estimate import Estimate, round_figure
from vecgen.model.params import MAX_FRAUD_DAYS, ModelParameters
from vecgen.sampling.arrays import I64
from vecgen.scan.counts import CustomerTotals
from vecgen.scan.row_counts import RowCounts

_NIGHT: tuple[int, ...] = (0, 1, 2, 3, 22, 23)


@dataclass(frozen=True)
class Fraud:
    """Share of defrauded customers, days of a fraud, share of fraudulent rows by night; None where they do not show."""

    rate: Estimate
    days: Estimate
    night_share: Estimate | None
    notes: tuple[str, ...]


def fit_fraud(
    people: Sequence[CustomerTotals], counts: Sequence[RowCounts], customers: int, usual: ModelParameters, least: int
) -> Fraud:
    """Return what fraudulent rows show; the usual figures where fewer than `least` customers are defrauded.

    Without any, the rate is 0 where there are enough customers to say so.
    """
    defrauded = sum(len(own.defrauded) for own in people)
    kept = Estimate(usual.fraud_days, None)
    if defrauded == 0 and customers >= least:
        no_fraud = ("no row is labelled as fraud: the rate is 0, and fraud twins are kept as they were",)
        return Fraud(Estimate(0.0, 1.0 / max(1, customers)), kept, None, no_fraud)
    if defrauded < least:
        return keep_fraud(usual, f"fewer than {least} customers are defrauded")
    share = defrauded / customers
    rate = Estimate(round_figure(share), float(np.sqrt(share * (1.0 - share) / customers)))
    longest = max(_find_longest(own) for own in people)
    notes = tuple[str, ...]()
    if longest > MAX_FRAUD_DAYS:
        notes = (f"frauds of up to {longest} days are there; the model has {MAX_FRAUD_DAYS} at most",)
    days = min(max(1, longest), MAX_FRAUD_DAYS)
    return Fraud(rate, Estimate(days, 0.0), _fit_night(counts), notes)


def keep_fraud(usual: ModelParameters, why: str) -> Fraud:
    """Return the usual figures."""
    note = f"{why}: rate, days and twins are kept as they were"
    return Fraud(Estimate(usual.fraud_rate, None), Estimate(usual.fraud_days, None), None, (note,))


def _find_longest(people: CustomerTotals) -> int:
    """Return the days from the first to the last fraud date of a customer, the largest of all."""
    who, day = people.fraud_dates[:, 0], people.fraud_dates[:, 1]
    first, last = np.full(len(people.defrauded), 1 << 40), np.full(len(people.defrauded), -1)
    np.minimum.at(first, who, day)
    np.maximum.at(last, who, day)
    return int((last - first).max(initial=0))


def _fit_night(counts: Sequence[RowCounts]) -> Estimate | None:
    """Return the share of fraudulent rows that keep to the night, beside those whose hour is any of their day part.

    Of a day part with h night hours of 12, a share s + (1 - s) h / 12 lies in the night.
    """
    hours: I64 = np.sum([own.month_hours.sum(axis=0) for own in counts], axis=0)
    night = hours[list(_NIGHT)].sum()
    morning, number = hours[:12].sum(), hours.sum()
    if number == 0:
        return None
    by_chance = (morning * 4 + (number - morning) * 2) / 12.0 / number
    share = night / number
    error = float(np.sqrt(share * (1.0 - share) / number)) / (1.0 - by_chance)
    return Estimate(round_figure(float((share - by_chance) / (1.0 - by_chance))), error)
