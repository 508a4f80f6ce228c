"""Whoever is refused at an output in a store is told one command, and that command, as printed, does what it says."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.hasty_run import hasty
from tests.attacks.outcome import split_advice
from tests.attacks.targets import Contents, Range, Target, check_whole, paused
from tests.support.object_store import ACCESS_KEY, SECRET_KEY
from vecgen.records.receipt import PROGRESS
from vecgen.stores.filesystem import locate
from vecgen.stores.lock import LOCK, hold


def kill_a_run(target: Target, _: Range) -> str:
    with paused("working", 3, target.ask(1)):
        pass
    return refuse(target.ask(1), target)


def kill_an_overwriting_run(target: Target, _: Range) -> str:
    with paused("moving", 2, overwrite(target)):
        pass
    return refuse(target.ask(1), target)


def come_while_another_lives(target: Target, far: Range) -> str:
    kill_a_run(target, far)
    assert far.store
    output = locate(target.output, far.store.options)
    with hasty(), hold(output / PROGRESS / LOCK, output):
        return refuse(target.ask(1), target)


def find_a_dataset(target: Target, _: Range) -> str:
    assert target.run(target.ask(2))[0] == 0
    return refuse(target.ask(1), target)


def find_a_stranger(target: Target, _: Range) -> str:
    target.root.mkdir()
    (target.root / "notes.txt").touch()
    return refuse(target.ask(1), target)


def overwrite(target: Target) -> list[str]:
    assert target.run(target.ask(2))[0] == 0
    return target.ask(1, "--overwrite")


def refuse(command: list[str], target: Target) -> str:
    status, said = target.run(command)
    assert status == 2, said
    return said


@pytest.mark.parametrize(
    ("refused", "option"),
    [
        (kill_a_run, "--resume"),
        (kill_an_overwriting_run, "--overwrite"),
        (come_while_another_lives, "--resume"),
        (find_a_dataset, "--overwrite"),
        (find_a_stranger, "-2"),
    ],
)
def test_the_command_that_is_told_ends_well(
    refused: Callable[[Target, Range], str], option: str, far: Range, wholes: dict[int, Contents]
) -> None:
    target = far.make(f"advice-{refused.__name__}")
    said = refused(target, far)
    lines, commands = split_advice(said)
    assert (len(lines), len(commands)) == (1, 1)
    assert ACCESS_KEY not in said
    assert SECRET_KEY not in said
    words = shlex.split(commands[0])
    beside = words[words.index("--output") + 1].removeprefix(target.output)
    assert option in (words[-1], beside)
    assert target.run(words) == (0, "")
    check_whole(Path(f"{target.root}{beside}"), wholes[1])
