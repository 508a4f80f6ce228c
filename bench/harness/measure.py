"""A command as a whole: wall time, CPU seconds of it and everything it started, and the memory of the largest process.

`measure` runs this file as a program of its own around the command. On Linux it adopts what the command leaves
behind - Spark's Python daemon outlives the JVM that started it - and waits for it, so that no CPU second is lost, and
reads each process's peak memory from /proc while it runs. Elsewhere orphans go uncounted. Standard library: it must
not weigh on what it measures.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1
_ORPHAN_SECONDS = 20.0  # Spark's Python workers leave by themselves within a second or two
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class RunError(Exception):
    """A program that could not be run or did not do its work; the message says what it lacked or what it said last."""


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
        status: Exit status, negative where a signal ended it.
        wall_seconds: From its start to its end; what it left behind is not waited for.
        cpu_seconds: User and system time of the command and all its descendants.
        system_seconds: Of these, what the kernel took: on virtual machines mostly to find memory for written files.
        peak_mb: Peak resident memory of the largest process, 10^6 bytes.
        peak_python_mb: Of the largest Python process; 0 where there was none, or no /proc to see it in.
    """

    status: int
    wall_seconds: float
    cpu_seconds: float
    system_seconds: float
    peak_mb: float
    peak_python_mb: float


def measure(command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path) -> Usage:
    """Run a command in a directory, its output into the file `log`, and return what it took.

    Raises:
        FileNotFoundError: There is no such program.
    """
    report = log.with_suffix(".usage")
    report.unlink(missing_ok=True)
    with log.open("wb") as output:
        wrapper = [sys.executable, str(Path(__file__).resolve()), str(report), *command]
        subprocess.run(wrapper, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
    if not report.exists():
        raise FileNotFoundError(read_tail(log) or command[0])
    return Usage(**json.loads(report.read_text(encoding="utf-8")))


def read_tail(log: Path, lines: int = 3) -> str:
    """Return the last lines of a log that are not blank."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])


class Sampler(threading.Thread):
    """Reads peak memory and CPU time of all descendants of this process, again and again until stopped.

    A process whose parent ignores its end is waited for by nobody, as happens to Spark's Python workers: what the
    system reports of finished children then lacks its CPU time.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.peak = 0
        self.python_peak = 0
        self.ticks_by_process: dict[tuple[int, str], tuple[int, int]] = {}

    def run(self) -> None:
        """Sample until stopped."""
        while not self.stopped.wait(_SAMPLE_SECONDS):
            for process in list_descendants(os.getpid()):
                self.look_at(process)

    def look_at(self, process: int) -> None:
        """Note the peak memory and CPU time of a process, unless it has just ended."""
        try:
            program = os.path.basename(os.readlink(f"/proc/{process}/exe"))
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
            numbers = _read_numbers(process)
        except OSError:
            return
        self.ticks_by_process[process, numbers[19]] = int(numbers[11]), int(numbers[12])
        peak = next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)
        self.peak = max(self.peak, peak)
        if program.startswith(("python", "pypy")):
            self.python_peak = max(self.python_peak, peak)

    def sum_seconds(self) -> tuple[float, float]:
        """Return user and system seconds of all processes seen."""
        ticks = list(self.ticks_by_process.values())
        unit = os.sysconf("SC_CLK_TCK")
        return sum(user for user, _ in ticks) / unit, sum(system for _, system in ticks) / unit


def list_descendants(root: int) -> list[int]:
    """Return the processes that `root` started, directly or not; none where there is no /proc."""
    parents = dict(_read_parents())
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found[1:]


def _read_parents() -> Iterator[tuple[int, int]]:
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    for name in names:
        try:
            yield int(name), int(_read_numbers(int(name))[1])
        except OSError:
            continue


def _read_numbers(process: int) -> list[str]:
    """Return what follows the name in /proc/PID/stat: state, parent, ..., user and system ticks, ..., start."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()  # a program's name may hold blanks and brackets


def watch(command: Sequence[str]) -> Usage:
    """Run a command, wait for it and for what it leaves behind, and return what they took."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sampler = Sampler()
    started = time.perf_counter()
    command_id = os.posix_spawnp(command[0], list(command), os.environ)
    sampler.start()
    status, wall, user, system, largest = 0, 0.0, 0.0, 0.0, 0
    end_orphans = threading.Timer(_ORPHAN_SECONDS, _kill_descendants)
    for process, code, usage in _wait_for_children():
        user += usage.ru_utime
        system += usage.ru_stime
        largest = max(largest, usage.ru_maxrss * _MAXRSS_UNIT)
        if process == command_id:
            status, wall = os.waitstatus_to_exitcode(code), time.perf_counter() - started
            end_orphans.start()
    end_orphans.cancel()
    sampler.stopped.set()
    sampler.join()
    user, system = max((user, system), sampler.sum_seconds(), key=sum)
    return Usage(status, wall, user + system, system, max(largest, sampler.peak) / 1e6, sampler.python_peak / 1e6)


def _wait_for_children() -> Iterator[tuple[int, int, resource.struct_rusage]]:
    while True:
        try:
            yield os.wait4(-1, 0)
        except ChildProcessError:
            return


def _kill_descendants() -> None:
    for process in list_descendants(os.getpid()):
        os.kill(process, signal.SIGKILL)


def main(arguments: Sequence[str]) -> int:
    """Measure the command `arguments[1:]` and write its usage to the file `arguments[0]`."""
    report, command = Path(arguments[0]), arguments[1:]
    try:
        usage = watch(command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    report.write_text(json.dumps(asdict(usage)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
