"""What is said of interrupted runs, and of word lists that Faker has changed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import set_batch_rows
from vecgen.cli.messages import describe_stop, note_lists
from vecgen.cli.steps import spell_step
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.process.progress import State
from vecgen.run.local import run_local


def test_another_faker_is_said(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    note_lists(plan)
    assert capsys.readouterr().err == ""
    note_lists(replace(plan, identity={**plan.identity, "word_lists": "0" * 16}))
    assert capsys.readouterr().err.startswith("vecgen: the installed Faker has other names")


class TestStopped:
    def test_what_is_finished_and_how_to_go_on(
        self, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_batch_rows(monkeypatch, 500)
        states: list[State] = []

        def stop(state: State) -> None:
            states.append(state)
            if len(states) == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_local(plan, Output(tmp_path / "o", Form(partition_by=())), 1, report=stop)
        first, second = describe_stop(tmp_path / "o", partial(spell_step, "vecgen", ["x"])).splitlines()
        finished = f"{states[-1].rows:,} rows in 3 files"
        assert first == f"vecgen: interrupted; {finished} are finished in {tmp_path / 'o'}"
        assert second == "vecgen: resume with vecgen x --resume"

    def test_nothing_is_finished(self, tmp_path: Path) -> None:
        told = describe_stop(tmp_path, partial(spell_step, "vecgen", ["x", "--overwrite"]))
        assert told.splitlines() == [
            f"vecgen: interrupted; nothing of this run is left in {tmp_path}",
            "vecgen: start over with vecgen x --overwrite",
        ]
