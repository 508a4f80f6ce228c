"""The reference for the model v1.0: one uniform drives date, day part and category, and amounts change places.

Beside `row_loop`, with whose helpers it is written: what a row needs is drawn, or drawn again until it fits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random  # noqa: TID251 - as the row loop
from typing import NamedTuple

from bench.contenders.row_loop import (
    EPOCH,
    LAST_WINDOW_MARGIN,
    Behaviour,
    Customer,
    Transaction,
    draw_amount,
    draw_hour,
    draw_radius,
    look_up,
    weigh_dates,
)
from vecgen.config.profile import Profile
from vecgen.model.params import ModelParameters, Period

Merchants = Mapping[str, Sequence[str]]


class Purchase(NamedTuple):
    """What one uniform chooses, and an amount in dollars; `category` is its position in the profile."""

    day: date
    day_part: str
    category: int
    amount: float


def generate(
    profile: Profile, twin: Profile, customer: Customer, law: ModelParameters, merchants: Merchants, rng: Random
) -> Iterator[Transaction]:
    """Yield one customer's transactions under the model v1.0: the fraudulent ones, if any, then the regular ones.

    Args:
        profile, twin: The customer's profile, which has rows on any date, and its fraud twin.
        merchants: Names by category.
    """
    period, struck = law.period, set[date]()
    if rng.random() < law.fraud_rate:
        start = period.start + timedelta(days=rng.randint(1, period.span - LAST_WINDOW_MARGIN))
        window = Period(start, start + timedelta(days=law.fraud_days))
        radius = draw_radius(twin, law, rng)
        for own in draw_purchases(twin, window, law.fraud_days, merchants, rng):
            struck.add(own.day)
            if rng.random() < law.fraud_stealth:
                disguised = draw_like_regular(profile, period, own.day, merchants, rng)
                row = complete(profile, disguised, customer, radius, merchants, rng)
            else:
                row = complete(twin, own, customer, radius, merchants, rng, mostly_at_night=True)
            yield row._replace(is_fraud=1)
    radius = draw_radius(profile, law, rng)
    for own in draw_purchases(profile, period, period.span, merchants, rng):
        if own.day not in struck:
            yield complete(profile, own, customer, radius, merchants, rng)


def draw_purchases(profile: Profile, period: Period, days: int, merchants: Merchants, rng: Random) -> list[Purchase]:
    """Return the purchases of `days` times the customer's rate, amounts shuffled within each part of the day."""
    behaviour, rate = look_up(profile, merchants), rng.randint(profile.min_per_day, profile.max_per_day)
    rows = [choose(profile, behaviour, period, rng) for _ in range(days * rate)]
    for day_part in profile.day_parts:
        places = [place for place, row in enumerate(rows) if row.day_part == day_part]
        amounts = [rows[place].amount for place in places]
        rng.shuffle(amounts)
        for place, amount in zip(places, amounts, strict=True):
            rows[place] = rows[place]._replace(amount=amount)
    return rows


def choose(profile: Profile, behaviour: Behaviour, period: Period, rng: Random) -> Purchase:
    """Return a purchase with an amount of its category."""
    dates, ends = weigh_dates(profile, period)
    u = rng.random()
    category = bisect_left(behaviour.category_ends, u)
    day_part = behaviour.day_parts[bisect_left(behaviour.day_part_ends, u)]
    return Purchase(dates[bisect_left(ends, u)], day_part, category, draw_amount(*behaviour.gammas[category], rng))


def draw_like_regular(profile: Profile, period: Period, day: date, merchants: Merchants, rng: Random) -> Purchase:
    """Return a purchase of the date as regular rows have it: the amount is any of a customer's of its day part."""
    behaviour, rates = look_up(profile, merchants), range(profile.min_per_day, profile.max_per_day + 1)
    row = choose(profile, behaviour, period, rng)
    while row.day != day:
        row = choose(profile, behaviour, period, rng)
    (rate,) = rng.choices(rates, weights=rates)  # of all regular rows, as many have it
    others = [choose(profile, behaviour, period, rng) for _ in range(period.span * rate - 1)]
    amounts = [other.amount for other in others if other.day_part == row.day_part]
    return row._replace(amount=rng.choice([row.amount, *amounts]))


def complete(
    profile: Profile,
    own: Purchase,
    customer: Customer,
    radius: float,
    merchants: Merchants,
    rng: Random,
    mostly_at_night: bool = False,
) -> Transaction:
    """Return the transaction of a purchase, as a regular one."""
    hour, minute, second = draw_hour(own.day_part, mostly_at_night, rng), rng.randrange(60), rng.randrange(60)
    category = profile.categories[own.category]
    return Transaction(
        f"{rng.getrandbits(128):032x}",
        own.day,
        f"{hour:02}:{minute:02}:{second:02}",
        (own.day - EPOCH).days * 86_400 + hour * 3600 + minute * 60 + second,
        category,
        own.amount,
        0,
        rng.choice(merchants[category]),
        round(customer.lat + rng.uniform(-radius, radius), 6),
        round(customer.long + rng.uniform(-radius, radius), 6),
    )
