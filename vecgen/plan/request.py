"""The options that decide the content of a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from vecgen.config.fingerprint import fingerprint
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.errors import InputError, setting
from vecgen.model.fraud.reporting import Reporting, describe_reporting
from vecgen.model.params import ModelParameters, describe_types, make_period

MAX_CUSTOMERS: Final = 1 << 40
_DEFAULT_PARAMETERS: Final = ModelParameters(make_period(date(2023, 1, 1)))
_LATER: Final = ("fraud_stealth", "fraud_types", "reporting")
"""Parameters that older records do not know: left out where they have their defaults, so that nothing old differs."""
UNSTATED: Final = dict.fromkeys((*_LATER, *(f.name for f in fields(Reporting))))
"""The same by the names of options, as a request asks that leaves them out: to be compared with one that does not."""


@dataclass(frozen=True)
class Request:
    """The options that decide the content of a dataset; equal requests give the same rows.

    Attributes:
        customers: Number of customers to draw; ignored where `customers_file` is given.
        customers_file: The original's `|` CSV, a Parquet file, or a directory of either.
        as_of: Reference date for ages; None for the first day of the period.
        safe_identifiers: Whether social security and card numbers are such as no person can have.
    """

    customers: int = 1000
    customers_file: Path | None = None
    seed: int = 42
    law: ModelParameters = _DEFAULT_PARAMETERS
    as_of: date | None = None
    profiles: Path = DEFAULT_PROFILES
    demographics: Path = DEFAULT_DEMOGRAPHICS
    safe_identifiers: bool = False


def describe_request(request: Request) -> dict[str, object]:
    """Return the request as plain JSON values."""
    described = asdict(replace(request, profiles=Path(), demographics=Path(), law=replace(request.law, fraud_types=())))
    described["profiles"], described["demographics"] = str(request.profiles), str(request.demographics)
    described["law"]["fraud_types"] = describe_types(request.law)
    described["law"]["reporting"] = describe_reporting(request.law.reporting)
    for name in _LATER:
        if getattr(request.law, name) == getattr(_DEFAULT_PARAMETERS, name):
            del described["law"][name]
    return json.loads(json.dumps(described, default=str))  # type: ignore[no-any-return]


def flatten_request(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a request that `describe_request` described, by the names of options."""
    law = described["law"]
    values = {**described, **law["period"], **law.get("reporting", {}), **law}
    return {name: value for name, value in values.items() if name not in ("law", "period", "reporting")}


def identify(request: Request, content: Mapping[str, str]) -> dict[str, object]:
    """Return what decides the rows; `content`: fingerprints of what was read, since paths decide nothing."""
    drawn = request.customers_file is None
    described = flatten_request(describe_request(request))
    if types := described.get("fraud_types"):
        described["fraud_types"] = {name: _identify_type(own) for name, own in types.items()}
    return {
        **described,
        "customers": request.customers if drawn else None,
        "as_of": (request.as_of or request.law.period.start).isoformat() if drawn else None,
        "fraud_rate": float(request.law.fraud_rate),
        **{name: content.get(name) for name in ("profiles", "demographics", "customers_file", "word_lists")},
    }


def _identify_type(described: Mapping[str, Any]) -> str:
    own = {name: value for name, value in described.items() if name != "folder"}
    return f"{own['weight']:g} {fingerprint(own)}"


def check_seed(seed: int) -> None:
    """Refuse a seed that is equal to another modulo 2**64.

    Raises:
        InputError: It is out of range.
    """
    if not 0 <= seed < 1 << 64:  # seeds that are equal modulo 2**64 would give the same rows
        raise InputError(setting("seed"), "", seed, "a whole number from 0 to 2**64 - 1")


def check_drawn(request: Request) -> None:
    """Refuse safe identifiers for customers of a file, which bring their own numbers."""
    if request.safe_identifiers:  # a file's own numbers would stay
        expected = "customers that are drawn: those of a file bring their own numbers"
        raise InputError(
            setting("safe_identifiers"), "", str(request.customers_file), expected, f"pass {setting('customers')}"
        )


def check_count(customers: int) -> None:
    """Refuse a number of customers that is out of range."""
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise InputError(setting("customers"), "", customers, f"a whole number from 1 to {MAX_CUSTOMERS}")


def check_limit(name: str, limit: int | None) -> None:
    """Refuse a limit that no file or batch can have.

    Args:
        name: Of the setting.

    Raises:
        InputError: It is out of range.
    """
    if limit is not None and not 1 <= limit < 1 << 63:
        raise InputError(setting(name), "", limit, "a whole number from 1 up, below 2**63")
