"""Kills at random moments: of a run, of one of its workers, of all its processes; then the run again."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.attacks.mutants import Draws
from tests.attacks.outcome import Outcome, split_advice
from tests.attacks.targets import (
    OLD,
    Contents,
    Range,
    Target,
    ending,
    list_differences,
    list_printed_keys,
    list_secrets,
    list_session,
    list_shared_memory,
    outlives,
    read_contents,
    signal_all,
)
from vecgen.records.receipt import PROGRESS, SUCCESS, is_being_replaced

NEW = 2
"""Seed of the dataset that is written."""
LONGEST_LINE = 640
START_SECONDS = 3.0
"""Roughly what a run takes before it holds an output that another was killed on."""


@dataclass(frozen=True)
class Kill:
    """One attack.

    Attributes:
        victim: The run, the youngest of its workers, or all processes, as where a container ends.
        number: Of the signal.
        replaces: Whether the run replaces a dataset.
        processes: Of the run.
        moments: Part of the run's time, from when it holds its output, at which the signal comes; the second, if any,
            is of the run that goes on.
    """

    victim: str
    number: int
    replaces: bool
    processes: int
    moments: tuple[float, ...]

    def __str__(self) -> str:
        name = signal.Signals(self.number).name
        which = f"{name} to the {self.victim}"
        return f"{which}{', --overwrite' * self.replaces}, {self.processes} processes, {self.moments}"


VICTIMS = (
    *[("run", signal.SIGKILL)] * 3,
    *[("run", signal.SIGTERM)] * 2,
    *(("run", signal.SIGHUP), ("run", signal.SIGINT)),
    *[("youngest worker", signal.SIGKILL)] * 2,
    ("whole session", signal.SIGKILL),
)


def draw_kill(draws: Draws) -> Kill:
    """Draw an attack."""
    victim, number = draws.pick(VICTIMS)
    processes = 2 if "worker" in victim or draws.below(3) == 0 else 1
    moments = tuple(draws.below(1000) / 1000 for _ in range(draws.pick((1, 1, 2))))
    return Kill(victim, number, draws.below(2) == 0, processes, moments)


def send(kill: Kill, process: subprocess.Popen[str]) -> bool:
    """Send the signal; return whether its victim was still there."""
    session = list_session(process.pid)
    if kill.victim == "youngest worker":
        chosen = session[-1:] if len(session) > 2 else []  # Python's own process is older than the workers
    elif kill.victim == "whole session":
        chosen = session
    else:
        chosen = [process.pid]
    if process.poll() is not None or not chosen:
        return False
    try:
        for each in chosen:
            os.kill(each, kill.number)
    except ProcessLookupError:
        return False
    return True


def kill_runs(range_: Range, wholes: Mapping[int, Contents], outcome: Outcome, number: int, seed: int) -> Outcome:
    """Kill runs until `number` kills have hit; judge each by what is there then and after the run again."""
    tried = 0
    while outcome.injected < number:
        kill, target = draw_kill(Draws(seed + tried)), range_.make(f"killed-{seed + tried}")
        tried += 1
        if kill.replaces:
            range_.copy_old(target)
        ends = list(strike(range_, target, kill))
        if ends[0].hit:  # else it was complete before
            faults = [fault for end in ends for fault in judge_end(kill, end)]
            faults += judge_what_is_left(target, kill, wholes, ends[-1])
            faults += list_secrets(target.scratch) + list_secrets(target.root)
            faults += [f"{name} is left in memory" for name in list_shared_memory(target)]
            faults += judge_run_again(target, kill, wholes, ends[-1])
            outcome.judge(f"{kill} ({seed + tried - 1})", faults)
            outcome.notes[f"{signal.Signals(kill.number).name} to the {kill.victim}"] += 1
            outcome.notes["--overwrite"] += kill.replaces
            outcome.notes["killed again when they went on"] += len(ends) > 1 and ends[1].hit
            outcome.notes["had just finished"] += ends[0].has_finished or ends[0].is_unheard
            target.discard()
    return outcome


def strike(range_: Range, target: Target, kill: Kill) -> Iterator[End]:
    """Kill a run, and the run that goes on if it is to be killed, too; yield how they end, until one is not hit."""
    span = range_.find_span(kill.replaces, kill.processes)
    for number, moment in enumerate(kill.moments):
        more = "--overwrite" if kill.replaces else "--resume"
        command = target.ask(NEW, *[more] * (kill.replaces or number > 0), processes=kill.processes)
        with ending(target.start(command)) as process:
            if number == 0:
                target.wait_for_hold(process)
            time.sleep(moment * (span if number == 0 else span + START_SECONDS))
            hit = send(kill, process)
            if left := outlives(process.pid):
                signal_all(list_session(process.pid), signal.SIGKILL)
            said = process.communicate(timeout=60)
        yield End(process.returncode, *said, left, hit, goes_on=number > 0)
        if not hit:
            return


@dataclass(frozen=True)
class End:
    """How a run has ended.

    Attributes:
        outlived: Whether a process of its session was left.
        hit: Whether it ran when the signal came.
        goes_on: Whether it went on from what another had left.
    """

    status: int
    out: str
    error: str
    outlived: bool
    hit: bool
    goes_on: bool

    @property
    def has_finished(self) -> bool:
        """Whether the run says that it is complete."""
        return self.status == 0

    @property
    def is_unheard(self) -> bool:
        """Whether a signal ended the interpreter before the run listens to it, or after it does no more."""
        return self.status in (-signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)


def judge_end(kill: Kill, end: End) -> list[str]:
    """Return what is wrong with how a run has ended: its status, and what it says."""
    if kill.victim == "youngest worker":
        asked = 2
    else:
        asked = -kill.number if kill.number == signal.SIGKILL else 128 + kill.number
    faults = ["a process goes on"] * end.outlived + list_printed_keys(end.out, end.error)
    faults += [] if end.status == asked or end.has_finished or end.is_unheard else [f"status {end.status}"]
    lines = [] if is_pythons(kill, end) or end.is_unheard else split_advice(end.error)[0]
    if len(lines) > 1 or any(len(line) > LONGEST_LINE or "Traceback" in line for line in lines):
        faults.append(f"it says {end.error[-300:]!r}")
    return faults


def is_pythons(kill: Kill, end: End) -> bool:
    """Return whether it is Python's own processes that say something after a run was killed: what it has not given
    back, and that a process which was being started has found nobody.
    """
    own = "resource_tracker" in end.error or "spawn_main" in end.error
    return kill.number == signal.SIGKILL and kill.victim != "youngest worker" and own


def judge_what_is_left(target: Target, kill: Kill, wholes: Mapping[int, Contents], end: End) -> list[str]:
    """Return what is wrong with the output of a run that was killed."""
    found = read_contents(target.root)
    finished = end.has_finished or (end.is_unheard and not end.goes_on)
    if finished or SUCCESS in found:
        seeds = [NEW] if finished or not kill.replaces else [OLD, NEW]
        whole = read_visible(found) in [wholes[seed] for seed in seeds]
        return [] if whole and SUCCESS in found else [f"status {end.status} and {SUCCESS} over a broken dataset"]
    if kill.replaces and not is_being_replaced(target.root / PROGRESS):
        return [f"the former dataset has lost its {SUCCESS}"]
    return []


def read_visible(found: Contents) -> Contents:
    """Return the data files that a reader sees, not those that are built to replace them."""
    return {name: content for name, content in found.items() if name[0] not in "._"}


def judge_run_again(target: Target, kill: Kill, wholes: Mapping[int, Contents], end: End) -> list[str]:
    """Return what is wrong after the command that the run has named, or the same with --resume or --overwrite."""
    advice = split_advice(end.error)[1]
    if advice:
        command = shlex.split(advice[0])
    else:
        command = target.ask(NEW, "--overwrite" if kill.replaces else "--resume")
    status, said = target.run(command)
    faults = [f"{command[-1]} ends with {status}: {said[-300:]!r}"] if status else []
    faults += list_differences(target.root, wholes[NEW])
    return faults + [f"{entry.name} is left in TMPDIR" for entry in target.scratch.iterdir()]
