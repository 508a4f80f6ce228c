"""Types of arguments: parse text of the command line into Python values, or refuse it in one line."""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from datetime import date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from vecgen.errors import redact, shorten, suggest
from vecgen.plan.slices import PARTITION_KEYS, PartitionKey
from vecgen.stores.filesystem import SCHEMES, is_remote

_HALF_URL: Final = re.compile(rf"(?:{'|'.join(SCHEMES)}|file|https?):", re.IGNORECASE)
_FILE: Final = "file://"
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_MAX_URL: Final = 1024  # of an object's name, in S3
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,100}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf)")
_SIZE: Final = re.compile(r"([0-9]{1,100}) *([KMG]I?B)?", re.IGNORECASE)
_RANGE: Final = re.compile(r" *([0-9]{1,100})(?:-([0-9]{1,100}))? *")
_SIZE_UNITS: Final = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parse_whole(text: str) -> int:
    """Read a whole number; unlike `int`, only of the digits 0 to 9 and of ordinary length."""
    if not _WHOLE.fullmatch(text):
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a whole number")
    return int(text)


def parse_number(text: str) -> float:
    """Read a number; what lies outside its range, infinity and not-a-number among it, is refused later."""
    if not _NUMBER.fullmatch(text):
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a number")
    return float(text)


def parse_delay(text: str) -> tuple[float, float]:
    """Read MEAN,STDEV, or MEAN alone, which the standard deviation is equal to then."""
    mean, comma, stdev = text.partition(",")
    if not all(_NUMBER.fullmatch(part) for part in ([mean, stdev] if comma else [mean])):
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected numbers of days as MEAN,STDEV, or MEAN alone")
    return float(mean), float(stdev if comma else mean)


def parse_path(text: str) -> Path:
    """Read a path that exists or might: what the system would not look up, or Arrow not write to, is refused.

    "~" at the beginning is the home directory. What only looks like a path (a stream, a URL, a drive of Windows) does
    not become a directory of that name.
    """
    if text == "-":
        raise ArgumentTypeError("got '-', expected a path: nothing is read from, or written to, a stream")
    if is_remote(text) or _HALF_URL.match(text):
        raise ArgumentTypeError(
            f"got {redact(str(shorten(text)))!r}, expected a path; a URL is spelt scheme://host/path"
        )
    if os.name != "nt" and _DRIVE.match(text):
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a path of this machine, which has no drives")
    try:
        text.encode()
        path = Path(text).expanduser() if text.startswith("~") else Path(text)
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a path ({error.strerror})") from None
    except RuntimeError:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected the home directory of a user") from None
    except ValueError:  # a null character, or bytes that are no text
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a path of UTF-8 text") from None
    return path


def parse_place(text: str) -> str:
    """Read a path, also as file:///path, or a URL, which `storage.locate` takes with its options."""
    if text.startswith(_FILE):
        host, _, path = text.removeprefix(_FILE).partition("/")
        if host not in ("", "localhost"):
            raise ArgumentTypeError(f"got {shorten(text)!r}, expected file:///path, or a plain path")
        return str(parse_path("/" + unquote(path)))
    if not is_remote(text):
        return str(parse_path(text))
    if not text.isprintable() or len(text) > _MAX_URL:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a URL of at most {_MAX_URL:,} printable characters")
    return text


def parse_date(text: str) -> date:
    """Read YYYY-MM-DD or the original's MM-DD-YYYY."""
    for pattern in ("%Y-%m-%d", "%m-%d-%Y"):
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ArgumentTypeError(f"got {shorten(text)!r}, expected a date as YYYY-MM-DD or MM-DD-YYYY")


def parse_dates(text: str) -> tuple[date, date]:
    """Read FROM..TO."""
    first, dots, last = text.partition("..")
    if not dots:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected two dates as FROM..TO")
    return parse_date(first), parse_date(last)


def parse_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """Read whole numbers and ranges of them, separated by commas, as first and last numbers."""
    ranges = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if not match:
            raise ArgumentTypeError(f"got {shorten(text)!r}, expected numbers and ranges such as 17,4711-4720")
        ranges.append((int(match[1]), int(match[2] or match[1])))
    return tuple(ranges)


def parse_map(text: str) -> tuple[tuple[str, str], ...]:
    """Read OURS=THEIRS pairs separated by commas."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for ours, equals, theirs in pairs:
        if not (ours.strip() and equals and theirs.strip()):
            raise ArgumentTypeError(f"got {shorten(text)!r}, expected OURS=THEIRS, separated by commas")
    return tuple((ours.strip(), theirs.strip()) for ours, _, theirs in pairs)


def parse_storage_option(text: str) -> tuple[str, str]:
    """Read KEY=VALUE."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError("expected KEY=VALUE, such as endpoint=http://localhost:9000")  # it may hold a secret
    return name.replace("-", "_"), value


def read_storage_options(text: str) -> tuple[tuple[str, str], ...]:
    """Read the options in a file, a line each; empty lines and those that begin with # are passed over."""
    path = parse_path(text)
    try:
        if os.name != "nt" and path.stat().st_mode & 0o077:
            raise ArgumentTypeError(f"got {shorten(text)!r}, expected a file that only you can read: chmod 600 it")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a file ({error.strerror})") from None
    except ValueError:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a file of UTF-8 text") from None
    return tuple(parse_storage_option(line) for line in lines if line and not line.startswith("#"))


def parse_partition_keys(text: str) -> tuple[PartitionKey, ...]:
    """Read a comma-separated choice of partition keys; the empty text means none."""
    known = {key: key for key in PARTITION_KEYS}
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    for name in names:
        if name not in known:
            advice = suggest(name, PARTITION_KEYS)
            expected = f"any of {', '.join(PARTITION_KEYS)}, or nothing{advice and '; ' + advice}"
            raise ArgumentTypeError(f"got {shorten(name)!r}, expected {expected}")
    return tuple(known[name] for name in names)  # type: ignore[index]


def parse_size(text: str) -> int:
    """Read a number of bytes, with KB, MB, GB or KiB, MiB, GiB if wanted."""
    match = _SIZE.fullmatch(text.strip())
    if not match or int(match[1]) == 0:
        raise ArgumentTypeError(f"got {shorten(text)!r}, expected a size such as 256MiB or 100MB")
    return int(match[1]) * _SIZE_UNITS[(match[2] or "").upper()]


def parse_weights(text: str) -> dict[str, float]:
    """Read names with weights, NAME=WEIGHT, separated by commas; a name alone weighs 1."""
    weights: dict[str, float] = {}
    for part in parse_names(text):
        name, equals, weight = part.partition("=")
        if not name or name in weights:
            raise ArgumentTypeError(f"got {shorten(text)!r}, expected names with weights such as a=3,b=2, each once")
        weights[name] = parse_number(weight) if equals else 1.0
    return weights


def parse_names(text: str) -> tuple[str, ...]:
    """Read names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
