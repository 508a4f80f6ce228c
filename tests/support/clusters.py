"""Spark as others run it: jobs submitted from a directory that holds nothing of the project, to local masters.

Executors run a Python in which the project is not installed and whose every attempt to open one of its files fails:
what they know of it was shipped to them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.checkout import ROOT
from tests.support.datasets import data_files, list_tree
from vecgen.cli.main import main
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.io.reader import digest_dataset

PROJECT = tuple(str(ROOT / name) for name in ("vecgen", "spark_jobs", "bench", "tests", "profiles", "demographic_data"))
HOSTS = ("127.0.0.1", "localhost")  # one a worker: Spark sends no twin of a task to the host that runs it already
_PATIENCE = 300.0  # seconds; a machine may be busy, and what has died is noticed at once

_FENCE = """
import sys
if "pyspark.daemon" in sys.orig_argv:
    def refuse(event, arguments):
        if event == "open" and str(arguments[0]).startswith({project}):
            raise PermissionError(f"{{arguments[0]}} belongs to the project and was not shipped")
    sys.addaudithook(refuse)
"""

# Some twenty batches, two months in each: two files a batch.
OPTIONS = ["--customers", "300", "--end", "2023-02-28", "--batch-rows", "3000"]
OPTIONS += ["--profiles", str(DEFAULT_PROFILES), "--demographics", str(DEFAULT_DEMOGRAPHICS)]

# Small Java machines that start fast; all that matters here is over in seconds.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_DEFAULTS = f"""
spark.ui.enabled false
spark.driver.memory 1g
spark.executor.memory 1g
spark.driver.extraJavaOptions {_JAVA}
spark.executor.extraJavaOptions {_JAVA}
"""


@dataclass(frozen=True)
class Process:
    """A process with a group of its own. What it says goes to files, so that it never waits for a reader."""

    popen: subprocess.Popen[bytes]
    out: Path
    err: Path

    def tail(self) -> str:
        """Return the end of all it said."""
        return "\n".join(path.read_text(encoding="utf-8", errors="replace")[-5000:] for path in (self.out, self.err))


def start(command: list[str], directory: Path, environment: dict[str, str]) -> Process:
    """Start a process whose `out` and `err` lie in its working directory."""
    out, err = directory / "out", directory / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        popen = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=stdout, stderr=stderr, start_new_session=True
        )
    return Process(popen, out, err)


def stop(process: Process) -> None:
    """Kill a process with its group, unless it has ended."""
    if process.popen.poll() is None:
        os.killpg(process.popen.pid, signal.SIGKILL)
    process.popen.wait()


def wait_for(condition: Callable[[], bool], process: Process) -> None:
    """Wait until the condition holds, and no longer than the process lives."""
    until = time.monotonic() + _PATIENCE
    while not condition():
        assert process.popen.poll() is None, process.tail()
        assert time.monotonic() < until, process.tail()
        time.sleep(0.1)


def finish(process: Process) -> str:
    """Return what a process has printed, once it has ended well."""
    try:
        status = process.popen.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        raise AssertionError(process.tail()) from None
    assert status == 0, process.tail()
    return process.out.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Machine:
    """A directory from which jobs are submitted: Spark's configuration, the code to ship, a Python without it."""

    directory: Path

    @property
    def home(self) -> Path:
        """Spark's home: the installed one, but for what Spark writes into it."""
        return self.directory / "home"

    @property
    def python(self) -> Path:
        """The Python behind the fence, which travels to executors as `environment.tar.gz`."""
        return self.directory / "environment" / "bin" / "python"

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of what is started: nothing in it leads to the project."""
        ours = {name for name in os.environ if "SPARK" in name}
        kept = {name: value for name, value in os.environ.items() if name not in {*ours, "PYTHONPATH"}}
        spark = {
            "SPARK_HOME": str(self.home),
            "SPARK_CONF_DIR": str(self.directory / "conf"),
            "SPARK_LOCAL_DIRS": str(self.directory / "scratch"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": str(self.python),
            "PYSPARK_DRIVER_PYTHON": str(self.python),
            "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": _JAVA,
        }
        return {**kept, **spark, **more}

    def start(self, name: str, *arguments: str) -> Process:
        """Start a class of Spark's in a directory of its own."""
        (self.directory / name).mkdir()
        return start([str(self.home / "bin" / "spark-class"), *arguments], self.directory / name, self.environ())

    @contextmanager
    def submit(self, directory: Path, flags: list[str], script: Path, *arguments: str) -> Iterator[Process]:
        """Submit a copy of a script from a directory; what is left of it when the block ends is killed."""
        directory.mkdir(parents=True, exist_ok=True)
        copy = shutil.copy(script, directory)
        code = ["--py-files", str(self.directory / "vecgen.zip")]
        command = [str(self.home / "bin" / "spark-submit"), *flags, *code, str(copy), *arguments]
        ships = any(flag.startswith("--archives") for flag in flags)
        python = {"PYSPARK_PYTHON": "./environment/bin/python"} if ships else {}
        process = start(command, directory, self.environ(**python))
        try:
            yield process
        finally:
            stop(process)

    @property
    def archives(self) -> list[str]:
        """The flags that ship the Python behind the fence."""
        return ["--archives", f"{self.directory / 'environment.tar.gz'}#environment"]


