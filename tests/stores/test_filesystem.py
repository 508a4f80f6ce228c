"""Paths and URLs: what a user's text means, and files that appear whole or not at all."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from pyarrow import fs

from tests.run.test_local import CrashError
from tests.support.datasets import data_files
from vecgen.errors import InputError, OutputError
from vecgen.io.reader import digest_dataset
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import read_receipt
from vecgen.run.local import run_local
from vecgen.stores.changes import create, remove_tree, write_text
from vecgen.stores.filesystem import SCHEMES, RemotePath, list_files, list_names, locate, size_of


def test_a_path_is_a_path() -> None:
    assert locate("a/b") == Path("a/b")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_url_keeps_its_spelling(scheme: str) -> None:
    place = locate(f"{scheme}://lake/a//b/")
    assert isinstance(place, RemotePath)
    assert str(place) == f"{scheme}://lake/a/b"
    assert str(place / "c/d.parquet") == f"{scheme}://lake/a/b/c/d.parquet"
    assert (place.name, place.parent.name, (place / "c.csv").suffix) == ("b", "a", ".csv")
    assert str(place.with_name("x")) == f"{scheme}://lake/a/x"
    assert place.absolute() == place


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("ftp://host/a", (), "ftp://host/a: scheme: got 'ftp', expected one of s3, s3a"),
        ("s3:///a", (), "got 'a', expected s3://bucket/prefix"),
        ("s3://", (), "got 'no bucket'"),
        ("s3://lake/../other", (), "without '.' and '..'"),
        ("s3://key:secret@lake/a", (), "got 'credentials in a URL'.*AWS_ACCESS_KEY_ID"),
        ("a/b", (("region", "x"),), "storage_option: region: got 'a/b', expected a URL"),
        ("gs://lake/a", (("region", "x"),), "expected s3 URLs"),
        ("s3://lake/a", (("secret_kye", "x"),), "got 'secret_kye', expected one of access_key, anonymous"),
        ("s3://lake/a", (("anonymous", "yes"),), "got 'yes', expected true or false"),
        ("s3://lake/a", (("max_attempts", "-1"),), "got '-1', expected a whole number"),
        ("s3://lake/a", (("max_attempts", "٣"),), "expected a whole number"),
    ],
)
def test_what_cannot_be_reached_is_refused(text: str, options: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        locate(text, options)
    assert "secret@" not in str(caught.value)


def test_places_are_values_and_keep_secrets() -> None:
    options = (("secret_key", "hush hush"), ("region", "eu"))
    place = locate("s3://lake/a", options)
    assert isinstance(place, RemotePath)
    assert place == locate("s3://lake/a", reversed(options)) == pickle.loads(pickle.dumps(place))
    assert len({place, locate("s3://lake/a", options), locate("s3://lake/a")}) == 2
    assert "hush" not in f"{place!r}{place}{place.store!r}"
    assert place.store.mask("hush hush in eu") == "*** in eu"


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with create(tmp_path / "a" / "b") as sink:
        sink.write(b"content")
        assert not (tmp_path / "a" / "b").exists()
    assert (tmp_path / "a" / "b").read_bytes() == b"content"
    with pytest.raises(CrashError), create(tmp_path / "a" / "c"):
        raise CrashError
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/a: cannot be written \(File exists\)"):
        write_text(tmp_path / "file" / "a", "")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RemotePath:
    """Return a place in a file system that is reached through pyarrow and is not S3, as HDFS is."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    monkeypatch.setattr("vecgen.stores.filesystem._connect", lambda _: (fs.LocalFileSystem(), str(root)))
    monkeypatch.setattr("vecgen.stores.lock.BEAT", 0.05)
    place = locate("hdfs://host:9000/lake")
    assert isinstance(place, RemotePath)
    return place


def test_what_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").touch()

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(OutputError, match=r"/a: cannot be read \(Permission denied\)"):
        list(list_files(tmp_path))


def test_files_of_a_file_system(elsewhere: RemotePath, tmp_path: Path) -> None:
    write_text(elsewhere / "a" / "b", "content")
    write_text(elsewhere / "a" / "b", "other")
    write_text(elsewhere / "c", "")
    assert (elsewhere / "a" / "b").read_text() == "other"
    assert size_of(elsewhere / "a" / "b") == 5
    assert {str(path) for path in list_files(elsewhere)} == {f"{elsewhere}/a/b", f"{elsewhere}/c"}
    assert sorted(list_names(elsewhere)) == ["a", "c"]
    assert ((elsewhere / "a").is_dir(), (elsewhere / "c").exists(), (elsewhere / "d").exists()) == (True, True, False)
    (elsewhere / "c").unlink()
    (elsewhere / "c").unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        size_of(elsewhere / "c")
    remove_tree(elsewhere / "a")
    remove_tree(elsewhere / "a")
    assert list(list_files(elsewhere)) == []
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()] == []


def test_a_dataset_in_a_file_system(plan: Plan, elsewhere: RemotePath, tmp_path: Path) -> None:
    output = Output(elsewhere / "o")
    receipt = run_local(plan, output, 1)
    run_local(plan, Output(tmp_path / "o"), 1)
    assert digest_dataset(output.path) == digest_dataset(tmp_path / "o")
    assert run_local(plan, output, 1, existing="overwrite").parts == receipt.parts == read_receipt(output.path).parts  # type: ignore[union-attr]
    ours, theirs = tmp_path / "elsewhere" / "lake" / "o", tmp_path / "o"
    assert [path.relative_to(ours) for path in data_files(ours)] == [
        path.relative_to(theirs) for path in data_files(theirs)
    ]


@pytest.mark.parametrize("url", ["s3://k:hush@b/x", "gs://k:hush@b", "abfs://u:hush@h/x", "s3://b/x?secret_key=hush"])
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError, match="AWS_ACCESS_KEY_ID") as caught:
        locate(url)
    assert "hush" not in str(caught.value)


def test_the_endpoint_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2"}.items():
        monkeypatch.setenv(name, value)
        place = locate("s3://bucket/x")
        assert isinstance(place, RemotePath)
        assert place.store.options == (("endpoint", value),)
    assert locate("s3://bucket/x", [("endpoint", "http://c:3")]) != place
    other = locate("gs://bucket/x")
    assert isinstance(other, RemotePath)
    assert other.store.options == ()
