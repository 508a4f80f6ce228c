"""Commits files to Delta tables and lists the files of a snapshot, without a JVM."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final, Literal

import pyarrow as pa

from vecgen.errors import InputError, OutputError, setting
from vecgen.io.file_record import FileRecord
from vecgen.io.schema import CUSTOMER_ID, FRAUD_PROBABILITY, FRAUD_TYPE, REPORTED_DATE
from vecgen.stores.filesystem import Place, RemotePath, describe
from vecgen.stores.options import spell_endpoint

LOG: Final = "_delta_log"
CommitMode = Literal["error", "append", "overwrite"]
_REMEDY: Final = f"use the options of the table, or choose another {setting('output')}"
_ASKED_FOR: Final = {
    "with_customer_id": CUSTOMER_ID,
    "with_fraud_probability": FRAUD_PROBABILITY,
    "with_fraud_type": FRAUD_TYPE,
    "with_report_date": REPORTED_DATE,
}
"""Options that add columns, and the column that tells whether a table has them."""

# Names of our options of a store (`storage.locate`) in deltalake.
_OPTIONS: Final = {
    "endpoint": "AWS_ENDPOINT_URL",
    "region": "AWS_REGION",
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "role_arn": "AWS_IAM_ROLE_ARN",
    "anonymous": "AWS_SKIP_SIGNATURE",
    "force_virtual_addressing": "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
}


def commit_files(
    table: Place,
    records: Iterable[FileRecord],
    schema: pa.Schema,
    partitions: pa.Schema,
    mode: CommitMode,
    load: str,
) -> None:
    """Make files that are written below `table` one snapshot of a Delta table; those of a committed load stay.

    A load whose files are gone, since the table was restored to an earlier version, is committed again.

    Args:
        records: Their paths begin with the name of the table's directory.
        schema: Of the rows in the files.
        partitions: Of the columns whose values the paths hold.
        mode: "error" for a new table; "append" to what it holds, or "overwrite" it, whose columns change then.
        load: What the files are known by, the application id of the transaction.

    Raises:
        InputError: deltalake is not installed.
        OutputError: The table cannot be written.
    """
    deltalake = import_deltalake(setting("table"))
    uri, options = str(table), _storage_options(table)

    def describe_commit(version: int) -> Any:
        transaction = deltalake.Transaction(app_id=load, version=version)
        return deltalake.CommitProperties(app_transactions=[transaction], custom_metadata={"vecgen": load})

    fields = pa.schema([*schema, *partitions])
    now = int(time.time() * 1000)
    ranges = "trans_date" in schema.names
    actions = [_to_action(deltalake, record, now, ranges=ranges) for record in records]
    try:
        if deltalake.DeltaTable.is_deltatable(uri, options):
            there = deltalake.DeltaTable(uri, storage_options=options)
            known = there.transaction_version(load)
            if known is None or not {action.path for action in actions} <= _list_live(there):
                there.create_write_transaction(
                    actions, mode, fields, partitions.names, commit_properties=describe_commit((known or 0) + 1)
                )
            return
        deltalake.transaction.create_table_with_add_actions(
            uri,
            deltalake.Schema.from_arrow(fields),
            actions,
            partition_by=partitions.names,
            storage_options=options,
            commit_properties=describe_commit(1),
        )
    except (OSError, ValueError, deltalake.exceptions.DeltaError) as error:
        reason = describe(OSError(str(error)), table)
        raise OutputError(f"{table}: the Delta table cannot be written ({reason})") from error


def live_files(table: Place) -> set[str]:
    """Return the files of a table's last snapshot, relative to it.

    Raises:
        InputError: deltalake is not installed, or the table cannot be read.
    """
    return _list_live(_open_table(table))


def list_ranges(table: Place) -> set[tuple[str, str]]:
    """Return the first and the last `trans_date` (YYYY-MM-DD) of each file of a table's last snapshot.

    A file whose statistics do not say it may hold any.

    Raises:
        InputError: See `live_files`.
    """
    actions = pa.table(_open_table(table).get_add_actions(flatten=True))
    if not actions.num_rows:
        return set()
    bounds = []
    for name, unknown in (("min.trans_date", "0001-01-01"), ("max.trans_date", "9999-12-31")):
        known = actions[name].to_pylist() if name in actions.column_names else [None] * actions.num_rows
        bounds.append([str(day) if day else unknown for day in known])
    return set(zip(*bounds, strict=True))


def check_partitions(table: Place, partitions: pa.Schema) -> None:
    """Accept files of these partition columns for a table, whether they are added to what it holds or replace that.

    Raises:
        InputError: deltalake is missing, or the table has others: no commit of that library changes them.
    """
    keys = list(_open_table(table).metadata().partition_columns)
    if keys != partitions.names:
        expected = f"{','.join(keys)!r}, by which {table} is partitioned"
        raise InputError(setting("partition_by"), "", ",".join(partitions.names), expected, _REMEDY)


def check_columns(table: Place, schema: pa.Schema, partitions: pa.Schema, *, by_option: bool = True) -> None:
    """Accept files of these columns and partition columns beside those of a table; to replace these, any may do.

    Args:
        by_option: Whether options add columns to the table, and not what is known of its rows.

    Raises:
        InputError: deltalake is missing, or the table has others.
    """
    deltalake = import_deltalake(setting("table"))
    ours, theirs = (
        {field.name: field.type for field in known.fields}
        for known in (deltalake.Schema.from_arrow(pa.schema([*schema, *partitions])), _open_table(table).schema())
    )
    for option, column in _ASKED_FOR.items() if by_option else ():
        if (column.name in ours) != (column.name in theirs):
            expected = f"{str(column.name in theirs).lower()}, as the columns of {table} are"
            raise InputError(setting(option), "", column.name in ours, expected, _REMEDY)
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            raise InputError(str(table), f"column {name}", str(theirs.get(name)), str(ours.get(name)), _REMEDY)


def _open_table(table: Place) -> Any:
    deltalake = import_deltalake(str(table))
    check_store(table)
    try:
        return deltalake.DeltaTable(str(table), storage_options=_storage_options(table))
    except (OSError, ValueError, deltalake.exceptions.DeltaError) as error:
        raise InputError(str(table), "", describe(OSError(str(error)), table), "a Delta table") from error


def _list_live(there: Any) -> set[str]:
    return set(pa.table(there.get_add_actions())["path"].to_pylist())


def check_store(table: Place) -> None:
    """Accept a store that deltalake reaches with the options that are given.

    Raises:
        InputError: An option that it does not know.
    """
    if isinstance(table, RemotePath) and "tls_ca_file_path" in dict(table.store.options):
        expected = "none for Delta tables, whose library reads the certificates of the system only"
        remedy = "add the certificate to those of the system, or write plain files"
        raise InputError(setting("storage_option"), "tls_ca_file_path", "a file", expected, remedy)


def import_deltalake(where: str) -> ModuleType:
    """Return the optional library.

    Raises:
        InputError: It is not installed.
    """
    try:
        import deltalake
        import deltalake.exceptions
        import deltalake.transaction
    except ImportError as error:
        remedy = "pip install deltalake"
        raise InputError(where, "delta", "no deltalake", "the library for Delta tables", remedy) from error
    return deltalake


def _to_action(deltalake: ModuleType, record: FileRecord, now: int, *, ranges: bool) -> Any:
    name = record.path.split("/", 1)[1]
    values = dict(part.split("=", 1) for part in name.split("/")[:-1])
    stats: dict[str, Any] = {"numRecords": record.rows}
    if ranges and record.first_date and record.last_date:
        stats["minValues"] = {"trans_date": record.first_date.isoformat()}
        stats["maxValues"] = {"trans_date": record.last_date.isoformat()}
    return deltalake.transaction.AddAction(name, record.bytes, values, now, True, json.dumps(stats))


def _storage_options(table: Place) -> dict[str, str] | None:
    if not isinstance(table, RemotePath) or not table.store.scheme.startswith("s3"):
        return None
    known = dict(table.store.options)
    if endpoint := spell_endpoint(known, table.store.root.partition("://")[2]):
        known["endpoint"] = endpoint
    options = {_OPTIONS[name]: value for name, value in known.items() if name in _OPTIONS}
    return {**options, "AWS_ALLOW_HTTP": "true"} if known.get("endpoint", "").startswith("http://") else options
