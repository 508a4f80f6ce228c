"""What engines report: every batch once, and in the end all that was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import set_batch_rows
from tests.support.outputs import make_output
from vecgen.plan.output import Output, list_parts
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import expect_rows, schedule
from vecgen.process.progress import State
from vecgen.run.checkpoint import read_finished
from vecgen.run.local import run_local


@pytest.mark.parametrize("processes", [1, 2])
def test_a_local_run_reports_every_piece_of_work(
    processes: int, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_batch_rows(monkeypatch, 500)
    states: list[State] = []
    receipt = run_local(plan, Output(tmp_path), processes, report=states.append)
    scheduled = schedule(plan, Output(tmp_path), processes)
    assert len(states) == 1 + len(scheduled.batches) + 2  # the start, a file of customers and one of fraud cases
    first, last = states[0], states[-1]
    assert (first.done, first.rows, first.bytes) == (0, 0, 0)
    assert {state.total for state in states} == {last.done} == {scheduled.rows + 60 + 30}
    assert [state.done for state in states] == sorted(state.done for state in states)
    assert last.rows == receipt.parts["transactions"].rows
    assert last.bytes == sum(part.bytes for part in receipt.parts.values())


def test_what_a_resumed_run_finds_finished_counts(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_batch_rows(monkeypatch, 500)
    whole: list[State] = []
    run_local(plan, Output(tmp_path / "whole"), 1, report=whole.append)

    def stop(state: State) -> None:
        if state.rows > 2000:
            raise KeyboardInterrupt

    output = Output(tmp_path / "o")
    with pytest.raises(KeyboardInterrupt):
        run_local(plan, output, 1, report=stop)
    rows = sum(record.rows for work in read_finished(output.path).values() for record in work if record.first_date)
    assert 2000 < rows < whole[-1].rows
    states: list[State] = []
    run_local(plan, output, 1, existing="resume", report=states.append)
    assert states == whole


@pytest.mark.parametrize("form", [{}, {"batches": ((1, 2),)}, {"single_file": True, "partition_by": ()}])
def test_expected_rows_have_the_names_of_records(
    form: dict[str, object], plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_batch_rows(monkeypatch, 500)
    output = make_output(tmp_path, **form)
    finished: dict[str, object] = {}
    run_local(plan, output, 1, report=lambda _: finished.update(read_finished(tmp_path)))
    expected = expect_rows(schedule(plan, output, 1), output, list_parts(output))
    assert finished.keys() == expected.keys()
    assert all(rows > 0 for rows in expected.values())
