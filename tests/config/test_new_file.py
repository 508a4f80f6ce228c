"""Small new files: written whole, never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.config.new_file import write_new
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
