"""Tests the rows of each customer as a whole: their number, fraud, its dates, and rows dropped for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from vecgen.model.exact import ExactModel, FraudDistribution, RowDistribution
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.counts import CustomerTotals
from vecgen.scan.groups.case_shapes import spread_out
from vecgen.scan.row_counts import list_months
from vecgen.scan.scores import DETECTORS, Scores
from vecgen.verify.chi_square import Join, Statistic, add, add_up, compare, compare_share, normalised

_NEVER = Statistic(float("inf"), 1, 1)  # what no customer may show


def examine_histories(customers: Sequence[CustomerTotals], model: ExactModel) -> Iterator[tuple[str, Statistic]]:
    """Yield the name and statistic of each test of customers; `customers` by profile."""
    span = model.law.period.span
    regular = [law for law, _ in model.rows]
    yield "rate", add(_rates(own.rows, law, span) for own, law in zip(customers, regular, strict=True))
    if model.law.fraud_rate == 0:
        return
    yield from _defrauded(customers, model)
    if not model.is_typed:  # what else there is to be said of a case depends on its type
        yield from examine_cases([(own, only) for own, (only,) in zip(customers, model.frauds, strict=True)], model)
        yield from examine_kept([*zip(customers, regular, strict=True)], span)


Cases = Sequence[tuple[CustomerTotals, FraudDistribution]]
"""Cases of one type of fraud by profile."""


def examine_cases(cases: Cases, model: ExactModel, join: Join = add_up) -> Iterator[tuple[str, Statistic]]:
    """Yield what can be said of the number of fraudulent rows of each case, and of their dates.

    Args:
        join: How profiles are compared together.
    """
    yield "fraud rate", _numbers((Counter(own.defrauded[:, 1].tolist()), fraud.numbers) for own, fraud in cases)
    days = model.law.period.days
    shown = [(own, first_and_last(fraud, days)) for own, fraud in cases if len(own.defrauded)]
    yield from compare_windows(shown, model, join)
    yield "dates within windows", _within_windows(cases, model)


def examine_scores(scores: Scores, model: ExactModel) -> Iterator[tuple[str, Statistic]]:
    """Yield whether as many are fraudulent as their probability says: of rows, and of customers' days.

    Of days nothing is said under v1.0, whose probabilities are exact for single rows only.
    """
    law, calibration = model.law, scores.calibration
    rows = max((int(fraud.numbers.max()) for own in model.frauds for fraud in own), default=0)
    days = max(law.window_days(own.type) for own in law.types)
    most = rows, rows if True in model.keeps_own_rows else days
    for detector, (name, together) in enumerate(zip(DETECTORS, most, strict=True)):
        if law.fraud_rate > 0 and (name == "row" or law.dependence != "v1.0") and scores.rows.any():
            variances = np.maximum(calibration.bound[detector], calibration.squares[detector])
            frauds, expected = calibration.frauds[detector], calibration.expected[detector]
            yield f"probability of a {name}", _compare_sums(frauds, expected, variances, together)


def _compare_sums(sums: F64, expected: F64, variances: F64, largest: float) -> Statistic:
    """Compare sums, which may depend on each other, with what they should be; none is too small for it.

    Bernstein's inequality bounds the probability of each deviation, Bonferroni's that of the largest.

    Args:
        largest: What one customer can add at most.
    """
    from scipy import stats

    def bound(deviations: F64) -> float:
        exponents = deviations**2 / (2.0 * np.maximum(variances + largest * np.abs(deviations) / 3.0, 1e-300))
        return min(1.0, 2.0 * len(sums) * float(np.exp(-exponents.max())))

    value, most = (float(stats.chi2.isf(max(bound(d), 1e-300), 1)) for d in (sums - expected, expected))
    return Statistic(value, 1, int(sums.sum()), most)


def _rates(customers: Mapping[int, int], law: RowDistribution, span: int) -> Statistic:
    """Compare customers by number of rows: days times a rate, each rate above 0 as likely (0 shows no rows)."""
    return _likely(customers, [span * rate for rate in law.rates if rate > 0])


def _numbers(groups: Iterable[tuple[Mapping[int, int], I64]]) -> Statistic:
    """Compare customers of each group by number of fraudulent rows, all as likely but 0, which nobody sees."""
    alike: dict[tuple[int, ...], Counter[int]] = {}
    for customers, numbers in groups:
        alike.setdefault(tuple(numbers[numbers > 0].tolist()), Counter()).update(customers)
    return add(_likely(customers, possible) for possible, customers in alike.items())


def _likely(customers: Mapping[int, int], possible: Sequence[int]) -> Statistic:
    """Compare customers by number of rows, if all possible numbers are as likely."""
    if not set(customers) <= set(possible):
        return _NEVER
    return (
        compare([customers.get(number, 0) for number in possible], np.ones(len(possible))) if customers else Statistic()
    )


def _defrauded(customers: Sequence[CustomerTotals], model: ExactModel) -> Iterator[tuple[str, Statistic]]:
    """Compare customers with fraudulent rows with all that show any row; nothing is left to chance where all must."""
    shares = np.array(list_shares(model))
    defrauded = np.array([len(own.defrauded) for own in customers])
    number = defrauded + [own.rows.total() for own in customers]
    if (shares == 1.0).all():
        return
    mean = float(number @ shares / max(1, number.sum()))
    yield "defrauded", compare_share(int(defrauded.sum()), int(number.sum()), mean)
    by_profile = zip(defrauded.tolist(), number.tolist(), shares.tolist(), strict=True)
    yield "defrauded by profile", add(compare_share(*own) for own in by_profile)


def list_shares(model: ExactModel) -> list[float]:
    """Return, by profile, the probability that a customer who shows any row shows a fraudulent one."""
    pairs = zip(model.rows, model.frauds, strict=True)
    return [_share_defrauded(law, frauds, model.law.fraud_rate) for (law, _), frauds in pairs]


def _share_defrauded(law: RowDistribution, frauds: Sequence[FraudDistribution], fraud_rate: float) -> float:
    share = fraud_rate * sum(fraud.share * float((fraud.numbers > 0).mean()) for fraud in frauds)
    shown = share + (1.0 - share) * sum(rate > 0 for rate in law.rates) / len(law.rates)
    return share / shown if shown > 0 else 0.0


def examine_kept(
    groups: Sequence[tuple[CustomerTotals, RowDistribution]], span: int
) -> Iterator[tuple[str, Statistic]]:
    """Compare how many regular rows the defrauded keep: binomial, given their rate, which is uniform.

    The probability of fewer rows, counting half of as many, has mean 1/2 and a variance of at most 1/12. The
    probability between fewer and no more is shared out among equal pieces of (0, 1), two for each rate.
    """
    ranks = [_rank_kept(own, law, span) for own, law in groups]
    middle = np.concatenate([(fewer + no_more) / 2.0 for fewer, no_more in ranks])
    deviation, variance = float((middle - 0.5).sum()), len(middle) / 12.0
    mean = Statistic(deviation**2 / variance, 1, len(middle), 3.0 * len(middle)) if len(middle) else Statistic()
    yield "regular rows of the defrauded", mean
    pieces = (2 * len(law.rates) for _, law in groups)
    spread = (compare(spread_out(*rank, own), np.ones(own)) for rank, own in zip(ranks, pieces, strict=True))
    yield "rate of the defrauded", add(spread)


def examine_whole(
    groups: Sequence[tuple[CustomerTotals, RowDistribution]], span: int
) -> Iterator[tuple[str, Statistic]]:
    """Compare how many regular rows the defrauded have where all of these stay: days times a rate, each as likely."""
    alike: dict[tuple[int, ...], Counter[int]] = {}
    for customers, law in groups:
        rows = customers.defrauded[:, 0].tolist()
        alike.setdefault(tuple(span * rate for rate in law.rates), Counter()).update(rows)
    yield "rate of the defrauded", add(_likely(customers, possible) for possible, customers in alike.items())


def _rank_kept(customers: CustomerTotals, law: RowDistribution, span: int) -> tuple[F64, F64]:
    """Return the probability that a customer keeps fewer, and no more, regular rows than each defrauded one does."""
    from scipy import stats

    assert law.days is not None
    lost = np.bincount(customers.fraud_dates[:, 0], law.days[customers.fraud_dates[:, 1]], len(customers.defrauded))
    kept, share = customers.defrauded[:, :1], np.clip(1.0 - lost, 0.0, 1.0)[:, np.newaxis]
    rows = span * np.array(law.rates)
    fewer, no_more = (np.asarray(stats.binom.cdf(number, rows, share)).mean(axis=1) for number in (kept - 1, kept))
    return fewer, no_more


def _first_and_last(customers: CustomerTotals) -> tuple[I64, I64]:
    """Return the first and the last fraud date of each defrauded customer."""
    who, day = customers.fraud_dates[:, 0], customers.fraud_dates[:, 1]
    first, last = np.full(len(customers.defrauded), 1 << 40), np.full(len(customers.defrauded), -1)
    np.minimum.at(first, who, day)
    np.maximum.at(last, who, day)
    return first, last


def compare_windows(
    cases: Sequence[tuple[CustomerTotals, F64]], model: ExactModel, join: Join
) -> Iterator[tuple[str, Statistic]]:
    """Yield first fraud dates together with the days from there to the last, and each by itself.

    Args:
        cases: By profile with any, and the probability of both as of `first_and_last`.
        join: How profiles are compared together.
    """
    tables = [_window_tables(*own) for own in cases]
    yield "fraud window", join((seen.ravel(), chances.ravel()) for seen, chances in tables)
    # With few customers, neighbouring dates are pooled, and all lengths with them.
    expected = [(seen, seen.sum() * chances) for seen, chances in tables]
    seen, likely = (np.sum(own, axis=0) for own in zip(*expected, strict=True)) if expected else (np.zeros((1, 1)),) * 2
    yield "length of fraud windows", compare(seen.sum(axis=0), likely.sum(axis=0))
    if model.is_typed:
        months = list_months(model)[: len(seen)]
        starts = (np.bincount(months - months[0], own.sum(axis=1)) for own in (seen, likely))
        yield "month of fraud windows", compare(*starts)


def _window_tables(customers: CustomerTotals, chances: F64) -> tuple[I64, F64]:
    """Return customers, and their probability, by (first fraud date, days to the last; what is too long comes last)."""
    first, last = _first_and_last(customers)
    chances = np.pad(chances, ((0, 0), (0, 1)))
    length = np.minimum(last - first, chances.shape[1] - 1)
    seen = np.bincount(first * chances.shape[1] + length, minlength=chances.size)
    return seen.reshape(chances.shape), chances


def first_and_last(fraud: FraudDistribution, days: int) -> F64:
    """Return the probability of (first fraud date, days from it to the last) of a customer with any fraud row.

    Shape (days, window days). Where n rows fall on dates of share s, all lie within dates of total share S with
    probability S ** n; both ends are met unless all lie within one date less at either end.
    """
    windows = fraud.rows.windows
    assert windows is not None
    starts, width = windows.shape
    reached = np.concatenate([np.zeros((starts, 1)), np.cumsum(windows, axis=1)], axis=1)
    out = np.zeros((days, width))
    inside = _all_within(reached, fraud.numbers)
    for first in range(width):
        later = _all_within(reached - reached[:, first + 1, np.newaxis], fraud.numbers)
        chance = np.diff(inside - later, axis=1)[:, first:] * fraud.starts[:, np.newaxis]
        out[1 + first : 1 + first + starts, : width - first] += np.maximum(chance, 0.0)
        inside = later
    return out


def _all_within(shares: F64, numbers: I64) -> F64:
    """Return the mean probability that all rows lie within dates of each share; of equidistant numbers above 0."""
    some = numbers[numbers > 0]
    logs = np.log(np.clip(shares, 1e-300, 1.0))
    if len(some) == 1:
        powers = np.exp(logs * some[0])
    else:  # a geometric series
        step = float(some[1] - some[0])
        series = np.where(
            logs < 0, np.expm1(logs * step * len(some)) / np.minimum(np.expm1(logs * step), -1e-300), len(some)
        )
        powers = np.exp(logs * some[0]) * series / len(some)
    return np.where(shares > 0, powers, 0.0)


def _within_windows(cases: Cases, model: ExactModel) -> Statistic:
    """Compare, where both ends of a window carry fraud, the rows on its first day and those between its ends."""
    on_first = np.zeros((3, 7))  # observed, expected, variance by weekday
    between = np.zeros((2, 7))  # observed, expected
    number = 0
    for own, fraud in cases:
        first, last = _first_and_last(own)
        windows = fraud.rows.windows
        assert windows is not None
        starts, width = windows.shape
        known = (last - first == width - 1) & (first >= 1) & (first <= starts) & (width > 1)
        number += int(known.sum())
        shares = windows[np.where(known, first - 1, 0)]
        rows = _rows_by_window_day(own, first, width)
        weekday = (model.law.period.start.weekday() + first) % 7
        law = _first_day_moments(own.defrauded[known, 1], shares[known, 0], shares[known, -1])
        on_first += [np.bincount(weekday[known], values, 7) for values in (rows[known, 0], *law)]
        inner, shares = rows[known, 1:-1], shares[known, 1:-1]
        sums = shares.sum(axis=1, keepdims=True)
        likely = inner.sum(axis=1, keepdims=True) * np.divide(shares, sums, out=np.zeros_like(shares), where=sums > 0)
        days = (weekday[known][:, np.newaxis] + 1 + np.arange(inner.shape[1])) % 7
        between += [np.bincount(days.ravel(), values.ravel(), 7) for values in (inner, likely)]
    return normalised(on_first[0] - on_first[1], on_first[2], number) + compare(between[0], between[1])


def _rows_by_window_day(customers: CustomerTotals, first: I64, width: int) -> I64:
    who, day, rows = customers.fraud_dates.T
    place = day - first[who]
    inside = place < width
    out = np.zeros((len(customers.defrauded), width), dtype=np.int64)
    out[who[inside], place[inside]] = rows[inside]
    return out


def _first_day_moments(rows: I64, first: F64, last: F64) -> tuple[F64, F64]:
    """Return mean and variance of the rows on the first day, given that neither the first nor the last is empty."""
    both = 1.0 - (1.0 - first) ** rows - (1.0 - last) ** rows + np.maximum(1.0 - first - last, 0.0) ** rows
    both = np.maximum(both, 1e-300)
    mean = rows * first * (1.0 - (1.0 - last) ** np.maximum(rows - 1, 0)) / both
    pairs = rows * (rows - 1) * first**2 * (1.0 - (1.0 - last) ** np.maximum(rows - 2, 0)) / both
    return mean, np.maximum(pairs + mean - mean**2, 0.0)
