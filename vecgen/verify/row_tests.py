"""Tests of the model on counted rows: one statistic for each hypothesis, summed over profiles.

Everything is compared given what is not part of the hypothesis: hours given categories, amounts given
categories and day parts, dates given how many rows a customer has. So a fault shows in one test, not in all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np

from vecgen.model.exact import HALF_DAY_HOURS, ExactModel, RowDistribution
from vecgen.model.fraud.reporting import DelayTable, ReportTables
from vecgen.model.params import ModelParameters
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.counts import CustomerTotals, Totals
from vecgen.scan.reports import ReportCounts
from vecgen.scan.row_counts import PLACE_CELLS, RowCounts, list_months
from vecgen.verify.chi_square import Join, Statistic, add, add_up, compare, compare_share, normalised, reject
from vecgen.verify.customer_tests import examine_histories, examine_scores

Merchants = Mapping[str, Sequence[str]]
"""Names by category; a name listed twice is drawn twice as often."""

LABELS: Final = ("regular", "fraud")
_REPORTS: Final = ("reported", "report delay")
_LEAST_RADIUS: Final = 100 * PLACE_CELLS  # microdegrees; in a smaller square the six decimals show


Verdict = Literal["holds", "broken", "not testable", "known flaw"]


@dataclass(frozen=True)
class Finding:
    """The result of one test: `p` is the probability of such a statistic under the model, `effect` Cohen's w.

    Attributes:
        verdict: "not testable" where no sample of this size could have been found broken; "known flaw" where it is only
            broken if rows that the original's forked workers drew alike are taken for independent ones.
    """

    law: str
    of: str
    number: int
    statistic: float
    freedom: int
    p: float
    effect: float
    verdict: Verdict


def judge(statistics: Mapping[tuple[str, str], Statistic], error: float, workers: int = 1) -> list[Finding]:
    """Return a finding for each (law, of); a valid dataset has any finding "broken" with probability `error` at most.

    Args:
        workers: So many rows may be one draw: sums of squares are as many times as large, at most.
    """
    values = list(statistics.values())
    falls = reject([s.p for s in values], error)
    alone = reject([s.shrink(workers).p for s in values], error) if workers > 1 else falls
    bound = error / max(1, len(values))
    rows = zip(statistics.items(), falls, alone, strict=True)
    return [
        Finding(
            law=law,
            of=of,
            number=s.number,
            statistic=s.value,
            freedom=s.freedom,
            p=s.p,
            effect=s.effect,
            verdict=_decide(s, fallen, still, bound),
        )
        for ((law, of), s), fallen, still in rows
    ]


def _decide(statistic: Statistic, falls: bool, falls_alone: bool, bound: float) -> Verdict:
    if falls:
        return "broken" if falls_alone else "known flaw"
    return "holds" if statistic.freedom and statistic.least_p < bound else "not testable"


def examine(totals: Totals, model: ExactModel, merchants: Merchants | None) -> dict[tuple[str, str], Statistic]:
    """Return the statistic of each test by (its name, "regular", "fraud", a type of fraud, or "customers").

    Without `merchants`, those of each category are taken to be the ones that were seen. Of fraud nothing is said where
    there must be none: that is a check of every customer. Merchants of honest rows are not tested where some of them
    are compromised.
    """
    out = {(law, "customers"): statistic for law, statistic in examine_histories(totals.customers, model)}
    out |= {(law, "customers"): statistic for law, statistic in examine_scores(totals.scores, model)}
    for label, name in enumerate(LABELS):
        pairs = [(counts[label], law[label]) for counts, law in zip(totals.counts, model.rows, strict=True)]
        if name == "regular":
            out |= {(law, name): statistic for law, statistic in _dates(totals, model, pairs)}
        if name == "regular" or (model.law.fraud_rate > 0 and not model.is_typed):
            groups = [RowGroup(*own, customers) for own, customers in zip(pairs, totals.customers, strict=True)]
            out |= {(law, name): statistic for law, statistic in _examine_rows(groups, model, label)}
        if not model.law.copies_cards if name == "regular" else model.law.fraud_rate > 0:
            out["merchant within category", name] = _merchants(pairs, model, merchants)
    return out


def examine_reports(counts: ReportCounts, tables: ReportTables) -> dict[tuple[str, str], Statistic]:
    """Return whether as many rows are reported as should be, and after as many days, by (name of the test, label)."""
    honest, *fraud = (
        _compare_reports(own, t) for own, t in zip(counts.delays, (tables.honest, *tables.fraud), strict=True)
    )
    both = (honest, tuple(add(statistics) for statistics in zip(*fraud, strict=True)))
    return {(law, of): s for of, own in zip(LABELS, both, strict=True) for law, s in zip(_REPORTS, own, strict=True)}


def _compare_reports(delays: I64, table: DelayTable) -> tuple[Statistic, Statistic]:
    reported, cells = delays[:-1], np.zeros(len(delays) - 1)
    cells[: len(table.probabilities())] = table.probabilities()
    return compare_share(int(reported.sum()), int(delays.sum()), table.share), compare(reported, cells)


Pairs = Sequence[tuple[RowCounts, RowDistribution]]


@dataclass(frozen=True)
class RowGroup:
    """Rows of one profile and kind, the distribution that they should have, and the customers who have them.

    Attributes:
        exchanges_all_day: Whether amounts that change places do so between parts of the day, too.
    """

    counts: RowCounts
    law: RowDistribution
    customers: CustomerTotals
    exchanges_all_day: bool = False


Groups = Sequence[RowGroup]
N = TypeVar("N", I64, F64)


def _examine_rows(groups: Groups, model: ExactModel, label: int) -> Iterator[tuple[str, Statistic]]:
    """Yield what can be said of rows of one label, row by row."""
    choices, others = count_together(groups, model.law) if label else (1.0, 1.0)
    if label:
        yield from shrink(compare_choices(groups), choices)
    yield from shrink(compare_hours(groups, model, label), others)
    yield from compare_clock(groups)
    yield from shrink(compare_amounts(groups, label), others)
    yield from compare_places(groups, label)


def count_together(groups: Groups, law: ModelParameters) -> tuple[float, float]:
    """Return how many fraudulent rows of a case vary as one, at most: in category and day part, and given both.

    Under v1.0 a row that passes for a regular one has category and day part by its date, and rows of a case share
    dates. The covariance of two rows is at most the stealth times the variance of one. Given category and day part,
    what is left is whether a row passes for regular; where all do, rows are independent.
    """
    if law.dependence != "v1.0" or law.fraud_stealth == 0.0:
        return 1.0, 1.0
    numbers = [own.customers.defrauded[:, 1] for own in groups if len(own.customers.defrauded)]
    most = max((float((own**2).sum() / own.sum()) for own in numbers), default=1.0)
    together = 1.0 + law.fraud_stealth * (most - 1.0)
    return together, together if law.fraud_stealth < 1.0 else 1.0


def shrink(tests: Iterable[tuple[str, Statistic]], times: float) -> Iterator[tuple[str, Statistic]]:
    """Yield what is left of tests where each row may have been counted so many times."""
    yield from tests if times == 1.0 else ((name, statistic.shrink(times)) for name, statistic in tests)


def compare_choices(groups: Groups, join: Join = add_up) -> Iterator[tuple[str, Statistic]]:
    """Yield which categories rows have, and in which part of the day."""
    choices = ((own.counts.slots.sum(axis=0).ravel(), own.law.choice.ravel()) for own in groups)
    yield "category and day part", join(choices)


def compare_hours(
    groups: Groups, model: ExactModel, label: int, join: Join = add_up
) -> Iterator[tuple[str, Statistic]]:
    """Yield the hours of rows, given the part of the day."""
    by_category = (_by_part(own.counts.category_hours, own.law.hours.swapaxes(0, 1)) for own in groups)
    yield "hour by category", join(by_category)
    if not (label and model.law.fraud_stealth > 0 and model.law.dependence == "v1.0"):
        # There, dates decide day parts of twins alone: which hours a month has depends on where windows begin.
        yield "hour by month", join(_by_part(own.counts.month_hours, own.law.part_hours) for own in groups)
    yield "hour", join(_by_part(own.counts.month_hours.sum(axis=0), own.law.part_hours) for own in groups)


def _by_part(hours: I64, shares: F64) -> tuple[I64, F64]:
    return hours.reshape(-1, 2, HALF_DAY_HOURS), shares


def compare_clock(groups: Groups) -> Iterator[tuple[str, Statistic]]:
    """Yield minutes and seconds, which are all as likely."""
    clock = np.sum([own.counts.minute_seconds for own in groups], axis=0)
    yield "minute and second", compare(clock, np.ones(3600))
    # Of few rows, neighbours are pooled until no pattern is left: so margins have tests of their own.
    for law, counts in zip(("minute", "second"), margins(clock, 60), strict=True):
        yield law, compare(counts, np.ones(60))


def margins(counts: N, width: int) -> tuple[N, N]:
    """Return the sums of rows and of columns of a table that is `width` cells wide."""
    table = counts.reshape(-1, width)
    return table.sum(axis=1), table.sum(axis=0)


def compare_amounts(groups: Groups, label: int, join: Join = add_up) -> Iterator[tuple[str, Statistic]]:
    """Yield the amounts, given category and part of the day, and alone."""
    shares = [_amount_shares(own, label) for own in groups]
    counts = [own.counts.amounts for own in groups]
    yield "amount by category and day part", join(zip(counts, shares, strict=True))
    rows = [c.sum(axis=-1, keepdims=True) * s for c, s in zip(counts, shares, strict=True)]
    yield "amount", compare(*(np.sum([t.sum(axis=(0, 1)) for t in tables], axis=0) for tables in (counts, rows)))


def compare_places(groups: Groups, label: int) -> Iterator[tuple[str, Statistic]]:
    """Yield where purchases lie around home, and who travels; nothing of squares so small that six decimals show."""
    near = [own.counts.near for own in groups if own.law.near_radius >= _LEAST_RADIUS]
    if near:
        cells = np.sum(near, axis=0)
        yield "place", compare(cells.ravel(), np.ones(PLACE_CELLS**2))
        for law, counts in zip(("latitude", "longitude"), margins(cells, PLACE_CELLS), strict=True):
            yield law, compare(counts, np.ones(PLACE_CELLS))
    if any(own.law.near_radius < own.law.far_radius for own in groups):
        far = (compare(own.counts.far.ravel(), _far_area(own.law).ravel()) for own in groups)
        yield "place of travellers", add(far)
        yield from _travellers(groups, label)


def _dates(totals: Totals, model: ExactModel, pairs: Pairs) -> Iterator[tuple[str, Statistic]]:
    """Yield dates of regular rows, and what depends on them."""
    days = np.arange(model.law.period.first_day, model.law.period.first_day + model.law.period.days)
    # Day 0, 1970-01-01, was a Thursday: 3 where Monday is 0.
    weekday, month = (days + 3) % 7, list_months(model)
    if len(model.keeps_own_rows) > 1 and totals.untold:
        # Which dates a customer has no rows on depends on the type of fraud, which nothing tells.
        if model.law.dependence != "v1.0":
            yield "category and day part", add(compare(c.slots.sum(axis=0).ravel(), w.choice.ravel()) for c, w in pairs)
        return
    expected = [
        _date_weights(law, customers, _find_dropping(totals, model, profile))
        for profile, ((_, law), customers) in enumerate(zip(pairs, totals.customers, strict=True))
    ]
    dates = [(c.slots.sum(axis=(1, 2)), weights) for (c, _), weights in zip(pairs, expected, strict=True)]
    yield "date", add(compare(*pair) for pair in dates)
    for name, key in (("weekday", weekday), ("month", month - month[0])):
        if key.any():  # more than one of them
            yield name, add(compare(*(np.bincount(key, values) for values in pair)) for pair in dates)
    slots = [_slot_weights(law, weights) for (_, law), weights in zip(pairs, expected, strict=True)]
    cells = [(c.slots, weights) for (c, _), weights in zip(pairs, slots, strict=True)]
    yield "category and day part", add(compare(c.sum(axis=0).ravel(), w.sum(axis=0).ravel()) for c, w in cells)
    if model.law.dependence == "v1.0":
        yield "date, category and day part", add(compare(c.ravel(), w.ravel()) for c, w in cells)
    else:
        # Category and date are independent here, so every month and weekday has the same shares of categories.
        key = month % 12 * 7 + weekday
        grouped = (_sum_by(key, c.reshape(len(days), -1)) for c, _ in cells)
        choices = (law.choice.ravel() for _, law in pairs)
        statistics = (compare(c, w) for c, w in zip(grouped, choices, strict=True))
        yield "category and day part by month and weekday", add(statistics)


def _find_dropping(totals: Totals, model: ExactModel, profile: int) -> list[CustomerTotals]:
    """Return the customers of a profile without regular rows on the dates of fraudulent ones, by type of fraud."""
    if model.keeps_own_rows <= {False}:
        return [totals.customers[profile]]
    types = zip(totals.frauds[profile], model.frauds[profile], strict=True)
    return [counts.customers for counts, fraud in types if not fraud.kind.keeps_own_rows]


def _date_weights(law: RowDistribution, customers: CustomerTotals, dropping: Sequence[CustomerTotals]) -> F64:
    """Return the regular rows to expect on each day, up to a factor: none where a customer's are dropped."""
    assert law.days is not None
    everybody = sum(number * holders for number, holders in customers.rows.items()) + customers.defrauded[:, 0].sum()
    struck = np.zeros(len(law.days))
    for own in dropping:
        who, day = own.fraud_dates[:, 0], own.fraud_dates[:, 1]
        # The defrauded have regular rows on dates without fraud only. Divided by the share of these dates, their rows
        # are those that all dates would have had (where no share is left there are no rows: the bound avoids 0 / 0).
        left = 1.0 - np.bincount(who, law.days[day], len(own.defrauded))
        per_share = own.defrauded[:, 0] / np.maximum(left, 1e-300)
        everybody += per_share.sum() - own.defrauded[:, 0].sum()
        # What was dropped on fraud dates, in expectation.
        struck += np.bincount(day, per_share[who], len(law.days))
    return np.asarray(law.days * np.maximum(everybody - struck, 0.0))


