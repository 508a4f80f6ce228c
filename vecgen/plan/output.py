"""What is written, where and in which form; and where a run writes it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

from vecgen.errors import InputError, setting
from vecgen.io.schema import CUSTOMERS, FRAUD_CASES, TRANSACTIONS
from vecgen.plan.form import Form
from vecgen.plan.selection import Selection
from vecgen.stores.filesystem import Place

Table = Literal["delta"]
TABLES: Final[tuple[Table, ...]] = get_args(Table)
Existing = Literal["refuse", "resume", "overwrite"]
"""What to do with an output that is not empty: see `run.run`."""


@dataclass(frozen=True)
class Output:
    """A dataset as it was requested to be written; nothing here changes a row.

    Attributes:
        form: How its files are written.
        selection: Which part of it is written.
        table: Kind of table that the files are committed to, one of transactions and one of customers.
        append: Add transactions to the dataset that is there, or start it; see `run.loads`.

    Raises:
        InputError: Options that exclude each other.
    """

    path: Place
    form: Form = field(default_factory=Form)
    selection: Selection = field(default_factory=Selection)
    table: Table | None = None
    append: bool = False

    def __post_init__(self) -> None:
        if self.table and self.form.format != "parquet":
            expected = f"{setting('format', 'parquet')}, the files of a table"
            raise InputError(setting("table"), "", self.form.format, expected)
        if self.append and self.selection.batches:
            raise InputError(
                setting("append"),
                "",
                "batches",
                f"{setting('only_dates')} or a whole period: loads are told by their dates",
            )


@dataclass(frozen=True)
class Target:
    """Where a run writes the files of an output, and under which names.

    Attributes:
        output: As it was requested.
        directory: The output's own, or a working directory whose content replaces it at the end.
        load: Prefix of file names, for a directory with other loads; see `run.loads`.
        kept: Parts that are there already and are not written again.
    """

    output: Output
    directory: Place
    load: str = ""
    kept: tuple[str, ...] = ()


def target_own(output: Output) -> Target:
    """Return the target of a run that writes straight into its output, alone there."""
    return Target(output, output.path)


def describe_output(target: Target) -> dict[str, Any]:
    """Return an output as plain JSON values by the names of options, as receipts hold it."""
    output = asdict(target.output)
    form, selection = output.pop("form"), output.pop("selection")
    values = {**output, **form, **selection, "load": target.load, "kept": target.kept}
    described: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return described


def describe_form(output: Output) -> dict[str, Any]:
    """Return what decides the form of files, as runs under way record it."""
    return select_form(describe_output(target_own(output)))


def select_form(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the form of files, of an output that `describe_output` described."""
    return {name: value for name, value in described.items() if name not in ("path", "load", "kept")}


def list_parts(output: Output, *, customers: bool = True, transactions: bool = True) -> list[str]:
    """Return the parts of a dataset that are requested."""
    writes_customers = customers and not output.selection.batches
    return [CUSTOMERS] * writes_customers + [TRANSACTIONS, FRAUD_CASES] * transactions


def has_case_files(output: Output) -> bool:
    """Return whether fraud cases have files of their own, by ranges of customers, whatever the batches.

    Else each batch, or the single file, brings a file of its own cases: a slice by batches knows no other customers.
    """
    return not output.selection.batches and not output.form.single_file
