"""The reference for fraud types: a case at a time, a row at a time, from what the file of a type says.

Nothing of the arrays' machinery is used: no derived profiles, no tables of hours. A burst that would run past midnight
is drawn again, which gives every second of an hour that is left the density of its hour.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random  # noqa: TID251 - as the row loop

from bench.contenders.row_loop import (
    EPOCH,
    LAST_WINDOW_MARGIN,
    Customer,
    Transaction,
    check_dependence,
    complete,
    cumulate,
    draw_amount,
    draw_dates,
    draw_hour,
    draw_radius,
    look_up,
    weigh_dates,
)
from vecgen.config.profile import Profile
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.params import ModelParameters, Period

DAY = 86_400

Typed = tuple[str, Transaction]
Compromised = Mapping[tuple[str, int, int], str]
"""The compromised merchant of each category, year and month."""


@dataclass(frozen=True)
class Case:
    """What is drawn once for the fraud of one customer."""

    kind: FraudType
    base: Profile
    window: Period
    rate: int
    lat: float
    long: float


def generate(
    profile: Profile,
    twin: Profile,
    customer: Customer,
    law: ModelParameters,
    merchants: Mapping[str, Sequence[str]],
    rng: Random,
    compromised: Compromised | None = None,
) -> Iterator[Typed]:
    """Yield one customer's transactions under the model v0.5 with their types, "" for honest ones: the frauds first.

    Args:
        compromised: Needed if a type copies cards.

    Raises:
        ValueError: Another model than v0.5, or weights of which none is positive.
    """
    check_dependence(law)
    struck: set[date] = set()
    case, dates = None, list[date]()
    if rng.random() < law.fraud_rate:
        case = draw_case(profile, twin, customer, law, rng)
        dates = draw_case_dates(case, law, rng)
        struck = set() if case.kind.keeps_own_rows else set(dates)
        for row in draw_rows(case, dates, profile, customer, law, merchants, rng):
            yield case.kind.name, row
    own = [day for day in draw_dates(profile, law.period, law.period.span, rng) if day not in struck]
    rows = [*complete(profile, own, customer, law, merchants, rng)]
    if case is not None and dates and case.kind.compromised is not None:
        copy_card(rows, case, compromised or {}, rng)
    for row in rows:
        yield "", row


def draw_compromised(merchants: Mapping[str, Sequence[str]], period: Period, rng: Random) -> Compromised:
    """Return one compromised merchant of each category for each month of a period."""
    days = (period.start + timedelta(days=n) for n in range(period.days))
    months = sorted({(day.year, day.month) for day in days})
    return {(name, *month): rng.choice(names) for month in months for name, names in merchants.items()}


def copy_card(rows: list[Transaction], case: Case, compromised: Compromised, rng: Random) -> None:
    """Move one of the rows in the weeks before a case's window to the compromised merchant, if there is any."""
    assert case.kind.compromised is not None
    first = case.window.start - timedelta(weeks=case.kind.compromised.weeks)
    categories = case.kind.compromised.categories
    fitting = [
        number
        for number, row in enumerate(rows)
        if first <= row.trans_date < case.window.start and (not categories or row.category in categories)
    ]
    if fitting:
        number = rng.choice(fitting)
        row = rows[number]
        merchant = compromised[row.category, row.trans_date.year, row.trans_date.month]
        rows[number] = row._replace(merchant=merchant)


def draw_case(profile: Profile, twin: Profile, customer: Customer, law: ModelParameters, rng: Random) -> Case:
    """Return the fraud that strikes a customer."""
    starts = [weigh_starts(own.type, law) for own in law.fraud_types]
    weights = [own.weight * sum(found) / len(found) for own, found in zip(law.fraud_types, starts, strict=True)]
    (number,) = rng.choices(range(len(weights)), weights)
    kind = law.fraud_types[number].type
    (start,) = rng.choices(range(1, len(starts[number]) + 1), starts[number])
    first = law.period.start + timedelta(days=start)
    base = profile if kind.spending == "customer" else twin
    low, high = kind.per_day or (base.min_per_day, base.max_per_day)
    away = kind.remote_degrees
    return Case(
        kind,
        base,
        Period(first, first + timedelta(days=window_days(kind, law) - 1)),
        rng.randint(low, high),
        customer.lat + rng.uniform(-away, away),
        customer.long + rng.uniform(-away, away),
    )


