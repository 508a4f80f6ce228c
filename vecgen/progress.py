"""A run in its output directory: alone there, resumed where it broke off, complete before it replaces another.

While a run is under way, `_progress` stands beside the data: `run.json` says what was asked, and each finished batch
leaves a record of its files. The receipt and `_SUCCESS` come last, then `_progress` goes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from vecgen import __version__
from vecgen.arrow import digest_batches
from vecgen.dataset import find_files, read_batches
from vecgen.digest import Digest
from vecgen.errors import InputError, OutputError
from vecgen.generate import CUSTOMERS, TRANSACTIONS, Existing, Output
from vecgen.manifest import FileRecord
from vecgen.plan import Plan, describe_request
from vecgen.receipt import SUCCESS, Part, Receipt, clear_output, prepare_output, read_receipt, write_receipt
from vecgen.schedule import check_slices, choose_batch_rows, cut_again, schedule
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS

PROGRESS: Final = "_progress"
_RUN: Final = "run.json"
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
    final: Path
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
    if existing == "resume":  # the batches are those of the run that was begun
        output.select_days(plan.tables.law.period)
    else:
        check_slices(schedule(plan, output, cores), output)
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
        _remove_drafts(output.path)
        plan = cut_again(plan, batch_rows)
        with _keeping_what_is_finished(output.path, final, resumes):
            check_slices(plan, output)
            if not resumes:
                _publish(output.path / PROGRESS / _RUN, {**asked, "rows_per_batch": batch_rows})
            yield Run(plan, output, final)


@contextmanager
def _keeping_what_is_finished(path: Path, final: Path, resumes: bool) -> Iterator[None]:
    """Clear away a run that breaks off where nobody would resume it."""
    try:
        yield
    except BaseException as error:
        impossible = isinstance(error, InputError) and not resumes
        if path != final:  # an overwriting run begins anew
            shutil.rmtree(path, ignore_errors=True)
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
    _publish(path, [{**asdict(record), "digest": str(record.digest)} for record in records])
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
    shutil.rmtree(path / PROGRESS, ignore_errors=True)
    if path != run.final:
        _replace(path, run.final)
    return receipt


def _describe(plan: Plan, output: Output, parts: Sequence[str]) -> dict[str, Any]:
    """Return what decides the bytes of a run as plain JSON values, by the names of options."""
    form = json.loads(json.dumps(asdict(output), default=str))
    own = {"parts": sorted(parts), "version": __version__, "fingerprint": plan.fingerprint}
    return {**_flatten(describe_request(plan.request), form), **own}


def _flatten(request: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    law = request["law"]
    values = {**request, **law, **law["period"], **form}
    return {name: value for name, value in values.items() if name not in ("law", "period", "path")}


def _refuse_difference(where: Path, asked: dict[str, Any], before: dict[str, Any]) -> None:
    # Paths may differ where their content does not, which the fingerprint knows.
    free = {"profiles", "demographics", "customers_file", "fingerprint"}
    for name in (*sorted(set(asked) - free), "fingerprint"):
        if asked[name] != before.get(name):
            option = "profiles, demographics or customers" if name == "fingerprint" else f"--{name.replace('_', '-')}"
            remedy = "ask for the same, or choose another --output"
            expected = f"{before.get(name)!r}, with which {where} was begun"
            raise InputError("--resume", option, asked[name], expected, remedy)


def _read_complete(path: Path, asked: dict[str, Any]) -> Receipt | None:
    """Return the receipt of a complete dataset, None where there is none."""
    if not (path / SUCCESS).exists() or (receipt := read_receipt(path)) is None:
        return None
    own = {"parts": sorted(receipt.parts), "version": receipt.version, "fingerprint": receipt.fingerprint}
    _refuse_difference(path, asked, {**_flatten(receipt.request, receipt.output), **own})
    return receipt


def _read_run(path: Path, asked: dict[str, Any]) -> int:
    """Return the rows of a batch with which the run was begun.

    Raises:
        InputError: It was begun with other values.
    """
    record = path / PROGRESS / _RUN
    try:
        before = json.loads(record.read_text(encoding="utf-8"))
        batch_rows = max(1, int(before["rows_per_batch"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(str(record), "", type(error).__name__, "a run's record", f"remove {path}") from error
    _refuse_difference(path, asked, before)
    return batch_rows


def _prepare(path: Path, existing: Existing) -> None:
    if existing == "overwrite" and (path / PROGRESS).is_dir():
        _clear(path)  # of an overwriting run that broke off
    if (path / PROGRESS / _RUN).exists():
        raise OutputError(f"--output: {path} holds a dataset that is not complete; pass --resume, or remove it")
    prepare_output(path, overlooked=PROGRESS)


@contextmanager
def _alone(path: Path, final: Path) -> Iterator[None]:
    """Hold the output against other runs, in this process or any other that sees the file system."""
    lock = path / PROGRESS / "lock"
    try:
        lock.parent.mkdir(exist_ok=True)
        with FileLock(lock, blocking=False):
            yield
        with suppress(OSError):
            lock.parent.rmdir()  # where a run was cleared away or is complete, nothing else is left
    except Timeout:
        raise OutputError(f"--output: another run is writing {final}; wait for it, or choose another") from None


def _any_finished(path: Path) -> bool:
    return any(record.name != _RUN for record in (path / PROGRESS).glob("[!.]*.json"))


def _read_records(path: Path) -> list[FileRecord] | None:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_to_record(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # lost or spoiled: the batch is written anew


def _to_record(row: dict[str, Any]) -> FileRecord:
    digest = Digest(row["rows"], int(row["digest"][:16], 16), int(row["digest"][16:], 16))
    return FileRecord(row["path"], row["rows"], row["bytes"], digest)


def _is_whole(directory: Path, record: FileRecord) -> bool:
    """Read a file again: its length alone would not show a changed byte."""
    path = directory / record.path
    columns = COLUMNS if record.path.startswith(f"{TRANSACTIONS}/") else CUSTOMER_COLUMNS
    try:
        if path.stat().st_size != record.bytes:
            return False
        return digest_batches(read_batches(path, columns), columns) == record.digest
    except (OSError, InputError):
        return False


def _publish(path: Path, content: object) -> None:
    """Write JSON so that a reader finds all of it or nothing."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(content, default=str), encoding="utf-8")
        os.replace(draft, path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def _remove_drafts(path: Path) -> None:
    for part in (TRANSACTIONS, CUSTOMERS, PROGRESS):
        for draft in (path / part).rglob(".*"):
            if _DRAFT.fullmatch(draft.name):
                draft.unlink(missing_ok=True)


def _beside(path: Path, what: str) -> Path:
    absolute = path.absolute()
    return absolute.with_name(f".{absolute.name}.{what}")


def _check_replaceable(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())) and read_receipt(path) is None:
        raise OutputError(f"--overwrite: {path} holds no dataset of vecgen (no receipt); remove it yourself")


def _replace(new: Path, final: Path) -> None:
    """Put a complete dataset in the place of another; between the two renamings neither is there."""
    old = _beside(final, "old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        os.rename(final, old)
    os.rename(new, final)
    shutil.rmtree(old, ignore_errors=True)


def _clear(path: Path) -> None:
    clear_output(path)
    shutil.rmtree(path / PROGRESS, ignore_errors=True)
