"""A pool of worker processes on this machine; they end at once when the run is interrupted or dies."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Final, Protocol, TypeVar

from vecgen.errors import InputError, OutputError, setting
from vecgen.process.interrupts import SIGNALS
from vecgen.process.memory import keep_freed_memory, leave_pandas_out
from vecgen.process.packing import Buffer, pack, unpack
from vecgen.process.scratch import remove_dead_scratch

_PROCESSES: Final = "/proc/"

T = TypeVar("T")
R = TypeVar("R")


def check_processes(processes: int) -> None:
    """Accept a number of processes.

    Raises:
        InputError: It is below 1.
    """
    if processes < 1:
        raise InputError(setting("processes"), "", processes, "a whole number from 1 up")


@contextmanager
def open_pool(processes: int, start: Callable[..., None], *arguments: Any) -> Iterator[ProcessPoolExecutor]:
    """Yield processes that have each called `start(*arguments)` first.

    After an error, work under way is completed and the rest dropped; after an interrupt, the processes are killed.

    Raises:
        OutputError: A process was killed, for example because memory is short.
    """
    # Not fork: Arrow and NumPy run threads, whose locks a forked child would inherit in any state.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with _shared(pack((start, arguments))) as place:
        with _without_interrupts():  # starts Python's own process that tidies up after a crash
            pool = ProcessPoolExecutor(processes, context, _start, (place,))
        try:
            yield pool
        except BrokenProcessPool as error:
            _shut_down(pool, others, drop=True)
            remedy = f"the system kills processes when memory is short; fewer {setting('processes')} need less"
            raise OutputError(f"a worker process was killed: {remedy}") from error
        except Exception:
            _shut_down(pool, others, drop=True)
            raise
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            pool.shutdown(cancel_futures=True)
            remove_dead_scratch()
            raise
        _shut_down(pool, others, drop=False)


def _shut_down(pool: ProcessPoolExecutor, others: set[BaseProcess], *, drop: bool) -> None:
    """End a pool's processes once they have done their work.

    One that is killed now may hold the lock of the queue: the others would wait for it, and Python for them, for ever.

    Args:
        others: Processes that are not the pool's.
        drop: Whether work that nobody has begun is dropped.
    """
    left = set(multiprocessing.active_children()) - others
    pool.shutdown(wait=False, cancel_futures=drop)
    while left:
        wait([process.sentinel for process in left])
        ended = {process for process in left if process.exitcode is not None}
        left -= ended
        if any(process.exitcode for process in ended):
            for process in left:
                process.kill()


@contextmanager
def _shared(payload: Sequence[Buffer]) -> Iterator[str]:
    """Yield where the processes find a payload, one part after the other, in memory: see `_load`.

    Through a pipe, each process would wait until the one before it has imported everything; and a file would keep what
    the payload may hold, the keys of a store, on a disk after a crash.
    """
    has_memory_files = hasattr(os, "memfd_create") and os.path.exists(_PROCESSES)
    with _memory_file(payload) if has_memory_files else _shared_memory(payload) as place:
        yield place


@contextmanager
def _memory_file(payload: Sequence[Buffer]) -> Iterator[str]:
    """Yield the path of a file in memory that has no name of its own, and ends with this process however that ends."""
    descriptor = os.memfd_create("vecgen")
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(payload)
        file.flush()
        yield f"{_PROCESSES}{os.getpid()}/fd/{descriptor}"


@contextmanager
def _shared_memory(payload: Sequence[Buffer]) -> Iterator[str]:
    """Yield the name of shared memory, for systems other than Linux."""
    whole = b"".join(payload)
    with _without_interrupts():  # as above
        memory = SharedMemory(create=True, size=len(whole))
    try:
        assert memory.buf is not None  # it is once the memory is closed
        memory.buf[: len(whole)] = whole
        yield memory.name
    finally:
        memory.close()
        memory.unlink()


def _load(place: str) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """Return what `_shared` holds; with memory files, all processes read the same copy for as long as they live."""
    if place.startswith(_PROCESSES):
        with open(place, "rb") as file:
            start, arguments = unpack(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            return start, arguments
    memory = SharedMemory(place)
    try:
        assert memory.buf is not None
        start, arguments = unpack(memoryview(bytes(memory.buf)))  # a copy: what is in use cannot be closed
        return start, arguments
    finally:
        memory.close()


def _start(place: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        start, arguments = _load(place)
    except OSError:  # it has ended with the parent
        os._exit(1)
    leave_pandas_out()
    start(*arguments)


def _end_with_parent() -> None:
    """End this process when its parent does: its work would go on for hours, into an output that others may use."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def submit_all(pool: ProcessPoolExecutor, function: Callable[[T], R], items: Iterable[T]) -> list[Future[R]]:
    """Hand out work, in this order; return its future results."""
    with _without_interrupts(), _without_script():  # processes start now
        return [pool.submit(function, item) for item in items]


class RunAll(Protocol):
    """Runs pieces of work as `run_all` does, here or elsewhere."""

    def __call__(self, pieces: Sequence[T], work: Callable[[T], R], processes: int) -> Iterator[R]:
        """Yield what `work` returns of each piece, in their order, so many at a time."""


def run_all(pieces: Sequence[T], work: Callable[[T], R], processes: int) -> Iterator[R]:
    """Yield what `work` returns of each piece, in their order, done by so many processes."""
    if processes == 1:
        yield from map(work, pieces)
        return
    with open_pool(processes, keep_freed_memory) as pool:
        futures = submit_all(pool, work, pieces)[::-1]
        while futures:  # results may be large: none are kept once they are taken
            yield futures.pop().result()


@dataclass(frozen=True)
class Workers:
    """What does the work: `run`, so many pieces at a time; by default, processes of this machine.

    Attributes:
        share_disk: Whether all of them see the scratch files of this process.
    """

    number: int
    run: RunAll = run_all
    share_disk: bool = True


ALONE: Final = Workers(1)


@contextmanager
def _without_script() -> Iterator[None]:
    """Keep processes that start from running the caller's script, as Python lets them do.

    None of their work is in it. One without `if __name__ == "__main__":` would run itself again in each process, and
    one that was read from standard input cannot be read twice.
    """
    script = sys.modules["__main__"]
    hidden: dict[str, Any] = {
        name: script.__dict__.pop(name) for name in ("__file__", "__spec__") if name in script.__dict__
    }
    script.__spec__ = None
    try:
        yield
    finally:
        script.__dict__.update(hidden)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Block the signals that end a run: a process that is half started could not be killed.

    A terminal sends Ctrl-C and hang-ups to children too. They inherit that both are blocked, and end when told to.
    """
    came: list[tuple[Any, ...]] = []
    in_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in SIGNALS if in_main}
    held = [number for number, handler in handlers.items() if callable(handler)]
    for number in held:
        signal.signal(number, lambda *call: came.append(call))
    mask = _set_mask(signal.SIG_BLOCK, set(SIGNALS) - {signal.SIGTERM})  # by which Python ends processes
    try:
        yield
    finally:
        _set_mask(signal.SIG_SETMASK, mask)
        for number in held:
            signal.signal(number, handlers[number])
    for call in came[:1]:
        handler = handlers[call[0]]
        if callable(handler):
            handler(*call)


def _set_mask(how: int, signals: Iterable[int]) -> set[Any]:
    """Change what this thread, and the processes it starts, block; return what was blocked before."""
    # Windows knows no such thing.
    return signal.pthread_sigmask(how, signals) if hasattr(signal, "pthread_sigmask") else set()
