"""JSON Schema of profile files, for editors, with the bounds of the parser (`profile`).

A schema checks less than the parser: it compares no two values, so bounds out of order, amounts too wide for their mean
and categories without an amount pass it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from vecgen.config.profile import (
    DAY_PARTS,
    DEFAULT_WEIGHT,
    FORBIDDEN,
    FRAUD_PREFIX,
    LEFTOVERS,
    MAX_AMOUNT,
    MAX_END,
    MAX_NAME,
    MAX_PER_DAY,
    MAX_PERCENT,
    MAX_SHAPE,
    MAX_TRAVEL_DISTANCE,
    MAX_WEIGHT,
    MIN_MEAN,
    MIN_WEIGHT,
    MONTH_LENGTHS,
    NAME,
    SCHEMA_KEY,
    SEASON_SPELLINGS,
    SUFFIX,
    UNLIMITED,
    WEEKDAYS,
    YEAR,
)

Schema = dict[str, object]

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_END: Final = r"(?![\s\S])"  # "$" also matches before a line break in Python, and nothing else is in both dialects
ALL_ZERO: Final[Schema] = {"additionalProperties": {"const": 0}}
"""Weights that are all 0, which no object of weights may be."""


def profile_schema() -> Schema:
    """Return the schema of NAME.json and fraud_NAME.json."""
    per_day = {"type": "integer", "minimum": 0, "maximum": MAX_PER_DAY}
    dates = {"day_of_week": _weekdays(), "time_of_year": _seasons(), "year": _years()}
    fields = {
        "avg_transactions_per_day": make_record(
            "Bounds, included, of a customer's daily number of transactions.", {"min": per_day, "max": per_day}
        ),
        "date_wt": make_record("When: the weight of a date is weekday x season x year.", dates),
        "categories_wt": make_labelled("How often each category is bought.", make_weight()) | {"not": ALL_ZERO},
        "categories_amt": make_labelled("Amounts; every category with a weight needs one.", _amount()),
        "shopping_time": _closed("How often before (AM) and after noon (PM).", DAY_PARTS) | {"not": ALL_ZERO},
        "travel_pct": make_number("Share of customers who travel, percent.", 0.0, MAX_PERCENT),
        "travel_max_dist": make_number("How far they travel, miles.", 0.0, MAX_TRAVEL_DISTANCE),
    }
    return make_document("A behaviour profile of vecgen", fields, required=list(fields))


def segments_schema() -> Schema:
    """Return the schema of main_config.json."""
    segment = make_record(
        "The first segment that matches a customer names the profile.",
        {
            "gender": {
                "description": '"F", "M" or a list of them.',
                "enum": ["F", "M", ["F"], ["M"], ["F", "M"], ["M", "F"]],
            },
            "age": _range("Years: min <= age < max."),
            "city_pop": _range("Inhabitants of the customer's city: min <= inhabitants < max."),
        },
    )
    not_these = rf"(?!{FRAUD_PREFIX}|{LEFTOVERS}\{SUFFIX}{_END}|.*\{SUFFIX}\{SUFFIX}{_END})"
    pattern = match_whole(rf"{not_these}{NAME.pattern}\{SUFFIX}")
    named = {"pattern": pattern, "maxLength": MAX_NAME + len(SUFFIX)}
    document = make_document("Who gets which profile of vecgen", {})
    return document | {"additionalProperties": segment, "propertyNames": {"anyOf": [{"const": SCHEMA_KEY}, named]}}


SCHEMAS: Final = {"profile": profile_schema, "main_config": segments_schema}
"""By the kind of file."""


def spell_schema(schema: Schema) -> str:
    """Return the text of a schema's file."""
    return json.dumps(schema, indent=2) + "\n"


def make_document(title: str, fields: Mapping[str, object], required: Sequence[str] = ()) -> Schema:
    """Return the schema of a file: an object with these members and a place for the schema's own address."""
    own: Schema = {SCHEMA_KEY: {"type": "string", "description": "For editors; vecgen does not read it."}}
    record = {"type": "object", "properties": own | dict(fields), "required": list(required)}
    return {SCHEMA_KEY: _DRAFT, "title": title, **record, "additionalProperties": False}


