"""Is a dataset what its receipt says: the same rows, in the files of its list, byte for byte?"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final

from vecgen.errors import InputError, InputWarning, setting
from vecgen.io.delta import LOG
from vecgen.io.digest import Digest
from vecgen.io.reader import digest_dataset, find_files
from vecgen.io.schema import PART_COLUMNS
from vecgen.records.file_list import FileList, ListedFile, read_file_list
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import Receipt, read_receipt, written_columns
from vecgen.stores.checksum import checksum_file
from vecgen.stores.filesystem import Place, size_of
from vecgen.verify.certificate import MOST_EXAMPLES, Check, spell_examples

_BLOCK: Final = 1024  # files that are handed to threads at once
_REMEDY: Final = "restore it, or write the dataset again"


@dataclass
class Named:
    """A number of files, and the first names."""

    number: int = 0
    first: tuple[str, ...] = ()

    def add(self, name: str) -> None:
        """Count a file."""
        self.number += 1
        if self.number <= MOST_EXAMPLES:
            self.first = (*self.first, name)


@dataclass
class Comparison:
    """How the files of a dataset differ from its list.

    Attributes:
        missing: Listed, and not there.
        unlisted: There, and not listed.
        changed: Of another size, or of other bytes.
        unknown: Number of files of which the list knows no checksum.
    """

    missing: Named = field(default_factory=Named)
    unlisted: Named = field(default_factory=Named)
    changed: Named = field(default_factory=Named)
    unknown: int = 0


def check_files(
    directory: Place, receipt: Receipt | None, threads: int = 1, *, fast: bool = False
) -> tuple[list[Check], list[str]]:
    """Return the checks of a dataset's files, none without a list, and notes on what was not checked.

    Args:
        fast: Compare sizes, and leave the bytes unread.
    """
    if receipt is None:
        return [], []
    if receipt.files is None:
        return [], ["an older version wrote no list of files: whether their bytes have changed was not checked"]
    try:
        found = compare_files(directory, receipt.files, threads, fast=fast)
    except InputError as error:
        return [Check("files", f"the list and the files that were written ({error})", 1)], []
    strange = found.missing.number + found.unlisted.number
    names = (*found.missing.first, *found.unlisted.first)[:MOST_EXAMPLES]
    what = "size" if fast else "size and bytes"
    checks = [
        Check("files", f"those of {FILE_LIST} and no other", strange, examples=names),
        Check("file bytes", f"{what} as in {FILE_LIST}", found.changed.number, examples=found.changed.first),
    ]
    return checks, _note_unread(found.unknown, fast)


def _note_unread(unknown: int, fast: bool) -> list[str]:
    if fast:
        return [f"{setting('fast')}: sizes of files were checked, their bytes were not"]
    return [f"{unknown:,} files were written by Spark's own writer: their bytes were not checked"] if unknown else []


def compare_files(directory: Place, known: FileList, threads: int = 1, *, fast: bool = False) -> Comparison:
    """Compare the files of a dataset with the list that its receipt names.

    The log of a table says which files belong to it, and a table may have been compacted: of its files, only those that
    are listed are compared.

    Raises:
        InputError: The list is not the one that the receipt names, or a table lacks files.
    """
    found, unlisted, tables = Comparison(), set[str](), set[str]()
    for part in PART_COLUMNS:
        files = find_files(directory / part)
        unlisted |= {"/".join(file.parts[len(directory.parts) :]) for file in files}
        tables |= {part} if (directory / part / LOG).is_dir() else set()
    listed = read_file_list(directory, known)
    with ThreadPoolExecutor(threads) as pool:  # reading and hashing hold no lock of Python's
        # In blocks: the list of a large dataset is never in memory as a whole.
        while block := list(islice(listed, _BLOCK)):
            present = [file for file in block if file.path in unlisted]
            for path in (file.path for file in block if file.path not in unlisted and not _is_of(file.path, tables)):
                found.missing.add(path)
            unlisted -= {file.path for file in present}
            found.unknown += sum(file.checksum is None for file in present)
            same = pool.map(partial(_is_same, directory, fast=fast), present)
            for file in (file for file, is_same in zip(present, same, strict=True) if not is_same):
                found.changed.add(file.path)
    for path in sorted(path for path in unlisted if not _is_of(path, tables)):
        found.unlisted.add(path)
    return found


def _is_of(path: str, parts: Collection[str]) -> bool:
    return path.split("/", 1)[0] in parts


def _is_same(directory: Place, file: ListedFile, *, fast: bool) -> bool:
    path = directory / file.path
    try:
        if size_of(path) != file.bytes:
            return False
        return fast or file.checksum is None or checksum_file(path) == file.checksum
    except OSError:
        return False


def check_digests(receipt: Receipt | None, digests: Mapping[str, Digest]) -> list[Check]:
    """Return the checks of rows and digest of each part, none without receipt."""
    if receipt is None:
        return []
    checks = []
    for name in dict.fromkeys((*digests, *receipt.parts)):
        part, digest = receipt.parts.get(name), digests.get(name, Digest())
        same = part is not None and part.rows == digest.rows and part.digest in (None, str(digest))
        expected = f"{part.rows:,} rows, digest {part.digest}" if part else "none of them"
        checks.append(Check(f"receipt: {name}", expected, int(not same)))
    return checks


def digest_complete(directory: Place) -> dict[str, Digest]:
    """Return the digests of `digest_dataset`, of a dataset with a list of files if none of them is missing.

    Files that are not listed are counted; an `InputWarning` names them.

    Raises:
        InputError: A listed file is missing, or the dataset cannot be read.
    """
    receipt = read_receipt(directory) if directory.is_dir() else None
    if receipt and receipt.files:
        found = compare_files(directory, receipt.files, fast=True)
        if found.missing.number:
            expected = f"the files of {FILE_LIST}, of which {found.missing.number:,} are missing"
            raise InputError(str(directory / found.missing.first[0]), "", "no such file", expected, _REMEDY)
        if found.unlisted.number:
            names = spell_examples(found.unlisted.first, found.unlisted.number)
            text = f"{directory}: counted, though {FILE_LIST} does not list them: {names}"
            warnings.warn(text, InputWarning, stacklevel=2)
    return digest_dataset(directory, written_columns(receipt) if receipt else None)
