"""Hostile datasets: whatever stands in their files ends in a verdict or in one line, in little memory, inside them."""

from __future__ import annotations

import os
import resource
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import Compile
from tests.mutants import MUTATORS, Draws
from vecgen.cli import main
from vecgen.generate import Output
from vecgen.local import run_local
from vecgen.pictures import Chart

GIGABYTE = 1 << 30
LONGEST_LINE = 1_000


@pytest.fixture(scope="module")
def small(compile_small: Compile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of a few files."""
    path = tmp_path_factory.mktemp("hostile") / "o"
    run_local(compile_small(customers=4), Output(path, partition_by=()), 1)
    return path


@dataclass
class Outcome:
    """How mutants ended: by exit status, and those that ended otherwise."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def attack(small: Path, scratch: Path, seeds: range, capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Read mutants of a dataset with each command."""
    outcome = Outcome()
    for seed in seeds:
        mutate = MUTATORS[seed % len(MUTATORS)]
        directory = Path(shutil.copytree(small, scratch / "mutant"))
        mutate(directory, Draws(seed))
        for command in (["digest"], ["verify", "--processes", "1"], ["report", "--processes", "1"]):
            name = f"{seed} {mutate.__name__} {command[0]}"
            arguments = [command[0], str(directory), *command[1:]]
            if command[0] != "digest":
                arguments.append("--quiet")
            try:
                status = main(arguments)
            except BaseException as error:  # the very thing that is looked for
                outcome.failures.append(f"{name}: {type(error).__name__}: {error}")
                continue
            finally:
                said = capsys.readouterr()
            outcome.statuses[status] += 1
            lines = said.err.splitlines()
            if (
                status not in (0, 1, 2)
                or (status == 2) != bool(lines)
                or len(lines) > 1
                or len(said.err) > LONGEST_LINE
            ):
                outcome.failures.append(f"{name}: status {status}, {said.err[:300]!r}")
            elif "\x1b" in said.err + said.out:
                outcome.failures.append(f"{name}: an escape reaches the terminal")
        shutil.rmtree(directory)
    return outcome


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put tiny pictures in the place of charts, where these are not the matter."""
    charts = [
        Chart(name, name, b"<svg/>", b"<svg/>", b"", (1, 1), (1, 1)) for name in ("days", "hours", "amounts", "map")
    ]
    monkeypatch.setattr("vecgen.report.draw_charts", lambda _: charts)


def test_mutants_end_in_a_verdict_or_in_one_line(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], undrawn: None
) -> None:
    outcome = attack(small, tmp_path, range(48), capsys)
    assert outcome.failures == []
    assert outcome.statuses[2] >= 30


@pytest.mark.heavy
def test_many_mutants_end_in_a_verdict_or_in_one_line(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], undrawn: None
) -> None:
    outcome = attack(small, tmp_path, range(1_000, 1_000 + int(os.environ.get("VECGEN_MUTANTS", "400"))), capsys)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"mutants: {outcome.statuses}, {len(outcome.failures)} failures, peak {peak / 1024:,.0f} MiB")
    assert outcome.failures == []
    assert peak * 1024 < 2 * GIGABYTE
