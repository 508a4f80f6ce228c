"""A run in its output directory: alone there, resumed where it broke off, complete before it replaces another.

While a run is under way, `_progress` stands beside the data: `run.json` says what was asked, and each finished batch
leaves a record of its files. The receipt and `_SUCCESS` come last, then `_progress` goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from vecgen.checksum import checksum_file
from vecgen.dataset import find_files
from vecgen.errors import InputError, OutputError
from vecgen.file_list import list_records, write_file_list
from vecgen.generate import Existing, Output
from vecgen.lease import hold
from vecgen.manifest import FileRecord, from_json, to_json
from vecgen.plan import Plan
from vecgen.receipt import (
    RECEIPT,
    SUCCESS,
    Part,
    Receipt,
    check_empty,
    clear_output,
    list_unrecorded,
    make_directory,
    make_receipt,
    publish_receipt,
    read_receipt,
)
from vecgen.recorded import check_records, check_run, read_recorded, refuse_links
from vecgen.schedule import check_slices, choose_batch_rows, cut_again, schedule
from vecgen.schema import PART_COLUMNS
from vecgen.scratch import remove_dead_scratch
from vecgen.snapshots import (
    check_append,
    check_load,
    choose_kept,
    commit_load,
    describe_load,
    list_other_loads,
    name_load,
    refuse_difference,
    survey,
    unite,
)
from vecgen.storage import Place, list_files, list_names, move_files, remove_tree, size_of, write_text
from vecgen.version import __version__

PROGRESS: Final = "_progress"
_RUN: Final = "run.json"
_LOCK: Final = "lock"
_BEGUN: Final = ("rows_per_batch", "replaces", "load")
_DRAFT: Final = re.compile(r"\..+\.[0-9a-f]{32}")


@dataclass(frozen=True)
class Run:
    """Where a run writes.

    Attributes:
        plan: With its batches cut.
        output: The working directory: the output, or a new one beside it that will replace it.
        final: Where the dataset will be found.
        receipt: Of a dataset that was complete before; there is nothing left to do.
        parts: What the run writes.
        before: Receipt of the dataset that the run adds to, or of the table that it replaces.
        replaces: Whether the run replaces what the table holds.
    """

    plan: Plan
    output: Output
    final: Place
    receipt: Receipt | None = None
    parts: tuple[str, ...] = ()
    before: Receipt | None = None
    replaces: bool = False


@contextmanager
def open_run(plan: Plan, output: Output, cores: int, parts: Sequence[str], existing: Existing) -> Iterator[Run]:
    """Take the output for one run, or take up the run that broke off there.

    Where the block raises, finished batches stay and can be resumed, unless the error lies in what was asked.

    Raises:
        InputError: What is to be resumed was asked with other values.
        OutputError: The output holds something else, cannot be written, or belongs to a run under way.
    """
    remove_dead_scratch()
    refuse_links(output.path)
    if output.format == "csv":
        plan.source.check_lines()
    final, seen = output.path, _read_raw(output.path)
    # Resumed, the batches are those of the run that was begun: nobody knows yet how many.
    check_slices(schedule(plan, output, cores), replace(output, batches=()) if existing == "resume" else output)
    asked = _describe(plan, output, parts)
    replaces = existing == "overwrite"
    check_append(output, parts, replaces)
    before = survey(output) if output.table or output.append else None
    output = _choose_place(output, asked, before, replaces)
    if output.path != final:
        refuse_links(output.path)
    resumes = existing == "resume" and (final / PROGRESS / _RUN).exists()
    if not resumes:
        complete = _find_complete(plan, output, asked, before, existing)
        if complete is not None:
            yield Run(plan, output, final, complete)
            return
        _prepare(output, before, existing)
    with _alone(output.path, final, seen):
        if resumes:
            record = _read_run(output.path, asked)
        else:
            rows = choose_batch_rows(plan, output, cores)
            record = {"rows_per_batch": rows, "replaces": replaces, "load": output.load}
        output, plan = replace(output, load=record["load"]), cut_again(plan, record["rows_per_batch"])
        _remove_drafts(output.path)
        with _keeping_what_is_finished(output, final, resumes):
            check_slices(plan, output)
            if not resumes:
                _clear(output)
                write_text(output.path / PROGRESS / _RUN, json.dumps({**asked, **record}))
            if not output.table:  # whose log shows all of a load or nothing
                (output.path / SUCCESS).unlink(missing_ok=True)
            output = replace(output, kept=choose_kept(output, plan, before))
            list_other_loads(output, before)  # a list that is not the receipt's is found before the work, not after
            own = tuple(part for part in parts if part not in output.kept)
            yield Run(plan, output, final, None, own, before, record["replaces"])


def _choose_place(output: Output, asked: dict[str, Any], before: Receipt | None, replaces: bool) -> Output:
    """Return where a run writes: beside other loads under names of its own, else beside what it will replace."""
    if replaces:
        _check_replaceable(output.path)
    if output.table or output.append:
        return replace(output, load=name_load(asked, before, replaces))
    return replace(output, path=_beside(output.path, "new")) if replaces else output


def _read_raw(path: Place) -> str | None:
    """Return the text of a receipt, whatever it says."""
    try:
        return (path / RECEIPT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _find_complete(
    plan: Plan, output: Output, asked: dict[str, Any], before: Receipt | None, existing: Existing
) -> Receipt | None:
    """Return the receipt of a dataset that holds all that is asked, None where there is something to do."""
    if (output.table or output.append) and check_load(output, plan, before, replaces=existing == "overwrite"):
        return before
    return _read_complete(output.path, asked) if existing == "resume" and not output.append else None


@contextmanager
def _keeping_what_is_finished(output: Output, final: Place, resumes: bool) -> Iterator[None]:
    """Clear away a run that breaks off where nobody would resume it."""
    path = output.path
    try:
        yield
    except BaseException as error:
        impossible = isinstance(error, InputError) and not resumes
        if path != final:  # an overwriting run begins anew
            remove_tree(path)
        elif impossible or not _list_records(path):
            _clear(output)
        elif isinstance(error, OutputError):
            raise OutputError(f"{error}; what is finished stays, --resume goes on from there") from error
        else:
            _remove_drafts(path)  # of processes that were killed
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
    write_text(path, json.dumps([to_json(record) for record in records]))
    return records


def is_incomplete(path: Place) -> bool:
    """Return whether a run has begun a dataset there and has not come to its end; a table may hold earlier loads."""
    return (path / PROGRESS / _RUN).exists() and not (path / RECEIPT).exists()


def read_finished(path: Place, known: Collection[str] = ()) -> dict[str, list[FileRecord]]:
    """Return the records of finished work below an output by its names, other than those known already."""
    files = {name: file for name, file in _list_records(path).items() if name not in known}
    read = {name: _read_records(file) for name, file in files.items()}
    return {name: records for name, records in read.items() if records is not None}


def close_run(
    run: Run, parts: dict[str, Part], seconds: float, cores: int, records: Sequence[FileRecord] | None
) -> Receipt:
    """Commit the table if there is one, write list of files, receipt and marker of success, let the dataset stand.

    Args:
        records: Of all files; None where Spark's own writer wrote them.

    Raises:
        OutputError: There are files that belong to no batch, or the table cannot be written.
    """
    path = run.output.path
    _check_files(run.output, parts)
    _remove_drafts(path)  # of tasks that were killed, or of a slow twin
    receipt = make_receipt(run.plan, replace(run.output, path=run.final), parts, seconds, cores)
    if run.output.table:
        commit_load(run.output, parts, records or (), run.replaces)
    if run.output.load:
        receipt = replace(receipt, loads=(describe_load(run.output, run.plan, parts),))
        if run.output.append and run.before:
            receipt = unite(run.before, receipt)
    files = list_unrecorded(path, parts) if records is None else list_records(records)
    others = list_other_loads(run.output, run.before)
    receipt = replace(receipt, files=None if others is None else write_file_list(path, [*others, *files]))
    publish_receipt(receipt, path)
    remove_tree(path / PROGRESS)
    if path != run.final:
        _replace(path, run.final)
    return receipt


def _check_files(output: Output, parts: dict[str, Part]) -> None:
    path, files = output.path, sum(part.files for part in parts.values())
    found = [file for name in parts for file in _list_data(path / name, output.load)]
    if len(found) != files:
        raise OutputError(f"{path}: {len(found)} data files where {files} were written; remove what is not of this run")


def _list_data(path: Place, load: str) -> list[Place]:
    """Return the data files of a part; those of one load, where the part is a table."""
    if not load:
        return find_files(path)
    return [file for file in list_files(path) if file.name.startswith(load)]


def _describe(plan: Plan, output: Output, parts: Sequence[str]) -> dict[str, Any]:
    """Return what decides the bytes of a run as plain JSON values, by the names of options."""
    form = json.loads(json.dumps(asdict(output), default=str))
    return {**_form_of(form), **plan.identity, "parts": sorted(parts), "version": __version__}


def _form_of(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the form of files."""
    return {name: value for name, value in output.items() if name not in ("path", "load", "kept")}


