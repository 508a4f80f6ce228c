"""Whole datasets: receipts that are true, failures that leave nothing, memory that does not grow."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Compile, set_batch_rows
from tests.support.datasets import data_files, list_tree
from vecgen import __version__
from vecgen.errors import InputError, OutputError
from vecgen.io.assembler import Assembler
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import CUSTOMER_COLUMNS
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import RECEIPT, SUCCESS, Receipt
from vecgen.run.local import run_local
from vecgen.stores.checksum import checksum_file


def test_a_receipt_is_true(parquet: tuple[Path, Receipt], text: tuple[Path, Receipt]) -> None:
    for path, receipt in (parquet, text):
        stored = json.loads((path / RECEIPT).read_text(encoding="utf-8"))
        assert (path / SUCCESS).read_text(encoding="utf-8") == checksum_file(path / RECEIPT)
        assert stored["version"] == __version__
        assert stored["parts"].keys() == {"customers", "transactions", "fraud_cases"}
        for name, digest in digest_dataset(path).items():
            files = data_files(path / name)
            size = sum(file.stat().st_size for file in files)
            assert stored["parts"][name] == {
                "rows": digest.rows,
                "files": len(files),
                "bytes": size,
                "digest": str(digest),
            }
        assert stored["fingerprint"] == receipt.fingerprint
        assert stored["request"] == receipt.request
        assert stored["output"] == receipt.output
        assert receipt.output["path"] == str(path)
        assert (stored["cores"], stored["seconds"]) == (1, receipt.seconds)
        assert receipt.seconds > 0
        rate = receipt.parts["transactions"].rows / receipt.seconds
        assert receipt.rows_per_second_and_core == pytest.approx(rate, rel=0.05)


def test_nothing_but_data_list_receipt_and_marker_is_left(parquet: tuple[Path, Receipt]) -> None:
    files = [path for path in parquet[0].rglob("*") if path.is_file()]
    assert set(files) - set(data_files(parquet[0])) == {parquet[0] / name for name in (RECEIPT, SUCCESS, FILE_LIST)}


@pytest.mark.parametrize(("customers", "transactions"), [(True, False), (False, True)])
def test_a_part_alone_is_the_part_of_the_whole(
    customers: bool, transactions: bool, plan: Plan, parquet: tuple[Path, Receipt], tmp_path: Path
) -> None:
    receipt = run_local(plan, Output(tmp_path), 1, customers=customers, transactions=transactions)
    names = ["customers"] if customers else ["fraud_cases", "transactions"]
    assert receipt.parts == {name: parquet[1].parts[name] for name in names}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([SUCCESS, RECEIPT, FILE_LIST, *names])


def test_fewer_than_one_process_is_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="processes"):
        run_local(plan, Output(tmp_path / "o"), 0)
    assert list_tree(tmp_path) == []


def test_an_output_that_holds_something_is_left_alone(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="not an empty directory"):
        run_local(plan, Output(tmp_path), 1)
    assert list_tree(tmp_path) == ["mine"]


def test_a_dataset_is_not_written_over(plan: Plan, parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(parquet[0], tmp_path / "copy"))
    tree = list_tree(copy)
    with pytest.raises(OutputError, match="pass overwrite=True to replace it"):
        run_local(plan, Output(copy), 1)
    assert list_tree(copy) == tree


class CrashError(Exception):
    """Something nobody foresaw."""


def crash_after(calls: int, error: BaseException, original: Callable[..., Any]) -> Callable[..., Any]:
    left = [calls]

    def crash(*arguments: Any, **named: Any) -> Any:
        if left[0] == 0:
            raise error
        left[0] -= 1
        return original(*arguments, **named)

    return crash


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@pytest.mark.parametrize(
    "error", [CrashError(), KeyboardInterrupt(), MemoryError()], ids=lambda error: type(error).__name__
)
def test_a_crash_within_a_batch_leaves_no_half_written_file(
    file_format: Any, error: BaseException, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several files are published and one is half written when it happens.
    monkeypatch.setattr("vecgen.model.transaction_dates.CHUNK_ROWS", 100)
    monkeypatch.setattr(Assembler, "assemble", crash_after(20, error, Assembler.assemble))
    with pytest.raises(type(error)):
        run_local(plan, Output(tmp_path, Form(file_format)), 1)
    assert not [path for path in list_tree(tmp_path) if Path(path).name.startswith(".")]
    assert not (tmp_path / SUCCESS).exists()


def test_an_error_in_another_process_arrives_and_leaves_nothing(
    plan: Plan, compile_small: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_batch_rows(monkeypatch, 500)
    people = plan.source.table(0, 60).select([c.name for c in CUSTOMER_COLUMNS])
    jobs = ["a|b" if row == 41 else job for row, job in enumerate(people["job"].to_pylist())]
    place = people.column_names.index("job")
    pq.write_table(people.set_column(place, "job", pa.array(jobs)), tmp_path / "c.parquet")
    spoiled = compile_small(customers_file=tmp_path / "c.parquet")
    monkeypatch.setattr("vecgen.plan.customer_source.check_lines", lambda *_: None)  # which says it before the work
    with pytest.raises(InputError, match=r"column job: got 'a\|b', expected text that CSV can hold"):
        run_local(spoiled, Output(tmp_path / "o", Form("csv")), 2)
    assert list_tree(tmp_path / "o") == []


def test_memory_does_not_grow_with_customers(
    compile_small: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_batch_rows(monkeypatch, 20_000)
    monkeypatch.setattr("vecgen.plan.plan.CUSTOMERS_PER_FILE", 250)
    peaks = []
    for customers in (500, 2500):
        plan = compile_small(customers=customers)
        run_local(plan, Output(tmp_path / f"warm{customers}", Form(partition_by=())), 1)
        before = pa.total_allocated_bytes()
        tracemalloc.start()
        run_local(plan, Output(tmp_path / str(customers), Form(partition_by=())), 1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert pa.total_allocated_bytes() - before < 1 << 20
    assert peaks[1] < 1.3 * peaks[0] + (1 << 20)
