"""Reads receipts and records of runs strictly: size, kind of file, depth, types and names are checked.

Receipts and records travel with a dataset, so they are input like any other: nothing is taken from them that could name
a file outside their output, or fail in arithmetic on text.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from vecgen.config.json_value import JsonValue
from vecgen.config.profile import MAX_WEIGHT
from vecgen.errors import InputError, OutputError, setting
from vecgen.io.schema import PART_COLUMNS
from vecgen.stores.filesystem import Place, open_input, size_of

FILE_LIST: Final = "_vecgen_files.jsonl"
"""See `file_list`."""
_MAX_BYTES: Final = 1 << 24
_MAX_LINE: Final = 1 << 15
_MAX_DEPTH: Final = 8
_MAX_TEXT: Final = 1 << 13
_MAX_ITEMS: Final = 1_000_000
_MAX_NUMBER: Final = (1 << 63) - 1
_MAX_CORES: Final = 1 << 20
_NOTHING: Final = object()

Check = Callable[[JsonValue], Any]


def read_recorded(path: Place, what: str, check: Check, remedy: str = "delete it") -> JsonValue | None:
    """Return the JSON value of a file that vecgen has written and `check` accepts, None where there is no file.

    Args:
        what: The file is, in words.
        remedy: What to do about a file that is refused.

    Raises:
        InputError: It is no file, too large, no UTF-8, no JSON, nested deeper than anything vecgen writes, or `check`
            refuses a value.
    """
    try:
        raw = _read_json(path)
        if raw is _NOTHING:
            return None
        value = JsonValue(str(path), "", raw)
        _check_depth(value)
        check(value)
    except InputError as error:
        raise InputError(error.where, error.field, error.value, f"{error.expected} in {what}", remedy) from None
    return value


def read_recorded_lines(path: Place, what: str, check: Check) -> Iterator[Any]:
    """Yield the JSON value of each line of a file that vecgen has written; only one line is in memory at a time.

    Args:
        what: The file is, in words.

    Raises:
        InputError: There is no file, or a line is too long, no JSON, or refused by `check`.
    """
    number = 0
    try:
        _refuse_pipe(path)
        with open_input(path) as source, io.BufferedReader(source) as lines:
            while line := lines.readline(_MAX_LINE):
                number += 1
                value = JsonValue(f"{path}: line {number}", "", json.loads(line, parse_constant=_refuse_constant))
                check(value)
                yield value.raw
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: line {number}", "", type(error).__name__, what) from error


def _refuse_pipe(path: Place) -> None:
    """Accept a regular file only: opening a pipe could block for ever."""
    if isinstance(path, Path) and not stat.S_ISREG(path.stat().st_mode):
        raise InputError(str(path), "", "not a regular file", "a regular file")


def _read_json(path: Place) -> object:
    try:
        _refuse_pipe(path)
        if (size := size_of(path)) > _MAX_BYTES:
            raise InputError(str(path), "", f"{size:,} bytes", f"at most {_MAX_BYTES:,} bytes")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        return _NOTHING
    except (OSError, ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise InputError(str(path), "", type(error).__name__, "JSON") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _check_depth(value: JsonValue) -> None:
    # Level by level: a recursion would fail on what it is to refuse.
    level: list[object] = [value.raw]
    for _ in range(_MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
    if level:
        value.fail(f"at most {_MAX_DEPTH} levels")


def _children(parent: object) -> Sequence[object]:
    if isinstance(parent, dict):
        return list(parent.values())
    return parent if isinstance(parent, list) else ()


# ------------------------------------------------------------------------------------------------------------- receipts
def check_receipt(receipt: JsonValue) -> None:
    """Accept a receipt whose values have the types in which it is used.

    Raises:
        InputError: The first value that has not.
    """
    _check_members(receipt, _RECEIPT, optional=("files", "identity", "loads"))
    for name, check in _USED.items():
        outer, _, inner = name.partition(".")
        _resolve(receipt.child(outer), inner, check)
    _check_members(receipt.child("request").child("law"), _LATER, optional=tuple(_LATER))


def _resolve(value: JsonValue, path: str, check: Check) -> None:
    for name in path.split("."):
        value = value.child(name)
    check(value)


def _check_members(value: JsonValue, checks: Mapping[str, Check], optional: Sequence[str] = ()) -> None:
    """Accept an object with these members; others are not checked."""
    present = {child.key for child in value.children()}
    for name, check in checks.items():
        if name in present or name not in optional:
            check(value.child(name))


def _text(value: JsonValue) -> str:
    if not isinstance(value.raw, str) or len(value.raw) > _MAX_TEXT or "\0" in value.raw:
        value.fail(f"text of at most {_MAX_TEXT:,} characters")
    return value.raw


def _matching(pattern: str, expected: str) -> Check:
    def check(value: JsonValue) -> None:
        if not isinstance(value.raw, str) or not re.fullmatch(pattern, value.raw, re.ASCII):
            value.fail(expected)

    return check


def _count(value: JsonValue) -> None:
    value.integer(0, _MAX_NUMBER)


def _switch(value: JsonValue) -> None:
    if not isinstance(value.raw, bool):
        value.fail("true or false")


def _day(value: JsonValue) -> None:
    try:
        date.fromisoformat(_text(value))
    except ValueError:
        value.fail("a date YYYY-MM-DD")


def _or_none(check: Check) -> Check:
    return lambda value: None if value.raw is None else check(value)


def _each(check: Check, number: int | None = None) -> Check:
    """Return the check of a list, of `number` items if that is given."""

    def check_items(value: JsonValue) -> None:
        raw = value.raw
        if not isinstance(raw, list) or len(raw) > _MAX_ITEMS or number not in (None, len(raw)):
            value.fail(f"a list of {number} values" if number else "a list")
        for place, item in enumerate(raw):
            check(JsonValue(value.where, f"{value.path}[{place}]", item))

    return check_items


def _weighted(value: JsonValue) -> None:
    """Accept an object of objects that have weights, and may say where they are from."""
    for child in value.children():
        child.child("weight").number(0.0, MAX_WEIGHT)
        if not (folder := child.child("folder")).is_missing:
            _text(folder)


def _object(value: JsonValue) -> None:
    value.children()


def _reporting(value: JsonValue) -> None:
    for child in value.children():
        child.check_key(tuple(_REPORTING))
        _REPORTING[child.key](child)


_REPORTING: Final[Mapping[str, Check]] = {
    "report_delay": _matching(r"[0-9.e+-]{1,30},[0-9.e+-]{1,30}", "MEAN,STDEV"),
    **dict.fromkeys(("never_reported", "false_reports"), lambda value: value.number(0.0, 1.0)),
    "labels_as_of": _day,
}
_DIGEST: Final = _matching("[0-9a-f]{32}", "32 hexadecimal digits")
_PART: Final[Mapping[str, Check]] = {"rows": _count, "files": _count, "bytes": _count, "digest": _or_none(_DIGEST)}
_LOAD_NAME: Final = _matching("([0-9a-f]{8}-)?", "eight hexadecimal digits and a dash, or nothing")


def _parts(value: JsonValue) -> None:
    for part in value.children():
        part.check_key(tuple(PART_COLUMNS))
        _check_members(part, _PART)


_LOAD: Final[Mapping[str, Check]] = {
    "name": _LOAD_NAME,
    **dict.fromkeys(("first", "last", "start", "end"), _day),
    "parts": _parts,
}
_FILES: Final[Mapping[str, Check]] = {"path": _matching(re.escape(FILE_LIST), FILE_LIST), "checksum": _DIGEST}
_RECEIPT: Final[Mapping[str, Check]] = {
    "version": _text,
    "fingerprint": _text,
    "request": _object,
    "output": _object,
    "parts": _parts,
    "seconds": lambda value: value.number(0, float(_MAX_NUMBER)),
    "cores": lambda value: value.integer(1, _MAX_CORES),
    "rows_per_second_and_core": _count,
    "identity": _object,
    "loads": _each(lambda load: _check_members(load, _LOAD)),
    "files": _or_none(lambda files: _check_members(files, _FILES)),
}
_USED: Final[Mapping[str, Check]] = {
    "request.law.period.start": _day,
    "request.law.period.end": _day,
    "request.law.fraud_rate": lambda value: value.number(0.0, 1.0),
    "request.law.fraud_days": lambda value: value.integer(1, 366),
    "request.law.dependence": _text,
    "request.law.travel": _switch,
    "request.profiles": _text,
    "request.demographics": _text,
    "request.customers_file": _or_none(_text),
    "request.customers": _count,
    "request.seed": lambda value: value.integer(0, (1 << 64) - 1),
    "request.as_of": _or_none(_day),
    "request.safe_identifiers": _switch,
    "output.path": _text,
    "output.partition_by": _each(_text),
    "output.single_file": _switch,
    "output.append": _switch,
    "output.table": _or_none(_text),
    "output.batches": _each(_each(_count, 2)),
    "output.only_dates": _or_none(_each(_day, 2)),
}
"""The checked values of a request and an output, by path."""
_LATER: Final[Mapping[str, Check]] = {
    "fraud_stealth": lambda value: value.number(0.0, 1.0),
    "reporting": _reporting,
    "fraud_types": _weighted,
}
"""The checked parameters of a model that are only there where they differ from their defaults."""


# -------------------------------------------------------------------------------------------------------------- records
def check_run(run: JsonValue) -> None:
    """Accept the record of how a run was started; `load` is part of the names of its files."""
    _check_members(
        run,
        {
            "rows_per_batch": lambda value: value.integer(1, _MAX_NUMBER),
            "replaces": _switch,
            "load": _LOAD_NAME,
        },
    )


def check_move(move: JsonValue) -> None:
    """Accept the record of which files of a new dataset are moved to its place."""
    _check_members(move, {"new": _matching("new-[0-9a-f]{32}", "the name of a new dataset"), "files": _each(_path)})


def check_records(records: JsonValue) -> None:
    """Accept the records of a batch's files, all of which lie in a part of the dataset."""
    _each(lambda record: _check_members(record, _RECORD))(records)


