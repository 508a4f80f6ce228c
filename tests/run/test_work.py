"""Pieces of a run: every customer and batch in one, each under a name of its own."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Compile
from vecgen.plan.batches import Batch
from vecgen.plan.output import Output, list_parts
from vecgen.run.run import open_run
from vecgen.run.work import Cases, do_work, list_work, name_work


def test_pieces_have_names_of_their_own(compile_small: Compile, tmp_path: Path) -> None:
    plan = compile_small(customers=30)
    output = Output(tmp_path / "o")
    with open_run(plan, output, 1, list_parts(output), "refuse") as run:
        work = list_work(run, list_parts(output))
        names = [name_work(item) for item in work]
        assert len(set(names)) == len(names)
        assert [item for item in work if isinstance(item, range)] == [range(30)]
        assert [item for item in work if isinstance(item, Cases)] == [Cases(0, 30)]
        assert [item.number for item in work if isinstance(item, Batch)] == [batch.number for batch in run.plan.batches]
        assert list_work(run, ["customers"]) == [range(30)]


def test_work_that_is_done_is_not_done_again(compile_small: Compile, tmp_path: Path) -> None:
    plan = compile_small(customers=10)
    output = Output(tmp_path / "o")
    with open_run(plan, output, 1, list_parts(output), "refuse") as run:
        item = list_work(run, ["customers"])[0]
        first = do_work(run, item)
        file = tmp_path / "o" / first[0].path
        before = file.stat().st_mtime_ns
        assert do_work(run, item) == first
        assert file.stat().st_mtime_ns == before
        file.write_bytes(b"")
        assert do_work(run, item) == first
        assert file.stat().st_size == first[0].bytes