def window_days(kind: FraudType, law: ModelParameters) -> int:
    """Return the calendar days of a window."""
    return kind.days if kind.days is not None else law.fraud_days + 1


def weigh_starts(kind: FraudType, law: ModelParameters) -> list[float]:
    """Return the weight of each date on which a window can start, from the second of the period on."""
    last = law.period.span - max(LAST_WINDOW_MARGIN, window_days(kind, law) - 1)
    weights = []
    for offset in range(1, last + 1):
        day = law.period.start + timedelta(days=offset)
        begun = [weight for month, weight in kind.months if month <= day]
        weights.append(begun[-1] if begun else 1.0)
    return weights


def draw_case_dates(case: Case, law: ModelParameters, rng: Random) -> list[date]:
    """Return the date of each row of a case."""
    number = case.rate * (case.kind.days if case.kind.days is not None else law.fraud_days)
    if case.kind.spending == "own":
        return [case.window.start + timedelta(days=rng.randrange(case.window.days)) for _ in range(number)]
    dates, ends = weigh_dates(case.base, case.window)
    return [dates[bisect_left(ends, rng.random())] for _ in range(number)]


def draw_rows(
    case: Case,
    dates: Sequence[date],
    profile: Profile,
    customer: Customer,
    law: ModelParameters,
    merchants: Mapping[str, Sequence[str]],
    rng: Random,
) -> Iterator[Transaction]:
    """Yield the rows of a case."""
    radius = draw_radius(case.base, law, rng)
    bursts = {day: draw_start(case.kind, rng) for day in sorted(set(dates))}
    for day in dates:
        stealthy = law.fraud_stealth > 0 and rng.random() < law.fraud_stealth
        category, amount, second = draw_like(profile, 1.0, False, rng) if stealthy else draw_own(case, bursts[day], rng)
        yield Transaction(
            f"{rng.getrandbits(128):032x}",
            day,
            f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}",
            (day - EPOCH).days * DAY + second,
            category,
            amount,
            1,
            rng.choice(merchants[category]),
            round(case.lat + rng.uniform(-radius, radius), 6),
            round(case.long + rng.uniform(-radius, radius), 6),
        )


def draw_own(case: Case, burst: int, rng: Random) -> tuple[str, float, int]:
    """Return category, amount and second of the day as the type has them."""
    kind = case.kind
    category, amount, second = (
        draw_from_list(kind, rng)
        if kind.spending == "own"
        else draw_like(case.base, kind.amount_factor, kind.spending == "twin", rng)
    )
    if kind.burst_seconds is not None:
        second = burst + rng.randrange(kind.burst_seconds)
    elif kind.hours is not None or kind.spending == "own":
        second = draw_start(kind, rng)
    return category, amount, second


def draw_from_list(kind: FraudType, rng: Random) -> tuple[str, float, int]:
    """Return a category of the type's own with an amount; the second says nothing."""
    number = bisect_left(cumulate(kind.category_weights), rng.random())
    amount = kind.amounts[number]
    shape, scale = (amount.mean / amount.stdev) ** 2, amount.stdev**2 / amount.mean
    return kind.categories[number], draw_amount(shape, scale * kind.amount_factor, rng), 0


def draw_like(profile: Profile, factor: float, is_twin: bool, rng: Random) -> tuple[str, float, int]:
    """Return category, amount and second as a profile has them; `is_twin`: mostly at night."""
    own = look_up(profile, dict.fromkeys(profile.categories, ()))
    u = rng.random()
    number = bisect_left(own.category_ends, u)
    hour = draw_hour(own.day_parts[bisect_left(own.day_part_ends, u)], is_twin, rng)
    shape, scale = own.gammas[number]
    return own.categories[number], draw_amount(shape, scale * factor, rng), hour * 3600 + rng.randrange(3600)


def draw_start(kind: FraudType, rng: Random) -> int:
    """Return the second of the day on which a row, or a burst, begins by the hours of the type."""
    last = DAY - (kind.burst_seconds or 1)
    while True:
        (hour,) = rng.choices(range(24), kind.hours or [1.0] * 24)
        second = hour * 3600 + rng.randrange(3600)
        if second <= last:
            return second
