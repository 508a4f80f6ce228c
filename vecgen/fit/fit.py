"""Writes the profiles and demographics from which data like a dataset is generated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from vecgen.config.demographics import Merchants
from vecgen.config.loader import load_demographics, load_profiles
from vecgen.config.new_file import refuse_full
from vecgen.config.profile import ProfileSet
from vecgen.errors import InputError, setting
from vecgen.fit.choices import recognise
from vecgen.fit.demographics import fit_ages, fit_merchants
from vecgen.fit.estimate import Estimate, round_figure
from vecgen.fit.fraud import Fraud, fit_fraud, keep_fraud
from vecgen.fit.profiles import MOST_LEAST_CUSTOMERS, Fitted, fit_regular, fit_twin, keep
from vecgen.fit.write import write_fit
from vecgen.model.params import Dependence, ModelParameters
from vecgen.scan.counts import Totals
from vecgen.scan.dataset_counts import DatasetCounts
from vecgen.scan.row_counts import PLACE_CELLS

_LEFT: Final = (
    "places are not fitted: they are the usual ones",
    "travelling is not fitted: profiles keep their figures",
    "transaction numbers and unix_time are not looked at",
)

_COORDINATES: Final = frozenset({"lat", "long", "merch_lat", "merch_long"})
_UNTOLD: Final = {
    frozenset({"merchant"}): "merchants are not told: lists are the usual ones, and one name for each further category",
    _COORDINATES: "places of purchases are not told: their radius is not looked at",
}
_REASONS: Final = {"amt": "amount below 1 or no whole cents", "trans_date": "date outside the period"}
"""What faults mean that are named by their column."""


@dataclass(frozen=True)
class Fit:
    """What was fitted.

    Attributes:
        law: The parameters that `generate` takes as options.
        rows: How many were read; None where that is not told.
        statement: All that fit.json says.
    """

    law: ModelParameters
    rows: int | None
    statement: Mapping[str, Any]


def fit_dataset(
    counted: DatasetCounts, usual: Mapping[str, Path], output: Path, dependence: Dependence | None, least: int
) -> Fit:
    """Write profiles, demographics and fit.json of a dataset that was counted into a new directory.

    Args:
        usual: The directories "profiles" and "demographics" of which what the data does not show is taken.
        dependence: As stated; None to find it.
        least: Cells of fewer customers are merged or dropped.

    Raises:
        OutputError: The output holds something or cannot be written.
    """
    law, fraud, notes = _fit_law(counted, dependence, least)
    fitted = _fit_profiles(counted, load_profiles(usual["profiles"]), law, least)
    merchants = load_demographics(usual["demographics"]).merchants
    tables, more = _fit_tables(counted, fitted, merchants, least)
    said = (*notes, *more, *_note_missing(counted), *_LEFT)
    statement = _describe(counted, law, fraud, fitted, said, least)
    write_fit(output, [own.profile for own in fitted], usual, tables, statement, alone=not counted.is_segmented)
    return Fit(law, counted.totals.rows, statement)


def check_request(output: Path, least: int) -> None:
    """Accept where a fit is written and how few customers count, before anything is read.

    Raises:
        InputError: `least` out of range.
        OutputError: The output holds something.
    """
    if not 1 <= least <= MOST_LEAST_CUSTOMERS:
        raise InputError(setting("least_customers"), "", least, f"a whole number from 1 to {MOST_LEAST_CUSTOMERS}")
    refuse_full(output)


def _fit_law(counted: DatasetCounts, stated: Dependence | None, least: int) -> tuple[ModelParameters, Fraud, list[str]]:
    """Return the parameters of the model, what is known of fraud, and sentences on both."""
    totals = counted.totals
    shown = zip(totals.counts, counted.customers, strict=True)
    found = recognise([regular.slots for (regular, _), customers in shown if customers >= least])
    dependence = stated or found or "v0.5"
    notes = []
    if stated and found not in (None, stated):
        notes.append(f"the law is stated as {stated}, the rows look like {found}")
    elif not stated and found is None:
        notes.append("too few rows to tell the law: v0.5 is taken")
    twins = [twin for _, twin in totals.counts]
    usual = replace(counted.model.law, fraud_rate=0.0)
    if "is_fraud" in counted.known:
        fraud = fit_fraud(totals.customers, twins, max(1, sum(counted.customers)), _with_usual_rate(usual), least)
    else:
        fraud = keep_fraud(_with_usual_rate(usual), "there are no labels")
    rate = fraud.rate.value if usual.window_starts > 0 else 0.0
    if usual.fraud_stealth > 0:
        notes.append("frauds that pass for regular rows are taken for what fraud twins do: the stealth is 0")
    days = int(fraud.days.value)
    law = replace(usual, dependence=dependence, fraud_rate=rate, fraud_days=days, fraud_stealth=0.0, fraud_types=())
    return law, fraud, [*notes, *fraud.notes]


def _with_usual_rate(law: ModelParameters) -> ModelParameters:
    """Return parameters with the usual fraud rate, if the period has a window for fraud."""
    return ModelParameters(law.period) if law.window_starts > 0 else law


def _fit_profiles(counted: DatasetCounts, usual: ProfileSet, law: ModelParameters, least: int) -> list[Fitted]:
    """Return each profile of the dataset and its twin."""
    pairs = dict(zip(usual.names, zip(usual.regular, usual.fraud, strict=True), strict=True))
    names = counted.model.categories
    out = []
    for position, name in enumerate(counted.model.profiles):
        (regular, twin), people = counted.totals.counts[position], counted.totals.customers[position]
        own, own_twin = pairs[name]
        customers = counted.customers[position]
        few = f"fewer than {least} customers"
        enough = people.rows.total() + len(people.defrauded) >= least and regular.slots.any()
        out.append(fit_regular(regular, people, names, own, law, customers, least) if enough else keep(own, few))
        if "is_fraud" not in counted.known:
            out.append(keep(own_twin, "there are no labels"))
        elif len(people.defrauded) < least:
            out.append(keep(own_twin, f"{few} are defrauded"))
        elif law.dependence == "v1.0":
            out.append(keep(own_twin, "law v1.0 hides the order of its categories"))
        else:
            out.append(fit_twin(twin, people, names, own_twin, law, least))
    return out


def _fit_tables(
    counted: DatasetCounts, fitted: list[Fitted], usual: Merchants, least: int
) -> tuple[dict[str, list[tuple[Any, ...]]], list[str]]:
    """Return the tables of ages and merchants, where they differ from the usual ones, and sentences on them."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    notes = []
    ages = fit_ages(counted.customer_counts.ages, least)
    if ages:
        tables["age_gender.csv"] = [*ages]
    else:
        notes.append("ages are the usual ones: there are no customers' files, or too few customers in them")
    both = (counts for pair in counted.totals.counts for counts in pair)
    merchants = fit_merchants(both, counted.model.categories, usual, least)
    if merchants:
        shown = {*usual.categories, *(category for own in fitted for category in own.profile.categories)}
        tables["merchants.csv"] = [row for row in merchants if row[0] in shown]
        notes.append(f"merchants of fewer than {least} rows are left out; rows are counted here, not customers")
    return tables, notes


