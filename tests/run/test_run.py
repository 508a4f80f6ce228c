"""Runs that break off, in every way, and end as if they had not; outputs that belong to others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.conftest import LAW, Compile, set_batch_rows
from tests.run.test_local import CrashError, crash_after
from tests.support.checkout import ROOT
from tests.support.datasets import data_files, list_tree
from tests.support.outputs import change_output
from vecgen.cli.main import main
from vecgen.errors import InputError, OutputError
from vecgen.io.assembler import Assembler
from vecgen.io.reader import digest_dataset
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import PROGRESS, RECEIPT, SUCCESS, Receipt
from vecgen.run.local import run_local
from vecgen.run.run import Run, close_run
from vecgen.stores.lock import Lease, hold


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run have some ten batches."""
    set_batch_rows(monkeypatch, 500)


def contents(path: Path) -> dict[str, bytes]:
    """Return the bytes of every data file by its path."""
    return {str(file.relative_to(path)): file.read_bytes() for file in data_files(path)}


@pytest.fixture
def whole(plan: Plan, tmp_path: Path) -> dict[str, bytes]:
    """Return the data files of an undisturbed run."""
    run_local(plan, Output(tmp_path / "whole"), 1)
    return contents(tmp_path / "whole")


def break_off(plan: Plan, output: Output, monkeypatch: pytest.MonkeyPatch, batches: int = 20) -> None:
    """Let a run crash after some of its files are written."""
    path = output.path
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(batches, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1)
    assert (path / PROGRESS).is_dir()
    assert not (path / SUCCESS).exists()


def resume(plan: Plan, output: Output, processes: int = 1) -> Receipt:
    return run_local(plan, output, processes, existing="resume")


def is_complete(path: Path) -> bool:
    return (path / SUCCESS).exists() and (path / RECEIPT).exists() and not (path / PROGRESS).exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_that_broke_off_is_completed_byte_for_byte(
    processes: int, plan: Plan, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    finished = {path: (tmp_path / "o" / path).stat().st_mtime_ns for path in contents(tmp_path / "o")}
    set_batch_rows(monkeypatch, 3000)  # whatever the cores now suggest: what was begun is gone on with
    resume(plan, output, processes)
    assert contents(tmp_path / "o") == whole
    assert is_complete(tmp_path / "o")
    recorded = [path for path, moment in finished.items() if (tmp_path / "o" / path).stat().st_mtime_ns == moment]
    assert len(recorded) >= len(finished) - 3  # only the batch at work is written again


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-10])


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.write_bytes(data)


def leave_draft(file: Path) -> None:
    file.with_name(f".{file.name}.{'0' * 32}").write_bytes(b"half")


