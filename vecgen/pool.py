"""Processes of this machine that share work, and end at once when the run is told to stop."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
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
    pool = ProcessPoolExecutor(processes, context, _start, (start, *arguments))
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


def submit_all(pool: ProcessPoolExecutor, function: Callable[[T], R], items: Iterable[T]) -> list[Future[R]]:
    """Hand out work, in this order; return its future results."""
    with _without_interrupts():  # processes start now, and inherit what is held back
        return [pool.submit(function, item) for item in items]


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C, which a terminal sends to children too: they would each say so before they are killed."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(start: Callable[..., None], *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start(*arguments)