def _note_missing(counted: DatasetCounts) -> list[str]:
    """Return a sentence on each thing that the columns do not tell, and on rows and days that are not there."""
    notes = [note for names, note in _UNTOLD.items() if not counted.known >= names]
    if not counted.is_segmented:
        notes.append("birth date, sex and city population are not all told: there is one profile")
    left_out = +counted.totals.faults
    notes += [f"{number:,} rows left out: {_REASONS.get(reason, reason)}" for reason, number in left_out.items()]
    days = sum(counts.slots.sum(axis=(1, 2)) for pair in counted.totals.counts for counts in pair)
    if empty := int(np.count_nonzero(np.asarray(days) == 0)):
        notes.append(f"{empty:,} of {len(days):,} days have no rows: they weigh nothing, as if nobody bought then")
    return notes


def _describe(
    counted: DatasetCounts, law: ModelParameters, fraud: Fraud, fitted: list[Fitted], notes: tuple[str, ...], least: int
) -> dict[str, Any]:
    """Return what fit.json says."""
    totals = counted.totals
    options = {"start": str(law.period.start), "end": str(law.period.end), "dependence": law.dependence}
    radius = _fit_radius(totals) if counted.known >= _COORDINATES else None
    far = sum(counts.far.sum() for pair in totals.counts for counts in pair)
    return {
        "rows": totals.rows,
        "rows_left_out": dict(+totals.faults),
        "least_customers": least,
        "options": {**options, "fraud_rate": law.fraud_rate, "fraud_days": law.fraud_days},
        "fraud_rate": fraud.rate.to_json(),
        "fraud_days": fraud.days.to_json(),
        "night_share_of_fraud": fraud.night_share.to_json() if fraud.night_share else None,
        "merchant_radius_degrees": radius.to_json() if radius else None,
        "rows_beyond_a_degree": int(far) if radius else None,
        "profiles": {own.profile.name: own.figures for own in fitted},
        "notes": [*notes, *(note for own in fitted for note in own.notes)],
    }


def _fit_radius(totals: Totals) -> Estimate | None:
    """Return half the side of the square of purchases in degrees, twice their mean distance from home on each axis."""
    cells: Any = np.sum([counts.near for pair in totals.counts for counts in pair], axis=0)
    number = int(cells.sum())
    if number == 0:
        return None
    away = np.abs((np.arange(PLACE_CELLS) + 0.5) * 2.0 / PLACE_CELLS - 1.0)
    mean = float(cells.sum(axis=0) @ away + cells.sum(axis=1) @ away) / (2 * number)
    return Estimate(round_figure(2.0 * mean), 2.0 * mean / float(np.sqrt(6 * number)))
