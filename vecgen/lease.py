"""One run at a time on an output: a lock of the file system here, a lease that is renewed in a store.

Two runs that pass each other in a store all the same would do no harm if they were asked the same: names and bytes
follow from the plan. If they were not, the later one's lease shows before either ends.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from vecgen.errors import OutputError
from vecgen.storage import Place, RemotePath, write_text

BEAT: Final = 2.0
"""Seconds between two renewals of a lease."""
_PATIENCE: Final = 4  # beats; a holder that is silent for so long is dead


def hold(lock: Place, output: Place) -> AbstractContextManager[None]:
    """Hold `lock` against other runs on `output` while the block runs.

    Raises:
        OutputError: Another run holds it; at the end: another run has taken it.
    """
    return _hold_file(lock, output) if isinstance(lock, Path) else _hold_object(lock, output)


@contextmanager
def _hold_file(lock: Path, output: Place) -> Iterator[None]:
    held = FileLock(lock, blocking=False)
    try:
        lock.parent.mkdir(exist_ok=True)
        held.acquire()
    except Timeout:
        raise _refusal(output) from None
    except (OSError, NotImplementedError) as error:  # read only, or a file system without locks
        raise OutputError(f"--output: {output} cannot be locked ({error}); choose another") from error
    try:
        yield
    finally:
        held.release()


@contextmanager
def _hold_object(lock: RemotePath, output: Place) -> Iterator[None]:
    if _is_renewed(lock):
        raise _refusal(output)
    holder = uuid.uuid4().hex
    write_text(lock, f"{holder} 0")
    time.sleep(BEAT / 4)  # another run that came at the same moment may have written later
    if not _is_held(lock, holder):
        raise _refusal(output)
    ended = threading.Event()
    beating = threading.Thread(target=_renew, args=(lock, holder, ended), daemon=True)
    beating.start()
    try:
        yield
        now = _read(lock)  # nothing, where the run was completed and its progress removed
        if now and not now.startswith(holder):
            raise OutputError(f"--output: another run has taken {output}; remove it and begin anew")
    finally:
        ended.set()
        beating.join()
        with suppress(OutputError):
            if _is_held(lock, holder):
                lock.unlink(missing_ok=True)


def _renew(lock: RemotePath, holder: str, ended: threading.Event) -> None:
    beats = 0
    while not ended.wait(BEAT):
        beats += 1
        with suppress(OutputError):  # the store may be back for the next beat
            if not _is_held(lock, holder):
                return
            write_text(lock, f"{holder} {beats}")


def _is_renewed(lock: RemotePath) -> bool:
    """Return whether a lease is there and changes while one looks on."""
    first = _read(lock)
    until = time.monotonic() + _PATIENCE * BEAT
    while first and time.monotonic() < until:
        time.sleep(BEAT / 4)
        current = _read(lock)
        if current != first:
            return bool(current)
    return False


def _is_held(lock: RemotePath, holder: str) -> bool:
    return _read(lock).startswith(holder)


def _read(lock: RemotePath, tries: int = 5) -> str:
    try:
        return lock.read_text()
    except FileNotFoundError:
        return ""
    except OutputError:  # some stores mix two states of an object that is being replaced
        if tries == 1:
            raise
        time.sleep(0.05)
        return _read(lock, tries - 1)


def _refusal(output: Place) -> OutputError:
    return OutputError(f"--output: another run is writing {output}; wait for it, or choose another")
