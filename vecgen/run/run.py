"""A run in its output directory: it holds the lock, resumes earlier work, and publishes the dataset when complete.

While a run is under way, `_progress` stands beside the data: `run.json` has the options, and each finished batch
leaves a record of its files. The receipt and `_SUCCESS` come last, then `_progress` goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vecgen.errors import InputError, OutputError, advise, setting
from vecgen.io.file_record import FileRecord
from vecgen.io.reader import find_files
from vecgen.io.schema import PART_COLUMNS
from vecgen.plan.output import Existing, Output, Target, select_form, target_own
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import check_slices, choose_batch_rows, cut_again
from vecgen.process.scratch import remove_dead_scratch
from vecgen.records.file_list import list_records, write_file_list
from vecgen.records.parse import refuse_links
from vecgen.records.receipt import (
    PROGRESS,
    RECEIPT,
    RUN,
    SUCCESS,
    Part,
    Receipt,
    is_being_replaced,
    read_receipt,
    refuse_inside,
)
from vecgen.run.checkpoint import (
    HOLD,
    clear_progress,
    describe_run,
    find_load,
    list_recorded,
    read_run,
    read_start,
    remove_drafts,
)
from vecgen.run.directory import check_empty, clear_output, make_directory
from vecgen.run.loads import (
    check_append,
    check_load,
    choose_kept,
    commit_load,
    describe_load,
    list_other_loads,
    name_load,
    survey,
    unite,
)
from vecgen.run.publish import list_unrecorded, make_receipt, mark_complete, publish_receipt
from vecgen.run.replacement import (
    check_removable,
    check_replaceable,
    complete_replacement,
    name_new,
    remove_broken,
    replace_dataset,
)
from vecgen.stores.cell import check_writable
from vecgen.stores.changes import remove_file, remove_files, remove_tree, write_text
from vecgen.stores.filesystem import Place, list_files
from vecgen.stores.lock import LOCK, Lease, LostError, Permit, hold, is_held, is_surely_held, refuse_run
from vecgen.stores.permission import asking
from vecgen.stores.refusals import AGAIN, RESUME, refuse_difference, refuse_unfinished

if TYPE_CHECKING:
    from vecgen.model.odds.posterior import Posterior


@dataclass(frozen=True)
class Run:
    """Where a run writes.

    Attributes:
        plan: With its batches cut.
        target: Where its files are written: into the output, or below its progress until they replace it.
        receipt: Of a dataset that was complete before; there is nothing left to do.
        parts: What the run writes.
        before: Receipt of the dataset that the run adds to, or of the table that it replaces.
        replaces: Whether the run replaces what the table holds.
        permit: What workers check before they write.
        posterior: What probabilities of fraud come from; None where there are none, or each worker is to compile it.
    """

    plan: Plan
    target: Target
    receipt: Receipt | None = None
    parts: tuple[str, ...] = ()
    before: Receipt | None = None
    replaces: bool = False
    permit: Permit | None = None
    posterior: Posterior | None = None

    @property
    def output(self) -> Output:
        """The output as it was requested."""
        return self.target.output


@contextmanager
def open_run(plan: Plan, output: Output, cores: int, parts: Sequence[str], existing: Existing) -> Iterator[Run]:
    """Take the output for one run, or resume the interrupted run in it.

    Where the block raises, finished batches stay and can be resumed, unless the error is one of the options.

    Raises:
        InputError: The run to be resumed has other options.
        OutputError: The output holds something else, cannot be written, or belongs to a run under way.
    """
    remove_dead_scratch()
    check_writable(output.path)
    refuse_links(output.path)
    refuse_inside(output.path)
    if output.form.format == "csv":
        plan.source.check_lines()
    final = output.path
    if is_being_replaced(final / PROGRESS):
        with _alone(final, _read_raw(final)):
            complete_replacement(final / PROGRESS)
            clear_progress(final)  # of an unfinished dataset that was replaced
    seen = _read_raw(final)
    # A resumed run has the batches of the run that was started: their number is not known yet.
    rows = choose_batch_rows(plan, output, cores)
    plan = cut_again(plan, rows)
    check_slices(plan, replace(output.selection, batches=()) if existing == "resume" else output.selection)
    asked = describe_run(plan, output, parts)
    replaces = existing == "overwrite"
    check_append(output, parts, replaces)
    before = survey(output) if output.table or output.append else None
    target = _choose_target(output, asked, before, replaces)
    resumes = existing == "resume" and (final / PROGRESS / RUN).exists()
    if not resumes:
        complete = _find_complete(plan, output, asked, before, existing)
        if complete is not None:
            _clear_left(final, seen)
            yield Run(plan, target, complete)
            return
        _prepare(target, asked, before, existing)
    with _leaving_nothing_late(final), _alone(final, seen) as lease:
        started: dict[str, Any] = {"rows_per_batch": rows, "replaces": replaces, "load": target.load}
        record = read_run(target.directory, asked) if resumes else started
        target = replace(target, load=record["load"])
        if record["rows_per_batch"] != rows:  # it was started for other cores
            plan = cut_again(plan, record["rows_per_batch"])
        remove_drafts(target.directory)
        remove_broken(final / PROGRESS)
        with _keeping_what_is_finished(target, resumes, lease):
            check_slices(plan, output.selection)
            if not resumes:
                _clear(target)
                write_text(target.directory / PROGRESS / RUN, json.dumps({**asked, **record}))
            if not output.table:  # whose log shows all of a load or nothing
                remove_file(target.directory / SUCCESS)
            target = replace(target, kept=choose_kept(output, plan, target.load, before))
            list_other_loads(target, before)  # a list that is not the receipt's is found before the work, not after
            own = tuple(part for part in parts if part not in target.kept)
            yield Run(
                plan=plan,
                target=target,
                parts=own,
                before=before,
                replaces=record["replaces"],
                permit=lease.permit,
            )


def _choose_target(output: Output, asked: dict[str, Any], before: Receipt | None, replaces: bool) -> Target:
    """Return where a run writes: among other loads under names of its own, or below the output's progress."""
    if replaces:
        check_replaceable(output.path)
    if output.table or output.append:
        return Target(output, output.path, name_load(asked, before, replaces))
    if not replaces:
        return target_own(output)
    check_removable(output.path, find_load(output.path))
    return Target(output, name_new(output.path / PROGRESS))


