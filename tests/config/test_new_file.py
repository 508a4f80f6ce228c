"""Small new files and directories: written whole, files never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.config.new_file import new_directory, write_new
from vecgen.errors import OutputError


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_new(tmp_path / "a", "é\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\n"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(OutputError, match="already exists; remove it or name another file"):
        write_new(tmp_path / "a", "yours")
    assert (tmp_path / "a").read_text() == "mine"


def test_a_file_that_cannot_be_completed_is_removed(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="cannot be written"):
        write_new(tmp_path / "none" / "a", "text")
    assert list_tree(tmp_path) == ["full"]


def test_a_directory_takes_the_place_of_another_once_it_is_complete(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "old").touch()
    with new_directory(tmp_path / "d") as complete:
        (complete / "new").touch()
        assert list_tree(tmp_path / "d") == ["old"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["d", "new"]


def test_a_directory_that_is_not_completed_leaves_no_trace(tmp_path: Path) -> None:
    def fail() -> None:
        with new_directory(tmp_path / "a" / "d") as complete:
            (complete / "new").touch()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list((tmp_path / "a").iterdir()) == []


def test_a_directory_takes_no_files_place(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("mine")
    with pytest.raises(NotADirectoryError), new_directory(tmp_path / "d"):
        pass
    assert (tmp_path / "d").read_text() == "mine"
    assert list_tree(tmp_path) == ["d"]
