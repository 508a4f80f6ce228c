"""Reads columns of dates and times, however a table holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import InputError, setting, shorten
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.sampling.arrays import I64

_FIRST_DAY, _LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
_WITH_ZONE: Final = r"(?:[Zz]|[+-]\d\d(?::?\d\d)?)\s*$"
_WITH_TIME: Final = r"\d\d:\d\d"
_UNITS: Final = ((1e11, 10**3), (1e14, 10**6), (1e17, 10**9))
"""Unix times above these are milliseconds, microseconds, nanoseconds: in seconds they lie beyond the year 5000."""


@dataclass(frozen=True)
class Stamps:
    """Dates (days from 1970) and seconds of the day; `are_moments`: made local, else local times as they were."""

    day: I64
    second: I64
    are_moments: bool


def read_stamps(where: str, name: str, values: pa.Array, time_zone: str, date_format: str | None) -> Stamps:
    """Return the local date and time of stamps without nulls: timestamps, text or Unix time.

    Stamps with a zone, and Unix time, are moments: they are told in `time_zone`. Others are local times already.

    Raises:
        InputError: A column of another type, a text that is no stamp, or text of which some have a zone and some not.
    """
    place = f"column {name}"
    array = values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
    types = pa.types
    if types.is_string(array.type) or types.is_large_string(array.type) or types.is_string_view(array.type):
        array = _parse(where, place, array.cast(pa.string()), date_format)
    elif types.is_integer(array.type) or types.is_floating(array.type):
        array = _read_unix_time(where, place, array)
    elif not types.is_timestamp(array.type):
        expected = "dates with a time of day: timestamps, text or Unix time"
        raise InputError(where, place, shorten(str(array.type)), expected)
    are_moments = array.type.tz is not None
    seconds = _to_local(array, time_zone) if are_moments else array
    whole = np.asarray(_cast(where, place, seconds, pa.timestamp("s")).cast(pa.int64()))
    day, second = np.divmod(whole, SECONDS_PER_DAY)
    outside = (day < _FIRST_DAY) | (day > _LAST_DAY)
    if outside.any():
        raise InputError(where, place, int(whole[outside.argmax()]), "seconds of a date from the year 1 to 9999")
    return Stamps(day, second, are_moments)


def read_dates(where: str, name: str, values: pa.Array, date_format: str | None) -> pa.Array:
    """Return the dates (date32) of a column of dates, timestamps or text; nulls stay.

    Args:
        date_format: Of text, if it is not ISO 8601; what follows a space belongs to a time.

    Raises:
        InputError: A column of another type, or a text that is no date.
    """
    place = f"column {name}"
    array = values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        return _cast(where, place, array, pa.date32())
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        raise InputError(where, place, shorten(str(array.type)), "dates, or their text as YYYY-MM-DD")
    texts = array.cast(pa.string())
    parsed = pa.nulls(len(texts), pa.timestamp("s"))
    if date_format:
        parsed = pc.strptime(texts, format=date_format.split(" ")[0], unit="s", error_is_null=True)
    others = pc.if_else(parsed.is_null(), texts, None)  # each text is read alone, whatever stands beside it
    iso = _try_cast(others, pa.timestamp("s"))
    if iso is None:
        bad = shorten(others[_find_unreadable(others, pa.timestamp("s"))].as_py())
        raise InputError(where, place, bad, f"a date as {date_format.split(' ')[0] if date_format else 'YYYY-MM-DD'}")
    return pc.coalesce(parsed, iso).cast(pa.date32())


def _parse(where: str, place: str, texts: pa.Array, date_format: str | None) -> pa.Array:
    """Return the timestamps of texts, with a zone where they say one."""
    if date_format is not None:
        try:
            parsed = pc.strptime(texts, format=date_format, unit="s", error_is_null=True)
        except pa.ArrowException as error:
            found = shorten(date_format)
            raise InputError(setting("date_format"), "", found, "a format of strptime", str(error)) from None
        if parsed.null_count:
            bad = texts[int(np.asarray(parsed.is_null()).argmax())].as_py()
            raise InputError(where, place, shorten(bad), f"a stamp as {date_format}", f"see {setting('date_format')}")
        return parsed
    for target in (pa.timestamp("us"), pa.timestamp("us", "UTC")):  # neither takes what the other does
        if (parsed := _try_cast(texts, target)) is not None:
            return parsed
    zoned = np.asarray(pc.match_substring_regex(texts, _WITH_ZONE)) & np.asarray(
        pc.match_substring_regex(texts, _WITH_TIME)
    )
    if zoned.any() and not zoned.all():
        found = f"{texts[int(zoned.argmax())].as_py()!r} and {texts[int(zoned.argmin())].as_py()!r}"
        raise InputError(where, place, found, "a time zone in every stamp or in none")
    target = pa.timestamp("us", "UTC") if zoned.all() else pa.timestamp("us")
    found = shorten(texts[_find_unreadable(texts, target)].as_py())
    remedy = f"pass {setting('date_format', '%d/%m/%Y %H:%M')}, or what it is"
    raise InputError(where, place, found, "a stamp as YYYY-MM-DD HH:MM:SS", remedy)


def _find_unreadable(texts: pa.Array, target: pa.DataType) -> int:
    """Return the first text that cannot be cast, by bisection."""
    low, high = 0, len(texts)
    while high - low > 1:
        middle = (low + high) // 2
        if _try_cast(texts.slice(low, middle - low), target) is not None:
            low = middle
        else:
            high = middle
    return low


def _read_unix_time(where: str, place: str, array: pa.Array) -> pa.Array:
    numbers = np.asarray(array.to_numpy(zero_copy_only=False))
    size = np.abs(numbers.astype(np.float64))
    if not (size < 1e20).all():
        raise InputError(where, place, str(numbers[int((size < 1e20).argmin())]), "Unix time")
    divisor = np.ones(len(numbers), dtype=np.int64)
    for limit, unit in _UNITS:
        divisor[size > limit] = unit
    return pa.array(numbers.astype(np.int64) // divisor).cast(pa.timestamp("s", "UTC"))


def _to_local(array: pa.Array, time_zone: str) -> pa.Array:
    moments = array.cast(pa.timestamp("s", "UTC"), safe=False)
    if time_zone == "UTC":
        return moments.cast(pa.timestamp("s"))
    try:
        return pc.local_timestamp(moments.cast(pa.timestamp("s", time_zone)))
    except pa.ArrowException as error:
        expected = "a time zone's name, such as America/New_York"
        raise InputError(setting("time_zone"), "", time_zone, expected, str(error).splitlines()[0]) from None


def _cast(where: str, place: str, array: Any, target: pa.DataType) -> pa.Array:
    try:
        return array.cast(target, safe=False)
    except pa.ArrowException as error:
        raise InputError(where, place, shorten(str(error).splitlines()[0]), f"values that fit {target}") from None


def _try_cast(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    try:
        return array.cast(target)
    except pa.ArrowException:
        return None