def _read_raw(path: Place) -> str | None:
    """Return the text of a receipt, whatever it says."""
    try:
        return (path / RECEIPT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _find_complete(
    plan: Plan, output: Output, asked: dict[str, Any], before: Receipt | None, existing: Existing
) -> Receipt | None:
    """Return the receipt of a dataset that is complete already, None where there is something to do."""
    if (output.table or output.append) and check_load(output, plan, before, replaces=existing == "overwrite"):
        return before
    return _read_complete(output.path, asked) if existing == "resume" and not output.append else None


@contextmanager
def _keeping_what_is_finished(target: Target, resumes: bool, lease: Lease) -> Iterator[None]:
    """Remove a failed run that cannot be resumed, unless another run has taken its output."""
    path, final = target.directory, target.output.path
    try:
        yield
    except BaseException as error:
        impossible = isinstance(error, InputError) and not resumes
        if not is_surely_held(lease):
            raise
        if path != final:
            moves = is_being_replaced(final / PROGRESS)
            if not moves:  # else the next run completes that
                remove_tree(path)  # an overwriting run starts over
            if isinstance(error, OutputError):
                advise(error, error.step or (RESUME if moves else AGAIN))
        elif impossible or not list_recorded(path):
            _clear(target)
        elif isinstance(error, OutputError):
            text = f"{error.text}; what is finished stays; {setting('resume', True)} completes it"
            raise advise(OutputError(text), RESUME) from error
        else:
            remove_drafts(path)  # of processes that were killed
        raise


def close_run(
    run: Run, parts: dict[str, Part], seconds: float, cores: int, records: Sequence[FileRecord] | None
) -> Receipt:
    """Commit the table if there is one, write the list of files, the receipt and the marker of success.

    Args:
        records: Of all files; None where Spark's own writer wrote them.

    Raises:
        OutputError: There are files that belong to no batch, or the table cannot be written.
    """
    target, path, final = run.target, run.target.directory, run.output.path
    _check_files(target, parts)
    remove_drafts(path)  # of tasks that were killed, or of a slow speculative copy
    receipt = make_receipt(run.plan, target, parts, seconds, cores)
    if run.output.table:
        commit_load(target, run.plan.tables.law, parts, records or (), run.replaces)
    if target.load:
        receipt = replace(receipt, loads=(describe_load(run.output, run.plan, target.load, parts),))
        if run.output.append and run.before:
            receipt = unite(run.before, receipt)
    files = list_unrecorded(path, parts) if records is None else list_records(records)
    others = list_other_loads(target, run.before)
    receipt = replace(receipt, files=None if others is None else write_file_list(path, [*others, *files]))
    publish_receipt(receipt, path)
    if path != final:
        check_removable(final, find_load(final))
        replace_dataset(path, final / PROGRESS)
    clear_progress(final)
    return receipt


def _check_files(target: Target, parts: dict[str, Part]) -> None:
    path, files = target.directory, sum(part.files for part in parts.values())
    found = [file for name in parts for file in _list_data(path / name, target.load)]
    if len(found) != files:
        raise OutputError(f"{path}: {len(found)} data files where {files} were written; remove what is not of this run")


def _list_data(path: Place, load: str) -> list[Place]:
    """Return the data files of a part; those of one load, where the part is a table."""
    if not load:
        return find_files(path)
    return [file for file in list_files(path) if file.name.startswith(load)]


def _read_complete(path: Place, asked: dict[str, Any]) -> Receipt | None:
    """Return the receipt of a complete dataset, None where there is none."""
    if not (path / SUCCESS).exists() or (receipt := read_receipt(path)) is None:
        return None
    own = {"parts": sorted(receipt.parts), "version": receipt.version}
    refuse_difference("resume", path, asked, {**select_form(receipt.output), **receipt.identity, **own})
    return receipt


def _prepare(target: Target, asked: dict[str, Any], before: Receipt | None, existing: Existing) -> None:
    output, path = target.output, target.output.path
    fits = existing == "overwrite" or (output.append and before is not None)
    # An interrupted run may have left something of a dataset that will be replaced; loads are written in place.
    if (target.load or not fits) and (path / PROGRESS / RUN).exists():
        if is_held(path / PROGRESS / LOCK):
            raise refuse_run(path / PROGRESS / LOCK, path)
        raise refuse_unfinished(path, asked, read_start(path), in_place=bool(target.load))
    if not fits:
        check_empty(path, overlooked=PROGRESS)
    make_directory(path)


def _clear_left(path: Place, seen: str | None) -> None:
    """Remove the records that a run has left beside its dataset, which was complete when it was killed."""
    if any(True for _ in list_files(path / PROGRESS)):
        with suppress(OutputError), _alone(path, seen):  # a run that lives does it itself
            clear_progress(path)


@contextmanager
def _leaving_nothing_late(path: Place) -> Iterator[None]:
    """Remove the records that late requests leave in an output that another run has taken and completed."""
    try:
        yield
    except LostError:
        with suppress(OutputError):
            if (path / SUCCESS).exists():
                _clear_left(path, _read_raw(path))
        raise


@contextmanager
def _alone(path: Place, seen: str | None) -> Iterator[Lease]:
    """Lock the output against other runs, in this process or any other."""
    progress = path / PROGRESS
    with hold(progress / LOCK, path) as lease, asking(lease.prove):
        try:
            if _read_raw(path) != seen:
                raise OutputError(f"{setting('output')}: another run has just written {path}; inspect it, then rerun")
            yield lease
        finally:  # where a run was cleared away or is complete, no record is left
            with suppress(OutputError):  # of a store that does not answer: the error under way says so
                if all(file.name in HOLD for file in list_files(progress)):
                    remove_tree(progress)


def _clear(target: Target) -> None:
    """Remove what a run has left; the files of a load lie beside those of others, which are complete without it."""
    path = target.directory
    if target.load:
        for part in PART_COLUMNS:
            remove_files(path / part, lambda file: file.name.startswith(target.load))
    else:
        clear_output(path)
    clear_progress(path)
    if target.load and (path / RECEIPT).exists():
        mark_complete(path)
