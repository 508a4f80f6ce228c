"""The output directory: taken while empty, receipted when complete, cleared when a run fails."""

from __future__ import annotations

import errno
import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

import pyarrow.compute as pc

from vecgen.dataset import find_files, read_batches
from vecgen.dates import Period
from vecgen.digest import Digest
from vecgen.errors import InputError, OutputError
from vecgen.file_list import FileList, ListedFile
from vecgen.generate import CUSTOMERS, FRAUD_CASES, TRANSACTIONS, Output
from vecgen.manifest import FileRecord
from vecgen.plan import Plan, describe_request
from vecgen.recorded import FILE_LIST, check_receipt, read_recorded
from vecgen.refusals import refuse_finished, refuse_foreign
from vecgen.schema import FRAUD_CASE_COLUMNS, PART_COLUMNS
from vecgen.storage import Place, RemotePath, describe, list_names, remove_file, remove_tree, size_of, write_text
from vecgen.tables import Law
from vecgen.version import __version__

RECEIPT: Final = "_vecgen.json"
SUCCESS: Final = "_SUCCESS"
_FEW_FRAUDS: Final = 1000  # transactions; fewer train no model
_USUAL_RATE: Final = 0.98  # of Sparkov's published datasets


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
    """What was asked, what was written and how long it took; stands as `_vecgen.json` beside the data.

    Attributes:
        fingerprint: Equal for two datasets if and only if the same rows were asked for.
        parts: By name: "customers", "transactions", "fraud_cases".
        cores: Processes or Spark task slots that shared the work.
        identity: See `Plan.identity`; empty where an older version wrote the receipt.
        loads: What the dataset was appended of, by date; empty for plain files of one run.
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


def check_empty(path: Place, overlooked: str = "") -> None:
    """Accept a directory that is new, or holds nothing but `overlooked`.

    Raises:
        OutputError: It holds something else, or is none.
    """
    try:
        free = not path.exists() or (path.is_dir() and all(name == overlooked for name in list_names(path)))
    except OSError as error:
        raise OutputError(f"--output: {path} cannot be read ({describe(error, path)}); choose another") from error
    if not free and (path / SUCCESS).exists():
        raise refuse_finished(path)
    if not free:
        text = f"--output: {path} exists and is not an empty directory; choose another or remove it"
        raise refuse_foreign(path, text)


def make_directory(path: Place) -> None:
    """Make sure that a directory is there and can be written; a store knows no directories.

    Raises:
        OutputError: It cannot.
    """
    if isinstance(path, RemotePath):
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"--output: {path} cannot be created ({error.strerror}); choose another directory") from error
    if not os.access(path, os.W_OK | os.X_OK):
        remedy = "choose another directory or change its permissions"
        raise OutputError(f"--output: {path} cannot be written ({_why_not_writable(path)}); {remedy}")


def _why_not_writable(path: Path) -> str:
    read_only = hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if read_only else errno.EACCES)


def clear_output(path: Place) -> None:
    """Remove what a failed run has written below its output, which was empty before."""
    for name in PART_COLUMNS:
        remove_tree(path / name)
    for name in (SUCCESS, RECEIPT, FILE_LIST):
        remove_file(path / name)


def sum_records(records: Iterable[FileRecord]) -> dict[str, Part]:
    """Return the parts that file records add up to, by the first directory of their paths."""
    totals: dict[str, tuple[int, int, Digest]] = {}
    for record in records:
        name = record.path.split("/", 1)[0]
        files, size, digest = totals.get(name, (0, 0, Digest()))
        totals[name] = (files + 1, size + record.bytes, digest + record.digest)
    return {name: Part(digest.rows, files, size, str(digest)) for name, (files, size, digest) in sorted(totals.items())}


def list_unrecorded(path: Place, parts: Iterable[str]) -> list[ListedFile]:
    """Return what is known of the files that Spark's own writer wrote; to read them all is not for one machine."""
    files = [file for part in parts for file in find_files(path / part)]
    above = len(path.parts)
    return [ListedFile("/".join(file.parts[above:]), None, size_of(file), None, None) for file in files]


