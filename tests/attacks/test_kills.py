"""Runs that are killed at random moments, on disk and in a store: a second command ends in the undisturbed dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.kills import kill_runs
from tests.attacks.outcome import Outcome, run_and_keep
from tests.attacks.targets import Contents, Range

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
SIZES = [2, pytest.param(150, marks=pytest.mark.heavy)]
PROMISE = "no dataset lost, no process left; the run again: the undisturbed bytes and files, nothing beside them"


@pytest.mark.parametrize("number", SIZES)
def test_kills_on_disk(number: int, near: Range, wholes: dict[int, Contents]) -> None:
    outcome = Outcome("runs killed on disk", PROMISE)
    assert run_and_keep(lambda: kill_runs(near, wholes, outcome, number, seed=number)).lost == []


@pytest.mark.parametrize("number", SIZES)
def test_kills_in_a_store(number: int, far: Range, wholes: dict[int, Contents]) -> None:
    outcome = Outcome("runs killed in a store", PROMISE)
    assert run_and_keep(lambda: kill_runs(far, wholes, outcome, number, seed=10_000 + number)).lost == []