def make_record(description: str, fields: Mapping[str, object], optional: Mapping[str, object] | None = None) -> Schema:
    """Return the schema of an object that has all of these members, perhaps the optional ones, and no other."""
    members = {"properties": {**fields, **(optional or {})}, "required": list(fields), "additionalProperties": False}
    return {"description": description, "type": "object", **members}


def _closed(description: str, keys: Sequence[str]) -> Schema:
    members = {"properties": {key: make_weight() for key in keys}, "additionalProperties": False}
    return {"description": description, "type": "object", **members}


def make_labelled(description: str, value: Schema) -> Schema:
    """Return the schema of an object whose keys are names of categories or seasons."""
    keys = {"propertyNames": match_label(), "additionalProperties": value}
    return {"description": description, "type": "object", **keys}


def match_label() -> Schema:
    """Return the schema of the name of a category or a season."""
    printable = rf"[^\s{FORBIDDEN}\u0000-\u001f\u007f-\u009f]+"
    return {"pattern": match_whole(f"{printable}(?: +{printable})*"), "maxLength": MAX_NAME}


def make_number(description: str, low: float, high: float) -> Schema:
    """Return the schema of a number between bounds, which are included."""
    return {"description": description, "type": "number", "minimum": low, "maximum": high}


def make_weight() -> Schema:
    """Return the schema of a weight: 0, or a number of ordinary size."""
    return {"anyOf": [{"const": 0}, {"type": "number", "minimum": MIN_WEIGHT, "maximum": MAX_WEIGHT}]}


def _weekdays() -> Schema:
    closed = _closed(f"Weights of the weekdays; a missing one weighs {DEFAULT_WEIGHT:g}.", WEEKDAYS)
    return closed | {"not": {"required": list(WEEKDAYS), **ALL_ZERO}}


def _seasons() -> Schema:
    day: Schema = {"type": "string", "description": '"MM-DD"', "pattern": _month_day()}
    season = make_record("Both days included.", {"weight": make_weight()})
    season["properties"] = {**dict.fromkeys(chain(*SEASON_SPELLINGS.items()), day), "weight": make_weight()}
    season["allOf"] = [
        {"oneOf": [{"required": [key]}, {"required": [spelling]}]} for key, spelling in SEASON_SPELLINGS.items()
    ]
    meaning = f"Weights of seasons, the later before the earlier; a day in none weighs {DEFAULT_WEIGHT:g}."
    return make_labelled(meaning, season)


def _month_day() -> str:
    months: dict[int, list[str]] = {}
    for month, length in enumerate(MONTH_LENGTHS, 1):
        months.setdefault(length, []).append(_one_or_two_digits(month))
    ends = {length: "|".join(_one_or_two_digits(day) for day in range(1, length + 1)) for length in months}
    return match_whole("|".join(f"(?:{'|'.join(names)})-(?:{ends[length]})" for length, names in months.items()))


def _one_or_two_digits(number: int) -> str:
    return f"0?{number}" if number < 10 else str(number)


def _years() -> Schema:
    meaning = f'Weight of the period\'s first ("0"), second ("1"), ... calendar year; others weigh {DEFAULT_WEIGHT:g}.'
    keys = {"propertyNames": {"pattern": match_whole(YEAR.pattern)}, "additionalProperties": make_weight()}
    return {"description": meaning, "type": "object", **keys, "not": {"minProperties": 1, **ALL_ZERO}}


def amount_members() -> Schema:
    """Return the schemas of the figures of an amount."""
    least = MIN_MEAN / math.sqrt(MAX_SHAPE)
    return {
        "mean": make_number("Mean, dollars.", MIN_MEAN, MAX_AMOUNT),
        "stdev": make_number(
            "Standard deviation, dollars: 1/10,000 of the mean to 10,000 times the mean.", least, MAX_AMOUNT
        ),
    }


def _amount() -> Schema:
    return make_record("A gamma distribution.", amount_members())


def _range(description: str) -> Schema:
    unlimited = [end for end in UNLIMITED if end != math.inf]  # JSON has no infinity
    low = make_number("Included.", 0.0, MAX_END)
    high = {
        "description": 'Excluded, or "inf" for no limit.',
        "anyOf": [{"enum": unlimited}, make_number("Excluded.", 0.0, MAX_END)],
    }
    return make_record(description, {"min": low, "max": high})


def match_whole(pattern: str) -> str:
    """Return the pattern of texts that match as a whole."""
    return f"^(?:{pattern}){_END}"