def _slot_weights(law: RowDistribution, dates: F64) -> F64:
    """Return the regular rows to expect by (day, day part, category), up to a factor."""
    if law.slots is None:
        return np.asarray(dates[:, np.newaxis, np.newaxis] * law.choice)
    assert law.days is not None
    # Under v1.0 categories depend on the date: each date's slots are scaled to the rows expected on it.
    per_share = np.divide(dates, law.days, out=np.zeros_like(dates), where=law.days > 0)
    return np.asarray(law.slots * per_share[:, np.newaxis, np.newaxis])


def _sum_by(key: I64, rows: I64) -> I64:
    out = np.zeros((int(key.max()) + 1, rows.shape[1]), dtype=np.int64)
    np.add.at(out, key, rows)
    return out


def _amount_shares(group: RowGroup, label: int) -> F64:
    """Return the shares of amounts by (day part, category, cell).

    Under v1.0 amounts change places within customer and day part: a row keeps its own with probability 1 over the rows
    they share, else it has that of a row of any category.
    """
    law, rows = group.law, group.counts.amounts.sum(axis=2)
    if not law.permuted:
        return law.amounts
    with_part = group.customers.with_part[label]
    if group.exchanges_all_day:  # both parts are one
        rows, with_part = np.tile(rows.sum(axis=0), (2, 1)), np.full(2, len(group.customers.defrauded))
    totals = np.maximum(rows.sum(axis=1, keepdims=True), 1)
    own = (with_part[:, np.newaxis] / totals)[:, :, np.newaxis]
    mixed = ((rows / totals)[:, :, np.newaxis] * law.amounts).sum(axis=1)
    return np.asarray(own * law.amounts + (1.0 - own) * mixed[:, np.newaxis, :])


