"""The receipt of a dataset: its options, what was written, and how to read it back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from vecgen.errors import InputError, OutputError, setting
from vecgen.io.schema import (
    ALL_COLUMNS,
    COLUMNS,
    CUSTOMER_ID,
    FRAUD_TYPE,
    PROBABILITY_COLUMNS,
    REPORTED_DATE,
    Column,
    choose_columns,
    select_digested,
)
from vecgen.records.file_list import FileList
from vecgen.records.parse import check_receipt, read_recorded
from vecgen.stores.filesystem import Place, is_file

RECEIPT: Final = "_vecgen.json"
SUCCESS: Final = "_SUCCESS"
PROGRESS: Final = "_progress"
"""Directory of the records of a run under way."""
RUN: Final = "run.json"
MOVE: Final = "move.json"


@dataclass(frozen=True)
class Part:
    """What was written of a part of the dataset; `digest` is None where Spark's own writer wrote it."""

    rows: int
    files: int
    bytes: int
    digest: str | None


@dataclass(frozen=True)
class Load:
    """What one run has added: dates first..last of the period start..end, all as YYYY-MM-DD.

    Attributes:
        name: What the names of its files begin with.
        parts: Its transactions; of the first loads also customers and the period's fraud cases.
    """

    name: str
    first: str
    last: str
    start: str
    end: str
    parts: dict[str, Part]

    @property
    def dates(self) -> tuple[str, str, str, str]:
        """What tells loads apart: their dates, and those of their period."""
        return self.first, self.last, self.start, self.end


@dataclass(frozen=True)
class Receipt:
    """The options of a dataset, what was written and how long it took: `_vecgen.json` beside the data.

    Attributes:
        fingerprint: Equal for two datasets if and only if they are defined to have the same rows.
        parts: By name: "customers", "transactions", "fraud_cases".
        cores: Processes or Spark task slots that shared the work.
        identity: See `Plan.identity`; empty where an older version wrote the receipt.
        loads: The loads of which the dataset consists, by date; empty for plain files of one run.
        files: The list of all files; None where an older version wrote the receipt.
    """

    version: str
    fingerprint: str
    request: dict[str, object]
    output: dict[str, object]
    parts: dict[str, Part]
    seconds: float
    cores: int
    rows_per_second_and_core: int
    identity: dict[str, object] = field(default_factory=dict)
    loads: tuple[Load, ...] = ()
    files: FileList | None = None


_REMEDY: Final = f"delete it and pass {setting('start')}, {setting('end')} and {setting('law')}"


def read_receipt(directory: Place) -> Receipt | None:
    """Return the receipt of a dataset, None where there is none.

    Raises:
        InputError: A file of its name that is not a receipt.
    """
    path = directory / RECEIPT
    value = read_recorded(path, "the receipt that vecgen wrote", check_receipt, _REMEDY)
    if value is None:
        return None
    raw = cast(dict[str, Any], value.raw)
    try:
        parts = _read_parts(raw["parts"])
        loads = tuple(Load(**{**load, "parts": _read_parts(load["parts"])}) for load in raw.get("loads", ()))
        files = FileList(**raw["files"]) if raw.get("files") else None
        return Receipt(**{**raw, "parts": parts, "loads": loads, "files": files})
    except TypeError as error:  # unknown keys
        expected = "the receipt that vecgen wrote"
        raise InputError(str(path), "", str(error), expected, _REMEDY) from error


def _read_parts(raw: Mapping[str, Any]) -> dict[str, Part]:
    return {name: Part(**part) for name, part in raw.items()}


def written_columns(receipt: Receipt) -> tuple[Column, ...]:
    """Return the columns of a dataset's transactions that their digest is over.

    Raises:
        InputError: A receipt that names others than transactions have.
    """
    names = receipt.output.get("columns")
    if names is None:
        return COLUMNS
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(RECEIPT, "output.columns", str(names), "a list of names")
    written = {column.name for column in choose_columns(names, ALL_COLUMNS, f"{RECEIPT}: output.columns")}
    return select_digested(written | {CUSTOMER_ID.name} if receipt.output.get("with_customer_id") else written, COLUMNS)


def stated_probabilities(receipt: Receipt) -> tuple[Column, ...]:
    """Return the columns of fraud probabilities that a dataset's transactions have."""
    names = receipt.output.get("columns")
    listed = names if isinstance(names, list) else []
    everything = bool(receipt.output.get("with_fraud_probability"))
    return tuple(column for column in PROBABILITY_COLUMNS if everything or column.name in listed)


def states_report_date(receipt: Receipt) -> bool:
    """Return whether a dataset's transactions have the column of report dates."""
    return _states(receipt, "with_report_date", REPORTED_DATE)


def states_fraud_type(receipt: Receipt) -> bool:
    """Return whether a dataset's transactions have the column of fraud types."""
    return _states(receipt, "with_fraud_type", FRAUD_TYPE)


def _states(receipt: Receipt, option: str, column: Column) -> bool:
    names = receipt.output.get("columns")
    return bool(receipt.output.get(option)) or (isinstance(names, list) and column.name in names)


def is_incomplete(path: Place) -> bool:
    """Return whether a run has started a dataset there and not completed it; a table may hold earlier loads."""
    begun = (path / PROGRESS / RUN).exists() and not (path / RECEIPT).exists()
    return begun or is_being_replaced(path / PROGRESS)


def require_complete(path: Place) -> None:
    """Accept a dataset whose run has come to its end.

    Raises:
        InputError: It has not.
    """
    if is_incomplete(path):
        remedy = f"complete it: repeat the command that started it, with {setting('resume', True)}"
        raise InputError(str(path), "", "an incomplete dataset", "one whose run has come to its end", remedy)


def refuse_inside(path: Place) -> None:
    """Accept a directory to be written unless readers of a dataset would take its files for that dataset's.

    Raises:
        OutputError: It is inside a dataset of this machine, under names that are not passed over.
    """
    if not isinstance(path, Path):
        return
    inner = path.absolute()
    for above in inner.parents:
        if os.path.lexists(above / RECEIPT) and inner.relative_to(above).parts[0][0] not in "._":
            text = f"{setting('output')}: {path} is inside the dataset {above}; choose a directory elsewhere"
            raise OutputError(text)


def is_being_replaced(progress: Place) -> bool:
    """Return whether a run was killed, or is running, while it moved a dataset to its place."""
    return is_file(progress / MOVE)
