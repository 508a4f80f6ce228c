"""Whoever is refused, or has stopped a run, is told one command, and that command does what it says."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.targets import go_on, paused
from tests.support.datasets import list_tree
from vecgen.cli.main import main
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.errors import OutputError
from vecgen.io.assembler import Assembler
from vecgen.io.reader import digest_dataset
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import PROGRESS, SUCCESS
from vecgen.run.local import run_local

SMALL = ["generate", "--customers", "12", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1"]
LIMITS = ["--max-records-per-file", "400", "--fraud-rate", "0"]
SMALL += ["--batch-rows", "500", "--partition-by", "", "--quiet"]


@dataclass
class Desk:
    """A user at a terminal; `ask` spells the command of a dataset, by its seed."""

    directory: Path
    small: list[str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def output(self) -> Path:
        return self.directory / "o"

    def ask(self, seed: int, *more: str) -> list[str]:
        return [*self.small, "--seed", str(seed), "--output", str(self.output), *more]

    def run(self, seed: int, *more: str, status: int = 0) -> str:
        """Run a command and return what it says."""
        self.capsys.readouterr()
        assert main(self.ask(seed, *more)) == status
        return self.capsys.readouterr().err

    def kill(self, stage: str, number: int, seed: int, *more: str) -> None:
        """Let a run be killed at a moment of its work."""
        with paused(stage, number, self.ask(seed, *more)):
            pass

    @contextmanager
    def interrupting(self, owner: type, name: str, after: int) -> Iterator[None]:
        """Press Ctrl-C in a call of a method."""
        calls, call = iter(range(1, 1 << 30)), getattr(owner, name)

        def interrupt(*arguments: Any, **options: Any) -> Any:
            if next(calls) > after:
                raise KeyboardInterrupt
            return call(*arguments, **options)

        with self.monkeypatch.context() as patch:
            patch.setattr(owner, name, interrupt)
            yield


@pytest.fixture(scope="session")
def small(profiles: Path, demographics: Path) -> list[str]:
    return [*SMALL, "--profiles", str(profiles), "--demographics", str(demographics)]


@pytest.fixture
def desk(small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path / "two words", small, capsys, monkeypatch)


@pytest.fixture(scope="session")
def digests(small: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """Return the digests of the datasets of two seeds."""
    found = {}
    for seed in (1, 2):
        path = tmp_path_factory.mktemp("whole") / "o"
        assert main([*small, "--seed", str(seed), "--output", str(path)]) == 0
        found[seed] = dict(digest_dataset(path))
    return found


def stop_a_new_run(desk: Desk, *more: str) -> str:
    with desk.interrupting(Assembler, "assemble", 2):
        return desk.run(1, *more, status=130)


def stop_at_once(desk: Desk) -> str:
    with desk.interrupting(Assembler, "assemble", 0):
        return desk.run(1, status=130)


def kill_a_new_run(desk: Desk) -> str:
    desk.kill("working", 3, 1)
    return desk.run(1, status=2)


def stop_an_overwriting_run(desk: Desk) -> str:
    desk.run(1)
    with desk.interrupting(Assembler, "assemble", 2):
        return desk.run(2, "--overwrite", status=130)


def kill_an_overwriting_run(desk: Desk) -> str:
    desk.run(1)
    desk.kill("working", 3, 2, "--overwrite")
    return desk.run(2, status=2)


def resume_an_overwriting_run(desk: Desk) -> str:
    stop_an_overwriting_run(desk)
    return desk.run(2, "--resume", status=2)


def stop_during_the_move(desk: Desk) -> str:
    desk.run(1)
    with desk.interrupting(Path, "rename", 1):
        said = desk.run(2, "--overwrite", status=130)
    assert not (desk.output / SUCCESS).exists()
    assert main(["verify", str(desk.output), "--quiet"]) == 2
    assert "an incomplete dataset" in desk.capsys.readouterr().err
    return said


def fail_during_the_move(desk: Desk) -> str:
    desk.run(1)
    with desk.monkeypatch.context() as patch:
        patch.setattr("vecgen.run.replacement._check_moved", fail)
        return desk.run(2, "--overwrite", status=2)


def fail(*_: object) -> None:
    raise OutputError("a disk is full")


def kill_during_the_move(desk: Desk) -> str:
    desk.run(1)
    desk.kill("removing", 2, 2, "--overwrite")
    return desk.run(2, status=2)


def come_while_another_lives(desk: Desk, *more: str) -> str:
    with paused("working", 3, desk.ask(1)) as first:
        said = desk.run(1, *more, status=2)
        assert f"another run (process {first.pid} on " in said
        assert "wait for it, or choose another" in said
        assert go_on(first) == (0, "")
    return said


def come_while_another_lives_to_overwrite(desk: Desk) -> str:
    return come_while_another_lives(desk, "--overwrite")


def ask_otherwise(desk: Desk) -> str:
    stop_a_new_run(desk)
    return desk.run(2, "--with-customer-id", status=2)


def resume_otherwise(desk: Desk) -> str:
    stop_a_new_run(desk, *LIMITS)
    return desk.run(2, "--with-customer-id", "--resume", status=2)


def resume_with_other_profiles(desk: Desk) -> str:
    stop_a_new_run(desk)
    return desk.run(1, "--profiles", str(DEFAULT_PROFILES), "--resume", status=2)


def find_a_dataset(desk: Desk) -> str:
    desk.run(1)
    return desk.run(2, status=2)


def find_a_stranger(desk: Desk) -> str:
    desk.output.mkdir(parents=True)
    (desk.output / "notes.txt").touch()
    return desk.run(1, status=2)


def find_a_stranger_in_the_dataset(desk: Desk) -> str:
    desk.run(1)
    (desk.output / "transactions" / "mine.parquet").touch()
    return desk.run(2, "--overwrite", status=2)


def overwrite_a_stranger(desk: Desk) -> str:
    desk.output.mkdir(parents=True)
    (desk.output / "notes.txt").touch()
    (desk.directory / "o-2").touch()
    return desk.run(1, "--overwrite", status=2)


@pytest.mark.parametrize(
    ("make", "verb", "seed", "name"),
    [
        (stop_a_new_run, "resume", 1, "o"),
        (stop_at_once, "start over", 1, "o"),
        (kill_a_new_run, "resume", 1, "o"),
        (stop_an_overwriting_run, "start over", 2, "o"),
        (kill_an_overwriting_run, "replace it", 2, "o"),
        (resume_an_overwriting_run, "replace it", 2, "o"),
        (stop_during_the_move, "resume", 2, "o"),
        (fail_during_the_move, "resume", 2, "o"),
        (kill_during_the_move, "replace it", 2, "o"),
        (come_while_another_lives, "once it has ended, resume", 1, "o"),
        (come_while_another_lives_to_overwrite, "once it has ended, resume", 1, "o"),
        (find_a_dataset, "replace it", 2, "o"),
        (find_a_stranger, "write elsewhere", 1, "o-2"),
        (find_a_stranger_in_the_dataset, "write elsewhere", 2, "o-2"),
        (overwrite_a_stranger, "write elsewhere", 1, "o-3"),
    ],
)
def test_the_command_that_is_told_ends_well(
    make: Callable[[Desk], str], verb: str, seed: int, name: str, desk: Desk, digests: dict[int, dict[str, Any]]
) -> None:
    output = run_what_is_told(make(desk), verb, desk)
    assert output.name == name
    assert digest_dataset(output) == digests[seed]


def run_what_is_told(said: str, verb: str, desk: Desk) -> Path:
    """Run the command in the last line and return its output, which is complete and whole."""
    _, last = said.splitlines()  # one line says why, one how to go on
    told, _, command = last.partition(" with vecgen ")
    assert told == f"vecgen: {verb}"
    words = shlex.split(command)
    assert main(words) == 0
    output = Path(words[words.index("--output") + 1])
    assert output.parent == desk.directory
    assert (output / SUCCESS).exists()
    assert not (output / PROGRESS).exists()
    assert main(["verify", str(output), "--quiet", "--processes", "1"]) in (0, 2)  # 2: too small for a verdict
    return output


@pytest.mark.parametrize(
    ("make", "verb", "more"),
    [
        (resume_with_other_profiles, "write elsewhere", ["--seed", "1", "--profiles", str(DEFAULT_PROFILES)]),
        (ask_otherwise, "replace it", ["--seed", "2", "--with-customer-id"]),
        (
            resume_otherwise,
            "keep the recorded options",
            ["--seed", "1", *LIMITS],
        ),
    ],
)
def test_a_run_that_was_begun_otherwise(make: Callable[[Desk], str], verb: str, more: list[str], desk: Desk) -> None:
    output = run_what_is_told(make(desk), verb, desk)
    whole = desk.directory / "whole"
    assert main([*desk.small, "--output", str(whole), *more]) == 0
    assert digest_dataset(output) == digest_dataset(whole)
    assert list_tree(output) == list_tree(whole)


def test_a_load_that_was_begun_with_other_dates(desk: Desk) -> None:
    december, january = (
        ("--append", "--only-dates=2023-12-20..2023-12-31"),
        ("--append", "--only-dates", "2024-01-01..2024-01-20"),
    )
    stop_a_new_run(desk, *december)
    output = run_what_is_told(desk.run(1, *january, status=2), "keep the recorded options", desk)
    assert digest_dataset(output)["customers"].rows == 12
    desk.run(1, *january)
    whole = desk.directory / "whole"
    assert main([*desk.small, "--output", str(whole), "--seed", "1"]) == 0
    assert digest_dataset(output) == digest_dataset(whole)


def test_the_library_prints_no_commands(plan: Plan, tmp_path: Path) -> None:
    run_local(plan, Output(tmp_path / "o"), 1)
    with pytest.raises(OutputError) as caught:
        run_local(plan, Output(tmp_path / "o"), 1)
    assert caught.value.step
    assert "vecgen generate" not in str(caught.value)
