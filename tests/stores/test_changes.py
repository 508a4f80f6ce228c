"""Changes on disk: files appear whole, and only what is chosen is removed. In stores: test_objects.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.errors import OutputError
from vecgen.stores.changes import create, remove_file, remove_files, remove_tree, write_text
from vecgen.stores.permission import asking


def refuse(anew: bool = False) -> None:
    raise OutputError("another run has it")


def test_a_block_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    write_text(tmp_path / "d" / "a", "before")
    with pytest.raises(ZeroDivisionError), create(tmp_path / "d" / "a") as sink:
        sink.write(b"after"[: 1 // 0])
    assert list_tree(tmp_path) == ["d", "d/a"]
    assert (tmp_path / "d" / "a").read_text(encoding="utf-8") == "before"


def test_a_file_is_examined_before_it_appears(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def examine(draft: Path) -> None:
        assert not (tmp_path / "a").exists()
        seen.append(draft.read_bytes())

    with create(tmp_path / "a", examine) as sink:
        sink.write(b"content")
    assert seen == [b"content"] == [(tmp_path / "a").read_bytes()]


def test_chosen_files_are_removed_hidden_ones_too(tmp_path: Path) -> None:
    for name in (".draft", "b/.draft", "b/kept"):
        write_text(tmp_path / name, "")
    remove_files(tmp_path, lambda file: file.name == ".draft")
    assert list_tree(tmp_path) == ["b", "b/kept"]
    remove_file(tmp_path / "b" / "kept")
    remove_file(tmp_path / "b" / "kept")
    remove_tree(tmp_path / "b")
    remove_tree(tmp_path / "b")
    assert list_tree(tmp_path) == []


def test_nothing_is_changed_without_permission(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "mine")
    with asking(refuse):
        with pytest.raises(OutputError, match="another run has it"):
            write_text(tmp_path / "a", "x")
        with pytest.raises(OutputError, match="another run has it"):
            remove_file(tmp_path / "a")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "mine"
