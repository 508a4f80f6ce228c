"""Lets one run at a time write an output: a file lock on disk, a lease that is renewed in a store.

A lease is a text with its holder's token. The holder changes it every few seconds and trusts it for some time after
the last change. Another run takes the lease only after it has seen no change for longer than that, repeats of the
holder's last request included. The holder's next change then fails: it has lost the lease for good and writes, moves
and removes nothing more. A process that was paused checks the lease before it touches anything.
"""

from __future__ import annotations

import os
import platform
import re
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from vecgen.errors import OutputError, setting
from vecgen.stores.cell import Cell, open_cell
from vecgen.stores.changes import remove_file, write_text
from vecgen.stores.filesystem import Place, RemotePath
from vecgen.stores.permission import asking
from vecgen.stores.refusals import refuse_held

BEAT: Final = 2.0
"""Seconds between two renewals of a lease."""
LOCK: Final = "lock"
HOLDER: Final = "holder"
"""Names of the files of a lock, below the output's progress."""
_TOKEN: Final = re.compile(r"[0-9a-f]{32}:([0-9]{1,10}):([\w.-]{1,255})", re.ASCII)
_BELIEF: Final = 5
"""Beats for which a holder trusts a lease that it cannot renew."""
_PATIENCE: Final = _BELIEF + 18
"""Beats after which a lease that does not change is taken: requests of its holder are repeated for half a minute."""


class LostError(OutputError):
    """Another run has taken the output, and everything in it."""


@dataclass(frozen=True)
class Permit:
    """What a worker of a run needs to check that the run still holds its output.

    Attributes:
        holder: The file that says whose the output is.
        token: What only this run has written there.
        output: Of the run.
    """

    holder: Place
    token: str
    output: Place

    def check(self, anew: bool = False) -> None:
        """Return if the run holds its output; it is always asked anew.

        Raises:
            LostError: It does not.
            OutputError: The store does not answer.
        """
        if _read_small(self.holder) != self.token:
            raise _loss(self.output)


def _make_permit(lock: Place, output: Place) -> Permit:
    host = re.sub(r"[^\w.-]", "_", platform.node(), flags=re.ASCII)
    return Permit(lock.with_name(HOLDER), f"{uuid.uuid4().hex}:{os.getpid()}:{host}", output)


def _name_holder(lock: Place) -> str:
    """Return which process of which machine holds a lock, "" where that is unknown."""
    with suppress(OutputError):
        if found := _TOKEN.fullmatch(_read_small(lock.with_name(HOLDER))):
            return f"process {found[1]} on {found[2]}"
    return ""


def _read_small(place: Place, tries: int = 5) -> str:
    """Return the text of a small file, "" where there is none; some stores mix two states of one that is replaced."""
    try:
        return place.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, OutputError, UnicodeDecodeError) as error:
        if tries == 1:
            raise OutputError(error.text if isinstance(error, OutputError) else str(error)) from error
        time.sleep(0.05)
        return _read_small(place, tries - 1)


class Lease(ABC):
    """A lock that is held on an output.

    Attributes:
        permit: For the run's workers.
    """

    permit: Permit

    @abstractmethod
    def prove(self, anew: bool = False) -> None:
        """Return if the output is held: no other run can have taken it yet.

        Args:
            anew: Whether an answer of some seconds ago is too old.

        Raises:
            LostError: Another run has it.
            OutputError: The store does not answer.
        """


def is_surely_held(lease: Lease) -> bool:
    """Return whether an output may be touched; not where the store does not answer.

    Raises:
        LostError: Another run has it.
    """
    try:
        lease.prove()
    except LostError:
        raise
    except OutputError:
        return False
    return True


@contextmanager
def hold(lock: Place, output: Place) -> Iterator[Lease]:
    """Hold `lock` against other runs on `output` while the block runs.

    Raises:
        OutputError: Another run holds it.
    """
    with _hold_file(lock, output) if isinstance(lock, Path) else _hold_object(lock, output) as lease:
        # A lock on disk cannot be taken away; this file proves which run has it.
        with asking(lease.prove) if isinstance(lease, _ObjectLease) else nullcontext():
            write_text(lease.permit.holder, lease.permit.token)
        try:
            yield lease
        finally:
            with suppress(OutputError), asking(lease.prove):  # it is gone with the output, or another's
                remove_file(lease.permit.holder)


def is_held(lock: Place) -> bool:
    """Return whether a running process holds a lock; in a store this takes some seconds.

    Raises:
        OutputError: The store does not answer.
    """
    if isinstance(lock, Path):
        try:
            with FileLock(lock, blocking=False):
                return False
        except Timeout:
            return True
        except (OSError, NotImplementedError):
            return False
    cell = open_cell(lock)
    first, until = cell.read(), time.monotonic() + 2 * BEAT
    while first and time.monotonic() < until:
        time.sleep(BEAT / 4)
        if cell.read() != first:
            return True
    return False


