"""The law against the original's own output: the same number of customers, two-sample chi-square at a fixed seed.

Rows of one customer share an integer rate, so the number of rows of a profile varies more than a count of independent
rows. What is compared are shapes given the totals, profile by profile; the rates themselves are compared as counts of
customers. Dates of fraud rows are compared per customer, because they share a window.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.equivalence.counts import (
    CATEGORIES,
    EDGES,
    FRAUD_RATES,
    MONTH_OF_DAY,
    OF_DATES,
    PERIOD,
    RELEASES,
    SIZES,
    WEEKDAY_OF_DAY,
    Counts,
    compare,
    draw,
    measured,
    read,
)
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.model.exact import RowDistribution, amount_shares, write_out
from vecgen.model.params import Dependence, ModelParameters
from vecgen.sampling.arrays import I64
from vecgen.verify import chi_square as chi_square_of

THRESHOLD = 1e-5  # some seventy comparisons: together wrong less than once in a thousand seeds


def by_category(counts: Counts) -> Counts:
    """Return amounts of each category as a group of its own; where it has no rows, it is left empty."""
    return {
        (profile, category): rows
        for (profile,), cells in counts.items()
        for category, rows in zip(CATEGORIES, cells.reshape(len(CATEGORIES), -1), strict=True)
    }


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", SIZES)
def test_regular_rows_follow_the_original(name: str, release: Dependence) -> None:
    ours, theirs = draw(release, "one_in_101", release).tables[name], measured(name, release, 0)
    if name == "amount":
        ours, theirs = by_category(ours), by_category(theirs)
    assert compare(ours, theirs) > THRESHOLD


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", [name for name in SIZES if name not in OF_DATES])
def test_fraud_rows_follow_the_original(name: str, release: Dependence) -> None:
    ours, theirs = draw(release, "everyone", release).tables[name], measured(name, release, 1)
    if name == "amount":
        ours, theirs = by_category(ours), by_category(theirs)
    assert compare(ours, theirs) > THRESHOLD


def margin(counts: Counts, keys: I64, across: int = 1) -> Counts:
    """Return counts of the cells' keys; a table has `across` blocks of as many cells as there are keys."""
    out = {}
    for group, cells in counts.items():
        blocks = cells.reshape(across, -1)
        out[group] = np.concatenate([np.bincount(keys, block) for block in blocks]).astype(np.int64)
    return out


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("date", WEEKDAY_OF_DAY),
        ("date", MONTH_OF_DAY),
        ("category_hour", np.tile(np.arange(24), len(CATEGORIES))),
        ("category_hour", np.repeat(np.arange(len(CATEGORIES)), 24)),
    ],
    ids=["weekday", "month", "hour", "category"],
)
def test_margins_of_regular_rows_follow_the_original(table: str, keys: I64, release: Dependence) -> None:
    ours, theirs = draw(release, "one_in_101", release).tables[table], measured(table, release, 0)
    assert compare(margin(ours, keys), margin(theirs, keys)) > THRESHOLD


@pytest.mark.parametrize("release", RELEASES)
def test_tails_of_regular_amounts_follow_the_original(release: Dependence) -> None:
    theirs, ours = measured("amount", release, 0), draw(release, "one_in_101", release).tables["amount"]
    assert compare_tails(by_category(ours), by_category(theirs), one_in=1000) > THRESHOLD


@pytest.mark.parametrize("release", RELEASES)
def test_tails_of_fraudulent_amounts_follow_the_original(release: Dependence) -> None:
    theirs, ours = measured("amount", release, 1), draw(release, "everyone", release).tables["amount"]
    bins = np.tile(np.arange(len(EDGES)), len(CATEGORIES))
    assert compare_tails(margin(ours, bins), margin(theirs, bins), one_in=100) > THRESHOLD


def compare_tails(ours: Counts, theirs: Counts, one_in: int) -> float:
    """Compare amounts below 2 dollars, where the rule for less than 1 shows, and the original's highest."""
    tails = {}
    for group, cells in theirs.items():
        above = cells.sum() - np.cumsum(cells) < cells.sum() / one_in
        tails[group] = np.where(EDGES <= 2.0, 0, np.where(np.append(False, above[:-1]), 2, 1))
    pairs = [{g: np.bincount(tails[g], counts[g], 3).astype(np.int64) for g in tails} for counts in (ours, theirs)]
    return compare(*pairs)


@pytest.mark.parametrize(
    ("drawn", "release", "name"),
    [
        ("v0.5", "v1.0", "category_month_weekday"),
        ("v0.5", "v1.0", "amount"),
        ("v1.0", "v0.5", "category_month_weekday"),
        ("v1.0", "v0.5", "amount"),
        ("independent", "v0.5", "category_hour"),
    ],
)
def test_the_comparison_tells_the_laws_apart(drawn: Dependence, release: str, name: str) -> None:
    assert compare(draw(drawn, "one_in_101", release).tables[name], measured(name, release, 0)) < 1e-100


def count_by(release: str, scenario: str, key: str) -> dict[tuple[str, ...], dict[int, int]]:
    """Return the original's customers of each profile by the value of a column, or by a figure derived below."""
    t = read("customer_counts")
    chosen = (t["release"] == release) & (t["scenario"] == scenario)
    counts: dict[tuple[str, ...], dict[int, int]] = {}
    values = derive({column: t[column][chosen].astype(np.int64) for column in ("regular", "fraud", "fraud_days")})[key]
    rows = zip(t["profile"][chosen].tolist(), values.tolist(), t["customers"][chosen].tolist(), strict=True)
    for profile, value, customers in rows:
        own = counts.setdefault((profile,), {})
        own[value] = own.get(value, 0) + customers
    return counts


