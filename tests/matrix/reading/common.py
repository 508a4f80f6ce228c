"""What the scripts of the Python readers share: values to one number a column, and results as JSON.

A script runs in its reader's environment, which holds nothing of vecgen. It is given datasets as NAME=DIRECTORY, and
prints for each the checksums of its columns, or the error that the reader raised.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

_EPOCH = date(1970, 1, 1).toordinal()


def checksum(values: Iterable[Any]) -> list[int]:
    """Return the number of values and the sum of what they count as; their order does not matter."""
    numbers = [_count_as(value) for value in values]
    return [len(numbers), sum(numbers)]


def _count_as(value: Any) -> int:
    """Return a text's CRC-32, a fraction in millionths, a date's days since 1970, and a whole number itself."""
    if isinstance(value, str):
        return zlib.crc32(value.encode())
    if isinstance(value, float):
        return round(value * 1e6)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.toordinal() - _EPOCH
    return int(value)  # None fails: no column has nulls


def checksums(columns: Mapping[str, Iterable[Any]]) -> dict[str, list[int]]:
    """Return the checksum of each column."""
    return {name: checksum(values) for name, values in columns.items()}


def parse_keys(columns: Mapping[str, Iterable[Any]]) -> dict[str, Iterable[Any]]:
    """Return columns with year and month as numbers: old versions of readers take all names of directories for text."""
    keys = {name: map(int, columns[name]) for name in ("year", "month") if name in columns}
    return {**columns, **keys}


def main(read: Callable[[str], Mapping[str, list[int]]]) -> None:
    """Print what `read` returns for each directory named on the command line, its checksums by column."""
    results: dict[str, Any] = {}
    for argument in sys.argv[1:]:
        name, _, path = argument.partition("=")
        try:
            results[name] = read(path)
        except Exception as error:  # whatever a reader raises is its answer
            results[name] = {"error": f"{type(error).__name__}: {str(error).strip()[:500]}"}
    sys.stdout.write(json.dumps(results) + "\n")