@pytest.mark.parametrize("spoil", [truncate, flip, Path.unlink, leave_draft], ids=lambda spoil: spoil.__name__)
def test_a_spoiled_file_is_written_again(
    spoil: Callable[[Path], None], plan: Plan, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    for file in data_files(tmp_path / "o"):
        spoil(file)
    resume(plan, output)
    assert contents(tmp_path / "o") == whole
    assert not [path for path in list_tree(tmp_path / "o") if Path(path).name.startswith(".")]


def test_drafts_of_killed_tasks_do_not_outlive_the_run(
    plan: Plan, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that is killed cannot remove its draft, and its repetition knows nothing of it."""

    def leave_drafts(run: Run, *rest: Any) -> Receipt:
        for file in data_files(tmp_path / "o"):
            leave_draft(file)
        return close_run(run, *rest)

    monkeypatch.setattr("vecgen.run.local.close_run", leave_drafts)
    run_local(plan, Output(tmp_path / "o"), 1)
    assert list_tree(tmp_path / "o") == list_tree(tmp_path / "whole")


@pytest.mark.parametrize("content", [None, "", "[{}]", "{"])
def test_a_lost_record_costs_its_batch_only(
    content: str | None, plan: Plan, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    for record in (tmp_path / "o" / PROGRESS).glob("transactions-*.json"):
        record.unlink() if content is None else record.write_text(content, encoding="utf-8")
    resume(plan, output)
    assert contents(tmp_path / "o") == whole


def test_resume_begins_where_nothing_is(plan: Plan, whole: dict[str, bytes], tmp_path: Path) -> None:
    for name in ("new", "empty"):
        if name == "empty":
            (tmp_path / name).mkdir()
        resume(plan, Output(tmp_path / name))
        assert contents(tmp_path / name) == whole


def test_records_that_a_run_left_beside_its_complete_dataset_are_removed(plan: Plan, tmp_path: Path) -> None:
    """As one does that is killed while it removes them."""
    run_local(plan, Output(tmp_path / "o"), 1)
    tree = list_tree(tmp_path)
    (tmp_path / "o" / PROGRESS).mkdir()
    for name in ("lock", "holder", "transactions-1.json"):
        (tmp_path / "o" / PROGRESS / name).touch()
    run_local(plan, Output(tmp_path / "o"), 1, existing="resume")
    assert list_tree(tmp_path) == tree


def test_resume_leaves_a_complete_dataset_alone(plan: Plan, tmp_path: Path) -> None:
    output = Output(tmp_path / "o")
    receipt = run_local(plan, output, 1)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "o").rglob("*")}
    again = resume(plan, output)
    assert again == receipt
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "o").rglob("*")} == before


@pytest.mark.parametrize("complete", [False, True], ids=["unfinished", "complete"])
@pytest.mark.parametrize(
    "case",
    [
        ({"seed": 43}, {}, "seed: got 43, expected 42"),
        ({"customers": 61}, {}, "customers: got 61, expected 60"),
        ({"law": replace(LAW, fraud_rate=0.25)}, {}, "fraud_rate: got 0.25, expected 0.5"),
        ({"law": replace(LAW, dependence="v1.0")}, {}, "dependence: got 'v1.0', expected 'v0.5'"),
        ({}, {"format": "csv"}, "format: got 'csv', expected 'parquet'"),
        ({}, {"max_file_size": 1000}, "max_file_size: got 1000, expected"),
        ({}, {"partition_by": ("month",)}, "partition_by: got"),
    ],
)
def test_resuming_with_other_values_is_refused(
    complete: bool,
    case: tuple[dict[str, Any], dict[str, Any], str],
    compile_small: Compile,
    plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes, form, difference = case
    output = Output(tmp_path / "o")
    if complete:
        run_local(plan, output, 1)
    else:
        break_off(plan, output, monkeypatch)
    before = list_tree(tmp_path / "o")
    with pytest.raises(InputError, match=difference):
        resume(compile_small(**changes), change_output(output, **form))
    assert list_tree(tmp_path / "o") == before


def test_changed_profiles_are_noticed(
    compile_small: Compile, plan: Plan, profile_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    file = profile_copy / "leftovers.json"
    profile = json.loads(file.read_text(encoding="utf-8"))
    profile["avg_transactions_per_day"]["max"] += 1
    file.write_text(json.dumps(profile), encoding="utf-8")
    with pytest.raises(InputError, match=r"resume: profiles: got '[0-9a-f]{16}', expected"):
        resume(compile_small(profiles=profile_copy), output)


def test_an_unfinished_output_is_not_taken_for_a_new_run(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    with pytest.raises(OutputError, match="not complete; pass resume=True"):
        run_local(plan, output, 1)


def test_a_second_run_on_one_output_is_refused(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    with (
        FileLock(tmp_path / "o" / PROGRESS / "lock"),
        pytest.raises(OutputError, match="another run is writing"),
    ):
        resume(plan, output)
    resume(plan, output)
    assert is_complete(tmp_path / "o")


@pytest.mark.parametrize("published", [0, 1, 2, 5])
def test_a_full_disk_is_gone_on_from(
    published: int, plan: Plan, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(28, "No space left on device")
    output = Output(tmp_path / "o")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", crash_after(published, full, os.replace))
        with pytest.raises(OutputError, match="No space left on device"):
            run_local(plan, output, 1)
    assert not (tmp_path / "o" / SUCCESS).exists()
    resume(plan, output)
    assert contents(tmp_path / "o") == whole


@pytest.mark.parametrize("name", [RECEIPT, SUCCESS])
def test_a_receipt_that_cannot_be_written_can_be_written_later(
    name: str, plan: Plan, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")

    def replace_unless_full(draft: Path, path: Path) -> None:
        if path.name == name:
            raise OSError(28, "No space left on device")
        draft.rename(path)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", replace_unless_full)
        with pytest.raises(OutputError, match=f"{name}: cannot be written .*left on device.*resume=True completes it"):
            run_local(plan, output, 1)
    assert not (tmp_path / "o" / SUCCESS).exists()
    resume(plan, output)
    assert contents(tmp_path / "o") == whole


def test_a_file_of_nobody_is_found(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(tmp_path / "o")
    break_off(plan, output, monkeypatch)
    shutil.copy(data_files(tmp_path / "o")[0], tmp_path / "o" / "transactions" / "mine.parquet")
    with pytest.raises(OutputError, match="remove what is not of this run"):
        resume(plan, output)
    assert not (tmp_path / "o" / SUCCESS).exists()


def test_overwrite_replaces_a_dataset_of_ours(
    plan: Plan, compile_small: Compile, whole: dict[str, bytes], tmp_path: Path
) -> None:
    output = Output(tmp_path / "o")
    run_local(compile_small(seed=1), output, 1)
    receipt = run_local(plan, output, 1, existing="overwrite")
    assert contents(tmp_path / "o") == whole
    assert is_complete(tmp_path / "o")
    assert receipt.output["path"] == str(tmp_path / "o")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o", "whole"]


def test_no_dataset_is_written_into_another(plan: Plan, tmp_path: Path) -> None:
    run_local(plan, Output(tmp_path / "o"), 1)
    before = list_tree(tmp_path)
    for output in (Output(tmp_path / "o" / "more"), Output(tmp_path / "o" / "transactions" / "x", append=True)):
        with pytest.raises(OutputError, match=r"output: .* is inside the dataset .*o; choose a directory elsewhere"):
            run_local(plan, output, 1)
    assert list_tree(tmp_path) == before


def test_a_dataset_stands_until_its_successor_is_complete(
    plan: Plan, compile_small: Compile, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o")
    run_local(compile_small(seed=1), output, 1)
    before = contents(tmp_path / "o")
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(20, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1, existing="overwrite")
    assert contents(tmp_path / "o") == before
    assert is_complete(tmp_path / "o")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o", "whole"]
    run_local(plan, output, 1, existing="overwrite")
    assert contents(tmp_path / "o") == whole


@pytest.mark.parametrize("names", [["letters.txt"], ["transactions/part.parquet", SUCCESS]])
def test_overwrite_spares_what_is_not_ours(names: list[str], plan: Plan, tmp_path: Path) -> None:
    for name in names:
        (tmp_path / "o" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "o" / name).write_text("mine", encoding="utf-8")
    before = list_tree(tmp_path)
    with pytest.raises(OutputError, match="holds no dataset of vecgen"):
        run_local(plan, Output(tmp_path / "o"), 1, existing="overwrite")
    assert list_tree(tmp_path) == before


def test_the_command_line_offers_both(plan: Plan, tmp_path: Path, profiles: Path, demographics: Path) -> None:
    options = ["--customers", "20", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1"]
    options += ["--profiles", str(profiles), "--demographics", str(demographics), "--output", str(tmp_path / "o")]
    assert [main(["generate", *options, *more]) for more in ([], ["--resume"], ["--overwrite"], [])] == [0, 0, 0, 2]
    assert main(["generate", *options, "--resume", "--overwrite"]) == 2


@pytest.mark.slow
def test_a_killed_driver_costs_time_only(tmp_path: Path) -> None:
    """Killed at twenty moments of its run, it ends with the content of a run nobody disturbed."""
    options = ["--customers", "800", "--end", "2023-06-30", "--processes", "2", "--max-file-size", "500KB"]
    command = [sys.executable, "-m", "vecgen", "generate", *options, "--output"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, str(tmp_path / "whole")], env=environment, stdout=subprocess.DEVNULL, check=True)
    kills = 0
    for moment in range(20):
        process = subprocess.Popen(  # its workers die with it: a group of their own
            [*command, str(tmp_path / "o"), "--resume"],
            env={**environment, "TZ": ["UTC", "Asia/Tokyo"][moment % 2], "PYTHONHASHSEED": str(moment)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(0.9 + 0.07 * moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            time.sleep(0.05)
    assert kills >= 5
    subprocess.run([*command, str(tmp_path / "o"), "--resume"], env=environment, stdout=subprocess.DEVNULL, check=True)
    assert is_complete(tmp_path / "o")
    assert digest_dataset(tmp_path / "o") == digest_dataset(tmp_path / "whole")
    assert contents(tmp_path / "o") == contents(tmp_path / "whole")


def test_what_another_run_has_just_completed_is_spared(
    plan: Plan, compile_small: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It held the lock when this one looked, and has let it go."""
    output = Output(tmp_path / "o")

    @contextmanager
    def hold_late(lock: Path, final: Path) -> Iterator[Lease]:
        monkeypatch.setattr("vecgen.run.run.hold", hold)
        run_local(compile_small(seed=2), output, 1)
        with hold(lock, final) as lease:
            yield lease

    monkeypatch.setattr("vecgen.run.run.hold", hold_late)
    with pytest.raises(OutputError, match="another run has just written"):
        run_local(plan, output, 1)
    run_local(compile_small(seed=2), Output(tmp_path / "other"), 1)
    assert contents(tmp_path / "o") == contents(tmp_path / "other")
    assert is_complete(tmp_path / "o")
