"""Loads into a table: which files belong to one, whether it may come, and what a receipt says of several."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from vecgen.arrow import arrow_schema
from vecgen.dates import Period
from vecgen.delta import CommitMode, commit_files, import_deltalake
from vecgen.digest import Digest, parse_digest
from vecgen.errors import InputError, OutputError
from vecgen.generate import TRANSACTIONS, Output
from vecgen.manifest import FileRecord
from vecgen.plan import Plan
from vecgen.receipt import Part, Receipt
from vecgen.schema import PART_COLUMNS

Load = tuple[str, str, str]
"""Name, first and last date of what one run has committed."""


def name_load(asked: Mapping[str, Any], replaced: Receipt | None) -> str:
    """Return what the names of a load's files begin with: eight hexadecimal digits of all that was asked, and a dash.

    Files of a table that is replaced stay for those who read it; so its successor's names depend on it.
    """
    told = [dict(asked), replaced.loads if replaced else None]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8] + "-"


def describe_load(output: Output, period: Period) -> Load:
    """Return the load that a run commits."""
    first, last = output.only_dates or (period.start, period.end)
    return output.load, first.isoformat(), last.isoformat()


def check_load(output: Output, plan: Plan, before: Receipt | None, replaces: bool) -> bool:
    """Accept a load beside or instead of what is there, and return whether it has been committed already.

    Raises:
        InputError: deltalake is missing, or the dates or the request do not fit what has been appended to.
        OutputError: The output holds no such table.
    """
    import_deltalake("--table")
    if before is None:
        if output.append:
            raise OutputError(f"--append: {output.path} holds no table of vecgen; begin it without --append")
        return False
    if (replaces or output.append) and before.output.get("table") != output.table:
        raise OutputError(f"--table: {output.path} holds a dataset that is no {output.table} table; choose another")
    if not output.append:
        return False
    load = describe_load(output, plan.tables.law.period)
    if load not in before.loads:
        _check_append(load, plan, before)
        return False
    return True


def _check_append(load: Load, plan: Plan, before: Receipt) -> None:
    if before.fingerprint != plan.fingerprint:
        expected = f"{before.fingerprint}, the same customers, law and seed as before"
        raise InputError("--append", "fingerprint", plan.fingerprint, expected, "ask for the same, or begin a table")
    for name, first, last in before.loads:
        if first <= load[2] and load[1] <= last:
            taken = f"dates that are not in the table, which holds {first}..{last} ({name[:-1]})"
            raise InputError("--append", "--only-dates", f"{load[1]}..{load[2]}", taken)


def commit_load(output: Output, parts: Iterable[str], records: Iterable[FileRecord], replaces: bool) -> None:
    """Commit the files of a load, the customers first: who reads both finds everybody.

    Raises:
        OutputError: A table cannot be written.
    """
    mode: CommitMode = "append" if output.append else "overwrite" if replaces else "error"
    kept = list(records)
    for part in sorted(parts):
        own = [record for record in kept if record.path.startswith(f"{part}/")]
        keys = output.partition_columns() if part == TRANSACTIONS else ()
        commit_files(
            output.path / part,
            own,
            arrow_schema(output.columns(PART_COLUMNS[part])),
            arrow_schema(keys),
            mode,
            f"vecgen-{output.load[:-1]}",
        )


def unite(before: Receipt, now: Receipt, period: Period) -> Receipt:
    """Return the receipt of a table to which a load was appended; once all dates are there, that of the whole."""
    if now.loads[0] in before.loads:
        return before
    parts = {name: _add(before.parts.get(name), now.parts.get(name)) for name in {**before.parts, **now.parts}}
    loads = tuple(sorted({*before.loads, *now.loads}, key=lambda load: load[1]))
    days = sum((date.fromisoformat(last) - date.fromisoformat(first)).days + 1 for _, first, last in loads)
    output = {**now.output, "append": False}
    if days == period.days:
        output["only_dates"] = None
    return replace(now, parts=parts, loads=loads, output=output)


def _add(one: Part | None, other: Part | None) -> Part:
    if one is None or other is None:
        part = one or other
        assert part is not None
        return part
    digests = [parse_digest(part.rows, part.digest) if part.digest else Digest() for part in (one, other)]
    return Part(one.rows + other.rows, one.files + other.files, one.bytes + other.bytes, str(digests[0] + digests[1]))
