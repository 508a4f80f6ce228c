"""Every storage option reaches all clients of a store, or is refused in one line before the work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import ROOT
from tests.support.datasets import data_files
from tests.support.object_store import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectStore, free_port, require_server
from vecgen.cli.main import main
from vecgen.errors import InputError, InputWarning
from vecgen.io.delta import _storage_options
from vecgen.records.receipt import SUCCESS
from vecgen.stores.bucket import Bucket
from vecgen.stores.cell import _Conditional, _ReadFirst, open_cell
from vecgen.stores.filesystem import RemotePath, locate
from vecgen.stores.options import _S3_NAMES, to_arguments

SMALL = ["generate", "--customers", "12", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1", "--quiet"]
SMALL += ["--partition-by", ""]
KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
CERTIFICATES = """
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=vecgen tests" -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj "/CN=store" -keyout store.key -out store.csr
printf 'subjectAltName=IP:127.0.0.1,DNS:*.store.test\\nbasicConstraints=CA:FALSE' > extensions
openssl x509 -req -in store.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out store.pem
"""


def place(options: dict[str, str]) -> RemotePath:
    found = locate(f"s3://{BUCKET}/o", options.items())
    assert isinstance(found, RemotePath)
    return found


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.stores.lock.BEAT", 0.1)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the certificate of an authority, and one of a store that it vouches for."""
    require_server()
    directory = tmp_path_factory.mktemp("certificates")
    subprocess.run(["sh", "-e", "-c", CERTIFICATES], cwd=directory, capture_output=True, check=True)
    return directory


@pytest.fixture(scope="module")
def safe(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """Yield a store that speaks TLS, with a certificate that no system knows."""
    flags = ("--cert", str(certificates / "store.pem"), "--key", str(certificates / "store.key"))
    store = ObjectStore(tmp_path_factory.mktemp("s3"), free_port(), authority=certificates / "ca.pem", more=flags)
    store.start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the data files of a dataset on disk."""
    path = tmp_path_factory.mktemp("whole") / "o"
    assert main([*SMALL, "--output", str(path)]) == 0
    return {str(file.relative_to(path)): file.read_bytes() for file in data_files(path)}


def test_a_store_with_a_certificate_of_its_own(safe: ObjectStore, whole: dict[str, bytes]) -> None:
    url = f"s3://{BUCKET}/o"
    cell = open_cell(place(dict(safe.options)).with_name("cell"))
    assert isinstance(cell, _Conditional)
    assert cell.write("one", None)
    assert cell.write("two", None) is None
    assert main([*SMALL, "--output", url, *safe.arguments]) == 0
    found = safe.files("o")
    assert {name: content for name, content in found.items() if name in whole} == whole
    assert SUCCESS in found
    assert main([*SMALL, "--output", url, *safe.arguments, "--resume"]) == 0


def test_a_certificate_that_is_not_trusted(safe: ObjectStore, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [word for word in safe.arguments if "tls_ca" not in word]
    arguments = [word for word in arguments if word != "--storage-option"]
    options = [word for value in (*arguments, "max_attempts=1") for word in ("--storage-option", value)]
    assert main([*SMALL, "--output", f"s3://{BUCKET}/other", *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "certificate" in said


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file of hosts")
def test_a_store_that_has_a_host_for_each_bucket(certificates: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    """Names of hosts are made up in a mount of the process's own, which only root can have."""
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost store.test {BUCKET}.store.test\n", encoding="utf-8")
    store = ObjectStore(tmp_path / "s3", free_port(), host="store.test", more=("--virtual-domain", "store.test"))
    mount = f"mount --bind {hosts} /etc/hosts"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False).returncode != 0:
        assert "CI" not in os.environ, "continuous integration can mount"
        pytest.skip("cannot mount here")
    store.start()
    try:
        virtual = [*store.arguments, "--storage-option", "force_virtual_addressing=true"]
        for name, more in (("o", []), ("table", ["--table", "delta"])):
            command = [sys.executable, "-W", "error", "-m", "vecgen", *SMALL, "--output", f"s3://{BUCKET}/{name}"]
            done = subprocess.run(
                ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh", *command, *virtual, *more],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")  # a note would say that conditional writes failed
        found = store.files("o")
        assert {name: content for name, content in found.items() if name in whole} == whole
        assert any(name.startswith("transactions/_delta_log/") for name in store.files("table"))
    finally:
        store.stop()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"endpoint": "http://h:1"}, {"endpoint": "http://h:1"}),
        ({"endpoint": "https://h:1/"}, {"endpoint": "https://h:1"}),
        ({"endpoint": "h:1", "scheme": "http"}, {"endpoint": "http://h:1"}),
        ({"endpoint": "h:1"}, {"endpoint": "https://h:1"}),
        (
            {"endpoint": "http://h:1", "force_virtual_addressing": "true"},
            {"endpoint": "http://lake.h:1", "virtual_hosted_style_request": "true"},
        ),
        ({"anonymous": "true"}, {"skip_signature": "true"}),
        ({"access_key": "a", "secret_key": "b", "session_token": "c"}, {"access_key_id": "a", "session_token": "c"}),
    ],
)
def test_what_the_client_of_conditional_writes_is_told(given: dict[str, str], expected: dict[str, Any]) -> None:
    config: Any = Bucket(BUCKET, tuple(given.items()), "r").open_client().config
    assert {name: config.get(name) for name in expected} == expected
    assert config["region"] == "r"
    assert config["virtual_hosted_style_request"] == given.get("force_virtual_addressing", "false")


