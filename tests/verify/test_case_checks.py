"""`vecgen verify` holds the ledger of fraud cases against the rows: every way to spoil it is found out and counted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.conftest import LAW, Compile
from tests.support.datasets import data_files
from vecgen.io.schema import FRAUD_CASES
from vecgen.io.writers import FORMATS, Format
from vecgen.model.params import DEPENDENCES, Dependence
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.selection import Selection
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local
from vecgen.verify.certificate import Check
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset

Cases = list[dict[str, Any]]


def check_cases(directory: Path) -> Check:
    expectation = read_expectation(directory, {})
    return next(check for check in read_dataset(directory, expectation).checks if check.name == "fraud cases")


@pytest.mark.parametrize("dependence", DEPENDENCES)
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_true_ledger_holds(
    dependence: Dependence, file_format: Format, compile_small: Compile, tmp_path: Path
) -> None:
    plan = compile_small(law=replace(LAW, dependence=dependence, fraud_days=3))
    receipt = run_local(plan, Output(tmp_path / "o", Form(file_format), Selection(batch_rows=500)), 1)
    assert receipt.parts[FRAUD_CASES].rows > 10
    assert check_cases(tmp_path / "o").holds


def remove(cases: Cases) -> Cases:
    return cases[1:]


def repeat(cases: Cases) -> Cases:
    return [*cases, cases[0]]


def invent(cases: Cases) -> Cases:
    return [*cases, {**cases[0], "ssn": "999-99-9999"}]


def change(name: str, by: Any) -> Callable[[Cases], Cases]:
    return lambda cases: [{**cases[0], name: cases[0][name] + by}, *cases[1:]]


def exchange(cases: Cases) -> Cases:
    """Give the amounts of two cases to each other: no sum over the ledger changes."""
    one, two, *others = cases
    return [{**one, "fraud_amt": two["fraud_amt"]}, {**two, "fraud_amt": one["fraud_amt"]}, *others]


DAY = timedelta(days=1)


def move_window(cases: Cases) -> Cases:
    """Let the window of a case end before its fraud."""
    early = {name: cases[0][name] - 4 * DAY for name in ("window_first", "window_last")}
    return [{**cases[0], **early}, *cases[1:]]


WRONG = {
    "a case removed": (remove, 1),
    "a case twice": (repeat, 1),
    "a case without rows": (invent, 1),
    "a cent more": (change("fraud_amt", 0.01), 1),
    "a row more": (change("frauds", 1), 1),
    "an earlier first date": (change("first_date", -DAY), 1),
    "a later last date": (change("last_date", DAY), 1),
    "a longer window": (change("window_last", DAY), 1),
    "an impossible window": (move_window, 1),
    "a row more dropped": (change("dropped", 1), 1),
    "another profile": (change("profile", "x"), 1),
    "another card": (change("cc_num", "0"), 2),
    "amounts exchanged": (exchange, 2),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_ledger_is_found_out(wrong: str, parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    spoil, customers = WRONG[wrong]
    copy = Path(shutil.copytree(parquet[0], tmp_path / "copy"))
    path = max(data_files(copy / FRAUD_CASES), key=lambda file: pq.ParquetFile(file).metadata.num_rows)
    ledger = pq.ParquetFile(path).read()
    pq.write_table(pa.Table.from_pylist(spoil(ledger.to_pylist()), schema=ledger.schema), path)
    assert check_cases(copy).broken == customers


def test_a_ledger_that_is_gone_is_missed(parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(parquet[0], tmp_path / "copy"))
    shutil.rmtree(copy / FRAUD_CASES)
    assert check_cases(copy).broken == parquet[1].parts[FRAUD_CASES].rows > 10


def test_rows_of_others_need_no_ledger(parquet: tuple[Path, Receipt]) -> None:
    rows = parquet[0] / "transactions"
    law = {"start": LAW.period.start, "end": LAW.period.end}
    stated = {**law, "profiles": parquet[1].request["profiles"], "demographics": parquet[1].request["demographics"]}
    checks = read_dataset(rows, read_expectation(rows, stated)).checks
    assert "fraud cases" not in [check.name for check in checks]


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("typed") / "data"
    types = "card_testing,bust_out,friendly_fraud"
    asked: dict[str, Any] = {
        "customers": 40,
        "end": "2023-03-31",
        "fraud_rate": 0.7,
        "fraud_types": types,
        "fraud_days": 3,
    }
    vecgen.write_dataset(output=output, quiet=True, **asked)
    return output


def forget_report(cases: Cases) -> Cases:
    known = next(number for number, case in enumerate(cases) if case["reported_date"])
    return [{**case, "reported_date": None} if number == known else case for number, case in enumerate(cases)]


def report_later(cases: Cases) -> Cases:
    return [{**case, "reported_date": case["reported_date"] and case["reported_date"] + DAY} for case in cases]


def drop_rows_that_stay(cases: Cases) -> Cases:
    """Let a case whose type keeps the customer's own rows say that as many were dropped as a rate gives."""
    kept = next(number for number, case in enumerate(cases) if case["fraud_type"] == "friendly_fraud")
    return [{**case, "dropped": 89} if number == kept else case for number, case in enumerate(cases)]


WRONG_TYPED = {
    "another type": change("fraud_type", "x"),
    "reported a day later": report_later,
    "never reported": forget_report,
    "another customer": change("customer_id", 1),
    "rows dropped that stay": drop_rows_that_stay,
}


@pytest.mark.parametrize("wrong", [None, *WRONG_TYPED])
def test_types_reports_and_ids_of_cases_follow_from_transaction_numbers(
    wrong: str | None, typed: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(typed, tmp_path / "copy"))
    for path in data_files(copy / FRAUD_CASES):
        ledger = pq.ParquetFile(path).read()
        cases = ledger.to_pylist() if wrong is None else WRONG_TYPED[wrong](ledger.to_pylist())
        pq.write_table(pa.Table.from_pylist(cases, schema=ledger.schema), path)
    assert check_cases(copy).holds == (wrong is None)
