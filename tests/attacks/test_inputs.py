"""Hostile inputs: each ends in what a command is for or in one line, in little memory, inside its output."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.attacks.inputs import SHARES, Samples, attack_with_inputs, run
from tests.attacks.outcome import Outcome, run_and_keep
from tests.attacks.targets import read_data
from tests.run.test_local import CrashError, crash_after
from vecgen.io.assembler import Assembler
from vecgen.report.figures import Chart

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measures memory in /proc")
PROMISE = "the answer or one line, status as documented; no traceback, no secret, nothing written elsewhere"
ALL = int(os.environ.get("VECGEN_INPUTS", "3200"))


@pytest.fixture(scope="module")
def samples(
    request_options: tuple[str, ...], profiles: Path, demographics: Path, tmp_path_factory: pytest.TempPathFactory
) -> Samples:
    """Return small datasets, and what is left of one that broke off."""
    directory = tmp_path_factory.mktemp("samples")
    request = (*request_options, "--processes", "1")

    def write(name: str, *more: str) -> Path:
        assert run(["generate", *request, "--quiet", *more, "--output", str(directory / name)])[0] == 0
        return directory / name

    few = ("--customers", "4", "--partition-by", "")
    parquet, csv, whole = write("parquet", *few), write("csv", *few, "--format", "csv"), write("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(2, CrashError(), Assembler.assemble))
        run(["generate", *request, "--quiet", "--output", str(directory / "broken_off")])
    assert read_data(directory / "broken_off")
    return Samples(parquet, csv, directory / "broken_off", read_data(whole), profiles, demographics, request)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put tiny pictures in the place of charts, where these are not the matter."""
    names = ("days", "hours", "amounts", "map")
    charts = [Chart(name, name, b"<svg/>", b"<svg/>", b"", (1, 1), (1, 1)) for name in names]
    monkeypatch.setattr("vecgen.report.build.draw_charts", lambda _: charts)


@pytest.mark.parametrize("kind", SHARES)
@pytest.mark.parametrize("number", [64, pytest.param(ALL, marks=pytest.mark.heavy)])
def test_hostile_inputs(kind: str, number: int, samples: Samples, tmp_path: Path, undrawn: None) -> None:
    outcome = Outcome(f"hostile {kind}", PROMISE)
    share = number * SHARES[kind][1] // 32
    run_and_keep(lambda: attack_with_inputs(kind, samples, tmp_path, outcome, share, seed=number * 10))
    assert outcome.lost == []
    assert outcome.notes["status 2"] > 0