def make_receipt(plan: Plan, output: Output, parts: dict[str, Part], seconds: float, cores: int) -> Receipt:
    """Return the receipt of what was written."""
    rows = parts[TRANSACTIONS].rows if TRANSACTIONS in parts else 0
    return Receipt(
        __version__,
        plan.fingerprint,
        describe_request(plan.request),
        json.loads(json.dumps(asdict(output), default=str)),
        parts,
        round(seconds, 3),
        cores,
        round(rows / seconds / cores),
        dict(plan.identity),
    )


def publish_receipt(receipt: Receipt, directory: Place) -> None:
    """Write a receipt and, last of all, the marker of success."""
    write_text(directory / RECEIPT, json.dumps(asdict(receipt), indent=2) + "\n")
    write_text(directory / SUCCESS, "")


def read_receipt(directory: Place) -> Receipt | None:
    """Return the receipt of a dataset, None where there is none.

    Raises:
        InputError: A file of its name that is not a receipt.
    """
    path = directory / RECEIPT
    value = read_recorded(path, "the receipt that vecgen wrote", check_receipt)
    if value is None:
        return None
    raw = cast(dict[str, Any], value.raw)
    try:
        parts = _read_parts(raw["parts"])
        loads = tuple(Load(**{**load, "parts": _read_parts(load["parts"])}) for load in raw.get("loads", ()))
        files = FileList(**raw["files"]) if raw.get("files") else None
        return Receipt(**{**raw, "parts": parts, "loads": loads, "files": files})
    except TypeError as error:  # keys that nobody knows
        expected = "the receipt that vecgen wrote"
        raise InputError(str(path), "", str(error), expected, "remove it and state what it would say") from error


def _read_parts(raw: Mapping[str, Any]) -> dict[str, Part]:
    return {name: Part(**part) for name, part in raw.items()}


def asked_law(receipt: Receipt) -> Law:
    """Return the law that a dataset was asked to follow.

    Raises:
        InputError: A receipt without it.
    """
    try:
        fields = dict(cast(dict[str, Any], receipt.request["law"]))
        start, end = (date.fromisoformat(fields["period"][name]) for name in ("start", "end"))
        return Law(**{**fields, "period": Period(start, end)})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(RECEIPT, "request.law", str(error), "period and law of a dataset") from error


def hint_at_frauds(receipt: Receipt, directory: Place) -> str:
    """Return a line about fraud that is too rare to train on, "" where it is not, and of slices.

    Raises:
        InputError: Fraud cases in the directory that cannot be read.
    """
    cases, sliced = receipt.parts.get(FRAUD_CASES), receipt.output.get("batches") or receipt.output.get("only_dates")
    if cases is None or cases.rows >= _FEW_FRAUDS or sliced or not 0 < asked_law(receipt).fraud_rate < _USUAL_RATE:
        return ""
    frauds = [column for column in FRAUD_CASE_COLUMNS if column.name == "frauds"]
    batches = (batch for file in find_files(directory / FRAUD_CASES) for batch in read_batches(file, frauds))
    number = sum(pc.sum(batch.column(0)).as_py() or 0 for batch in batches)
    told = f"{_count(number, 'transaction')} fraudulent; --fraud-rate {_USUAL_RATE} is Sparkov's published figure"
    return told if number < _FEW_FRAUDS else ""


def summarise(receipt: Receipt) -> str:
    """Return a receipt as five lines for people: content, files, digest, time, and what to do next."""
    parts = receipt.parts
    nouns = {CUSTOMERS: "customer", TRANSACTIONS: "transaction", FRAUD_CASES: "fraud case"}
    rows = ", ".join(_count(parts[name].rows, noun) for name, noun in nouns.items() if name in parts)
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
            f"{_count(sum(part.files for part in parts.values()), 'file')}, {size:,.1f} MB",
            f"digest {digest} ({main})" if digest else f"no digest of rows that Spark wrote: vecgen digest {path}",
            f"{receipt.seconds:,.1f} s on {_count(receipt.cores, 'core')}{speed}",
            f"{main} in {rows_in}; next: vecgen {'digest' if slices else 'verify'} {path}",
        ]
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
