"""`--overwrite` replaces what a dataset of vecgen consists of, and nothing else, wherever the output is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Compile, set_batch_rows
from tests.run.test_local import CrashError
from tests.support.datasets import data_files, list_tree
from vecgen.errors import OutputError
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import PROGRESS, RECEIPT, SUCCESS
from vecgen.run.local import run_local


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    set_batch_rows(monkeypatch, 1500)


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in data_files(path)}


@pytest.fixture
def old(compile_small: Compile, tmp_path: Path) -> Path:
    """Return a complete dataset of another seed."""
    run_local(compile_small(seed=1), Output(tmp_path / "o", Form(partition_by=())), 1)
    return tmp_path / "o"


@pytest.fixture
def whole(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("whole") / "o"
    run_local(plan, Output(path, Form(partition_by=())), 1)
    return contents(path)


def overwrite(plan: Plan, path: Path) -> None:
    run_local(plan, Output(path, Form(partition_by=())), 1, existing="overwrite")


def check_replaced(path: Path, whole: dict[str, bytes]) -> None:
    assert contents(path) == whole
    assert (path / SUCCESS).exists()
    assert not (path / PROGRESS).exists()


def test_what_lies_beside_the_parts_stays(plan: Plan, old: Path, whole: dict[str, bytes]) -> None:
    mine = [old / "notes.txt", old.with_name(".o.old") / "a", old.with_name(".o.new") / "b"]
    for file in mine:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine", encoding="utf-8")
    overwrite(plan, old)
    check_replaced(old, whole)
    assert [file.read_text(encoding="utf-8") for file in mine] == ["mine"] * 3


@pytest.mark.parametrize("name", ["transactions/notes.txt", "customers/mine/mine.parquet", "fraud_cases/.hidden"])
def test_what_lies_inside_a_part_is_named_before_the_work(name: str, plan: Plan, old: Path) -> None:
    (old / name).parent.mkdir(exist_ok=True)
    (old / name).write_text("mine", encoding="utf-8")
    before = list_tree(old)
    with pytest.raises(OutputError, match=r"overwrite: .*no file of vecgen's; move"):
        overwrite(plan, old)
    assert list_tree(old) == before


def test_what_comes_into_a_part_during_the_work_stays(plan: Plan, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(old)

    def disturb(*arguments: Any) -> Any:
        (old / "transactions" / "notes.txt").write_text("mine", encoding="utf-8")
        return publish(*arguments)

    from vecgen.run.publish import publish_receipt as publish

    monkeypatch.setattr("vecgen.run.run.publish_receipt", disturb)
    with pytest.raises(OutputError, match=r"notes\.txt is no file of vecgen's"):
        overwrite(plan, old)
    assert (old / "transactions" / "notes.txt").exists()
    assert contents(old) == before
    assert (old / SUCCESS).exists()


def test_a_link_stays_a_link(plan: Plan, old: Path, whole: dict[str, bytes]) -> None:
    link = old.with_name("link")
    link.symlink_to(old)
    for _ in range(2):
        overwrite(plan, link)
        assert link.is_symlink()
        check_replaced(old, whole)


def test_the_working_directory(plan: Plan, old: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be moved, no more than a mount point."""
    monkeypatch.chdir(old)
    before = old.stat().st_ino
    overwrite(plan, Path("."))
    check_replaced(old, whole)
    assert Path.cwd().stat().st_ino == before


def test_an_output_whose_parent_cannot_be_written(plan: Plan, old: Path, whole: dict[str, bytes]) -> None:
    old.parent.chmod(0o500)
    try:
        overwrite(plan, old)
    finally:
        old.parent.chmod(0o700)
    check_replaced(old, whole)


def test_a_receipt_that_is_lost_before_it_moves(plan: Plan, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no `_SUCCESS` beside the receipt of the dataset that was replaced."""

    def lose(output: Path, _: list[str]) -> None:
        (receipt,) = (output / PROGRESS).glob(f"new-*/{RECEIPT}")
        receipt.unlink()

    monkeypatch.setattr("vecgen.run.replacement._check_moved", lose)
    with pytest.raises(OutputError, match="its receipt is not the one of what was moved"):
        overwrite(plan, old)
    assert not (old / SUCCESS).exists()


@pytest.mark.parametrize("moves", range(8))
def test_a_move_that_breaks_off_is_completed_by_the_next_run(
    moves: int, plan: Plan, compile_small: Compile, old: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each of its steps, on disk: three parts out and in, then the receipt and `_SUCCESS`."""
    left = iter([True] * moves)

    def breaking(call: Callable[..., Any]) -> Callable[..., Any]:
        def move(*arguments: Any) -> Any:
            if not next(left, False):
                raise CrashError
            return call(*arguments)

        return move

    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, breaking(getattr(Path, name)))
    with pytest.raises(CrashError):
        overwrite(plan, old)
    assert not (old / SUCCESS).exists()
    monkeypatch.undo()
    set_batch_rows(monkeypatch, 1500)
    assert run_local(plan, Output(old, Form(partition_by=())), 1, existing="resume").request["seed"] == 42
    check_replaced(old, whole)
    parts = {name.partition("/")[0] for name in whole}
    assert {path.name for path in old.iterdir()} == {FILE_LIST, RECEIPT, SUCCESS, *parts}
