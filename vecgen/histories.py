"""What the law says of a customer's rows as a whole: how many, who is defrauded, when, and what is dropped for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vecgen.chi_square import Statistic, add, compare, normalised
from vecgen.laws import Laws, RowLaw, first_and_last
from vecgen.tally import People

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_NEVER = Statistic(float("inf"), 1, 1)  # what no customer may show


def examine_histories(people: Sequence[People], laws: Laws) -> Iterator[tuple[str, Statistic]]:
    """Yield each law of customers with its statistic; `people` by profile."""
    span, fraud_days = laws.law.period.span, laws.law.fraud_days
    regular, twins = zip(*laws.rows, strict=True)
    yield "rate", add(_rates(own.rows, law.rates, span) for own, law in zip(people, regular, strict=True))
    if laws.law.fraud_rate == 0:
        return
    pairs = list(zip(people, laws.rows, strict=True))
    yield "defrauded", add(_defrauded(own, *pair, laws.law.fraud_rate) for own, pair in pairs)
    numbers = [Counter(own.defrauded[:, 1].tolist()) for own in people]
    yield "fraud rate", add(_rates(own, twin.rates, fraud_days) for own, twin in zip(numbers, twins, strict=True))
    yield "regular rows of the defrauded", _kept(people, regular, span)
    yield "fraud window", add(_windows(own, twin, laws) for own, twin in zip(people, twins, strict=True))
    yield "dates within windows", _within_windows(people, twins, laws)


def _rates(customers: Mapping[int, int], rates: range, days: int) -> Statistic:
    """Compare customers by number of rows: `days` times a rate, each rate above 0 as likely (0 shows no rows)."""
    possible = [days * rate for rate in rates if rate > 0]
    if not set(customers) <= set(possible):
        return _NEVER
    return (
        compare([customers.get(number, 0) for number in possible], np.ones(len(possible))) if customers else Statistic()
    )


def _defrauded(people: People, law: RowLaw, twin: RowLaw, fraud_rate: float) -> Statistic:
    """Compare customers without and with fraudulent rows, of those that show any row."""
    share = fraud_rate * _positive(twin.rates)
    observed = [sum(people.rows.values()), len(people.defrauded)]
    return compare(observed, [(1.0 - share) * _positive(law.rates), share]) if sum(observed) else Statistic()


def _positive(rates: range) -> float:
    return sum(rate > 0 for rate in rates) / len(rates)


def _kept(people: Sequence[People], laws: Sequence[RowLaw], span: int) -> Statistic:
    """Compare how many regular rows the defrauded keep: binomial, given their rate, which is uniform.

    The probability of fewer rows, counting half of as many, has mean 1/2 and a variance of at most 1/12.
    """
    from scipy import stats

    places = []
    for own, law in zip(people, laws, strict=True):
        assert law.days is not None
        lost = np.bincount(own.fraud_dates[:, 0], law.days[own.fraud_dates[:, 1]], len(own.defrauded))
        kept, share = own.defrauded[:, :1], np.clip(1.0 - lost, 0.0, 1.0)[:, np.newaxis]
        rows = span * np.array(law.rates)
        fewer, no_more = (np.asarray(stats.binom.cdf(number, rows, share)) for number in (kept - 1, kept))
        places.append((fewer + no_more).mean(axis=1) / 2.0)
    place = np.concatenate(places)
    return normalised([(place - 0.5).sum()], [len(place) / 12.0], len(place))


def _first_and_last(people: People) -> tuple[I64, I64]:
    """Return the first and the last fraud date of each defrauded customer."""
    who, day = people.fraud_dates[:, 0], people.fraud_dates[:, 1]
    first, last = np.full(len(people.defrauded), 1 << 40), np.full(len(people.defrauded), -1)
    np.minimum.at(first, who, day)
    np.maximum.at(last, who, day)
    return first, last


def _windows(people: People, twin: RowLaw, laws: Laws) -> Statistic:
    """Compare first fraud dates, and days from there to the last."""
    if len(people.defrauded) == 0:
        return Statistic()
    first, last = _first_and_last(people)
    fraud_days, days = laws.law.fraud_days, laws.law.period.days
    if (last - first > fraud_days).any():
        return _NEVER
    chances = first_and_last(twin, days, fraud_days)
    return compare(np.bincount(first * (fraud_days + 1) + last - first, minlength=chances.size), chances.ravel())


def _within_windows(people: Sequence[People], twins: Sequence[RowLaw], laws: Laws) -> Statistic:
    """Compare, where both ends of a window carry fraud, the rows on its first day and those between its ends."""
    on_first = np.zeros((3, 7))  # observed, expected, variance by weekday
    between = np.zeros((2, 7))  # observed, expected
    number = 0
    for own, twin in zip(people, twins, strict=True):
        first, last = _first_and_last(own)
        known = (last - first == laws.law.fraud_days) & (first >= 1) & (first <= laws.law.window_starts)
        number += int(known.sum())
        assert twin.windows is not None
        shares = twin.windows[np.where(known, first - 1, 0)]
        rows = _rows_by_window_day(own, first, shares.shape[1])
        weekday = (laws.law.period.start.weekday() + first) % 7
        law = _first_day_law(own.defrauded[known, 1], shares[known, 0], shares[known, -1])
        on_first += [np.bincount(weekday[known], values, 7) for values in (rows[known, 0], *law)]
        inner, shares = rows[known, 1:-1], shares[known, 1:-1]
        sums = shares.sum(axis=1, keepdims=True)
        likely = inner.sum(axis=1, keepdims=True) * np.divide(shares, sums, out=np.zeros_like(shares), where=sums > 0)
        days = (weekday[known][:, np.newaxis] + 1 + np.arange(inner.shape[1])) % 7
        between += [np.bincount(days.ravel(), values.ravel(), 7) for values in (inner, likely)]
    return normalised(on_first[0] - on_first[1], on_first[2], number) + compare(between[0], between[1])


def _rows_by_window_day(people: People, first: I64, width: int) -> I64:
    who, day, rows = people.fraud_dates.T
    place = day - first[who]
    inside = place < width
    out = np.zeros((len(people.defrauded), width), dtype=np.int64)
    out[who[inside], place[inside]] = rows[inside]
    return out


def _first_day_law(rows: I64, first: F64, last: F64) -> tuple[F64, F64]:
    """Return mean and variance of the rows on the first day, given that neither the first nor the last is empty."""
    both = 1.0 - (1.0 - first) ** rows - (1.0 - last) ** rows + np.maximum(1.0 - first - last, 0.0) ** rows
    both = np.maximum(both, 1e-300)
    mean = rows * first * (1.0 - (1.0 - last) ** np.maximum(rows - 1, 0)) / both
    pairs = rows * (rows - 1) * first**2 * (1.0 - (1.0 - last) ** np.maximum(rows - 2, 0)) / both
    return mean, np.maximum(pairs + mean - mean**2, 0.0)
