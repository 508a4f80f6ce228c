"""Appends a load, the dates or the period of one run, to a dataset with earlier loads.

The file names of a load have its own prefix, so that loads share directories and can be told apart. In a table a load
is one commit; among plain files `_SUCCESS` is missing until it is complete. The receipt says what is there already,
and of a table the table itself, which may have been restored to an earlier version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from vecgen.errors import InputError, OutputError, setting
from vecgen.io.delta import (
    CommitMode,
    check_columns,
    check_partitions,
    check_store,
    commit_files,
    import_deltalake,
    list_ranges,
)
from vecgen.io.digest import Digest, parse_digest
from vecgen.io.file_record import FileRecord
from vecgen.io.schema import CUSTOMERS, FRAUD_CASES, TRANSACTIONS, arrow_schema
from vecgen.model.params import ModelParameters, recorded_parameters
from vecgen.plan.output import Output, Target
from vecgen.plan.plan import Plan
from vecgen.plan.request import UNSTATED
from vecgen.records.file_list import ListedFile, read_other_loads
from vecgen.records.receipt import RECEIPT, Load, Part, Receipt, read_receipt
from vecgen.run.fraud_cases import list_columns
from vecgen.stores.refusals import refuse_difference

_PERIOD: Final = ("start", "end")
_FORM: Final = (
    "format",
    "partition_by",
    "with_customer_id",
    "with_fraud_probability",
    "with_fraud_type",
    "with_report_date",
    "columns",
)


def name_load(asked: Mapping[str, Any], before: Receipt | None, replaces: bool) -> str:
    """Return the prefix of a load's file names: eight hexadecimal digits of a hash of its options, and a dash.

    Files of a table that is replaced stay for those who read it; so its successor's names depend on it.
    """
    taken = [load.name for load in before.loads] if before and replaces else []
    told = [{name: value for name, value in asked.items() if name != "append"}, taken]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8] + "-"


def describe_load(output: Output, plan: Plan, name: str, parts: Mapping[str, Part]) -> Load:
    """Return the load that a run adds."""
    period = plan.tables.law.period
    first, last = output.selection.only_dates or (period.start, period.end)
    days = [day.isoformat() for day in (first, last, period.start, period.end)]
    return Load(name=name, first=days[0], last=days[1], start=days[2], end=days[3], parts=dict(parts))


def check_append(output: Output, parts: Sequence[str], replaces: bool) -> None:
    """Accept what can be appended.

    Raises:
        InputError: Nothing but customers, or a dataset that is to be replaced at the same time.
    """
    if output.append and replaces:
        raise InputError(setting("append"), "", "overwrite", "one of the two")
    if output.append and TRANSACTIONS not in parts:
        raise InputError(setting("append"), "", "customers alone", "transactions: customers are written once")


def survey(output: Output) -> Receipt | None:
    """Return the receipt of the dataset that a load may be added to, with the loads that are there; None if it is new.

    Raises:
        InputError: deltalake is missing, or the receipt or the table cannot be read.
    """
    if output.table:
        import_deltalake(setting("table"))
        check_store(output.path)
    receipt = read_receipt(output.path)
    if receipt is None:
        return None
    loads = receipt.loads or _whole(receipt)
    if not output.table or receipt.output.get("table") != output.table:
        return replace(receipt, loads=loads)
    there = list_ranges(output.path / TRANSACTIONS)
    return replace(receipt, loads=tuple(load for load in loads if _is_there(load, there)))


def _whole(receipt: Receipt) -> tuple[Load, ...]:
    """Return the only load of a dataset that was started without --append."""
    period = recorded_parameters(receipt.request, RECEIPT).period
    start, end = period.start.isoformat(), period.end.isoformat()
    dates: Any = receipt.output.get("only_dates") or (start, end)
    return (Load(name="", first=dates[0], last=dates[1], start=start, end=end, parts=receipt.parts),)


def _is_there(load: Load, ranges: Iterable[tuple[str, str]]) -> bool:
    if TRANSACTIONS not in load.parts or load.parts[TRANSACTIONS].rows == 0:
        return True
    return any(first <= load.last and load.first <= last for first, last in ranges)


def check_load(output: Output, plan: Plan, before: Receipt | None, replaces: bool) -> bool:
    """Accept a load beside or instead of what is there, and return whether all of it is there already.

    Raises:
        InputError: Request, form or dates do not fit what is there.
        OutputError: The output holds no such table.
    """
    if before is None:
        return False
    if (replaces or output.append) and before.output.get("table") != output.table:
        held = "no table" if before.output.get("table") is None else f"a {before.output['table']} table"
        wanted = f"{setting('table')} {output.table}" if output.table else setting("append")
        raise OutputError(f"{wanted}: {output.path} holds {held}; choose the same kind, or another {setting('output')}")
    if output.table and (replaces or output.append):
        _check_tables(output, plan.tables.law, before.parts)
    if replaces:
        return False
    load = describe_load(output, plan, "", {})
    known = {other.dates for other in before.loads}
    if not output.append:  # refused, unless a scheduler repeats the load that started the table
        return load.dates in known and before.identity == plan.identity
    _check_fit(output, plan, before)
    if load.dates in known:
        return True
    _check_dates(load, before.loads)
    return False


def _check_tables(output: Output, law: ModelParameters, parts: Iterable[str]) -> None:
    """Refuse partitions that a table does not have, and columns, unless all of its rows are replaced."""
    for part in parts:
        columns, keys = _layout(output, part, law)
        check_partitions(output.path / part, keys)
        if output.append:
            check_columns(output.path / part, columns, keys, by_option=part != FRAUD_CASES)


def _check_fit(output: Output, plan: Plan, before: Receipt) -> None:
    """Refuse other customers, another law, or another form than those of the loads that are there."""
    if before.output.get("batches"):
        raise InputError(setting("append"), "", "batches of a dataset", "a dataset with all of its customers")
    asked = {name: value for name, value in {**UNSTATED, **plan.identity}.items() if name not in _PERIOD}
    form = ("columns",) if output.table else _FORM  # a table knows its partitions, and what else a part may have
    asked |= {name: _plain(getattr(output.form, name)) for name in form}
    refuse_difference("append", output.path, asked, {**before.output, **before.identity})


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _check_dates(load: Load, loads: Iterable[Load]) -> None:
    for other in loads:
        if other.first <= load.last and load.first <= other.last:
            expected = f"dates that are not there yet, as {other.first}..{other.last} are"
            raise InputError(setting("append"), setting("only_dates"), f"{load.first}..{load.last}", expected)
        if (other.start, other.end) != (load.start, load.end) and other.start <= load.end and load.start <= other.end:
            expected = f"the period {other.start}..{other.end}, which is there, or one beside it"
            raise InputError(
                setting("append"), f"{setting('start')}, {setting('end')}", f"{load.start}..{load.end}", expected
            )


def choose_kept(output: Output, plan: Plan, own: str, before: Receipt | None) -> tuple[str, ...]:
    """Return the parts that the appended load `own` finds written: customers, and the fraud cases of its period."""
    if before is None or not output.append:
        return ()
    start = plan.tables.law.period.start.isoformat()
    others = [load for load in before.loads if load.name != own]
    kept = {CUSTOMERS for load in others if CUSTOMERS in load.parts}
    kept |= {FRAUD_CASES for load in others if FRAUD_CASES in load.parts and load.start == start}
    return tuple(sorted(kept))


def list_other_loads(target: Target, before: Receipt | None) -> list[ListedFile] | None:
    """Return the files of the loads that a run adds to; None where an older version wrote them without a list.

    Raises:
        InputError: Their list is not the one that the receipt names.
    """
    if not target.output.append or before is None:
        return []
    return read_other_loads(target.directory, before.files, target.load) if before.files else None


def commit_load(
    target: Target, law: ModelParameters, parts: Iterable[str], records: Iterable[FileRecord], replaces: bool
) -> None:
    """Commit the files of a load, the customers first: who reads both finds everybody.

    Raises:
        OutputError: A table cannot be written.
    """
    output = target.output
    mode: CommitMode = "append" if output.append else "overwrite" if replaces else "error"
    kept = list(records)
    for part in sorted(parts):
        own = [record for record in kept if record.path.startswith(f"{part}/")]
        commit_files(target.directory / part, own, *_layout(output, part, law), mode, f"vecgen-{target.load[:-1]}")


def _layout(output: Output, part: str, law: ModelParameters) -> tuple[Any, Any]:
    """Return the schema of a part's files, and of the columns in its paths."""
    keys = output.form.partition_columns() if part == TRANSACTIONS else ()
    columns = list_columns(law) if part == FRAUD_CASES else output.form.columns_of(part)
    return arrow_schema(columns), arrow_schema(keys)


def unite(before: Receipt, now: Receipt) -> Receipt:
    """Return the receipt of a dataset to which a load was added; once all dates are there, that of whole periods."""
    loads = {load.name: load for load in (*before.loads, *now.loads)}
    ordered = tuple(sorted(loads.values(), key=lambda load: load.first))
    names = sorted({name for load in ordered for name in load.parts})
    parts = {name: _sum(load.parts[name] for load in ordered if name in load.parts) for name in names}
    asked = sum(_count_days(start, end) for start, end in {(load.start, load.end) for load in ordered})
    whole = sum(_count_days(load.first, load.last) for load in ordered) == asked
    only_dates = None if whole else [ordered[0].first, ordered[-1].last]
    return replace(now, parts=parts, loads=ordered, output={**now.output, "append": False, "only_dates": only_dates})


def _count_days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def _sum(parts: Iterable[Part]) -> Part:
    listed = list(parts)
    digests = [parse_digest(part.rows, part.digest) for part in listed if part.digest]
    known = len(digests) == len(listed)  # Spark's own writer tells none
    return Part(
        sum(part.rows for part in listed),
        sum(part.files for part in listed),
        sum(part.bytes for part in listed),
        str(sum(digests, Digest())) if known else None,
    )
