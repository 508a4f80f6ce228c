"""Shows the progress of a run: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from vecgen.process.progress import Report, State, ignore

if TYPE_CHECKING:
    from rich.console import Console

TimeZone = Callable[[], float]
_EVERY: Final = 10.0
"""Seconds from one plain line to the next."""
_SURE_SHARE: Final = 50  # of the work: the time left is said once a fiftieth is done
_SURE_SECONDS: Final = 60.0  # or after this long


@contextmanager
def show(quiet: bool = False) -> Iterator[Report]:
    """Yield what shows the progress of a run on standard error while the block runs; nothing if `quiet`."""
    if quiet:
        yield ignore
    elif sys.stderr.isatty():  # Rich is imported on a terminal only: machines of a cluster may lack it
        from rich.console import Console

        with show_bar(Console(file=sys.stderr)) as report:
            yield report
    else:
        yield print_lines(sys.stderr)


@contextmanager
def show_bar(console: Console, clock: TimeZone = time.monotonic) -> Iterator[Report]:
    """Yield what moves a bar, which is gone when the block ends."""
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn
    from rich.table import Column
    from rich.text import Text

    class Figures(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(describe(task.fields["state"], task.fields["seconds"], task.elapsed or 0.0))

    line = Column(no_wrap=True, overflow="ellipsis")  # two lines would leave one behind on the terminal
    columns = (BarColumn(bar_width=None), TaskProgressColumn(), Figures(table_column=line))
    options = {"transient": True, "redirect_stdout": False, "redirect_stderr": False, "expand": True}
    with Progress(*columns, console=console, get_time=clock, **options) as bar:
        task = bar.add_task("", total=None, state=State(0), seconds=0.0)

        def report(state: State) -> None:
            bar.update(task, total=state.total, completed=state.done, state=state, seconds=bar.tasks[0].elapsed or 0.0)

        yield report


def print_lines(file: IO[str], clock: TimeZone = time.monotonic, every: float = _EVERY) -> Report:
    """Return what prints a line about a report unless the last, or the start, is less than `every` seconds ago."""
    begun = printed = clock()

    def report(state: State) -> None:
        nonlocal printed
        now = clock()
        if now - printed >= every:
            printed = now
            percent = 100 * state.done // max(1, state.total)
            print(f"vecgen: {percent} %, {describe(state, now - begun, now - begun)}", file=file, flush=True)

    return report


def describe(state: State, seconds: float, now: float) -> str:
    """Return rows, rows/s, bytes and time left, as far as they are known.

    Args:
        seconds: From the start until this state was reported.
        now: From the start until now.
    """
    if not state.done or not seconds:
        return f"{_clock_face(now)} so far"
    left = max(0.0, seconds * state.total / state.done - now)
    size = [_spell_bytes(state.bytes)] if state.bytes else []
    # After a start that took longer than the first pieces of work, no estimate of the whole is possible.
    known = seconds >= _SURE_SECONDS or state.done * _SURE_SHARE >= state.total
    time_left = f"{_clock_face(left)} left" if known else f"{_clock_face(now)} so far"
    rows = [f"{state.rows:,} rows", f"{state.rows / seconds:,.0f} rows/s"] if state.rows else []
    return ", ".join([*rows, *size, time_left])


def _spell_bytes(size: int) -> str:
    for unit, name in ((1e12, "TB"), (1e9, "GB")):
        if size >= 10 * unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size / 1e6:,.1f} MB"


def _clock_face(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
