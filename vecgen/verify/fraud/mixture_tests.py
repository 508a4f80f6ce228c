"""Tests fraud of several types together where nothing tells the type of a case: by the mixture of their laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vecgen.model.exact import ExactModel, FraudDistribution, RowDistribution
from vecgen.sampling.arrays import F64
from vecgen.scan.counts import CustomerTotals, Totals
from vecgen.scan.groups.case_shapes import share_places
from vecgen.scan.groups.mixed_cases import MixedCases
from vecgen.verify.chi_square import Statistic, pool
from vecgen.verify.customer_tests import compare_windows, examine_kept, examine_whole, first_and_last
from vecgen.verify.fraud.type_tests import compare_seconds, fold_seconds, share_hours


@dataclass(frozen=True)
class _Mixture:
    """Fraud of all types against customers of one profile: as counted, and as it should be.

    Attributes:
        weights: Probability of each type of a case that shows a row.
    """

    cases: MixedCases
    customers: CustomerTotals
    regular: RowDistribution
    frauds: Sequence[FraudDistribution]
    weights: F64

    def mix(self, tables: Sequence[F64]) -> F64:
        """Return the mixture of tables by type."""
        return np.asarray(np.tensordot(self.weights, np.stack(tables), 1))


def examine_mixture(totals: Totals, model: ExactModel) -> dict[tuple[str, str], Statistic]:
    """Return the statistic of each test by (its name, "fraud"); none where something tells the type of a case."""
    groups = [
        _mix(cases, customers, regular, frauds)
        for cases, customers, (regular, _), frauds in zip(
            totals.mixed, totals.customers, model.rows, model.frauds, strict=False
        )
        if cases.hours.any()
    ]
    return {(law, "fraud"): statistic for law, statistic in _examine(groups, model)} if groups else {}


def list_untested(model: ExactModel) -> list[str]:
    """Return what is not tested where nothing tells the type of a case."""
    kinds = [own.type for own in model.law.types]
    untested = {
        "dates within windows": True,
        "length of bursts": any(kind.burst_seconds for kind in kinds),
        "how far rows of a case lie apart": any(kind.remote_degrees for kind in kinds),
        "which own rows of the defrauded stay, and dates of regular rows": len(model.keeps_own_rows) > 1,
    }
    return [name for name, is_there in untested.items() if is_there]


def _mix(
    cases: MixedCases, customers: CustomerTotals, regular: RowDistribution, frauds: Sequence[FraudDistribution]
) -> _Mixture:
    """Return the mixture of those types that show rows."""
    shown = [fraud for fraud in frauds if (fraud.numbers > 0).any()]
    weights = np.array([fraud.share * float((fraud.numbers > 0).mean()) for fraud in shown])
    return _Mixture(cases, customers, regular, shown, weights / weights.sum())


def _examine(groups: Sequence[_Mixture], model: ExactModel) -> Iterator[tuple[str, Statistic]]:
    yield "fraud rate", _compare_numbers(groups)
    yield from compare_windows([(own.customers, _mix_windows(own, model)) for own in groups], model, pool)
    if len(model.keeps_own_rows) == 1:
        customers = [(own.customers, own.regular) for own in groups]
        yield from (examine_whole if True in model.keeps_own_rows else examine_kept)(customers, model.law.period.span)
    yield from _compare_amounts(groups, model)
    yield from _compare_times(groups, model.law.fraud_stealth)
    places = [(own.cases.places, own.mix([share_places(f, _reach(own)) for f in own.frauds])) for own in groups]
    yield "place", pool((seen.ravel(), likely.ravel()) for seen, likely in places)
    for axis, name in enumerate(("latitude", "longitude")):
        yield name, pool((seen.sum(axis=1 - axis), likely.sum(axis=1 - axis)) for seen, likely in places)


def _reach(group: _Mixture) -> int:
    return max(fraud.reach for fraud in group.frauds)


def _compare_numbers(groups: Sequence[_Mixture]) -> Statistic:
    """Compare cases by number of fraudulent rows: under each type, all that show are as likely."""
    most = max(int(own.customers.defrauded[:, 1].max()) for own in groups)
    most = max(most, *(int(fraud.numbers.max()) for own in groups for fraud in own.frauds))

    def share(fraud: FraudDistribution) -> F64:
        numbers = fraud.numbers[fraud.numbers > 0]
        return np.bincount(numbers, minlength=most + 1) / len(numbers)

    return pool(
        (np.bincount(own.customers.defrauded[:, 1], minlength=most + 1), own.mix([share(f) for f in own.frauds]))
        for own in groups
    )


def _mix_windows(group: _Mixture, model: ExactModel) -> F64:
    """Return the probability of (first fraud date, days from it to the last)."""
    tables = [first_and_last(fraud, model.law.period.days) for fraud in group.frauds]
    width = max(own.shape[1] for own in tables)
    return group.mix([np.pad(own, ((0, 0), (0, width - own.shape[1]))) for own in tables])


def _compare_amounts(groups: Sequence[_Mixture], model: ExactModel) -> Iterator[tuple[str, Statistic]]:
    """Yield categories, day parts and amounts; under v1.0, where amounts change places, of each by itself."""
    seen = [own.cases.amounts for own in groups]
    likely = [own.mix([f.shown.choice[..., np.newaxis] * f.shown.amounts for f in own.frauds]) for own in groups]
    choices = ((s.sum(axis=2).ravel(), w.sum(axis=2).ravel()) for s, w in zip(seen, likely, strict=True))
    yield "category and day part", pool(choices)
    if model.law.dependence != "v1.0":
        yield "amount by category and day part", pool(zip(seen, likely, strict=True))
    yield "amount", pool((s.sum(axis=(0, 1)), w.sum(axis=(0, 1))) for s, w in zip(seen, likely, strict=True))


def _compare_times(groups: Sequence[_Mixture], stealth: float) -> Iterator[tuple[str, Statistic]]:
    """Yield hours, minutes and seconds."""
    hours = [own.mix([share_hours(f.shown) for f in own.frauds]) for own in groups]
    yield "hour", pool((own.cases.hours, likely) for own, likely in zip(groups, hours, strict=True))
    seconds = np.sum([own.cases.seconds for own in groups], axis=0)
    folded = [own.cases.hours.sum() * own.mix([fold_seconds(f.kind, stealth) for f in own.frauds]) for own in groups]
    yield from compare_seconds(seconds, np.sum(folded, axis=0))