def _path(value: JsonValue) -> None:
    parts = _text(value).split("/")
    if len(parts) < 2 or parts[0] not in PART_COLUMNS or {"", ".", ".."}.intersection(parts) or "\\" in str(value.raw):
        value.fail(f"a path below one of {', '.join(PART_COLUMNS)}")


_RECORD: Final[Mapping[str, Check]] = {
    "path": _path,
    "rows": _count,
    "bytes": _count,
    "checksum": _DIGEST,
    "digest": _DIGEST,
    "first_date": _or_none(_day),
    "last_date": _or_none(_day),
}


def check_listed(line: JsonValue) -> None:
    """Accept a line of the list of files: a record in which some values may be unknown."""
    for child in line.children():
        child.check_key(tuple(_RECORD))
    _check_members(line, {**_RECORD, **{name: _or_none(_RECORD[name]) for name in ("rows", "checksum", "digest")}})


# ---------------------------------------------------------------------------------------------------------------- links
def refuse_links(output: Place) -> None:
    """Accept an output that holds files and directories only: through a link, a run would write or remove elsewhere.

    Raises:
        OutputError: There is a link or a special file below it.
    """
    if isinstance(output, Path):
        for entry in _walk(output):
            raise OutputError(
                f"{setting('output')}: {entry} is a link or a special file; remove it, or choose another output"
            )


def _walk(directory: Path) -> Iterator[Path]:
    """Yield what is neither a file nor a directory below a directory that is there."""
    try:
        entries = list(os.scandir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise OutputError(
            f"{setting('output')}: {directory} cannot be read ({error.strerror}); choose another"
        ) from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif not entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
