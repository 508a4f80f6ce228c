"""Files against the list of the receipt: missing, unlisted and changed ones are counted and named."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from vecgen.records.receipt import Receipt
from vecgen.verify.file_check import Named, check_files, digest_complete


@pytest.fixture
def mine(parquet: tuple[Path, Receipt], tmp_path: Path) -> Path:
    return Path(shutil.copytree(parquet[0], tmp_path / "o"))


def broken(directory: Path, receipt: Receipt, *, fast: bool = False) -> dict[str, int]:
    return {check.name: check.broken for check in check_files(directory, receipt, fast=fast)[0]}


def test_a_dataset_has_the_files_of_its_list(mine: Path, parquet: tuple[Path, Receipt]) -> None:
    assert check_files(mine, None) == ([], [])
    assert broken(mine, parquet[1]) == {"files": 0, "file bytes": 0}


def test_each_kind_of_difference_is_counted(mine: Path, parquet: tuple[Path, Receipt]) -> None:
    first, second, *_ = sorted((mine / "transactions").rglob("*.parquet"))
    content = bytearray(first.read_bytes())
    content[100] ^= 1
    first.write_bytes(content)
    assert broken(mine, parquet[1]) == {"files": 0, "file bytes": 1}
    assert broken(mine, parquet[1], fast=True) == {"files": 0, "file bytes": 0}
    second.rename(second.with_name("other.parquet"))
    checks = check_files(mine, parquet[1])[0]
    assert [check.broken for check in checks] == [2, 1]
    assert set(checks[0].examples) == {
        str(second.relative_to(mine)),
        str(second.with_name("other.parquet").relative_to(mine)),
    }


def test_an_older_receipt_has_no_list(mine: Path, parquet: tuple[Path, Receipt]) -> None:
    checks, notes = check_files(mine, replace(parquet[1], files=None))
    assert checks == []
    assert "an older version wrote no list of files" in notes[0]


def test_a_digest_is_that_of_the_receipt(mine: Path, parquet: tuple[Path, Receipt]) -> None:
    found = digest_complete(mine)
    assert {name: str(digest) for name, digest in found.items()} == {
        name: part.digest for name, part in parquet[1].parts.items()
    }


def test_the_first_names_are_kept() -> None:
    named = Named()
    for name in "abcde":
        named.add(name)
    assert (named.number, named.first) == (5, ("a", "b", "c"))
