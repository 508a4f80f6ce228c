"""The output directory: what is accepted, made and cleared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.errors import OutputError
from vecgen.records.receipt import PROGRESS, RECEIPT, SUCCESS
from vecgen.run.directory import check_empty, clear_output, make_directory


def test_what_is_new_or_empty_is_accepted(tmp_path: Path) -> None:
    check_empty(tmp_path / "new")
    check_empty(tmp_path)
    (tmp_path / PROGRESS).mkdir()
    check_empty(tmp_path, overlooked=PROGRESS)
    with pytest.raises(OutputError, match="is not an empty directory"):
        check_empty(tmp_path)


def test_a_file_and_a_dataset_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is not an empty directory; choose another or remove it"):
        check_empty(tmp_path / "file")
    (tmp_path / SUCCESS).touch()
    with pytest.raises(OutputError, match="holds a dataset; choose another, or pass overwrite=True"):
        check_empty(tmp_path)


def test_a_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    make_directory(tmp_path / "a" / "b")
    make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/b cannot be created \(Not a directory\)"):
        make_directory(tmp_path / "file" / "b")


def test_only_what_a_run_writes_is_cleared(tmp_path: Path) -> None:
    for name in ("transactions/year=2023/a.parquet", "customers/b.parquet", RECEIPT, SUCCESS, "mine", PROGRESS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    clear_output(tmp_path)
    assert list_tree(tmp_path) == sorted([PROGRESS, "mine"])