def make_machine(directory: Path) -> Machine:
    """Lay out a machine in an empty directory."""
    import pyspark

    machine = Machine(directory)
    machine.home.mkdir()
    for entry in Path(pyspark.__file__).parent.iterdir():
        (machine.home / entry.name).symlink_to(entry)
    conf = directory / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(_DEFAULTS, encoding="utf-8")
    quiet = (ROOT / "spark_jobs" / "log4j2.properties").read_text(encoding="utf-8")
    master = "logger.master.name = org.apache.spark.deploy.master\nlogger.master.level = info\n"
    (conf / "log4j2.properties").write_text(quiet + master, encoding="utf-8")
    from vecgen.spark.cluster.code import pack  # environments without PySpark load this module, too

    pack(directory / "vecgen.zip")
    _make_python(directory / "environment")
    with tarfile.open(directory / "environment.tar.gz", "w:gz") as archive:
        archive.add(directory / "environment", ".")
    return machine


def _make_python(directory: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True, timeout=60)
    (packages,) = directory.glob("lib/python*/site-packages")
    # The packages, but not what their own .pth files add: an editable installation of the project.
    (packages / "fence.pth").write_text(f"{sysconfig.get_path('purelib')}\nimport fence\n", encoding="utf-8")
    (packages / "fence.py").write_text(_FENCE.format(project=PROJECT), encoding="utf-8")


@dataclass
class Cluster:
    """A standalone master and workers of one core each."""

    machine: Machine
    url: str
    master: Process
    workers: dict[str, Process] = field(default_factory=dict)
    started: int = 0

    def start_worker(self, host: str) -> None:
        """Start the worker of a host and wait until the master knows it."""
        self.started += 1
        options = ["--cores", "1", "--memory", "1g", "--host", host, "--webui-port", "0", "--work-dir", "work"]
        name = f"worker{self.started}"
        self.workers[host] = self.machine.start(name, "org.apache.spark.deploy.worker.Worker", *options, self.url)
        known = self.started
        wait_for(lambda: _read(self.master.err).count("Registering worker") == known, self.workers[host])


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@contextmanager
def run_cluster(machine: Machine) -> Iterator[Cluster]:
    """Run a master and a worker for each of HOSTS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ["--host", "127.0.0.1", "--port", port, "--webui-port", "0"]
    master = machine.start("master", "org.apache.spark.deploy.master.Master", *options)
    cluster = Cluster(machine, f"spark://127.0.0.1:{port}", master)
    try:
        wait_for(lambda: "New state: ALIVE" in _read(master.err), master)
        for host in HOSTS:
            cluster.start_worker(host)
        yield cluster
    finally:
        for process in (*cluster.workers.values(), master):
            stop(process)


def list_children(pid: int) -> list[int]:
    """Return the processes below a process, children first."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents.setdefault(int(after_name[1]), []).append(int(stat.parent.name))
    found = list(parents.get(pid, ()))
    for child in found:
        found += parents.get(child, ())
    return found


def write_undisturbed(path: Path) -> Path:
    """Write the dataset of OPTIONS in one process."""
    assert main(["generate", *OPTIONS, "--processes", "1", "--output", str(path)]) == 0
    return path


def check_identical(path: Path, undisturbed: Path) -> None:
    """Hold a dataset against the undisturbed one: the same digest, the same files to the byte, and nothing else."""
    assert digest_dataset(path) == digest_dataset(undisturbed)
    assert list_tree(path) == list_tree(undisturbed)
    assert [file.read_bytes() for file in data_files(path)] == [file.read_bytes() for file in data_files(undisturbed)]
