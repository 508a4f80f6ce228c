"""JSON Schema of the files of fraud types, for editors, with the bounds of the parser (`fraud_type`).

It compares no two values: a burst that no hour can hold, a rate whose minimum exceeds its maximum, a factor that makes
amounts too small pass it.
"""

from __future__ import annotations

from vecgen.config.json_schema import (
    ALL_ZERO,
    Schema,
    amount_members,
    make_document,
    make_labelled,
    make_number,
    make_record,
    make_weight,
    match_label,
    match_whole,
)
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
)
from vecgen.model.fraud.parse_fraud_type import MONTH

KIND = "fraud_type"
"""Of schemas; the file is named by it."""


def fraud_type_schema() -> Schema:
    """Return the schema of fraud_types/NAME.json."""
    fields = {
        "description": _text("What it imitates."),
        "source": _text("Where its shape is described."),
        "days": _integer(
            "Calendar days of a case's window; without it, one more than the fraud days asked for.", 1, MAX_DAYS
        ),
        "per_day": make_record(
            "Bounds, included, of a case's daily number of transactions; without it, of whom it spends like.",
            {"min": _integer("Included.", 0, MAX_PER_DAY), "max": _integer("Included.", 1, MAX_PER_DAY)},
        ),
        "spending": _choice("Whose categories, amounts, times and dates.", SPENDINGS),
        "categories": make_labelled("Its own; every one with a weight and amounts.", _category())
        | {"not": _all_zero()},
        "amount_factor": make_number("Multiplies the amounts of whom it spends like.", MIN_FACTOR, MAX_FACTOR),
        "hours": {
            "description": "Weights of the hours of a day, that after midnight first.",
            "type": "array",
            "items": make_weight(),
            "minItems": HOURS,
            "maxItems": HOURS,
            "not": {"items": {"const": 0}},
        },
        "burst_seconds": _integer("All transactions of one date lie within so many seconds.", 1, MAX_BURST),
        "place": _choice("Where it buys.", PLACES),
        "remote_degrees": make_number("How far from home a remote place can be, degrees.", MIN_DEGREES, MAX_DEGREES),
        "compromised": make_record(
            "Where cards were copied: at a merchant compromised then, by an earlier purchase.",
            {"weeks": _integer("Before the window, in which that purchase was made.", 1, MAX_WEEKS)},
            {"categories": _names("Of these merchants; without it, all.")},
        ),
        "keeps_own_rows": {"description": "Whether the customer's own transactions stay.", "type": "boolean"},
        "months": {
            "description": "Weight of windows that start from a month on; 1 before the first.",
            "type": "object",
            "additionalProperties": make_weight(),
            "propertyNames": {"pattern": match_whole(f"(?!0000){MONTH.pattern}")},
        },
        "report": make_record("How it becomes known.", _report()),
    }
    return make_document("A fraud type of vecgen", fields) | {"allOf": [_own(), _remote()]}


def _text(description: str) -> Schema:
    return {"description": description, "type": "string", "pattern": r"\S", "maxLength": MAX_TEXT}


def _integer(description: str, low: int, high: int) -> Schema:
    return {"description": description, "type": "integer", "minimum": low, "maximum": high}


def _choice(description: str, known: tuple[str, ...]) -> Schema:
    return {"description": description, "enum": list(known)}


def _category() -> Schema:
    return make_record("How often it is bought, and for how much.", {"weight": make_weight(), **amount_members()})


def _names(description: str) -> Schema:
    names = {"type": "string", **match_label()}
    return {"description": description, "type": "array", "items": names, "minItems": 1, "uniqueItems": True}


def _all_zero() -> Schema:
    return {"additionalProperties": {"properties": {"weight": ALL_ZERO["additionalProperties"]}}}


def _report() -> Schema:
    return {
        "never": make_number("Share that nobody reports.", 0.0, 1.0),
        "mean_days": make_number("Mean of the days until a report.", 0.01, MAX_DELAY),
        "stdev_days": make_number("Standard deviation of these.", 0.01, MAX_DELAY),
    }


def _own() -> Schema:
    own: Schema = {"required": ["spending"], "properties": {"spending": {"const": "own"}}}
    return {
        "if": own,
        "then": {"required": ["categories", "per_day"]},
        "else": {"properties": {"categories": False}},
    }


def _remote() -> Schema:
    remote: Schema = {"required": ["place"], "properties": {"place": {"const": "remote"}}}
    return {
        "if": remote,
        "then": {"required": ["remote_degrees"]},
        "else": {"properties": {"remote_degrees": False}},
    }
