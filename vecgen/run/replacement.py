"""Replaces a dataset by another, which is built inside the output and moved into place once it is complete.

It is built in a directory of its run's own below the output's progress. What is moved is written down before the first
file moves, so that the next run completes the move of a killed one. Other files in the output stay.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from vecgen.errors import InputError, OutputError, setting
from vecgen.io.file_record import is_data_name
from vecgen.io.reader import find_files
from vecgen.io.schema import PART_COLUMNS
from vecgen.records.file_list import read_file_list
from vecgen.records.parse import FILE_LIST, check_move, read_recorded
from vecgen.records.receipt import MOVE, PROGRESS, RECEIPT, RUN, SUCCESS, Receipt, read_receipt
from vecgen.stores.changes import is_draft, move_file, remove_file, remove_files, remove_tree, write_text
from vecgen.stores.checksum import checksum_file
from vecgen.stores.filesystem import Place, RemotePath, is_file, list_files, list_names
from vecgen.stores.permission import ask_permission
from vecgen.stores.refusals import refuse_foreign

_NEW: Final = "new-"
_OLD: Final = "old"
_LEFT: Final = re.compile(r"_SUCCESS|.*\.crc|_(started|committed)_\d+|_last_checkpoint")
"""Names of what vecgen, Spark and Delta leave beside data files."""


def name_new(progress: Place) -> Place:
    """Return where a run builds a dataset that will replace another; no other run uses the name."""
    return progress / f"{_NEW}{uuid.uuid4().hex}"


def check_replaceable(output: Place) -> None:
    """Accept an output that holds nothing, or a dataset of vecgen, complete or not.

    Raises:
        OutputError: It holds something else, or is no directory.
    """
    ours = read_receipt(output) is not None or is_file(output / PROGRESS / RUN)
    if not ours and output.exists() and (not output.is_dir() or any(list_names(output))):
        text = f"{setting('overwrite')}: {output} holds no dataset of vecgen (no receipt); remove it yourself"
        raise refuse_foreign(output, text)


def check_removable(output: Place, broken: str = "") -> None:
    """Accept a dataset, complete or not, whose parts contain only files of vecgen.

    Args:
        broken: Prefix of the files that an interrupted run has added to it; "" for none.

    Raises:
        OutputError: Somebody's files are among those that would be removed.
    """
    receipt = read_receipt(output)
    is_ours: Callable[[Place], bool]
    if receipt is None:
        is_ours = _is_named_like_ours
    elif receipt.output.get("table"):  # whose files outlive their snapshots, and which Delta compacts into others
        is_ours = partial(_is_in_table, output)
    else:
        listed = _list_known(output, receipt)
        is_ours = _is_named_like_ours if listed is None else lambda file: _below(output, file) in listed
    for file in (file for name in PART_COLUMNS for file in list_files(output / name)):
        added = bool(broken) and file.name.startswith(broken)
        if not (added or _LEFT.fullmatch(file.name) or is_draft(file.name) or is_ours(file)):
            remedy = f"move what is yours elsewhere, or choose another {setting('output')}"
            raise refuse_foreign(output, f"{setting('overwrite')}: {file} is no file of vecgen's; {remedy}")


def _list_known(output: Place, receipt: Receipt) -> set[str] | None:
    """Return the files that the list of a dataset names, None if it cannot be read: the dataset is replaced anyway."""
    try:
        return {file.path for file in read_file_list(output, receipt.files)} if receipt.files else None
    except InputError:
        return None


def _is_named_like_ours(file: Place) -> bool:
    return is_data_name(file.name)


def _is_in_table(output: Place, file: Place) -> bool:
    return "_delta_log" in file.parts[len(output.parts) :] or (file.suffix == ".parquet" and file.name[0] not in "._")


def replace_dataset(new: Place, progress: Place) -> None:
    """Move a complete dataset to the output's own names and remove what was there.

    Until that is done, the output has no `_SUCCESS`.

    Raises:
        OutputError: Afterwards the output holds other files than those that were to be moved.
    """
    files = [_below(new, file) for name in PART_COLUMNS for file in find_files(new / name)]
    # From here on the move is completed, by the next run if need be; before, the new dataset is thrown away.
    write_text(progress / MOVE, json.dumps({"new": new.name, "files": files}))
    _complete(progress, new, files)


def complete_replacement(progress: Place) -> None:
    """Complete the move of a dataset by a run that was killed meanwhile.

    Raises:
        InputError: What it has written down cannot be read.
        OutputError: See `replace_dataset`.
    """
    record = read_recorded(progress / MOVE, "the record of a move", check_move)
    if record is not None:
        raw = cast(dict[str, Any], record.raw)
        _complete(progress, progress / raw["new"], raw["files"])


def remove_broken(progress: Place) -> None:
    """Remove what runs that were killed had built to replace the dataset."""
    for name in list(list_names(progress)) if progress.is_dir() else ():
        if name == _OLD or name.startswith(_NEW):
            remove_tree(progress / name)


def _complete(progress: Place, new: Place, files: list[str]) -> None:
    """Move a dataset; every step finds done what a killed run has done of it."""
    output = progress.parent
    if is_file(new / SUCCESS):  # it moves last
        remove_file(progress / RUN)  # of an unfinished dataset that is replaced: it must not be resumed
        remove_file(output / SUCCESS)  # before the first file goes: a reader must not take a mixture for a dataset
        if isinstance(new, Path) and isinstance(progress, Path):
            _swap_directories(new, progress, {name.partition("/")[0] for name in files})
        else:
            _move_files(new, output, files)
        _check_moved(output, files)
        # In this order: the receipt names the list, and the marker vouches for both.
        for name in (FILE_LIST, RECEIPT):
            _move(new / name, output / name)
        _check_receipt(output, new / SUCCESS)
        _move(new / SUCCESS, output / SUCCESS)
    remove_file(progress / MOVE)
    remove_broken(progress)


def _swap_directories(new: Path, progress: Path, parts: set[str]) -> None:
    old = progress / _OLD
    old.mkdir(exist_ok=True)
    for name in PART_COLUMNS:
        present = progress.parent / name
        if name in parts and not (new / name).exists():
            continue  # it has been moved
        ask_permission()
        if present.exists():
            present.rename(old / name)
        if name in parts:
            (new / name).rename(present)


def _move_files(new: Place, output: Place, files: list[str]) -> None:
    for name in files:
        _move(new / name, output / name)
    # What is not replaced goes last: until then every file of the new dataset is there.
    kept = set(files)
    for part in PART_COLUMNS:
        remove_files(output / part, lambda file: _below(output, file) not in kept)


def _move(old: Place, new: Place) -> None:
    if is_file(old):
        if isinstance(old, RemotePath) and isinstance(new, RemotePath):
            move_file(old, new)
        elif isinstance(old, Path):
            ask_permission()
            old.replace(str(new))


def _check_moved(output: Place, files: list[str]) -> None:
    ask_permission()
    found = {_below(output, file) for name in PART_COLUMNS for file in find_files(output / name)}
    if found != set(files):
        told = f"{len(found)} data files where {len(files)} were moved"
        raise OutputError(f"{output}: {told}; remove what is not of this run, then rerun")


def _check_receipt(output: Place, success: Place) -> None:
    """Accept the receipt that the marker of success names; that of an older version names none."""
    try:
        named = success.read_text(encoding="utf-8")
    except FileNotFoundError:  # another run has taken the output and completed this move
        return
    if named and not (is_file(output / RECEIPT) and checksum_file(output / RECEIPT) == named):
        raise OutputError(f"{output}: its receipt is not the one of what was moved; remove the output, then rerun")


def _below(directory: Place, file: Place) -> str:
    return "/".join(file.parts[len(directory.parts) :])
