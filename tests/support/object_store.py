"""A real server that speaks S3, on a free port of this machine, its objects plain files below a directory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest

ACCESS_KEY, SECRET_KEY = "vecgen-tests-key", "vecgen-tests-secret"
BUCKET = "lake"
SERVER = Path(sys.executable).with_name("versitygw")


def require_server() -> None:
    """Skip where there is no server, which is built with Go; continuous integration must have it."""
    if not SERVER.exists():
        assert "CI" not in os.environ, f"{SERVER} is missing: run_tests.sh builds it where there is Go"
        pytest.skip("no S3 server: run_tests.sh builds it where there is Go")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class ObjectStore:
    """A server of `directory`, and the process that is it.

    Attributes:
        host: By which clients name it.
        authority: Certificate that vouches for its own; None for no TLS.
        more: Of its arguments.
    """

    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    host: str = "127.0.0.1"
    authority: Path | None = None
    more: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What `--storage-option` has to say."""
        return (*self.address, ("access_key", ACCESS_KEY), ("secret_key", SECRET_KEY))

    @property
    def address(self) -> tuple[tuple[str, str], ...]:
        """The options without credentials."""
        scheme = "https" if self.authority else "http"
        trusted = (("tls_ca_file_path", str(self.authority)),) if self.authority else ()
        return (("endpoint", f"{scheme}://{self.host}:{self.port}"), ("region", "us-east-1"), *trusted)

    @property
    def arguments(self) -> list[str]:
        """The options as they are written on a command line, without credentials."""
        return [word for name, value in self.address for word in ("--storage-option", f"{name}={value}")]

    def start(self) -> None:
        """Start the server and wait until it listens."""
        require_server()
        (self.directory / "objects" / BUCKET).mkdir(parents=True, exist_ok=True)
        command = [str(SERVER), "--port", f"127.0.0.1:{self.port}", "--access", ACCESS_KEY, "--secret", SECRET_KEY]
        command += ["--quiet", *self.more]
        command += ["posix", "--sidecar", str(self.directory / "metadata"), str(self.directory / "objects")]
        (self.directory / "metadata").mkdir(exist_ok=True)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not _listens(self.port):
            assert self.process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill the server, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def files(self, prefix: str = "") -> dict[str, bytes]:
        """Return all objects below a prefix of the bucket by their keys."""
        root = self.root / prefix
        return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}

    @property
    def root(self) -> Path:
        """Where the bucket's objects lie."""
        return self.directory / "objects" / BUCKET


class _Forward(BaseHTTPRequestHandler):
    """Passes requests on as they are, but every `period`-th of them fails as a busy store lets it."""

    protocol_version = "HTTP/1.1"
    upstream: int
    period: int
    requests: Iterator[int]
    delay = 0.0

    def _serve(self) -> None:
        number = next(self.requests)
        time.sleep(self.delay * (number * 0.618 % 1))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if number % self.period == 0:
            self._fail((503, 500)[number // self.period % 2])
            return
        upstream = HTTPConnection("127.0.0.1", self.upstream)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():  # signed, Host among them
            upstream.putheader(name, value)
        upstream.endheaders(body)
        response = upstream.getresponse()
        content = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                self.send_header(name, value)
        length = response.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    def _fail(self, status: int) -> None:
        code = "SlowDown" if status == 503 else "InternalError"
        content = f"<Error><Code>{code}</Code><Message>for a moment</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - names that http.server looks up

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def unreliable(store: ObjectStore, period: int) -> Iterator[ObjectStore]:
    """Yield the store behind a proxy that answers every `period`-th request with 503 or 500."""
    with _proxy(store, period=period) as proxy:
        yield proxy


@contextmanager
def slow(store: ObjectStore, delay: float) -> Iterator[ObjectStore]:
    """Yield the store behind a proxy that hands requests on late, each by another part of `delay` seconds."""
    with _proxy(store, period=1 << 60, delay=delay) as proxy:
        yield proxy


@contextmanager
def _proxy(store: ObjectStore, **fields: object) -> Iterator[ObjectStore]:
    numbers = {"upstream": store.port, "requests": count(1), **fields}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Forward", (_Forward,), numbers)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield replace(store, port=server.server_port, process=None)
        finally:
            server.shutdown()
            thread.join()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
