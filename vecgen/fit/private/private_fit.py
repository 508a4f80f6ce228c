"""Writes profiles and demographics that are fitted to a dataset with differential privacy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from vecgen.config.demographics import MAX_AGE, Merchants
from vecgen.config.loader import load_demographics, load_profiles
from vecgen.config.profile import MAX_PER_DAY, AmountDistribution, Profile, ProfileSet
from vecgen.fit.demographics import AgeRow
from vecgen.fit.estimate import Estimate, round_figure
from vecgen.fit.fit import Fit
from vecgen.fit.fraud import Fraud, keep_fraud
from vecgen.fit.private.noise import AddNoise, NoisyTable, NoisyTables, add_laplace, make_noisy
from vecgen.fit.private.noisy_amounts import fit_noisy_amounts
from vecgen.fit.private.noisy_choices import NoisyChoices, fit_noisy_choices, recognise_noisy
from vecgen.fit.private.noisy_dates import fit_noisy_dates
from vecgen.fit.private.noisy_rates import NoisyRates, fit_noisy_rates
from vecgen.fit.profiles import Fitted, keep, spell_dates, spell_rows
from vecgen.fit.write import write_fit
from vecgen.model.params import MAX_FRAUD_DAYS, Dependence, ModelParameters
from vecgen.scan.bounded.bounded_tables import BoundedCounts

_SURE: Final = 3.0
"""Standard deviations of the noise that a count must have to be there."""

_SURE_CELL: Final = 5.0
"""The same of the last of several cells: Laplace noise is often far out."""
_YEARS: Final = (1, 2, 5, 10, 20)
_USUAL_AGES: Final = 80
"""So many ages are usual among customers."""

_LEFT: Final = (
    "places, travelling, merchants and fraud twins are not fitted with noise: they are the usual ones",
    "period, profiles and categories are those that were stated; rows of others are left out and not counted",
    "seasons and years are those of all customers together",
    "each customer counts the same, however many rows they have",
)


@dataclass(frozen=True)
class PrivateFit:
    """How a fit is kept private.

    Attributes:
        epsilon: What is spent on all tables together.
        least: Customers, counted with noise, of fewer than which nothing is fitted.
        add: Draws the noise.
    """

    epsilon: float
    least: int
    add: AddNoise = add_laplace


def fit_privately(
    bounded: BoundedCounts, usual: Mapping[str, Path], output: Path, dependence: Dependence | None, how: PrivateFit
) -> Fit:
    """Write profiles, demographics and fit.json, as `fit_dataset` does, from tables with noise alone.

    Raises:
        OutputError: The output holds something or cannot be written.
    """
    noisy = make_noisy(bounded.tables, how.epsilon, how.add)
    rates = [fit_noisy_rates(NoisyTable(cells, noisy["rates"].spread)) for cells in noisy["rates"].cells]
    customers = float(noisy["fraud"].cells.sum())
    law, fraud, notes = _fit_law(bounded, noisy, customers, dependence)
    fitted = _fit_profiles(bounded, noisy, rates, load_profiles(usual["profiles"]), law, how.least)
    merchants = load_demographics(usual["demographics"]).merchants
    tables, more = _fit_tables(noisy, fitted, merchants, how.least)
    statement = _describe(law, fraud, customers, fitted, (*notes, *more, *_LEFT), how, noisy)
    alone = "profile" not in bounded.known
    write_fit(output, [own.profile for own in fitted], usual, tables, statement, alone=alone)
    return Fit(law, None, statement)


def _fit_law(
    bounded: BoundedCounts, noisy: NoisyTables, customers: float, stated: Dependence | None
) -> tuple[ModelParameters, Fraud, list[str]]:
    """Return the parameters of the model, what is known of fraud, and sentences on both."""
    found = recognise_noisy(noisy["choices"])
    notes = []
    if not stated:
        notes.append("law v1.0 is not looked for, which has to be stated")
        if found is None:
            notes.append("noise hides the law: v0.5 is taken")
    period = bounded.model.law.period
    usual = ModelParameters(period, fraud_rate=0.0)
    if usual.window_starts > 0:
        usual = ModelParameters(period)
    if "is_fraud" in bounded.known:
        fraud = _fit_fraud(noisy["fraud"], customers, usual)
    else:
        fraud = keep_fraud(usual, "there are no labels")
    rate = fraud.rate.value if usual.window_starts > 0 else 0.0
    law = replace(usual, dependence=stated or found or "v0.5", fraud_rate=rate, fraud_days=int(fraud.days.value))
    return law, fraud, [*notes, *fraud.notes]


def _fit_fraud(table: NoisyTable, customers: float, usual: ModelParameters) -> Fraud:
    """Return the share of defrauded customers and the days of a fraud; the usual figures where noise hides them."""
    defrauded = table.cells[1:]
    share = float(np.clip(defrauded.sum() / max(customers, 1.0), 0.0, 1.0))
    noise = table.spread * np.sqrt(len(defrauded)) / max(customers, 1.0)
    error = float(np.hypot(noise, np.sqrt(share * (1.0 - share) / max(customers, 1.0))))
    if error > max(share, usual.fraud_rate) / _SURE:
        return keep_fraud(usual, "noise hides the share of defrauded customers")
    longest = np.flatnonzero(defrauded > _SURE_CELL * table.spread)
    days = (
        Estimate(min(int(longest[-1]) + 1, MAX_FRAUD_DAYS), 0.0) if len(longest) else Estimate(usual.fraud_days, None)
    )
    notes = () if len(longest) else ("noise hides the days of a fraud; kept as they were",)
    return Fraud(Estimate(round_figure(share), error), days, None, notes)


def _fit_profiles(
    bounded: BoundedCounts,
    noisy: NoisyTables,
    rates: list[NoisyRates],
    usual: ProfileSet,
    law: ModelParameters,
    least: int,
) -> list[Fitted]:
    """Return each profile and its twin."""
    pairs = dict(zip(usual.names, zip(usual.regular, usual.fraud, strict=True), strict=True))
    out = []
    for position, name in enumerate(bounded.model.profiles):
        own, twin = pairs[name]
        if not _are_enough(noisy["weekdays"], position, least) or rates[position].active < least:
            out.append(keep(own, f"noise hides its customers, or they are fewer than {least}"))
        else:
            out.append(_fit_profile(bounded, noisy, position, rates[position], own, law))
        out.append(keep(twin, "fraud twins are not fitted with noise"))
    return out


def _are_enough(table: NoisyTable, position: int, least: int) -> bool:
    """Return whether a profile has so many customers with rows, by a table from which nothing else was chosen yet."""
    own = table.cells[position]
    return float(own.sum()) >= max(least, _SURE * table.spread * math.sqrt(len(own)))


def _fit_profile(
    bounded: BoundedCounts,
    noisy: NoisyTables,
    position: int,
    rates: NoisyRates,
    usual: Profile,
    law: ModelParameters,
) -> Fitted:
    names = bounded.model.categories
    rows = rates.per_day * max(1, law.period.span)
    cells = NoisyTable(noisy["choices"].cells[position], noisy["choices"].spread)
    own = fit_noisy_choices(cells, rates.active, rows, names, usual, law.dependence)
    low, high = (min(round(bound.value), MAX_PER_DAY) for bound in (rates.rates.least, rates.rates.most))
    profile = replace(own.choices.put_into(usual), min_per_day=low, max_per_day=high)
    notes: tuple[str, ...] = ()
    if not rates.rates.even:
        notes += (f"{usual.name}: rates of customers are not spread evenly; the nearest even spread stands for them",)
    table = NoisyTable(noisy["amounts"].cells[position], noisy["amounts"].spread)
    profile, amounts, kept = _fit_amounts(table, own, rows, names, profile, law)
    dates = fit_noisy_dates(noisy, bounded.model, position, rows, usual)
    figures = spell_rows(rates.rates, own.choices, amounts)
    if dates is None:
        return Fitted(
            profile, figures, (*notes, *kept, f"{usual.name}: noise hides weights of dates; kept as they were")
        )
    return Fitted(dates.put_into(profile), figures | spell_dates(dates), (*notes, *kept))


def _fit_amounts(
    table: NoisyTable,
    own: NoisyChoices,
    rows: float,
    names: tuple[str, ...],
    profile: Profile,
    law: ModelParameters,
) -> tuple[Profile, dict[str, tuple[Estimate, Estimate]], tuple[str, ...]]:
    """Return the profile with amounts of each category, what was fitted of them, and a sentence on the others."""
    if law.dependence == "v1.0":
        return profile, {}, (f"{profile.name}: law v1.0 mixes the amounts of all categories; kept as they were",)
    known = dict(zip(names, zip(table.cells, own.customers, own.known, strict=True), strict=True))
    amounts, found, kept = [], {}, []
    for name, usual in zip(profile.categories, profile.amounts, strict=True):
        cells, customers, is_known = known[name]
        fitted = fit_noisy_amounts(NoisyTable(cells, table.spread), customers, rows, usual) if is_known else None
        if fitted:
            found[name] = fitted
        else:
            kept.append(name)
        amounts.append(AmountDistribution(fitted[0].value, fitted[1].value) if fitted else usual)
    notes = (f"{profile.name}: noise hides amounts of {', '.join(kept)}; kept as they were",) if kept else ()
    return replace(profile, amounts=tuple(amounts)), found, notes


def _fit_tables(
    noisy: NoisyTables, fitted: list[Fitted], merchants: Merchants, least: int
) -> tuple[dict[str, list[tuple[Any, ...]]], list[str]]:
    """Return the tables of ages, and of merchants where categories are new, and sentences on them."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    notes = []
    if ages := _fit_ages(noisy["ages"], least):
        tables["age_gender.csv"] = [*ages]
    else:
        notes.append("ages are the usual ones: they are not told, or noise hides them")
    lists = dict(zip(merchants.categories, merchants.names, strict=True))
    shown = {category for own in fitted for category in own.profile.categories}
    if new := sorted(shown - lists.keys()):
        lists |= {category: (f"merchant of {category}",) for category in new}
        tables["merchants.csv"] = [(category, name) for category, own in lists.items() for name in own]
    return tables, notes


