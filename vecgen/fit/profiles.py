"""Fits one profile, regular or fraud twin, to its counts; what they do not show stays as in a usual profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from vecgen.config.profile import MAX_PER_DAY, WEEKDAYS, AmountDistribution, Profile
from vecgen.fit.amounts import fit_amounts
from vecgen.fit.choices import Choices, fit_choices
from vecgen.fit.dates import Dates, draw_of_defrauded, fit_dates
from vecgen.fit.estimate import Estimate
from vecgen.fit.rates import Rates, fit_rates
from vecgen.model.date_weights import date_weights
from vecgen.model.params import ModelParameters
from vecgen.sampling.arrays import F64, I64, Bools
from vecgen.scan.counts import CustomerTotals
from vecgen.scan.row_counts import HOLDER_CELLS, RowCounts

MOST_LEAST_CUSTOMERS: Final = HOLDER_CELLS // 2
"""So many customers can be told to be there from the cells that they take."""


@dataclass(frozen=True)
class Fitted:
    """A profile and what is said of it.

    Attributes:
        figures: Estimates by name, as they are written.
        notes: What was left as in the usual profile, a sentence each.
    """

    profile: Profile
    figures: dict[str, Any]
    notes: tuple[str, ...] = ()


def keep(usual: Profile, why: str) -> Fitted:
    """Return a usual profile as it is."""
    return Fitted(usual, {"kept": why}, (f"{usual.name}: {why}; kept as it was",))


def fit_regular(
    counts: RowCounts,
    people: CustomerTotals,
    names: tuple[str, ...],
    usual: Profile,
    law: ModelParameters,
    customers: int,
    least: int,
) -> Fitted:
    """Return the profile of customers with regular rows.

    Args:
        names: Of the categories of the counts.
        customers: In all, those without rows included.
        least: Customers below which a cell says nothing.
    """
    days = counts.slots.sum(axis=(1, 2))
    dates = fit_dates(days, people, usual, law.period)
    with_dates = dates.put_into(usual)
    weights = date_weights(with_dates, law.period)
    share = weights / weights.sum()
    drawn = np.repeat(*np.array([*people.rows.items()], dtype=np.int64).reshape(-1, 2).T)
    rates = np.append(drawn, draw_of_defrauded(people, share)) / max(1, law.period.span)
    rates = np.append(rates, np.zeros(max(0, customers - len(rates))))
    fitted = _fit_rows(counts, names, with_dates, law, least, fit_rates(rates), share)
    return replace(fitted, figures=fitted.figures | spell_dates(dates))


def fit_twin(
    counts: RowCounts, people: CustomerTotals, names: tuple[str, ...], usual: Profile, law: ModelParameters, least: int
) -> Fitted:
    """Return the profile of fraudulent rows; its dates are kept as usual."""
    rates = people.defrauded[:, 1] / law.fraud_days
    fitted = _fit_rows(counts, names, usual, law, least, fit_rates(rates))
    note = f"{usual.name}: weights of dates within a fraud window are not estimated; kept as they were"
    return replace(fitted, notes=(*fitted.notes, note))


def _fit_rows(
    counts: RowCounts,
    names: tuple[str, ...],
    usual: Profile,
    law: ModelParameters,
    least: int,
    rates: Rates,
    dates: F64 | None = None,
) -> Fitted:
    known: Bools = counts.holders.sum(axis=1) >= least
    choices = fit_choices(counts.slots, known, names, usual, law.dependence, dates).leave(
        {*usual.categories, *(name for name, is_known in zip(names, known, strict=True) if is_known)}
    )
    low, high = (min(round(bound.value), MAX_PER_DAY) for bound in (rates.least, rates.most))
    profile = replace(choices.put_into(usual), min_per_day=low, max_per_day=high)
    notes = _note_rare(counts.slots.sum(axis=(0, 1)), known, names, usual)
    if not rates.even:
        notes += (f"{usual.name}: rates of customers are not spread evenly; the nearest even spread stands for them",)
    if law.dependence == "v1.0":
        notes += (f"{usual.name}: law v1.0 mixes the amounts of all categories; kept as they were",)
        amounts: dict[str, tuple[Estimate, Estimate]] = {}
    else:
        profile, amounts, kept = _fit_all_amounts(counts.amounts.sum(axis=0), known, names, profile)
        notes += kept
    return Fitted(profile, spell_rows(rates, choices, amounts), notes)


def _fit_all_amounts(
    cells: I64, known: Bools, names: tuple[str, ...], profile: Profile
) -> tuple[Profile, dict[str, tuple[Estimate, Estimate]], tuple[str, ...]]:
    found, kept = {}, []
    amounts = dict(zip(profile.categories, profile.amounts, strict=True))
    for position, name in enumerate(names):
        if name not in amounts:
            continue
        fitted = fit_amounts(cells[position], amounts[name]) if known[position] else None
        if fitted:
            found[name] = fitted
            amounts[name] = AmountDistribution(fitted[0].value, fitted[1].value)
        elif cells[position].any():
            kept.append(name)
    notes = (f"{profile.name}: too few amounts of {', '.join(kept)}; kept as they were",) if kept else ()
    return replace(profile, amounts=tuple(amounts[name] for name in profile.categories)), found, notes


def _note_rare(rows: I64, known: Bools, names: tuple[str, ...], usual: Profile) -> tuple[str, ...]:
    """Return sentences on categories of too few customers; what nobody else knows is not named either."""
    rare = [name for name, number, is_known in zip(names, rows, known, strict=True) if number and not is_known]
    merged = [name for name in rare if name in usual.categories]
    notes = (f"{usual.name}: too few customers with {', '.join(merged)}; merged",) if merged else ()
    further = len(rare) - len(merged)
    return (
        *notes,
        *((f"{usual.name}: too few customers with {further} further categories; left out",) * bool(further)),
    )


def spell_rows(rates: Rates, choices: Choices, amounts: dict[str, tuple[Estimate, Estimate]]) -> dict[str, Any]:
    """Return the figures of rows as fit.json says them."""
    return {
        "avg_transactions_per_day": {"min": rates.least.to_json(), "max": rates.most.to_json()},
        "categories_wt": {n: w.to_json() for n, w in zip(choices.categories, choices.weights, strict=True)},
        "categories_amt": {n: {"mean": m.to_json(), "stdev": s.to_json()} for n, (m, s) in amounts.items()},
        "shopping_time": {part: share.to_json() for part, share in zip(choices.parts, choices.shares, strict=True)},
    }


def spell_dates(dates: Dates) -> dict[str, Any]:
    """Return the weights of dates as fit.json says them."""
    year = dates.year
    errors = {float(weight): float(error) for weight, error in zip(year.weights, year.errors, strict=True)}
    seasons = {s.name: Estimate(s.weight, errors.get(s.weight, 0.0)).to_json() for s in year.seasons}
    years = {str(position): estimate.to_json() for position, estimate in enumerate(dates.years)}
    weekdays = {day: estimate.to_json() for day, estimate in zip(WEEKDAYS, dates.weekdays, strict=True)}
    return {"date_wt": {"day_of_week": weekdays, "time_of_year": seasons, "year": years}}
