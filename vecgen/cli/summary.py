"""The summary that a finished run prints."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from vecgen.io.reader import find_files, read_batches
from vecgen.io.schema import CUSTOMERS, FRAUD_CASE_COLUMNS, FRAUD_CASES, TRANSACTIONS
from vecgen.model.params import recorded_parameters
from vecgen.plan.output import Output
from vecgen.plan.schedule import Estimate, describe_estimate, spell_size
from vecgen.records.receipt import RECEIPT, Receipt
from vecgen.stores.filesystem import Place

if TYPE_CHECKING:
    from vecgen.fit.fit import Fit

_FEW_FRAUDS: Final = 1000  # transactions; fewer train no model
_SMALL_FILE: Final = 16_000_000  # bytes; readers of smaller files spend their time on opening them
_USUAL_RATE: Final = 0.98  # of Sparkov's published datasets


def hint_at_frauds(receipt: Receipt, directory: Place) -> str:
    """Return a line about fraud that is too rare to train on, "" where it is not, and of slices.

    Raises:
        InputError: Fraud cases in the directory that cannot be read.
    """
    cases, sliced = receipt.parts.get(FRAUD_CASES), receipt.output.get("batches") or receipt.output.get("only_dates")
    if (
        cases is None
        or cases.rows >= _FEW_FRAUDS
        or sliced
        or not 0 < recorded_parameters(receipt.request, RECEIPT).fraud_rate < _USUAL_RATE
    ):
        return ""
    frauds = [column for column in FRAUD_CASE_COLUMNS if column.name == "frauds"]
    batches = (batch for file in find_files(directory / FRAUD_CASES) for batch in read_batches(file, frauds))
    number = sum(pc.sum(batch.column(0)).as_py() or 0 for batch in batches)
    told = f"{spell_count(number, 'transaction')} fraudulent; --fraud-rate {_USUAL_RATE} is Sparkov's published figure"
    return told if number < _FEW_FRAUDS else ""


def hint_at_small_files(files: int, size: float, partition_by: Collection[str]) -> str:
    """Return a line about files of transactions that are small for readers, "" where they are not.

    Args:
        size: Bytes of a usual one.
        partition_by: Keys of their directories.
    """
    if files <= 1 or size >= _SMALL_FILE:
        return ""
    fewer = "--partition-by year makes fewer and larger ones, " if "month" in partition_by else ""
    return f"files of transactions {spell_size(size)} are small for most readers: {fewer}--single-file makes one"


def hint_at_receipt(receipt: Receipt) -> str:
    """Return what `hint_at_small_files` says of a dataset; "" of slices and loads, whose files can be no others."""
    rows, output = receipt.parts.get(TRANSACTIONS), receipt.output
    if rows is None or not rows.files or receipt.loads or output.get("batches") or output.get("only_dates"):
        return ""
    keys = output.get("partition_by")
    return hint_at_small_files(rows.files, rows.bytes / rows.files, keys if isinstance(keys, list | tuple) else ())


def describe_plan(e: Estimate, output: Output) -> str:
    """Return what a plan will cost in lines for people, with advice where files come out small."""
    hint = "" if output.append else hint_at_small_files(e.files, e.median_file, output.form.partition_by)
    return "\n".join(filter(None, (describe_estimate(e), hint)))


def summarise(receipt: Receipt) -> str:
    """Return a receipt as five lines: content, files, digest, time, and what to do next."""
    parts = receipt.parts
    nouns = {CUSTOMERS: "customer", TRANSACTIONS: "transaction", FRAUD_CASES: "fraud case"}
    rows = ", ".join(spell_count(parts[name].rows, noun) for name, noun in nouns.items() if name in parts)
    size = sum(part.bytes for part in parts.values()) / 1e6
    main = TRANSACTIONS if TRANSACTIONS in parts else CUSTOMERS
    rows_in = shlex.quote(f"{receipt.output['path']}/{main}")
    digest = parts[main].digest
    path = shlex.quote(str(receipt.output["path"]))
    slices = receipt.output.get("batches") or receipt.output.get("only_dates")
    speed = f", {receipt.rows_per_second_and_core:,} transactions/s and core" if TRANSACTIONS in parts else ""
    return "\n".join(
        [
            rows,
            f"{spell_count(sum(part.files for part in parts.values()), 'file')}, {size:,.1f} MB",
            f"digest {digest} ({main})" if digest else f"no digest of rows that Spark wrote: vecgen digest {path}",
            f"{receipt.seconds:,.1f} s on {spell_count(receipt.cores, 'core')}{speed}",
            f"{main} in {rows_in}; next: vecgen {'digest' if slices else 'verify'} {path}",
        ]
    )


def spell_count(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def describe_fit(fit: Fit, output: Path) -> str:
    """Return what was fitted, and the command that makes data like it."""
    options = {"profiles": output / "profiles", "demographics": output / "demographics", **fit.statement["options"]}
    command = shlex.join(["vecgen", "generate", *(f"--{n.replace('_', '-')}={v}" for n, v in options.items())])
    kept = f"{spell_count(len(fit.statement['notes']), 'note')} on what was kept as it was or left out"
    data = f"some {fit.statement['customers']:,} customers" if fit.rows is None else f"{fit.rows:,} transactions"
    return f"{output}: fitted to {data}; fit.json has standard errors, and {kept}\n{command}"
