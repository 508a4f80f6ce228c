"""Runs that are stopped at random moments, as a suspended machine stops them, while another takes their output."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests.attacks.mutants import Draws
from tests.attacks.outcome import Outcome, split_advice
from tests.attacks.targets import Contents, Range, Target, ending, list_differences, list_session, signal_all
from tests.support.object_store import slow
from vecgen.records.receipt import PROGRESS

FIRST, SECOND = 2, 3
"""Seeds of the run that is paused and of the one that comes then."""
DELAY = 0.05
LIVES = re.compile(r"vecgen: --output: (another run .*is writing|\S+ exists and is not an empty directory)")
"""What the second run is told where a request of the first arrives while it comes: it is to ask again."""
SPEEDS = (0.5, 1.0, 1.0, 2.0)


@dataclass(frozen=True)
class Pause:
    """One attack.

    Attributes:
        second: What another run does meanwhile: `--overwrite`, the same request with `--resume`, or what it writes
            after the output was `removed`; on disk it may also be `refused`.
        stopped: The run, or its workers too.
        processes: Of the run.
        moment: Part of the run's time, from when it holds its output, at which it is stopped.
        speeds: Of the two runs' clocks.
        late: Whether each request to the store arrives late.
        overwrites: Whether the run that is paused replaces a dataset.
    """

    second: str
    stopped: str
    processes: int
    moment: float
    speeds: tuple[float, float]
    late: bool
    overwrites: bool

    @property
    def seeds(self) -> tuple[int, int]:
        """What the first run writes, and what is there in the end."""
        return {"--resume": (SECOND, SECOND), "refused": (FIRST, FIRST)}.get(self.second, (FIRST, SECOND))

    def __str__(self) -> str:
        how = f"{self.stopped} of {self.processes} processes stopped at {self.moment}, {self.second}"
        return f"{how}, clocks {self.speeds}{', late requests' * self.late}{', overwrites' * self.overwrites}"


def draw_pause(draws: Draws, remote: bool) -> Pause:
    """Draw an attack on an output in a store or on disk."""
    second = draws.pick(("--overwrite", "--resume", "removed", "removed") if remote else ("removed", "refused"))
    processes = 1 + draws.below(2)
    return Pause(
        second,
        # Where the output is removed while workers write, there is something in it again at once.
        draws.pick(("all", "the parent")) if processes > 1 and second != "removed" else "all",
        processes,
        draws.below(1000) / 1000,
        (draws.pick(SPEEDS), draws.pick(SPEEDS)),
        remote and draws.below(4) == 0,
        second == "--overwrite" or (remote and second == "removed" and draws.below(4) == 0),
    )


@contextmanager
def sometimes_late(range_: Range, late: bool) -> Iterator[Range]:
    """Yield where targets are made, behind a proxy that delays requests if they are to be late."""
    if not late or range_.store is None:
        yield range_
        return
    with slow(range_.store, DELAY) as proxy:
        yield replace(range_, store=proxy)


def pause_runs(range_: Range, wholes: Mapping[int, Contents], outcome: Outcome, number: int, seed: int) -> Outcome:
    """Pause runs until `number` pauses have hit a run that held its output; judge each by what is there in the end."""
    tried = seed
    while outcome.injected < number:
        pause = draw_pause(Draws(tried), range_.store is not None)
        with sometimes_late(range_, pause.late) as way:
            target = way.make(f"paused-{tried}")
            ended = pause_run(way, target, pause, wholes)
        if ended is not None:
            outcome.judge(f"{pause} ({tried})", ended[1])
            outcome.notes["overtaken: status 2, one line"] += ended[0] == 2
            outcome.notes[pause.second] += 1
            outcome.notes["several processes"] += pause.processes > 1
            outcome.notes["clocks of different speed"] += pause.speeds[0] != pause.speeds[1]
            outcome.notes["late requests"] += pause.late
            outcome.notes["removed while it overwrites"] += pause.overwrites and pause.second == "removed"
            target.discard()
        tried += 1
    return outcome


def pause_run(
    range_: Range, target: Target, pause: Pause, wholes: Mapping[int, Contents]
) -> tuple[int, list[str]] | None:
    """Pause a run while another takes its output; return its status and what is wrong, None where it held nothing."""
    span = range_.find_span(pause.overwrites, pause.processes) * (3 if pause.late else 1)
    if pause.overwrites:
        range_.copy_old(target)
    command = target.ask(pause.seeds[0], *["--overwrite"] * pause.overwrites, processes=pause.processes)
    with ending(target.start(command, pause.speeds[0])) as first:
        target.wait_for_hold(first)
        time.sleep(pause.moment * span)
        if not stop(first, pause) or not (target.root / PROGRESS).exists():
            return None
        faults = act_meanwhile(range_, target, pause, wholes)
        signal_all(list_session(first.pid), signal.SIGCONT)
        error = first.communicate(timeout=120)[1]
    faults += judge_first(target, pause, first.returncode, error)
    range_.clear_broken(target)
    return first.returncode, faults + list_differences(target.root, wholes[pause.seeds[1]])


def stop(process: subprocess.Popen[str], pause: Pause) -> bool:
    """Stop a run; return whether it was still there."""
    if process.poll() is not None:
        return False
    chosen = [process.pid] if pause.stopped == "the parent" else list_session(process.pid)
    signal_all(chosen, signal.SIGSTOP)
    return process.poll() is None


def act_meanwhile(range_: Range, target: Target, pause: Pause, wholes: Mapping[int, Contents]) -> list[str]:
    """Run the second run while the first is paused; return what is wrong with it."""
    if pause.second == "refused":
        answers = [target.run(target.ask(FIRST, *more)) for more in ([], ["--resume"], ["--overwrite"])]
        return [f"not refused: {said!r}" for status, said in answers if status != 2 or len(split_advice(said)[0]) != 1]
    more = [] if pause.second == "removed" else [pause.second]
    for _ in range(2):
        if pause.second == "removed":
            range_.remove(target)
        status, said = target.run(target.ask(SECOND, *more), pause.speeds[1])
        if not LIVES.match(said):
            break
    faults = [f"the second ends with {status}: {said[:300]!r}"] if status else []
    return faults + list_differences(target.root, wholes[SECOND])


def judge_first(target: Target, pause: Pause, status: int, error: str) -> list[str]:
    """Return what is wrong with how the paused run has ended."""
    told = re.match(rf"vecgen: --output: another run has (taken|just written) {re.escape(target.output)}; ", error)
    if (status, error) == (0, "") or (status == 2 and told and error.count("\n") == 1 and pause.second != "refused"):
        return []
    return [f"the first ends with {status}: {error[:300]!r}"]
