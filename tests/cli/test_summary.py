"""The summary of a run, and its hints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.datasets import data_files
from vecgen.cli.summary import describe_plan, hint_at_receipt, hint_at_small_files, summarise
from vecgen.io.reader import digest_dataset
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import estimate
from vecgen.records.receipt import Part, Receipt


def test_a_summary_is_five_lines_for_people(parquet: tuple[Path, Receipt]) -> None:
    path, receipt = parquet
    parts = receipt.parts
    content, files, digest, time, place = summarise(receipt).splitlines()
    rows = parts["transactions"].rows
    assert content == f"60 customers, {rows:,} transactions, {parts['fraud_cases'].rows} fraud cases"
    sizes = [file.stat().st_size for file in data_files(path)]
    assert files == f"{len(sizes)} files, {sum(sizes) / 1e6:,.1f} MB"
    assert digest == f"digest {digest_dataset(path)['transactions']} (transactions)"
    speed = f"{receipt.rows_per_second_and_core:,} transactions/s and core"
    assert time == f"{receipt.seconds:,.1f} s on 1 core, {speed}"
    assert place == f"transactions in {path}/transactions; next: vecgen verify {path}"


def test_a_summary_says_what_there_is(parquet: tuple[Path, Receipt]) -> None:
    receipt = parquet[1]
    people = replace(receipt, parts={"customers": Part(1, 1, 1_200_000, "abc")})
    assert summarise(people).splitlines()[:3] == ["1 customer", "1 file, 1.2 MB", "digest abc (customers)"]
    assert "transactions" not in summarise(people)
    slices = replace(receipt, output={"path": "/my data", "batches": [[1, 2]]})
    assert (
        summarise(slices).splitlines()[-1] == "transactions in '/my data/transactions'; next: vecgen digest '/my data'"
    )
    rows = replace(receipt, parts={"transactions": Part(5, 1, 10, None)}, output={"path": "o"})
    assert summarise(rows).splitlines()[2] == "no digest of rows that Spark wrote: vecgen digest o"


def test_small_files_are_told_with_what_makes_fewer(parquet: tuple[Path, Receipt]) -> None:
    receipt = parquet[1]
    assert "--partition-by year makes fewer" in hint_at_receipt(receipt)
    assert hint_at_small_files(2, 1_900_000, ["year"]) == (
        "files of transactions of 2 MB are small for most readers: --single-file makes one"
    )
    assert hint_at_small_files(1, 1_000, ["month"]) == hint_at_small_files(9, 16e6, ["month"]) == ""
    untold: list[dict[str, Any]] = [
        {"parts": {"customers": Part(1, 1, 5, "abc")}},
        {"output": {**receipt.output, "only_dates": ["a", "b"]}},
    ]
    assert [hint_at_receipt(replace(receipt, **change)) for change in untold] == ["", ""]


def test_a_plan_tells_of_small_files(plan: Plan, tmp_path: Path) -> None:
    small = Output(tmp_path)
    *_, hint = describe_plan(estimate(plan, small, 1), small).splitlines()
    assert hint.endswith("--partition-by year makes fewer and larger ones, --single-file makes one")
    appended = replace(small, append=True)
    assert "small" not in describe_plan(estimate(plan, appended, 1), appended)
