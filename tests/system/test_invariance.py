"""Output depends on what is asked, never on how the work is cut, ordered, shared out or written."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import LAW, Compile, set_batch_rows
from tests.support.datasets import data_files, read_customers, read_rows
from tests.support.outputs import make_output
from vecgen.io.reader import digest_dataset
from vecgen.io.writers import COMPRESSIONS, ENCODINGS, FORMATS, Format
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.slices import PARTITION_KEYS
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local

Dataset = tuple[Path, Receipt]


def digests(receipt: Receipt) -> dict[str, tuple[int, str | None]]:
    return {name: (part.rows, part.digest) for name, part in receipt.parts.items()}


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("batch_rows", [300, 10**9])
def test_processes_and_batches_do_not_matter(
    processes: int,
    batch_rows: int,
    plan: Plan,
    parquet: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_batch_rows(monkeypatch, batch_rows)
    receipt = run_local(plan, Output(tmp_path), processes)
    assert digests(receipt) == digests(parquet[1])
    assert read_rows(tmp_path).equals(read_rows(parquet[0]))


def test_frauds_that_pass_for_regular_under_v1_are_the_same_however_work_is_cut(
    compile_small: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    law = replace(LAW, fraud_rate=0.5, dependence="v1.0", fraud_stealth=0.5)
    whole = run_local(compile_small(law=law), Output(tmp_path / "whole"), 1)
    set_batch_rows(monkeypatch, 300)
    monkeypatch.setattr("vecgen.model.transaction_dates.CHUNK_ROWS", 97)
    assert digests(run_local(compile_small(law=law), Output(tmp_path / "cut"), 2)) == digests(whole)


forms = st.just({"format": "csv"}) | st.fixed_dictionaries(
    {"compression": st.sampled_from(COMPRESSIONS), "encoding": st.sampled_from(ENCODINGS)}
)
cuts = st.fixed_dictionaries(
    {
        "partition_by": st.sampled_from([keys for size in range(4) for keys in permutations(PARTITION_KEYS, size)]),
        "max_file_size": st.sampled_from([1, 5000, 1 << 30]),
    }
)


def test_neither_cut_nor_form_matters(compile_small: Compile, parquet: Dataset) -> None:
    @settings(max_examples=15)
    @given(
        form=forms,
        cut=cuts,
        batch_rows=st.integers(150, 20_000),
        chunk_rows=st.integers(1, 1000) | st.just(1 << 20),
        group_rows=st.integers(50, 5000),
        customers_per_file=st.integers(1, 70),
    )
    def check(
        form: dict[str, Any],
        cut: dict[str, Any],
        batch_rows: int,
        chunk_rows: int,
        group_rows: int,
        customers_per_file: int,
    ) -> None:
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as directory:
            set_batch_rows(patch, batch_rows)
            patch.setattr("vecgen.plan.plan.CUSTOMERS_PER_FILE", customers_per_file)
            patch.setattr("vecgen.model.transaction_dates.CHUNK_ROWS", chunk_rows)
            patch.setattr("vecgen.run.batch.ROW_GROUP_ROWS", group_rows)
            path = Path(directory)
            receipt = run_local(compile_small(), make_output(path, **form, **cut), 1)
            assert digests(receipt) == digests(parquet[1])
            assert digest_dataset(path) == digest_dataset(parquet[0])

    check()


@pytest.mark.parametrize("chunk_rows", [1, 97])
def test_small_chunks_give_the_very_rows(
    chunk_rows: int, plan: Plan, parquet: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.model.transaction_dates.CHUNK_ROWS", chunk_rows)
    run_local(plan, Output(tmp_path, Form(max_file_size=1)), 1)
    assert read_rows(tmp_path).equals(read_rows(parquet[0]))


@pytest.mark.parametrize("file_format", FORMATS)
def test_one_file_holds_the_same(file_format: Format, plan: Plan, parquet: Dataset, tmp_path: Path) -> None:
    receipt = run_local(plan, Output(tmp_path, Form(format=file_format, partition_by=(), single_file=True)), 2)
    assert len(data_files(tmp_path / "transactions")) == 1
    assert digests(receipt) == digests(parquet[1])
    assert read_rows(tmp_path).equals(read_rows(parquet[0]))


@pytest.mark.parametrize("limit", [7, 100])
def test_a_limit_of_records_is_kept(limit: int, compile_small: Compile, tmp_path: Path) -> None:
    plan = compile_small(customers=2)
    run_local(plan, Output(tmp_path / "limited", Form(max_records_per_file=limit)), 1)
    run_local(plan, Output(tmp_path / "free"), 1)
    files = data_files(tmp_path / "limited" / "transactions")
    assert max(pq.read_metadata(path).num_rows for path in files) <= limit
    assert read_rows(tmp_path / "limited").equals(read_rows(tmp_path / "free"))


@pytest.mark.parametrize("source", FORMATS)
def test_written_customers_read_back_give_the_same_transactions(
    source: Format, compile_small: Compile, plan: Plan, parquet: Dataset, tmp_path: Path
) -> None:
    run_local(plan, Output(tmp_path / "people", Form(source)), 1, transactions=False)
    directory = tmp_path / "people" / "customers"
    for number, path in enumerate((directory, data_files(directory)[0])):
        listed = compile_small(customers_file=path)
        receipt = run_local(listed, Output(tmp_path / str(number)), 1)
        assert digests(receipt) == digests(parquet[1])
        assert read_rows(tmp_path / str(number)).equals(read_rows(parquet[0]))
        assert read_customers(tmp_path / str(number)).equals(read_customers(parquet[0]))


def test_customers_read_back_from_several_files_keep_their_order(
    compile_small: Compile, plan: Plan, parquet: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.plan.plan.CUSTOMERS_PER_FILE", 7)
    run_local(plan, Output(tmp_path / "people"), 1, transactions=False)
    assert len(data_files(tmp_path / "people")) == 9
    receipt = run_local(compile_small(customers_file=tmp_path / "people/customers"), Output(tmp_path / "o"), 1)
    assert digests(receipt) == digests(parquet[1])


def test_more_customers_leave_the_first_as_they_are(compile_small: Compile, parquet: Dataset, tmp_path: Path) -> None:
    run_local(compile_small(customers=90), Output(tmp_path), 1)
    assert read_customers(tmp_path).slice(0, 60).equals(read_customers(parquet[0]))
    few, many = read_rows(parquet[0]).to_pylist(), read_rows(tmp_path).to_pylist()
    by_number = {row["trans_num"]: row for row in many}
    assert [by_number[row["trans_num"]] for row in few] == few
    assert len(by_number) == len(many)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 43},
        {"seed": 42 + (1 << 32)},
        {"seed": (1 << 64) - 1},
        {"customers": 59},
    ],
)
def test_another_request_gives_another_dataset(
    changes: dict[str, object], compile_small: Compile, parquet: Dataset, tmp_path: Path
) -> None:
    receipt = run_local(compile_small(**changes), Output(tmp_path), 1)
    for name in ("customers", "transactions"):  # the sixtieth customer is not defrauded
        assert receipt.parts[name].digest != parquet[1].parts[name].digest
    if "seed" in changes:
        numbers = set(read_rows(parquet[0])["trans_num"].to_pylist())
        assert not numbers & set(read_rows(tmp_path)["trans_num"].to_pylist())


@pytest.mark.parametrize(
    "change",
    [
        {"dependence": "v1.0"},
        {"dependence": "independent"},
        {"travel": True},
        {"fraud_days": 2},
        {"fraud_stealth": 0.5},
    ],
)
def test_another_law_keeps_the_customers(
    change: dict[str, Any], compile_small: Compile, parquet: Dataset, tmp_path: Path
) -> None:
    receipt = run_local(compile_small(law=replace(LAW, **change)), Output(tmp_path), 1)
    assert receipt.parts["customers"].digest == parquet[1].parts["customers"].digest
    assert receipt.parts["transactions"].digest != parquet[1].parts["transactions"].digest
