"""Requests to a store that come late, twice or over a damaged file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.exceptions import GenericError

from tests.support.object_store import BUCKET, ObjectStore, free_port
from vecgen.errors import OutputError
from vecgen.stores.bucket import Bucket, NoConditionsError
from vecgen.stores.changes import create, move_file, remove_file, remove_files, remove_tree, write_text
from vecgen.stores.filesystem import RemotePath, find_bucket, locate
from vecgen.stores.objects import upload
from vecgen.stores.permission import asking, asking_nobody


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    served = ObjectStore(Path(tmp_path_factory.mktemp("s3")), free_port())
    served.start()
    yield served
    served.stop()


@pytest.fixture
def place(store: ObjectStore, request: pytest.FixtureRequest) -> RemotePath:
    """Return a directory of the test's own."""
    found = locate(f"s3://{BUCKET}/{request.node.name}", store.options)
    assert isinstance(found, RemotePath)
    return found


class Hold:
    """An output that another run takes after some answers, and writes a file of it."""

    def __init__(self, place: RemotePath, answers: int) -> None:
        self._place, self._answers = place, answers

    @property
    def is_lost(self) -> bool:
        """Whether the other has come."""
        return self._answers == 0

    def check(self, anew: bool = False) -> None:
        """Allow what comes before."""
        if self.is_lost:
            raise OutputError("another run has taken it")
        self._answers -= 1
        if self._answers == 0:
            with asking_nobody():
                write_text(self._place, "another's")


def write(place: RemotePath, content: str) -> None:
    with create(place) as sink:
        sink.write(content.encode())


CHANGES: dict[str, Callable[[RemotePath], None]] = {
    "write": lambda file: write(file, "mine"),
    "remove_file": remove_file,
    "remove_files": lambda file: remove_files(file.parent, lambda _: True),
    "remove_tree": lambda file: remove_tree(file.parent),
}


@pytest.mark.parametrize(("before", "answers"), [("", 1), ("damaged", 1), ("damaged", 2)])
@pytest.mark.parametrize("change", CHANGES)
def test_a_late_request_touches_nothing_of_another_run(
    change: str, before: str, answers: int, place: RemotePath
) -> None:
    """Whether the other comes before the look at what is there, or between the last permission and the request."""
    file = place / "a"
    if before:
        write_text(file, before)
    hold = Hold(file, answers)
    with asking(hold.check), suppress(OutputError):
        CHANGES[change](file)
    assert hold.is_lost
    assert file.read_text() == "another's"


def test_a_file_of_the_same_run_is_replaced(place: RemotePath) -> None:
    """As a resumed run replaces what is damaged, and a retried task what it has written."""
    write_text(place / "a", "damaged")
    for content in ("whole", "whole", "", "x" * 6_000_000):
        write(place / "a", content)
        assert (place / "a").read_text() == content


def test_files_are_removed_and_moved(place: RemotePath, store: ObjectStore) -> None:
    """And leave no object that stands for a directory."""
    for name in ("a", "b/c", "b/d/e", "bc", "f"):
        write_text(place / name, name)
    remove_file(place / "none")
    remove_file(place / "f")
    remove_files(place / "b", lambda file: file.name == "c")
    assert store.files(place.key) == {"a": b"a", "b/d/e": b"b/d/e", "bc": b"bc"}
    move_file(place / "b" / "d" / "e", place / "bc")
    remove_tree(place / "none")
    assert store.files(place.key) == {"a": b"a", "bc": b"b/d/e"}
    remove_tree(place)
    assert not (store.root / place.key).exists()


@pytest.mark.parametrize("change", CHANGES)
def test_an_object_without_a_tag(change: str, place: RemotePath, store: ObjectStore) -> None:
    """As of a file that was put below a gateway, or what two requests at the same moment leave of one there."""
    (store.root / place.key).mkdir()
    (store.root / place.key / "a").write_text("untagged", encoding="utf-8")
    bucket = find_bucket(place)
    assert bucket
    assert bucket.find_tag((place / "a").key) == ""
    CHANGES[change](place / "a")
    assert store.files(place.key) == ({"a": b"mine"} if change == "write" else {})


def test_a_store_that_compares_at_writes_only(place: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    """And refuses the condition of a removal, or cannot be asked for one: the tag is compared directly before."""
    write_text(place / "a", "mine")
    bucket = find_bucket(place)
    assert isinstance(bucket, Bucket)
    monkeypatch.setattr(Bucket, "_request_removal", lambda *_: 400)
    assert not bucket.remove((place / "a").key, '"another"')
    assert (place / "a").read_text() == "mine"
    remove_file(place / "a")
    assert not (place / "a").exists()


def test_a_look_that_breaks_off_is_repeated(place: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the answer to a run that is paused meanwhile."""
    write_text(place / "a", "mine")
    head, breaks = obstore.head, [True]

    def break_off(*arguments: Any) -> Any:
        if breaks and breaks.pop():
            raise GenericError("request or response body error")
        return head(*arguments)

    monkeypatch.setattr("obstore.head", break_off)
    remove_file(place / "a")
    assert not (place / "a").exists()
    breaks += [True, True]
    with pytest.raises(OutputError, match="cannot be reached"):
        remove_file(place / "a")


def test_a_file_that_changes_again_and_again(place: RemotePath) -> None:
    states = iter(range(100))

    def change(anew: bool = False) -> None:
        with asking_nobody():
            write_text(place / "a", str(next(states)))

    for name in ("write", "remove_file"):
        with asking(change), pytest.raises(OutputError, match="changes again and again"):
            CHANGES[name](place / "a")


def test_what_cannot_carry_a_condition(place: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file too large for one request, and any file where the store knows no conditional writes."""

    def refuse(*_: object) -> None:
        raise NoConditionsError("NotImplemented")

    monkeypatch.setattr("vecgen.stores.changes._LARGEST_FENCED", 3)
    monkeypatch.setattr(Bucket, "write", refuse)
    for content in ("", "abc", "more than that", "again"):
        write(place / "a", content)
        assert (place / "a").read_text() == content


def test_an_upload_whose_answer_was_lost_is_not_repeated(
    place: RemotePath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, sent = find_bucket(place), []
    assert bucket
    put = bucket.write

    def lose_answer(key: str, content: bytes | memoryview, seen: str | None) -> str | None:
        sent.append(put(key, content, seen))
        raise OSError("the connection was closed")

    monkeypatch.setattr(bucket, "write", lose_answer)
    (tmp_path / "file").write_bytes(b"whole")
    upload(bucket, f"{place.key}/file", tmp_path / "file")
    assert len(sent) == 1
    assert bucket.read(f"{place.key}/file") == (b"whole", sent[0])


def test_a_file_that_is_missing_is_told_from_an_empty_one(place: RemotePath) -> None:
    write_text(place / "empty", "")
    assert (place / "empty").read_text() == ""
    with pytest.raises(FileNotFoundError):
        (place / "missing").read_text()
