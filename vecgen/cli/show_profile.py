"""Prints one profile beside its fraud twin, as tables in a terminal or as plain text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

import numpy as np
from rich import box
from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.table import Table

from vecgen.config.profile import DEFAULT_WEIGHT, WEEKDAYS, MonthDay, Profile, ProfileSet, Segment
from vecgen.errors import InputError, suggest, to_printable
from vecgen.model.exact import amount_shares, overlap
from vecgen.model.fraud.fraud_type import FraudType

QUANTILES: Final = (0.05, 0.5, 0.95)

_GENDERS: Final = {"F": "women", "M": "men"}
_LABELS: Final = ("regular", "fraud")
_NOISE: Final = 1e-9  # shares are differences of sums


@dataclass(frozen=True)
class Purchases:
    """What a profile buys of one category.

    Attributes:
        share: Of all its transactions.
        morning: Share of these before noon, where one uniform drives category and day part (models v0.5 and v1.0).
        mean, quantiles: Of the amount, dollars; `QUANTILES` of it.
    """

    category: str
    share: float
    morning: float
    mean: float
    quantiles: tuple[float, ...]


def list_purchases(profile: Profile) -> list[Purchases]:
    """Return the categories a profile buys, in its order."""
    joint = overlap(np.array(profile.day_part_weights), np.array(profile.category_weights))
    shares = joint.sum(axis=0)
    mornings = joint[profile.day_parts.index("AM")] if "AM" in profile.day_parts else np.zeros(len(shares))
    columns = zip(profile.categories, shares.tolist(), mornings.tolist(), profile.amounts, strict=True)
    return [
        Purchases(
            category,
            share,
            morning / share,
            amount_mean(law.mean, law.stdev),
            tuple(amount_quantile(law.mean, law.stdev, quantile) for quantile in QUANTILES),
        )
        for category, share, morning, law in columns
        if share > 0
    ]


def amount_mean(mean: float, stdev: float) -> float:
    """Return the mean amount in dollars of a gamma distribution whose draws below 1 are replaced."""
    from scipy import special

    shape, scale = (mean / stdev) ** 2, stdev**2 / mean
    return float(mean * special.gammaincc(shape + 1.0, 1.0 / scale) + 5.5 * special.gammainc(shape, 1.0 / scale))


def amount_quantile(mean: float, stdev: float, share: float) -> float:
    """Return the dollars that a share (0 < share < 1) of such amounts stays below."""
    from scipy import optimize, special

    # From 10 dollars on, replaced draws are below, and the gamma distribution's own quantile counts.
    end = max(10.0, special.gammaincinv((mean / stdev) ** 2, share) * stdev**2 / mean)
    return float(optimize.brentq(lambda x: amount_shares(mean, stdev, np.array([x]))[0] - share, 1.0, end * 1.0001))


def print_page(profiles: ProfileSet, name: str, file: IO[str] | None = None, others: Iterable[str] = ()) -> None:
    """Print what the profile `name` and its twin do, to standard output unless a file is given.

    Args:
        others: Names that are no profiles' and could have been meant.

    Raises:
        InputError: There is no such profile.
    """
    if name not in profiles.names:
        known = (*profiles.names, *others)
        raise InputError("profiles show", "", name, f"one of {', '.join(known)}", suggest(name, known))
    position = profiles.names.index(name)
    console = _open_console(file)
    console.print(name, style="bold")
    own = [segment for segment in profiles.segments if segment.profile == name]
    for line in map(_describe_segment, own) if own else ["customers that no segment matches"]:
        console.print(line)
    for part in _lay_out(profiles.regular[position], profiles.fraud[position]):
        console.print(part)


def _open_console(file: IO[str] | None) -> Console:
    # Names are text, whatever brackets and colons they contain.
    return Console(file=file, markup=False, emoji=False, highlight=False)


def print_fraud_type(kind: FraudType, file: IO[str] | None = None) -> None:
    """Print what a fraud type does, to standard output unless a file is given."""
    console = _open_console(file)
    console.print(kind.name, style="bold")
    for text in filter(None, (kind.description, kind.source)):
        console.print(to_printable(text))
    console.print(_tabulate("Cases", ["", "value"], _describe_cases(kind)))
    shares = _describe_shares(kind.category_weights) if kind.categories else []
    rows = [
        (name, share, f"{amount.mean:,.2f}", f"{amount.stdev:,.2f}")
        for name, share, amount in zip(kind.categories, shares, kind.amounts, strict=True)
    ]
    if rows:
        console.print(_tabulate("Purchases", ["category", "share", "mean", "stdev"], rows))


def _describe_cases(kind: FraudType) -> Iterator[tuple[str, str]]:
    yield "days of a window", "one more than --fraud-days" if kind.days is None else f"{kind.days}"
    rate = f"those of whom it spends like ({kind.spending})"
    yield "transactions a day", rate if kind.per_day is None else f"{kind.per_day[0]:,} to {kind.per_day[1]:,}"
    yield "spends like", {"twin": "the fraud twin", "customer": "the customer", "own": "nobody else"}[kind.spending]
    if kind.amount_factor != 1.0:
        yield "amounts times", f"{kind.amount_factor:g}"
    if kind.hours is not None:
        yield "before noon", _percent(sum(kind.hours[:12]) / sum(kind.hours))
    if kind.burst_seconds is not None:
        yield "seconds of a burst", f"{kind.burst_seconds:,}"
    yield "place", "home" if kind.place == "home" else f"up to {kind.remote_degrees:g} degrees away"
    if kind.compromised is not None:
        where = " or ".join(kind.compromised.categories) or "any category"
        yield "card copied", f"up to {kind.compromised.weeks} weeks before, at a compromised merchant of {where}"
    yield "own rows of these dates", "stay" if kind.keeps_own_rows else "dropped"
    for first, weight in kind.months:
        yield f"weight from {first:%Y-%m} on", f"{weight:g}"
    if kind.report is not None:
        yield "never reported", _percent(kind.report.never)
        yield "days until a report", f"mean {kind.report.mean_days:g}, stdev {kind.report.stdev_days:g}"


def _describe_segment(segment: Segment) -> str:
    years = _describe_range(segment.age_min, segment.age_max)
    inhabitants = _describe_range(segment.city_pop_min, segment.city_pop_max)
    return f"{_GENDERS[segment.gender]}, aged {years}, in cities of {inhabitants} inhabitants"


def _describe_range(low: float, high: float) -> str:
    return f"{low:,g} or more" if high == math.inf else f"{low:,g} to below {high:,g}"


def _lay_out(regular: Profile, fraud: Profile) -> Iterator[RenderableType]:
    both = (regular, fraud)
    weeks = zip(WEEKDAYS, *(_describe_shares(p.weekday_weights) for p in both), strict=True)
    facts = {"Customers": _describe_rates(both), "Share of a week": weeks}
    yield Columns(_tabulate(title, ["", *_LABELS], rows) for title, rows in facts.items())
    yield Columns(_tabulate_dates(label, profile) for label, profile in zip(_LABELS, both, strict=True))
    yield Columns(_tabulate_purchases(label, profile) for label, profile in zip(_LABELS, both, strict=True))
    yield (
        "Amounts in dollars, their mean and quantiles; one that would be below 1 is drawn again between 1 and 10, "
        "which these figures include. Times of day: where one uniform drives category and day part (v0.5, v1.0); "
        "under --dependence independent every category follows the day parts of the profile."
    )


def _describe_rates(both: Sequence[Profile]) -> Iterator[tuple[str, ...]]:
    yield "transactions a day", *(f"{p.min_per_day:,} to {p.max_per_day:,}" for p in both)
    yield "before noon", *(_describe_morning(p) for p in both)
    yield "travel, if asked to", *(f"{p.travel_pct:g}%, {p.travel_max_distance:,g} miles" for p in both)


def _describe_morning(profile: Profile) -> str:
    weights = dict(zip(profile.day_parts, profile.day_part_weights, strict=True))
    return _percent(weights.get("AM", 0.0) / sum(weights.values()))


def _describe_shares(weights: Sequence[float]) -> list[str]:
    return [_percent(weight / sum(weights)) for weight in weights]


def _tabulate_dates(label: str, profile: Profile) -> Table:
    seasons = [(s.name, f"{_day(s.start)} to {_day(s.end)}", f"{s.weight:g}") for s in profile.seasons]
    numbered = enumerate(profile.year_weights, 1)
    years = [(f"year {number}", "of the period", f"{w:g}") for number, w in numbered if w != DEFAULT_WEIGHT]
    rest = ("any other day or year", "", f"{DEFAULT_WEIGHT:g}")
    return _tabulate(f"Weight of dates, {label}", ["", "days", "weight"], [*seasons, *years, rest])


def _tabulate_purchases(label: str, profile: Profile) -> Table:
    header = ["category", "share", "when", "mean", *(f"{quantile:.0%}" for quantile in QUANTILES)]
    rows = [
        (p.category, _percent(p.share), _describe_time(p.morning), *(f"{x:,.2f}" for x in (p.mean, *p.quantiles)))
        for p in list_purchases(profile)
    ]
    return _tabulate(f"Purchases, {label}", header, rows)


def _describe_time(morning: float) -> str:
    if morning > 1.0 - _NOISE:
        return "morning"
    return "afternoon" if morning < _NOISE else f"{morning:.0%} morning"


def _tabulate(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(header):
        numeric = position > 0 and name not in ("days", "when")
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _day(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"