def _fit_ages(table: NoisyTable, least: int) -> list[AgeRow]:
    """Return gender, age and share, in groups of so many years that noise cannot make up their number; none else."""
    total = float(table.cells.sum())
    for width in _YEARS:
        sure = max(least, _SURE * table.spread * np.sqrt(width))
        if total * width / (2.0 * _USUAL_AGES) >= sure:
            return _group_ages(table, width, sure)
    return []


def _group_ages(table: NoisyTable, width: int, least: float) -> list[AgeRow]:
    starts = np.arange(0, MAX_AGE + 1, width)
    groups = np.add.reduceat(table.cells, starts, axis=1)
    groups = np.where(groups >= least / 2.0, groups, 0.0)
    years = np.diff(np.append(starts, MAX_AGE + 1))
    shares = groups / years / groups.sum()
    return [
        (gender, int(age), round_figure(float(share)))
        for gender, own in zip(("F", "M"), shares, strict=True)
        for age, share in enumerate(np.repeat(own, years))
        if share > 0
    ]


def _describe(
    law: ModelParameters,
    fraud: Fraud,
    customers: float,
    fitted: list[Fitted],
    notes: tuple[str, ...],
    how: PrivateFit,
    noisy: NoisyTables,
) -> dict[str, Any]:
    """Return what fit.json says."""
    options = {"start": str(law.period.start), "end": str(law.period.end), "dependence": law.dependence}
    return {
        "privacy": {
            "epsilon": how.epsilon,
            "delta": 0,
            "unit": "a customer with all their rows, added or removed",
            "noise": "discrete Laplace",
            "budget": list(noisy.statement),
        },
        "customers": max(0, round(customers)),
        "least_customers": how.least,
        "options": {**options, "fraud_rate": law.fraud_rate, "fraud_days": law.fraud_days},
        "fraud_rate": fraud.rate.to_json(),
        "fraud_days": fraud.days.to_json(),
        "profiles": {own.profile.name: own.figures for own in fitted},
        "notes": [*notes, *(note for own in fitted for note in own.notes)],
    }
