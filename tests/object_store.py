"""A real server that speaks S3, on a free port of this machine, its objects plain files below a directory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
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
    """A server of `directory`, and the process that is it."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What `--storage-option` has to say."""
        return (*self.address, ("access_key", ACCESS_KEY), ("secret_key", SECRET_KEY))

    @property
    def address(self) -> tuple[tuple[str, str], ...]:
        """The options without credentials."""
        return (("endpoint", f"http://127.0.0.1:{self.port}"), ("region", "us-east-1"))

    @property
    def arguments(self) -> list[str]:
        """The options as they are written on a command line, without credentials."""
        return [word for name, value in self.address for word in ("--storage-option", f"{name}={value}")]

    def start(self) -> None:
        """Start the server and wait until it listens."""
        require_server()
        (self.directory / "objects" / BUCKET).mkdir(parents=True, exist_ok=True)
        command = [str(SERVER), "--port", f"127.0.0.1:{self.port}", "--access", ACCESS_KEY, "--secret", SECRET_KEY]
        command += ["--quiet", "posix", "--sidecar", str(self.directory / "metadata"), str(self.directory / "objects")]
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


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
