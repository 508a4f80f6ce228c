"""Small objects that are changed by compare-and-swap, here in a file system; stores of objects: test_options.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import fs

from vecgen.errors import InputError
from vecgen.stores.cell import Cell, check_writable, open_cell
from vecgen.stores.filesystem import RemotePath, locate


@pytest.fixture
def cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cell:
    """Return the cell of a file of a remote file system, which knows no conditional writes."""
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.setattr("vecgen.stores.filesystem._connect", lambda _: (fs.LocalFileSystem(), str(root)))
    monkeypatch.setattr("vecgen.stores.cell.time.sleep", lambda _: None)
    place = locate("hdfs://host:9000/lake") / "cell"
    assert isinstance(place, RemotePath)
    return open_cell(place)


def test_a_text_is_written_over_what_was_seen_only(cell: Cell) -> None:
    assert cell.read() is None
    first = cell.write("one", None)
    assert first is not None
    assert cell.write("two", None) is None
    assert cell.write("two", "another tag") is None
    assert cell.read() == ("one", first)
    second = cell.write("two", first)
    assert cell.read() == ("two", second)


def test_only_the_state_that_was_seen_is_removed(cell: Cell) -> None:
    tag = cell.write("one", None)
    assert tag is not None
    cell.remove("another tag")
    assert cell.read() == ("one", tag)
    cell.remove(tag)
    cell.remove(tag)
    assert cell.read() is None


def test_a_role_is_refused_where_vecgen_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.stores.filesystem._connect", lambda _: (fs.LocalFileSystem(), str(tmp_path)))
    check_writable(tmp_path)
    check_writable(locate("s3://bucket/x"))
    with pytest.raises(InputError, match="storage_option: role_arn: got 'a role', expected none where vecgen writes"):
        check_writable(locate("s3://bucket/x", [("role_arn", "arn:aws:iam::1:role/r")]))