def _read_complete(path: Place, asked: dict[str, Any]) -> Receipt | None:
    """Return the receipt of a complete dataset, None where there is none."""
    if not (path / SUCCESS).exists() or (receipt := read_receipt(path)) is None:
        return None
    own = {"parts": sorted(receipt.parts), "version": receipt.version}
    refuse_difference("--resume", path, asked, {**_form_of(receipt.output), **receipt.identity, **own})
    return receipt


def _read_run(path: Place, asked: dict[str, Any]) -> dict[str, Any]:
    """Return how the run was begun: its `rows_per_batch`, the `load` of a table, and whether it `replaces` others.

    Raises:
        InputError: It was begun with other values.
    """
    record = path / PROGRESS / _RUN
    value = read_recorded(record, "a run's record", check_run)
    if value is None:
        raise InputError(str(record), "", "no such file", "a run's record", f"remove {path}")
    before = cast(dict[str, Any], value.raw)
    begun = {name: before[name] for name in _BEGUN}
    refuse_difference("--resume", path, asked, before)
    return begun


def _prepare(output: Output, before: Receipt | None, existing: Existing) -> None:
    path, fits = output.path, existing == "overwrite" or (output.append and before is not None)
    # What an overwriting run has left beside the dataset goes once this one is alone; loads are written in place.
    if (output.load or not fits) and (path / PROGRESS / _RUN).exists():
        raise OutputError(f"--output: {path} holds a dataset that is not complete; pass --resume, or remove it")
    if not fits:
        check_empty(path, overlooked=PROGRESS)
    make_directory(path)