class _FileLease(Lease):
    """A file lock, which the system releases when its process ends, never before.

    All of the output may be removed with it, so that another run finds no lock: a file beside it says whose it is.
    """

    def __init__(self, lock: Path, output: Place) -> None:
        self.permit = _make_permit(lock, output)

    def prove(self, anew: bool = False) -> None:
        self.permit.check()


@contextmanager
def _hold_file(lock: Path, output: Place) -> Iterator[Lease]:
    held = FileLock(lock, blocking=False)
    try:
        lock.parent.mkdir(exist_ok=True)
        held.acquire()
    except Timeout:
        raise refuse_run(lock, output) from None
    except (OSError, NotImplementedError) as error:  # read only, or a file system without locks
        raise OutputError(f"{setting('output')}: {output} cannot be locked ({error}); choose another") from error
    try:
        yield _FileLease(lock, output)
    finally:
        held.release()


class _ObjectLease(Lease):
    """A lease in a store; `believed` is when the request started that last renewed it."""

    def __init__(self, cell: Cell, lock: RemotePath, output: Place) -> None:
        self.permit = _make_permit(lock, output)
        self._cell, self._tag, self._beats, self._lost = cell, "", 0, False
        self._believed = 0.0
        self._changing = threading.Lock()

    def take(self) -> None:
        """Take the lease if there is none or its holder is dead.

        Raises:
            OutputError: Another run holds it.
        """
        if not self._write(self._watch()):
            raise self._refuse()

    def _watch(self) -> str | None:
        """Return the tag of a lease that has not changed for so long that its holder is dead, None where there is none.

        Raises:
            OutputError: It changes.
        """
        # No clock of another machine is read: only that the text changes, or does not for long enough, is seen here.
        state, until = self._cell.read(), _now() + _PATIENCE * BEAT
        tag = state and state[1]
        while state and _now() < until:
            time.sleep(BEAT / 2)
            state = self._cell.read()
            if state and state[1] != tag:
                raise self._refuse()
        return tag if state else None

    def _refuse(self) -> OutputError:
        return refuse_run(self.permit.holder, self.permit.output)

    def prove(self, anew: bool = False) -> None:
        with self._changing:
            if self._lost:
                raise _loss(self.permit.output)
            # A lease that was renewed lately cannot have been taken: others wait longer than it is believed.
            if anew or _now() - self._believed >= _BELIEF * BEAT:
                self._renew()

    def renew(self) -> None:
        """Change the lease, which shows that its holder lives.

        Raises:
            LostError: Another run has it.
            OutputError: The store does not answer.
        """
        with self._changing:
            self._renew()

    def give_back(self) -> None:
        """Remove the lease, unless it is another's."""
        self.prove()
        # Only as it was last written: whoever has taken it meanwhile keeps it.
        self._cell.remove(self._tag)

    def _renew(self) -> None:
        if self._lost or not self._write(self._tag):
            self._lost = True  # for good: another run may have written, even if the lease is free by now
            raise _loss(self.permit.output)

    def _write(self, seen: str | None) -> bool:
        """Write the token over what was seen; return whether the lease is held now."""
        # The clock is read before the request: trust counts from when it can have reached the store at the earliest.
        began, self._beats = _now(), self._beats + 1
        tag = self._cell.write(f"{self.permit.token} {self._beats}", seen)
        if tag is None:  # an earlier request, whose answer was lost, may have written this token
            state = self._cell.read()
            if state is None or state[0].partition(" ")[0] != self.permit.token:
                return False
            tag = state[1]
        self._tag, self._believed = tag, began
        return True


@contextmanager
def _hold_object(lock: RemotePath, output: Place) -> Iterator[Lease]:
    lease = _ObjectLease(open_cell(lock), lock, output)
    lease.take()
    ended = threading.Event()
    beating = threading.Thread(target=_keep_renewing, args=(lease, ended), daemon=True)
    beating.start()
    try:
        yield lease
    finally:
        ended.set()
        beating.join()  # else a late beat could write the lease that is about to be removed
        with suppress(OutputError):
            lease.give_back()


def _keep_renewing(lease: _ObjectLease, ended: threading.Event) -> None:
    while not ended.wait(BEAT):
        try:
            lease.renew()
        except LostError:
            return
        except OutputError:  # the store may be back for the next beat
            continue


def _now() -> float:
    """Return seconds of a clock that cannot be set; it counts suspended time where the system has such a clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def refuse_run(lock: Place, output: Place) -> OutputError:
    """Return the error of a run whose output another live run holds."""
    return refuse_held(output, _name_holder(lock))


def _loss(output: Place) -> LostError:
    return LostError(
        f"{setting('output')}: another run has taken {output}; this one has stopped and touches none of its files"
    )
