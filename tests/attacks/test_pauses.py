"""Runs that are paused at random moments while another takes their output: the other's dataset remains, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.outcome import Outcome, run_and_keep
from tests.attacks.pauses import pause_runs
from tests.attacks.targets import Contents, Range

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
PROMISE = "the other's dataset whole, nothing beside it; the paused run says in one line that it was overtaken"


@pytest.mark.parametrize("number", [2, pytest.param(20, marks=pytest.mark.heavy)])
def test_pauses_on_disk(number: int, near: Range, wholes: dict[int, Contents]) -> None:
    """Where a paused run keeps its lock: another is refused, unless somebody has removed the output."""
    outcome = Outcome("runs paused on disk", PROMISE)
    assert run_and_keep(lambda: pause_runs(near, wholes, outcome, number, seed=number)).lost == []


@pytest.mark.parametrize("number", [2, pytest.param(60, marks=pytest.mark.heavy)])
def test_pauses_in_a_store(number: int, far: Range, wholes: dict[int, Contents]) -> None:
    outcome = Outcome("runs paused in a store", PROMISE)
    assert run_and_keep(lambda: pause_runs(far, wholes, outcome, number, seed=20_000 + number)).lost == []
    assert outcome.notes["overtaken: status 2, one line"] >= number / 2
