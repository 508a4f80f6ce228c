"""Turns the parsed JSON of a fraud type into a frozen, validated value in one step, and back."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Any, Final

from vecgen.config.json_value import JsonValue, optional
from vecgen.config.parse_profile import (
    AMOUNT_FIELDS,
    check_label,
    check_name,
    check_some_positive,
    make_amount,
    number_between,
    open_document,
    parse_weight,
)
from vecgen.config.profile import MIN_MEAN, AmountDistribution
from vecgen.model.fraud.fraud_type import (
    HOURS,
    MAX_BURST,
    MAX_DAYS,
    MAX_DEGREES,
    MAX_DELAY,
    MAX_FACTOR,
    MAX_PER_DAY,
    MAX_TEXT,
    MAX_WEEKS,
    MIN_DEGREES,
    MIN_FACTOR,
    PLACES,
    SPENDINGS,
    Compromise,
    FraudType,
    ReportDelay,
)

MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_BURST_START: Final = "an hour with a positive weight that a burst can start in and end on the same day"


def parse_fraud_type(where: str, name: str, raw: object) -> FraudType:
    """Return the fraud type `name` (no suffix) that the parsed JSON value `raw` describes; `where` names it in errors.

    Raises:
        InputError: An unknown key, a wrong type, a value outside its range, or one that another makes useless;
            `further` holds the others.
    """
    check_name(where, "", name, "fraud type")
    node = open_document(where, raw)
    fields = dict(zip(_FIELDS, node.record(_FIELDS), strict=True))
    _check_spending(node, fields["spending"])
    _check_place(node, fields["place"])
    categories: dict[str, tuple[float, AmountDistribution]] = fields.pop("categories")
    found = FraudType(
        name=name,
        categories=tuple(categories),
        category_weights=tuple(weight for weight, _ in categories.values()),
        amounts=tuple(amount for _, amount in categories.values()),
        **fields,
    )
    _check_burst(node, found)
    _check_factor(node, found)
    return found


def spell_fraud_type(kind: FraudType) -> dict[str, object]:
    """Return the JSON value that `parse_fraud_type` reads a type from, without its texts."""
    amounts = zip(kind.categories, kind.category_weights, kind.amounts, strict=True)
    spelled: dict[str, object] = {
        "days": kind.days,
        "per_day": kind.per_day and {"min": kind.per_day[0], "max": kind.per_day[1]},
        "spending": kind.spending,
        "categories": {name: {"weight": w, "mean": amount.mean, "stdev": amount.stdev} for name, w, amount in amounts},
        "amount_factor": kind.amount_factor,
        "hours": kind.hours and list(kind.hours),
        "burst_seconds": kind.burst_seconds,
        "place": kind.place,
        "remote_degrees": kind.remote_degrees,
        "compromised": kind.compromised and _spell_compromise(kind.compromised),
        "keeps_own_rows": kind.keeps_own_rows,
        "months": {f"{first:%Y-%m}": weight for first, weight in kind.months},
        "report": kind.report and vars(kind.report),
    }
    usual = vars(FraudType(kind.name))
    return {name: value for name, value in spelled.items() if value and getattr(kind, name) != usual[name]}


def _spell_compromise(compromise: Compromise) -> dict[str, object]:
    named = {"categories": [*compromise.categories]} if compromise.categories else {}
    return {"weeks": compromise.weeks, **named}


def _parse_text(node: JsonValue) -> str:
    if not isinstance(node.raw, str) or not node.raw.strip() or len(node.raw) > MAX_TEXT:
        node.fail(f"text of 1 to {MAX_TEXT:,} characters")
    return node.raw


def _parse_per_day(node: JsonValue) -> tuple[int, int]:
    low, high = node.record(
        {
            "min": partial(JsonValue.integer, low=0, high=MAX_PER_DAY),
            "max": partial(JsonValue.integer, low=1, high=MAX_PER_DAY),
        }
    )
    if low > high:
        node.child("min").fail(f"at most max, which is {high:,}", "swap the two")
    return low, high


def _parse_choice(node: JsonValue, known: tuple[str, ...]) -> str:
    if node.raw not in known:
        node.fail(f"one of {', '.join(known)}")
    return str(node.raw)


def _parse_categories(node: JsonValue) -> dict[str, tuple[float, AmountDistribution]]:
    found = node.mapping(_parse_category, check_label)
    check_some_positive(node, [weight for weight, _ in found.values()])
    return found


def _parse_category(node: JsonValue) -> tuple[float, AmountDistribution]:
    weight, mean, stdev = node.record({"weight": parse_weight, **AMOUNT_FIELDS})
    return weight, make_amount(node, mean, stdev)


def _parse_hours(node: JsonValue) -> tuple[float, ...]:
    if not isinstance(node.raw, list) or len(node.raw) != HOURS:
        found = f"{len(node.raw)} values" if isinstance(node.raw, list) else None
        node.fail(f"a list of {HOURS} weights, that of the hour after midnight first", value=found)
    weights = [
        parse_weight(JsonValue(node.where, f"{node.path}[{hour}]", weight)) for hour, weight in enumerate(node.raw)
    ]
    check_some_positive(node, weights)
    return tuple(weights)


def _parse_compromise(node: JsonValue) -> Compromise:
    weeks = partial(JsonValue.integer, low=1, high=MAX_WEEKS)
    return Compromise(*node.record({"weeks": weeks, "categories": optional(_parse_names, ())}))


def _parse_names(node: JsonValue) -> tuple[str, ...]:
    if not isinstance(node.raw, list) or not node.raw:
        node.fail("a list of categories", "leave the key out for all categories")
    for position, name in enumerate(node.raw):
        place = JsonValue(node.where, f"{node.path}[{position}]", name, str(name))
        if not isinstance(name, str) or name in node.raw[:position]:
            place.fail("the name of a category, each once")
        check_label(place)
    return tuple(node.raw)


def _parse_switch(node: JsonValue) -> bool:
    if not isinstance(node.raw, bool):
        node.fail("true or false")
    return node.raw


def _parse_months(node: JsonValue) -> tuple[tuple[date, float], ...]:
    found = node.mapping(parse_weight, _check_month)
    return tuple((date.fromisoformat(f"{month}-01"), found[month]) for month in sorted(found))


def _check_month(node: JsonValue) -> None:
    if not MONTH.fullmatch(node.key) or node.key.startswith("0000"):
        node.fail('a month as "YYYY-MM"', value=node.key)


def _parse_report(node: JsonValue) -> ReportDelay:
    days = number_between(0.01, MAX_DELAY)
    return ReportDelay(*node.record({"never": number_between(0.0, 1.0), "mean_days": days, "stdev_days": days}))


_FIELDS: Final[dict[str, Any]] = {
    "description": optional(_parse_text, ""),
    "source": optional(_parse_text, ""),
    "days": optional(partial(JsonValue.integer, low=1, high=MAX_DAYS), None),
    "per_day": optional(_parse_per_day, None),
    "spending": optional(partial(_parse_choice, known=SPENDINGS), "twin"),
    "categories": optional(_parse_categories, {}),
    "amount_factor": optional(number_between(MIN_FACTOR, MAX_FACTOR), 1.0),
    "hours": optional(_parse_hours, None),
    "burst_seconds": optional(partial(JsonValue.integer, low=1, high=MAX_BURST), None),
    "place": optional(partial(_parse_choice, known=PLACES), "home"),
    "remote_degrees": optional(number_between(MIN_DEGREES, MAX_DEGREES), 0.0),
    "compromised": optional(_parse_compromise, None),
    "keeps_own_rows": optional(_parse_switch, False),
    "months": optional(_parse_months, ()),
    "report": optional(_parse_report, None),
}
"""Parsers of the fields that a file may have, by key."""


def _check_spending(node: JsonValue, spending: str) -> None:
    for key in ("categories", "per_day"):
        if spending == "own" and node.child(key).is_missing:
            node.child(key).fail("this key to be present")
    if spending != "own" and not node.child("categories").is_missing:
        node.child("categories").fail('none, unless spending is "own"', "remove it")


def _check_place(node: JsonValue, place: str) -> None:
    degrees = node.child("remote_degrees")
    if place == "remote" and degrees.is_missing:
        degrees.fail("this key to be present")
    if place != "remote" and not degrees.is_missing:
        degrees.fail('none, unless place is "remote"', "remove it")


def _check_burst(node: JsonValue, kind: FraudType) -> None:
    if kind.burst_seconds is not None and kind.hours is not None:
        hours = (24 * 3600 - kind.burst_seconds) // 3600 + 1  # in which a burst can start
        if not any(kind.hours[:hours]):
            node.child("hours").fail(_BURST_START, "shorten the burst, or weigh earlier hours")


def _check_factor(node: JsonValue, kind: FraudType) -> None:
    least = min((amount.mean for amount in kind.amounts), default=MIN_MEAN / MIN_FACTOR)
    if least * kind.amount_factor < MIN_MEAN:
        node.child("amount_factor").fail(f"at least {MIN_MEAN / least:g}: a category has a mean amount of {least:g}")