@contextmanager
def _alone(path: Place, final: Place, seen: str | None) -> Iterator[None]:
    """Hold the output against other runs, in this process or any other that sees it."""
    with hold(path / PROGRESS / _LOCK, final):
        try:
            if _read_raw(final) != seen:
                raise OutputError(f"--output: another run has just written {final}; look at it, then ask again")
            yield
        finally:  # where a run was cleared away or is complete, no record is left
            with suppress(OutputError):  # of a store that does not answer: the error under way says so
                if not any(file.name != _LOCK for file in list_files(path / PROGRESS)):
                    remove_tree(path / PROGRESS)


def _list_records(path: Place) -> dict[str, Place]:
    """Return where the records of finished work lie, by its names."""
    files = [file for file in list_files(path / PROGRESS) if file.suffix == ".json" and file.name != _RUN]
    return {file.name.removesuffix(".json"): file for file in files if not file.name.startswith(".")}


def _read_records(path: Place) -> list[FileRecord] | None:
    try:
        value = read_recorded(path, "a batch's records", check_records)
    except InputError:
        return None  # spoiled: the batch is written anew
    return None if value is None else [from_json(row) for row in cast(list[dict[str, Any]], value.raw)]


def _is_whole(directory: Place, record: FileRecord) -> bool:
    """Read a file's bytes again: decoded rows would not show damage in statistics, padding and footer."""
    path = directory / record.path
    try:
        return size_of(path) == record.bytes and checksum_file(path) == record.checksum
    except OSError:
        return False


def _remove_drafts(path: Place) -> None:
    for part in (*PART_COLUMNS, PROGRESS):
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
        for name in PART_COLUMNS:
            remove_tree(final / name)
        move_files(new, final, last=(RECEIPT, SUCCESS))
        return
    old = final.absolute().with_name(f".{final.absolute().name}.old")
    remove_tree(old)
    if final.exists():
        final.rename(old)
    new.rename(final)
    remove_tree(old)


def _clear(output: Output) -> None:
    """Remove what a run has left; the files of a load lie beside those of others, which are complete without it."""
    path = output.path
    if output.load:
        for file in [file for part in PART_COLUMNS for file in _list_data(path / part, output.load)]:
            file.unlink(missing_ok=True)
    else:
        clear_output(path)
    for record in list_files(path / PROGRESS):
        if record.name != _LOCK:  # it is held
            record.unlink(missing_ok=True)
    if output.load and (path / RECEIPT).exists():
        write_text(path / SUCCESS, "")
