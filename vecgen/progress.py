"""A run in its output directory: alone there, resumed where it broke off, complete before it replaces another.

While a run is under way, `_progress` stands beside the data: `run.json` says what was asked, and each finished batch
leaves a record of its files. The receipt and `_SUCCESS` come last, then `_progress` goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from vecgen import __version__
from vecgen.arrow import digest_batches
from vecgen.dataset import find_files, read_batches
from vecgen.digest import Digest
from vecgen.errors import InputError, OutputError
from vecgen.generate import CUSTOMERS, TRANSACTIONS, Existing, Output
from vecgen.lease import hold
from vecgen.manifest import FileRecord
from vecgen.plan import Plan, describe_request
from vecgen.receipt import (
    RECEIPT,
    SUCCESS,
    Part,
    Receipt,
    check_empty,
    clear_output,
    make_directory,
    read_receipt,
    write_receipt,
)
from vecgen.schedule import choose_batch_rows, cut_again
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS
from vecgen.storage import Place, list_files, list_names, move_files, remove_tree, size_of, write_text

PROGRESS: Final = "_progress"
_RUN: Final = "run.json"
_LOCK: Final = "lock"
_DRAFT: Final = re.compile(r"\..+\.[0-9a-f]{32}")


@dataclass(frozen=True)
class Run:
    """Where a run writes.

    Attributes:
        plan: With its batches cut.
        output: The working directory: the output, or a new one beside it that will replace it.
        final: Where the dataset will be found.
        receipt: Of a dataset that was complete before; there is nothing left to do.
    """

    plan: Plan
    output: Output
    final: Place
    receipt: Receipt | None = None


@contextmanager
def open_run(plan: Plan, output: Output, cores: int, parts: Sequence[str], existing: Existing) -> Iterator[Run]:
    """Take the output for one run, or take up the run that broke off there.

    Where the block raises, finished batches stay and can be resumed, unless the error lies in what was asked.

    Raises:
        InputError: What is to be resumed was asked with other values.
        OutputError: The output holds something else, cannot be written, or belongs to a run under way.
    """
    final = output.path
    output.select_days(plan.tables.law.period)
    if existing == "overwrite":
        output = replace(output, path=_beside(final, "new"))
        _check_replaceable(final)
    asked = _describe(plan, output, parts)
    if existing == "resume" and (receipt := _read_complete(final, asked)) is not None:
        yield Run(plan, output, final, receipt)
        return
    resumes = existing == "resume" and (final / PROGRESS / _RUN).exists()
    if not resumes:
        _prepare(output.path, existing)
    with _alone(output.path, final):
        batch_rows = _read_run(output.path, asked) if resumes else choose_batch_rows(plan, output, cores)
        if existing == "overwrite":
            _clear(output.path)
        _remove_drafts(output.path)
        plan = cut_again(plan, batch_rows)
        with _keeping_what_is_finished(output.path, final, resumes):
            _check_batches(plan, output)
            if not resumes:
                _write_json(output.path / PROGRESS / _RUN, {**asked, "rows_per_batch": batch_rows})
            yield Run(plan, output, final)


@contextmanager
def _keeping_what_is_finished(path: Place, final: Place, resumes: bool) -> Iterator[None]:
    """Clear away a run that breaks off where nobody would resume it."""
    try:
        yield
    except BaseException as error:
        impossible = isinstance(error, InputError) and not resumes
        if path != final:  # an overwriting run begins anew
            remove_tree(path)
        elif impossible or not _any_finished(path):
            _clear(path)
        elif isinstance(error, OutputError):
            raise OutputError(f"{error}; what is finished stays, --resume goes on from there") from error
        raise


def once(output: Output, name: str, write: Callable[[], list[FileRecord]]) -> list[FileRecord]:
    """Return the records of a batch's files: of those it has written before, if they are still whole, or written now.

    Args:
        name: Of the batch, different from every other's.
    """
    path = output.path / PROGRESS / f"{name}.json"
    known = _read_records(path)
    if known is not None and all(_is_whole(output.path, record) for record in known):
        return known
    records = write()
    _write_json(path, [{**asdict(record), "digest": str(record.digest)} for record in records])
    return records


def close_run(run: Run, parts: dict[str, Part], seconds: float, cores: int) -> Receipt:
    """Write the receipt and the marker of success, and let the dataset stand under its final name.

    Raises:
        OutputError: There are files that belong to no batch.
    """
    path = run.output.path
    files = sum(part.files for part in parts.values())
    found = [file for name in parts for file in find_files(path / name)]
    if len(found) != files:
        raise OutputError(f"{path}: {len(found)} data files where {files} were written; remove what is not of this run")
    receipt = write_receipt(run.plan, replace(run.output, path=run.final), parts, seconds, cores, directory=path)
    remove_tree(path / PROGRESS)
    if path != run.final:
        _replace(path, run.final)
    return receipt


def _check_batches(plan: Plan, output: Output) -> None:
    for first, last in output.batches:
        if not 0 <= first <= last < len(plan.batches):
            expected = f"numbers from 0 to {len(plan.batches) - 1}; --plan and --batch-rows tell how many there are"
            raise InputError("--batches", "", f"{first}-{last}", expected)


def _describe(plan: Plan, output: Output, parts: Sequence[str]) -> dict[str, Any]:
    """Return what decides the bytes of a run as plain JSON values, by the names of options."""
    form = json.loads(json.dumps(asdict(output), default=str))
    own = {"parts": sorted(parts), "version": __version__, "fingerprint": plan.fingerprint}
    return {**_flatten(describe_request(plan.request), form), **own}


def _flatten(request: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    law = request["law"]
    values = {**request, **law, **law["period"], **form}
    return {name: value for name, value in values.items() if name not in ("law", "period", "path")}


def _refuse_difference(where: Place, asked: dict[str, Any], before: dict[str, Any]) -> None:
    # Places may differ where their content does not, which the fingerprint knows.
    free = {"profiles", "demographics", "customers_file", "fingerprint"}
    for name in (*sorted(set(asked) - free), "fingerprint"):
        if asked[name] != before.get(name):
            option = "profiles, demographics or customers" if name == "fingerprint" else f"--{name.replace('_', '-')}"
            remedy = "ask for the same, or choose another --output"
            expected = f"{before.get(name)!r}, with which {where} was begun"
            raise InputError("--resume", option, asked[name], expected, remedy)


def _read_complete(path: Place, asked: dict[str, Any]) -> Receipt | None:
    """Return the receipt of a complete dataset, None where there is none."""
    if not (path / SUCCESS).exists() or (receipt := read_receipt(path)) is None:
        return None
    own = {"parts": sorted(receipt.parts), "version": receipt.version, "fingerprint": receipt.fingerprint}
    _refuse_difference(path, asked, {**_flatten(receipt.request, receipt.output), **own})
    return receipt


def _read_run(path: Place, asked: dict[str, Any]) -> int:
    """Return the rows of a batch with which the run was begun.

    Raises:
        InputError: It was begun with other values.
    """
    record = path / PROGRESS / _RUN
    try:
        before = json.loads(record.read_text(encoding="utf-8"))
        batch_rows = int(before["rows_per_batch"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(str(record), "", type(error).__name__, "a run's record", f"remove {path}") from error
    _refuse_difference(path, asked, before)
    return batch_rows


def _prepare(path: Place, existing: Existing) -> None:
    if existing != "overwrite":  # what an overwriting run has left is cleared once this one is alone
        if (path / PROGRESS / _RUN).exists():
            raise OutputError(f"--output: {path} holds a dataset that is not complete; pass --resume, or remove it")
        check_empty(path, overlooked=PROGRESS)
    make_directory(path)


@contextmanager
def _alone(path: Place, final: Place) -> Iterator[None]:
    """Hold the output against other runs, in this process or any other that sees it."""
    with hold(path / PROGRESS / _LOCK, final):
        try:
            yield
        finally:  # where a run was cleared away or is complete, no record is left
            with suppress(OutputError):  # of a store that does not answer: the error under way says so
                if not any(file.name != _LOCK for file in list_files(path / PROGRESS)):
                    remove_tree(path / PROGRESS)


def _any_finished(path: Place) -> bool:
    records = [file.name for file in list_files(path / PROGRESS) if file.suffix == ".json"]
    return any(name != _RUN and not name.startswith(".") for name in records)


def _read_records(path: Place) -> list[FileRecord] | None:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_to_record(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # lost or spoiled: the batch is written anew


def _to_record(row: dict[str, Any]) -> FileRecord:
    digest = Digest(row["rows"], int(row["digest"][:16], 16), int(row["digest"][16:], 16))
    return FileRecord(row["path"], row["rows"], row["bytes"], digest)


def _is_whole(directory: Place, record: FileRecord) -> bool:
    """Read a file again: its length alone would not show a changed byte."""
    path = directory / record.path
    columns = COLUMNS if record.path.startswith(f"{TRANSACTIONS}/") else CUSTOMER_COLUMNS
    try:
        if size_of(path) != record.bytes:
            return False
        return digest_batches(read_batches(path, columns), columns) == record.digest
    except (OSError, InputError):
        return False


def _write_json(path: Place, content: object) -> None:
    write_text(path, json.dumps(content, default=str))


def _remove_drafts(path: Place) -> None:
    for part in (TRANSACTIONS, CUSTOMERS, PROGRESS):
        for file in list_files(path / part):
            if _DRAFT.fullmatch(file.name):
                file.unlink(missing_ok=True)


def _beside(path: Place, what: str) -> Place:
    absolute = path.absolute()
    if not absolute.name:
        raise InputError("--overwrite", "", str(path), "a directory in a directory: the new dataset is built beside it")
    return absolute.with_name(f".{absolute.name}.{what}")


def _check_replaceable(path: Place) -> None:
    if path.exists() and (not path.is_dir() or any(list_names(path))) and read_receipt(path) is None:
        raise OutputError(f"--overwrite: {path} holds no dataset of vecgen (no receipt); remove it yourself")


def _replace(new: Place, final: Place) -> None:
    """Put a complete dataset in the place of another.

    Between two renamings neither is there; in a store, files move one by one, and `_SUCCESS` is missing meanwhile.
    """
    if not (isinstance(new, Path) and isinstance(final, Path)):
        (final / SUCCESS).unlink(missing_ok=True)
        for name in (TRANSACTIONS, CUSTOMERS):
            remove_tree(final / name)
        move_files(new, final, last=(RECEIPT, SUCCESS))
        return
    old = final.absolute().with_name(f".{final.absolute().name}.old")
    remove_tree(old)
    if final.exists():
        final.rename(old)
    new.rename(final)
    remove_tree(old)


def _clear(path: Place) -> None:
    clear_output(path)
    for record in list_files(path / PROGRESS):
        if record.name != _LOCK:  # it is held
            record.unlink(missing_ok=True)
