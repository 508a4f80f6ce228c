"""Processes of this machine that share work, and end at once when the run is told to stop."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@contextmanager
def open_pool(processes: int, start: Callable[..., None], *arguments: Any) -> Iterator[ProcessPoolExecutor]:
    """Yield processes that have each called `start(*arguments)` first.

    After an error, work under way is completed and the rest dropped; after Ctrl-C, the processes are killed.
    """
    # Not fork: Arrow and NumPy run threads, whose locks a forked child would inherit in any state.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with tempfile.TemporaryDirectory(prefix="vecgen-") as scratch:
        # A pipe that is full would let each process wait until the one before it has imported everything.
        luggage = Path(scratch) / "start"
        luggage.write_bytes(pickle.dumps((start, arguments), protocol=5))
        pool = ProcessPoolExecutor(processes, context, _start, (luggage,))
        try:
            yield pool
        except Exception:
            pool.shutdown(cancel_futures=True)
            raise
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()


def _start(luggage: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start, arguments = pickle.loads(luggage.read_bytes())
    start(*arguments)


def submit_all(pool: ProcessPoolExecutor, function: Callable[[T], R], items: Iterable[T]) -> list[Future[R]]:
    """Hand out work, in this order; return its future results."""
    with _without_interrupts():  # processes start now
        return [pool.submit(function, item) for item in items]


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C: nobody could kill a process half started.

    A terminal sends it to children too. They inherit that it is blocked, and die without a word of their own.
    """
    came: list[tuple[Any, ...]] = []
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda *call: came.append(call)) if in_main else None
    mask = _set_mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        _set_mask(signal.SIG_SETMASK, mask)
        if in_main:
            signal.signal(signal.SIGINT, handler)
    if came and callable(handler):
        handler(*came[0])


def _set_mask(how: int, signals: Iterable[int]) -> set[Any]:
    """Change what this thread, and the processes it starts, block; return what was blocked before."""
    # Windows knows no such thing.
    return signal.pthread_sigmask(how, signals) if hasattr(signal, "pthread_sigmask") else set()