def test_what_delta_is_told() -> None:
    given = {"endpoint": "h:1/", "scheme": "http", "force_virtual_addressing": "true", "anonymous": "true"}
    assert _storage_options(place(given)) == {
        "AWS_ENDPOINT_URL": "http://lake.h:1",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_ALLOW_HTTP": "true",
    }


def test_every_option_is_one_of_pyarrows() -> None:
    from pyarrow import fs

    values = dict.fromkeys(_S3_NAMES, "1") | {"endpoint": "http://h:1", "scheme": "http"}
    arguments = to_arguments(tuple(values.items()))
    documented = str(fs.S3FileSystem.__doc__).partition("\n\n")[0]
    assert [name for name in arguments if not re.search(rf"\b{name}[=:]", documented)] == []


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("role_arn=arn:aws:iam::1:role/x", "role_arn: got 'a role', expected none where vecgen writes"),
        ("tls_ca_file_path=/nowhere", "tls_ca_file_path: got '/nowhere', expected a file that can be read"),
        (f"tls_ca_file_path={ROOT / 'LICENSE'}", "expected certificates in PEM format"),
        ("endpoint=http://user:hush@h:1", "endpoint: got 'http://…@h:1', expected host:port"),
        ("endpoint=http://h:1/path", "expected host:port"),
        ("scheme=ftp", "scheme: got 'ftp', expected http or https"),
        ("external_id=1", "got 'external_id', expected one of"),
        ("proxy_options=http://p:1", "got 'proxy_options', expected one of"),
        ("background_writes=true", "got 'background_writes', expected one of"),
    ],
)
def test_what_is_refused(option: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--output", f"s3://{BUCKET}/o", "--storage-option", option]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert "hush" not in error


def test_a_table_knows_no_certificates(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    words = [*SMALL, "--output", f"s3://{BUCKET}/o", "--storage-option", f"tls_ca_file_path={file}"]
    words += ["--storage-option", "max_attempts=1", "--storage-option", "endpoint=http://127.0.0.1:1"]
    assert main([*words, "--table", "delta"]) == 2


def test_a_pyarrow_without_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise TypeError("__init__() got an unexpected keyword argument 'tls_ca_file_path'")

    monkeypatch.setattr("vecgen.stores.filesystem.fs.S3FileSystem", refuse)
    with pytest.raises(InputError, match=r"tls_ca_file_path.*pip install --upgrade pyarrow"):
        place({"region": "of this test"}).connect()


def test_a_store_that_conditional_writes_do_not_reach(safe: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where only PyArrow finds the credentials: the run goes on, and says what that means."""
    lock = place(dict(safe.options)) / "weak"
    with monkeypatch.context() as patch, warnings.catch_warnings():
        patch.setattr("vecgen.stores.filesystem._buckets", {})
        patch.setattr(
            "vecgen.stores.bucket._find_credentials", lambda _: {"access_key_id": ACCESS_KEY, "secret_access_key": "y"}
        )
        with pytest.warns(InputWarning, match="may not see each other: conditional writes fail"):
            cell = open_cell(lock)
    assert isinstance(cell, _ReadFirst)
