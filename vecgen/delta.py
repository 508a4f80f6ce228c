"""Delta tables: written files made one snapshot, and the files that a snapshot holds, without a JVM."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final, Literal

import pyarrow as pa

from vecgen.errors import InputError, OutputError
from vecgen.manifest import FileRecord
from vecgen.storage import Place, RemotePath, describe

LOG: Final = "_delta_log"
CommitMode = Literal["error", "append", "overwrite"]

# Names of our options of a store (`storage.locate`) in deltalake.
_OPTIONS: Final = {
    "endpoint": "AWS_ENDPOINT_URL",
    "region": "AWS_REGION",
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "role_arn": "AWS_IAM_ROLE_ARN",
}


def commit_files(
    table: Place,
    records: Iterable[FileRecord],
    schema: pa.Schema,
    partitions: pa.Schema,
    mode: CommitMode,
    load: str,
) -> None:
    """Make files that are written below `table` one snapshot of a Delta table; a load that is committed already stays.

    Args:
        records: Their paths begin with the name of the table's directory.
        schema: Of the rows in the files.
        partitions: Of the columns whose values the paths hold.
        mode: "error" for a new table; "append" to what it holds, or "overwrite" it.
        load: What the files are known by, the application id of the transaction.

    Raises:
        InputError: deltalake is not installed.
        OutputError: The table cannot be written.
    """
    deltalake = import_deltalake("--table")
    uri, options = str(table), _storage_options(table)
    transaction = deltalake.Transaction(app_id=load, version=1)
    properties = deltalake.CommitProperties(app_transactions=[transaction], custom_metadata={"vecgen": load})
    fields = pa.schema([*schema, *partitions])
    now = int(time.time() * 1000)
    actions = [_to_action(deltalake, record, now) for record in records]
    try:
        if deltalake.DeltaTable.is_deltatable(uri, options):
            there = deltalake.DeltaTable(uri, storage_options=options)
            if there.transaction_version(load) is None:
                there.create_write_transaction(actions, mode, fields, partitions.names, commit_properties=properties)
            return
        deltalake.transaction.create_table_with_add_actions(
            uri,
            deltalake.Schema.from_arrow(fields),
            actions,
            partition_by=partitions.names,
            storage_options=options,
            commit_properties=properties,
        )
    except (OSError, ValueError, deltalake.exceptions.DeltaError) as error:
        reason = describe(OSError(str(error)), table)
        raise OutputError(f"{table}: the Delta table cannot be written ({reason})") from error


def live_files(table: Place) -> set[str]:
    """Return the files of a table's last snapshot, relative to it.

    Raises:
        InputError: deltalake is not installed, or the table cannot be read.
    """
    deltalake = import_deltalake(str(table))
    try:
        there = deltalake.DeltaTable(str(table), storage_options=_storage_options(table))
        return set(pa.table(there.get_add_actions())["path"].to_pylist())
    except (OSError, ValueError, deltalake.exceptions.DeltaError) as error:
        raise InputError(str(table), "", describe(OSError(str(error)), table), "a Delta table") from error


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


def _to_action(deltalake: ModuleType, record: FileRecord, now: int) -> Any:
    name = record.path.split("/", 1)[1]
    values = dict(part.split("=", 1) for part in name.split("/")[:-1])
    stats: dict[str, Any] = {"numRecords": record.rows}
    if record.first_date and record.last_date:
        stats["minValues"] = {"trans_date": record.first_date.isoformat()}
        stats["maxValues"] = {"trans_date": record.last_date.isoformat()}
    return deltalake.transaction.AddAction(name, record.bytes, values, now, True, json.dumps(stats))


def _storage_options(table: Place) -> dict[str, str] | None:
    if not isinstance(table, RemotePath) or not table.store.scheme.startswith("s3"):
        return None
    known = dict(table.store.options)
    if "endpoint" in known and "://" not in known["endpoint"]:
        known["endpoint"] = f"{known.get('scheme', 'https')}://{known['endpoint']}"
    options = {_OPTIONS[name]: value for name, value in known.items() if name in _OPTIONS}
    return {**options, "AWS_ALLOW_HTTP": "true"} if known.get("endpoint", "").startswith("http://") else options
