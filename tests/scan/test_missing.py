"""Datasets with fewer columns: what can be checked is, what cannot is said, and nothing true is rejected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.datasets import data_files
from tests.support.outputs import make_output
from vecgen.config.loader import load_profiles
from vecgen.errors import InputError
from vecgen.io.schema import COLUMNS
from vecgen.model.customers import Segmenter
from vecgen.model.exact import write_out
from vecgen.plan.form import NORMALIZED_NAMES, Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.report.build import write_report
from vecgen.run.local import run_local
from vecgen.scan.counts import start_totals
from vecgen.scan.missing import LAW_NEEDS, TELLABLE, Scope, tell_profiles
from vecgen.verify.certificate import Certificate, to_text
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation
from vecgen.verify.row_tests import examine


def write(plan: Plan, path: Path, *names: str, **options: Any) -> Path:
    run_local(plan, make_output(path, columns=names, **options), 1)
    return path


def verify(path: Path) -> Certificate:
    return verify_dataset(path, read_expectation(path, {}))


def drop_check(certificate: Certificate, *names: str) -> list[object]:
    return [check for check in certificate.checks if check.name not in names]


def test_normalized_transactions_are_verified_as_the_whole(
    plan: Plan, parquet: tuple[Path, Receipt], tmp_path: Path
) -> None:
    whole = verify(parquet[0])
    found = verify(write(plan, tmp_path / "n", *NORMALIZED_NAMES, with_customer_id=True))
    assert found.findings == whole.findings
    assert (found.rows, found.customers, found.notes) == (whole.rows, whole.customers, ())
    own = ("customer_id", "receipt: transactions")
    assert drop_check(found, *own) == drop_check(whole, *own)
    assert found.holds


def test_rows_of_customers_that_nobody_knows_are_counted(plan: Plan, compile_small: Any, tmp_path: Path) -> None:
    path = write(plan, tmp_path / "n", *NORMALIZED_NAMES, with_customer_id=True)
    other = tmp_path / "other"
    run_local(compile_small(customers=30), Output(other, Form(with_customer_id=True)), 1)
    data_files(path / "customers")[0].write_bytes(data_files(other / "customers")[0].read_bytes())
    assert {"customer_id", "receipt: customers", "file bytes"} <= set(verify(path).broken)


@pytest.mark.parametrize(
    "names",
    [
        ("amt",),
        ("trans_num", "customer_id", "trans_date", "is_fraud"),
        ("ssn", "cc_num", "acct_num", "profile", "trans_date", "is_fraud", "merch_lat", "lat", "long"),
        tuple(column.name for column in COLUMNS if column.name != "is_fraud"),
        tuple(column.name for column in COLUMNS if column.name != "profile"),
    ],
)
def test_what_cannot_be_tested_is_said_and_nothing_true_is_rejected(
    plan: Plan, names: tuple[str, ...], tmp_path: Path
) -> None:
    found = verify(write(plan, tmp_path / "d", *names))
    assert not found.broken
    missing = {column.name for column in COLUMNS if column.name not in names} & {"amt", "is_fraud", "profile"}
    for name in missing:
        assert any(note.startswith("not testable: ") and name in note for note in found.notes)
        assert name not in {check.name for check in found.checks}
    assert ("amt" in {check.name for check in found.checks}) == ("amt" in names)
    assert "receipt: transactions" in {check.name for check in found.checks}


def test_a_fault_in_a_column_that_is_there_is_found(plan: Plan, tmp_path: Path) -> None:
    path = write(plan, tmp_path / "d", "trans_date", "is_fraud", "amt", format="csv")
    file = data_files(path / "transactions")[0]
    header, line, *rest = file.read_text().splitlines()
    file.write_text("\n".join([header, f"{line.rpartition('|')[0]}|0.50", *rest, ""]))
    found = verify(path)
    assert [check.broken for check in found.checks if check.name == "amt"] == [1]
    assert {"amt", "receipt: transactions", "file bytes"} == set(found.broken)
    assert "not testable: trans_time (column trans_time is not there)" in to_text(found)


def test_every_law_says_which_columns_it_needs(compile_small: Any) -> None:
    law = compile_small().request.law
    for dependence in ("v0.5", "v1.0"):
        plan = compile_small(law=replace(law, dependence=dependence, travel=True))
        laws = write_out(read_profiles(plan), plan.request.law)
        assert {name for name, _ in examine(start_totals(laws), laws, None)} <= LAW_NEEDS.keys()


def read_profiles(plan: Plan) -> Any:
    from vecgen.config.loader import load_profiles

    return load_profiles(plan.request.profiles)


def test_a_report_names_the_columns_that_it_lacks(plan: Plan, tmp_path: Path) -> None:
    path = write(plan, tmp_path / "d", *(column.name for column in COLUMNS if column.name not in ("amt", "ssn", "zip")))
    with pytest.raises(InputError, match=r"columns: got 'no amt, customer_id', expected a dataset with them"):
        write_report(path, read_expectation(path, {}), tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_report_needs_no_column_that_it_does_not_draw(plan: Plan, tmp_path: Path) -> None:
    unused = ("trans_num", "street", "merchant", "unix_time", "ssn")
    names = [column.name for column in COLUMNS if column.name not in unused]
    path = write(plan, tmp_path / "d", *names, "customer_id")
    assert not write_report(path, read_expectation(path, {}), tmp_path / "report").broken


def test_segments_tell_the_profiles_that_customers_were_drawn_with(plan: Plan, profiles: Path) -> None:
    people = plan.source.table(0, plan.source.count).combine_chunks().to_batches()[0]
    segments = Segmenter(load_profiles(profiles), plan.request.law.period.start)
    told = tell_profiles({name: people.column(name) for name in ("gender", "dob", "city_pop")}, segments)
    assert told.to_pylist() == people.column("profile").to_pylist()
    assert len(set(told.to_pylist())) == 3


def test_card_numbers_and_segments_stand_for_what_the_public_form_lacks(profiles: Path) -> None:
    columns = tuple(column for column in COLUMNS if column.name not in TELLABLE)
    segments = Segmenter(load_profiles(profiles), date(2023, 1, 1))
    assert {"customer_id", "profile"} <= Scope(columns, segments=segments).known
    assert not {"customer_id", "profile"} & Scope(columns).known
    assert "profile" not in Scope(tuple(c for c in columns if c.name != "dob"), segments=segments).known
