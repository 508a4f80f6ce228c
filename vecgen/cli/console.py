"""Runs a command to its exit status, whatever happens to the work or to standard output.

0: done. 1: a verdict, the dataset is rejected. 2: an error, or a dataset too small for a verdict.
130, 143, 129: stopped by Ctrl-C, SIGTERM, SIGHUP.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import TextIOWrapper
from typing import Any, Final, TextIO

from vecgen.errors import InputWarning, Step, VecgenError, to_line, to_printable
from vecgen.process.interrupts import exit_status, raising_interrupts

DONE: Final = 0
FAILED: Final = 2


class Patient:
    """A text stream that survives its reader: after the first write that fails, it drops all texts.

    Attributes:
        failure: Why nothing can be written any more, if so.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self.failure = stream, None if stream else OSError("closed")

    def write(self, text: str) -> int:
        """Write a text, or drop it."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, or drop what is buffered."""
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self.failure is None and bool(self._stream.isatty())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, action: Callable[[], object]) -> None:
        if self.failure is None:
            try:
                action()
            except OSError as error:
                self.failure = error

    def let_go(self) -> None:
        """Flush; where that fails, keep the interpreter from trying it again at its end."""
        self.flush()
        if self.failure is not None:
            with suppress(OSError, AttributeError, ValueError):  # a stream of a test has no file
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self._stream.fileno())
                os.close(null)


def say(text: object) -> None:
    """Print a text on standard output, control characters spelled out."""
    print(to_printable(text))


def run_command(run: Callable[[], int | None], spell: Callable[[Step], str] | None = None) -> int:
    """Run a command and return its exit status; `run` returns it, None for done.

    Args:
        spell: Returns the line that prints the command of a step.
    """
    _open_missing()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path need not be text
    out, err = Patient(sys.stdout), Patient(sys.stderr)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            status = _run(run, spell)
            out.flush()
            if out.failure is not None and not isinstance(out.failure, BrokenPipeError):
                reason = out.failure.strerror or str(out.failure)
                print(f"vecgen: standard output cannot be written ({reason})", file=sys.stderr)
                status = FAILED
    finally:
        out.let_go()
        err.let_go()
    return status


def _run(run: Callable[[], int | None], spell: Callable[[Step], str] | None) -> int:
    try:
        with raising_interrupts(), printing_notes():
            return run() or DONE
    except VecgenError as error:
        print_error(error, spell)
        return FAILED
    except KeyboardInterrupt as stop:
        print(*map(to_printable, stop.args or ["vecgen: interrupted"]), file=sys.stderr)
        return exit_status(stop)
    except Exception:  # status 1, the interpreter's own, would say that a dataset is rejected
        traceback.print_exc()
        return FAILED


def print_error(error: VecgenError, spell: Callable[[Step], str] | None = None) -> None:
    """Print an error as one line on stderr and, below it, the command that helps if there is one, ready to copy."""
    print(f"vecgen: {to_line(error)}", file=sys.stderr)
    if error.step and spell:
        print(f"vecgen: {to_printable(spell(error.step))}", file=sys.stderr)


@contextmanager
def printing_notes() -> Iterator[None]:
    """Print every `InputWarning` as one line on stderr while the block runs, whatever filters are set."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", InputWarning)
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, InputWarning):
                print(f"vecgen: note: {to_line(VecgenError(str(message)))}", file=sys.stderr)
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


def _open_missing() -> None:
    """Open standard streams that the caller has closed: files would take their numbers, and messages land in them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.fstat(number)
                continue
            null = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            setattr(sys, name, os.fdopen(null, "r" if number == 0 else "w", closefd=False))