def derive(customers: dict[str, I64]) -> dict[str, I64]:
    """Add the rate, rows a day, and the regular rows that a fraud has struck out (fewer than D, the 364 days)."""
    rate = -(-customers["regular"] // 364)
    return customers | {"rate": rate, "dropped": rate * 364 - customers["regular"]}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("scenario", "key"),
    [
        ("one_in_101", "rate"),
        ("everyone", "rate"),
        ("everyone", "fraud"),
        ("everyone", "fraud_days"),
        ("everyone", "dropped"),
    ],
)
def test_customers_follow_the_original(release: Dependence, scenario: str, key: str) -> None:
    theirs = count_by(release, scenario, key)
    ours: Counts = {}
    same: Counts = {}
    for profile, customers in draw(release, scenario, release).customers.items():
        drawn, count = np.unique(derive(customers)[key], return_counts=True)
        measured_counts = theirs[(profile,)]
        values = sorted({*drawn.tolist(), *measured_counts})
        own = dict(zip(drawn.tolist(), count.tolist(), strict=True))
        ours[(profile,)] = np.array([own.get(value, 0) for value in values])
        same[(profile,)] = np.array([measured_counts.get(value, 0) for value in values])
    assert compare(ours, same) > THRESHOLD


@pytest.mark.parametrize("release", RELEASES)
def test_frauds_begin_when_the_original_has_them_begin(release: Dependence) -> None:
    t = read("fraud_first_date")
    chosen = t["release"] == release
    day = (t["fraud_first"][chosen].astype("datetime64[D]") - np.datetime64("2023-01-01")).astype(np.int64)
    theirs = np.bincount(day, t["customers"][chosen], 365).astype(np.int64)
    drawn = [customers["first"] for customers in draw(release, "everyone", release).customers.values()]
    ours = np.bincount(np.concatenate(drawn), minlength=365)
    assert compare({("",): ours}, {("",): theirs}) > THRESHOLD


def test_amounts_of_release_1_0_land_on_the_wrong_rows() -> None:
    # Men of 50 and over in cities: configured 90 dollars for grocery_net; measured 89.8 and 68.1.
    category = CATEGORIES.index("grocery_net")
    means = {}
    middles = (read("amount_bins")["lower"] + np.where(np.isinf(EDGES), 60_000.0, EDGES)) / 2
    for release in RELEASES:
        cells = draw(release, "one_in_101", release).tables["amount"][("adults_50up_male_urban",)]
        means[release] = np.average(middles, weights=cells.reshape(len(CATEGORIES), -1)[category])
    assert means == {"v0.5": pytest.approx(89.8, abs=1.5), "v1.0": pytest.approx(68.1, abs=2.0)}


@pytest.mark.parametrize("release", RELEASES)
def test_about_one_customer_in_a_hundred_and_one_is_defrauded(release: Dependence) -> None:
    drawn = draw(release, "one_in_101", release).customers.values()
    defrauded = sum(int((customers["fraud"] > 0).sum()) for customers in drawn)
    customers = sum(len(customers["fraud"]) for customers in drawn)
    assert stats.binomtest(defrauded, customers, 1 / 101).pvalue > THRESHOLD


@pytest.mark.parametrize("name", [name for name in SIZES if name != "customer_counts"])
def test_the_law_written_out_is_the_original(name: str) -> None:
    """The exact law of release 0.5, which samples of any size are held against, against what the original drew."""
    model = write_out(load_profiles(DEFAULT_PROFILES), ModelParameters(PERIOD, FRAUD_RATES["one_in_101"]))
    positions = {law.name: law for law, _ in model.rows}
    order = [model.categories.index(category) if category in model.categories else -1 for category in CATEGORIES]
    theirs = measured(name, "v0.5", 0)
    shares = [exact_shares(name, positions[group] if group else model.rows[0][0], order) for (group,) in theirs]
    statistics = [chi_square_of.compare(cells, share) for cells, share in zip(theirs.values(), shares, strict=True)]
    assert chi_square_of.add(statistics).p > THRESHOLD


def exact_shares(name: str, law: RowDistribution, order: list[int]) -> npt.NDArray[np.float64]:
    """Return the exact shares of the cells of a table of regular rows."""
    assert law.days is not None
    choice = np.append(law.choice, np.zeros((2, 1)), axis=1)[:, order]  # a category that no profile has comes last
    hours = choice[:, :, np.newaxis] * law.part_hours[:, np.newaxis, :]
    profile = next(p for p in load_profiles(DEFAULT_PROFILES).regular if p.name == law.name)
    amounts = np.zeros((len(CATEGORIES), len(EDGES)))
    for category, amount in zip(profile.categories, profile.amounts, strict=True):
        cells = amount_shares(amount.mean, amount.stdev, EDGES[:-1])
        amounts[CATEGORIES.index(category)] = cells
    month, month_weekday = np.bincount(MONTH_OF_DAY, law.days), np.bincount(MONTH_OF_DAY * 7 + WEEKDAY_OF_DAY, law.days)
    tables = {
        "date": law.days,
        "category_hour": np.concatenate([hours[0], hours[1]], axis=1),
        "category_month_weekday": np.outer(choice.sum(axis=0), month_weekday),
        "month_hour": np.outer(month, hours.sum(axis=1)),
        "amount": amounts * choice.sum(axis=0)[:, np.newaxis],
        "amount_daypart": choice @ amounts,
    }
    return np.asarray(tables[name]).ravel() if name in tables else np.ones(SIZES[name])
