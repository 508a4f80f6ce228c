"""The expected dataset, by its receipt and, with precedence, by the user's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from vecgen.config.demographics import Demographics
from vecgen.config.faker_lists import WordLists, fingerprint_lists, load_word_lists
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import ProfileSet
from vecgen.errors import InputError, setting
from vecgen.io.reader import require_files
from vecgen.model.params import ModelParameters, Period, recorded_parameters
from vecgen.records.receipt import RECEIPT, Receipt, read_receipt, require_complete
from vecgen.scan.time_zone import TimeZone, read_time_zone
from vecgen.stores.filesystem import Place
from vecgen.verify.row_tests import Merchants

_NOTHING: Final[Mapping[str, date]] = {}
_DEFAULTS: Final = {"profiles": DEFAULT_PROFILES, "demographics": DEFAULT_DEMOGRAPHICS}


@dataclass(frozen=True)
class Expectation:
    """The expected dataset.

    Attributes:
        merchants: Names by category; None for those that are seen.
        as_of: Reference date for the customers' ages; None where customers were not drawn from the demographics.
        words: Lists of names, streets and jobs, where customers were drawn from those that are installed.
        receipt: The receipt; None for a dataset without.
        safe_identifiers: Whether no person can have its social security and card numbers.
        clock: Of dates and times; None for UTC, or what is found in a dataset without receipt.
    """

    law: ModelParameters
    profiles: ProfileSet
    demographics: Demographics
    merchants: Merchants | None
    as_of: date | None
    receipt: Receipt | None
    words: WordLists | None = None
    safe_identifiers: bool = False
    time_zone: TimeZone | None = None


def read_expectation(directory: Place, stated: Mapping[str, Any], seen: Mapping[str, date] = _NOTHING) -> Expectation:
    """Return the expected dataset, by its receipt and, with precedence, by what is `stated`.

    Args:
        stated: Fields of `Law`, "start", "end", "profiles", "demographics", "as_of", "safe_identifiers", "time_zone";
            None for what is not stated.
        seen: "start" and "end" of a dataset without receipt, where neither is stated.

    Raises:
        InputError: A receipt or a file that cannot be used, a dataset that is not complete, or one without receipt
            whose period is not stated.
    """
    if not directory.exists():
        raise InputError(str(directory), "", "no such directory", "the directory of a dataset, or a file")
    require_complete(directory)
    receipt = read_receipt(directory) if directory.is_dir() else None
    if receipt and (receipt.output.get("batches") or receipt.output.get("only_dates")):
        expected = "a whole dataset: of a slice, the number of rows of a customer is not known"
        raise InputError(str(directory), "", "a slice", expected, "verify all slices together, without receipt")
    periods = sorted({(load.start, load.end) for load in receipt.loads}) if receipt else []
    if len(periods) > 1:
        found = ", ".join("..".join(period) for period in periods)
        expected = "one: each period is a model of its own"
        raise InputError(str(directory), "periods", found, expected, "write the period alone to verify it")
    if receipt is None:
        require_files(directory)
    request = receipt.request if receipt else {}
    known = {name: value for name, value in stated.items() if value is not None}
    own = {f.name: known[f.name] for f in fields(ModelParameters) if f.name in known}
    base = (
        recorded_parameters(receipt.request, RECEIPT)
        if receipt
        else ModelParameters(_stated_period(directory, {**seen, **known}), **own)
    )
    period = Period(known.get("start", base.period.start), known.get("end", base.period.end))
    paths = {name: Path(known.get(name) or str(request.get(name, default))) for name, default in _DEFAULTS.items()}
    demographics = load_demographics(paths["demographics"])
    listed = demographics.merchants if receipt or "demographics" in known else None
    merchants = dict(zip(listed.categories, listed.names, strict=True)) if listed else None
    drawn = receipt is not None and request.get("customers_file") is None
    as_of = known.get("as_of") or (_asked_day(request) or period.start if drawn else None)
    law = replace(base, period=period, **own)
    safe = bool(known.get("safe_identifiers", request.get("safe_identifiers", False)))
    time_zone = read_time_zone(known["time_zone"], period) if "time_zone" in known else None
    return Expectation(
        law=law,
        profiles=load_profiles(paths["profiles"]),
        demographics=demographics,
        merchants=merchants,
        as_of=as_of,
        receipt=receipt,
        words=_find_words(receipt) if receipt and drawn else None,
        safe_identifiers=safe,
        time_zone=time_zone,
    )


def _find_words(receipt: Receipt) -> WordLists | None:
    """Return the lists of the installed Faker, None where a dataset was made with others."""
    words = load_word_lists()
    return words if fingerprint_lists(words) == receipt.identity.get("word_lists") else None


def _stated_period(directory: Place, known: Mapping[str, Any]) -> Period:
    for name in ("start", "end"):
        if name not in known:
            expected = f"the period, since {directory} has no receipt"
            remedy = f"{_name_receipt(directory)}pass {setting('start')} and {setting('end')}"
            raise InputError(setting(name), "", "nothing", expected, remedy)
    return Period(known["start"], known["end"])


def _name_receipt(directory: Place) -> str:
    """Return the advice to verify the whole dataset that a part of one belongs to, "" where there is none."""
    above = directory.absolute().parents if isinstance(directory, Path) else ()
    whole = next((path for path in above if (path / RECEIPT).is_file()), None)
    return f"verify the whole of {whole}, or " if whole else ""


def _asked_day(request: Mapping[str, object]) -> date | None:
    text = request.get("as_of")
    return date.fromisoformat(text) if isinstance(text, str) else None