def _merchants(pairs: Pairs, model: ExactModel, merchants: Merchants | None) -> Statistic:
    by_category = count_merchants([counts for counts, _ in pairs], len(model.categories))
    groups = zip(model.categories, by_category, strict=True)
    return add(_within_category(seen, merchants[name] if merchants else None) for name, seen in groups if seen)


def count_merchants(counts: Sequence[RowCounts], categories: int) -> list[Counter[str]]:
    """Return the rows of each merchant, by category."""
    by_category: list[Counter[str]] = [Counter() for _ in range(categories)]
    for own in counts:
        for (position, name), number in own.merchants.items():
            by_category[position][name] += number
    return by_category


def _within_category(seen: Mapping[str, int], listed: Sequence[str] | None) -> Statistic:
    weights = Counter(listed or seen.keys())
    names = sorted({*weights, *seen})
    return compare([seen.get(name, 0) for name in names], [weights[name] for name in names])


def _far_area(law: RowDistribution) -> F64:
    """Return how much of each cell of the larger square lies outside the smaller one; uniform if there is none."""
    edges = np.linspace(-1.0, 1.0, PLACE_CELLS + 1)
    near = law.near_share
    inside = np.diff(np.clip(edges, -near, near))
    return np.asarray(np.maximum((2.0 / PLACE_CELLS) ** 2 - np.outer(inside, inside), 0.0))


def _travellers(groups: Groups, label: int) -> Iterator[tuple[str, Statistic]]:
    """Yield how many customers have the larger radius, and how many of their rows are near nevertheless."""
    customers, near = [], []
    for group in groups:
        own, law = group.customers, group.law
        went, visible, rows, mean, spread = own.travellers[label].tolist()
        share = law.travel_share if law.travel_radius > law.home_radius else 1.0 - law.travel_share
        number = own.rows.total() + len(own.defrauded)
        customers.append(compare_share(int(went), number, share * visible / max(1, number)))
        near.append((rows - mean, spread, went))
    yield "travelling customers", add(customers)
    deviation, variance, went = np.array(near).T
    yield "rows of travellers near home", normalised(deviation, variance, int(went.sum()))
