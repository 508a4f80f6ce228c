"""The truth ledger against the rows it explains, read back; customer ids that change no digest."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import LAW, Compile
from tests.support.datasets import data_files, list_tree, read_lines, read_rows
from tests.support.outputs import change_output
from vecgen import generate_customers
from vecgen.cli.keywords import RequestKeywords
from vecgen.cli.main import main
from vecgen.io.reader import digest_dataset, digest_files
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, FRAUD_CASE_COLUMNS, FRAUD_CASES, arrow_schema
from vecgen.io.writers import FORMATS, Format
from vecgen.model.params import DEPENDENCES, Dependence
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import schedule
from vecgen.plan.selection import Selection
from vecgen.records.receipt import Receipt
from vecgen.run.batch import start_group
from vecgen.run.checkpoint import once
from vecgen.run.fraud_cases import list_cases
from vecgen.run.local import run_local
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Dataset = tuple[Path, Receipt]
Cases = list[dict[str, Any]]


def read_cases(directory: Path) -> Cases:
    """Return the ledger of a dataset in Parquet, ascending by id."""
    tables = [pq.read_table(path, partitioning=None) for path in data_files(directory / FRAUD_CASES)]
    rows: Cases = pa.concat_tables(tables).sort_by("customer_id").to_pylist()
    return rows


@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_the_ledger_explains_every_label(dependence: Dependence, compile_small: Compile, tmp_path: Path) -> None:
    plan = compile_small(law=replace(LAW, dependence=dependence, fraud_days=3))
    run_local(plan, Output(tmp_path / "o"), 1)
    run_local(compile_small(law=replace(plan.request.law, fraud_rate=0.0)), Output(tmp_path / "calm"), 1)
    rows, cases = read_rows(tmp_path / "o").to_pylist(), read_cases(tmp_path / "o")
    frauds: dict[str, Cases] = defaultdict(list)
    for row in rows:
        if row["is_fraud"]:
            frauds[row["ssn"]].append(row)
    assert len(cases) > 10
    assert {case["ssn"] for case in cases} == frauds.keys()
    calm = read_rows(tmp_path / "calm").to_pylist()
    for case in cases:
        own = frauds[case["ssn"]]
        days = sorted(row["trans_date"] for row in own)
        assert (case["first_date"], case["last_date"]) == (days[0], days[-1])
        assert case["window_first"] <= days[0] <= days[-1] <= case["window_last"]
        assert case["window_last"] - case["window_first"] == timedelta(days=3)
        assert case["frauds"] == len(own)
        assert round(100 * case["fraud_amt"]) == sum(round(100 * row["amt"]) for row in own)
        assert {(row["cc_num"], row["profile"]) for row in own} == {(case["cc_num"], case["profile"])}
        # Without fraud the same customer has the same regular rows, and those that were dropped.
        dropped = [row for row in calm if row["ssn"] == case["ssn"] and row["trans_date"] in set(days)]
        assert case["dropped"] == len(dropped)
    assert sum(case["dropped"] for case in cases) == len(calm) - sum(not row["is_fraud"] for row in rows) > 0


def test_ids_are_those_of_the_customers(plan: Plan, parquet: Dataset, profiles: Path, demographics: Path) -> None:
    asked: RequestKeywords = {
        "customers": 60,
        "as_of": LAW.period.start,
        "profiles": profiles,
        "demographics": demographics,
    }
    people = generate_customers(columns=["customer_id", "ssn", "cc_num", "profile"], **asked).to_pylist()
    for case in read_cases(parquet[0]):
        person = people[case["customer_id"]]
        assert person == {name: case[name] for name in person}


def test_form_and_place(parquet: Dataset, text: Dataset, tmp_path: Path) -> None:
    names = [column.name for column in FRAUD_CASE_COLUMNS]
    for path in data_files(parquet[0] / FRAUD_CASES):
        assert pq.read_schema(path).equals(arrow_schema(FRAUD_CASE_COLUMNS))
    cases = read_cases(parquet[0])
    lines = [read_lines(path) for path in data_files(text[0] / FRAUD_CASES)]
    assert {tuple(own[0]) for own in lines} == {tuple(names)}
    amounts = {case["customer_id"]: f"{case['fraud_amt']:.2f}" for case in cases}
    place = names.index("fraud_amt")
    assert {int(line[0]): line[place] for own in lines for line in own[1:]} == amounts
    for path, receipt in (parquet, text):
        part, digest = receipt.parts[FRAUD_CASES], digest_files(path / FRAUD_CASES, FRAUD_CASE_COLUMNS)
        assert (part.rows, part.digest) == (len(cases), str(digest))
        assert digest_dataset(path / FRAUD_CASES) == {FRAUD_CASES: digest}


def test_a_ledger_that_lacks_a_case_is_found_out(parquet: Dataset, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(parquet[0], tmp_path / "copy"))
    assert verify_dataset(copy, read_expectation(copy, {}), 1).holds
    path = data_files(copy / FRAUD_CASES)[0]
    pq.write_table(pq.ParquetFile(path).read().slice(1), path)
    certificate = verify_dataset(copy, read_expectation(copy, {}), 1)
    assert [check.name for check in certificate.checks if not check.holds] == [
        "fraud cases",
        f"receipt: {FRAUD_CASES}",
        "file bytes",
    ]


def test_a_join_explains_rows_in_a_query(parquet: Dataset) -> None:
    query = (
        f"SELECT count(*) FROM '{parquet[0]}/transactions/**/*.parquet' JOIN '{parquet[0]}/{FRAUD_CASES}/*.parquet' "
        "USING (ssn) WHERE is_fraud = 1 AND trans_date BETWEEN window_first AND window_last"
    )
    assert duckdb.execute(query).fetchall() == [(sum(read_rows(parquet[0])["is_fraud"].to_pylist()),)]


def test_nobody_defrauded_is_an_empty_ledger(compile_small: Compile, tmp_path: Path) -> None:
    plan = compile_small(customers=3, law=replace(LAW, fraud_rate=0.0))
    receipt = run_local(plan, Output(tmp_path), 1)
    assert receipt.parts[FRAUD_CASES].rows == 0
    assert read_cases(tmp_path) == []


@pytest.mark.parametrize("file_format", FORMATS)
def test_batches_dates_and_files_do_not_matter(
    file_format: Format, plan: Plan, parquet: Dataset, tmp_path: Path
) -> None:
    expected = parquet[1].parts[FRAUD_CASES].digest
    january = (date(2024, 1, 1), date(2024, 1, 20))
    small = run_local(plan, Output(tmp_path / "a", Form(file_format), Selection(batch_rows=300, only_dates=january)), 2)
    assert small.parts[FRAUD_CASES].digest == expected
    assert small.parts[FRAUD_CASES].files == parquet[1].parts[FRAUD_CASES].files == 1
    single = run_local(plan, Output(tmp_path / "b", Form(format=file_format, partition_by=(), single_file=True)), 1)
    assert (single.parts[FRAUD_CASES].digest, single.parts[FRAUD_CASES].files) == (expected, 1)


def test_a_slice_of_batches_brings_their_own_cases(plan: Plan, parquet: Dataset, tmp_path: Path) -> None:
    output = Output(tmp_path / "some", selection=Selection(batch_rows=500))
    last = len(schedule(plan, output, 1).batches) - 1
    run_local(plan, change_output(output, batches=((1, 2), (4, 4))), 1)
    files = [path.name for path in data_files(tmp_path / "some" / FRAUD_CASES)]
    assert files == ["part-00001.parquet", "part-00002.parquet", "part-00004.parquet"]
    rest = change_output(output, path=tmp_path / "rest", batches=((0, 0), (3, 3), (5, last)))
    run_local(plan, rest, 1)
    cases = pa.concat_tables([pq.read_table(tmp_path / name / FRAUD_CASES) for name in ("some", "rest")])
    assert cases.sort_by("customer_id").combine_chunks() == pq.read_table(parquet[0] / FRAUD_CASES).combine_chunks()


def test_many_cases_are_files_by_ranges_of_customers(
    plan: Plan, parquet: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.plan.plan.CASES_PER_FILE", 10)  # of half the customers
    monkeypatch.setattr("vecgen.run.fraud_cases._CUSTOMERS", 7)
    monkeypatch.setattr("vecgen.run.fraud_cases._CELLS", 100)
    run_local(plan, Output(tmp_path / "o"), 1)
    files = data_files(tmp_path / "o" / FRAUD_CASES)
    assert [path.name for path in files] == [f"part-{first:013d}.parquet" for first in (0, 20, 40)]
    cases = pa.concat_tables([pq.read_table(path) for path in files])
    assert cases.combine_chunks() == pq.read_table(parquet[0] / FRAUD_CASES).combine_chunks()


def test_a_damaged_ledger_is_made_again(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.plan.plan.CASES_PER_FILE", 5)  # six files, after those of the transactions
    run_local(plan, Output(tmp_path / "whole", selection=Selection(batch_rows=500)), 1)
    calls, last = (
        iter(range(100)),
        len(schedule(plan, Output(tmp_path, selection=Selection(batch_rows=500)), 1).batches) + 4,
    )

    def stop_among_cases(*arguments: Any) -> Any:
        if next(calls) == last:
            raise KeyboardInterrupt
        return once(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("vecgen.run.work.once", stop_among_cases)
        with pytest.raises(KeyboardInterrupt):
            run_local(plan, Output(tmp_path / "o", selection=Selection(batch_rows=500)), 1)
    damaged = data_files(tmp_path / "o" / FRAUD_CASES)[3]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    run_local(plan, Output(tmp_path / "o", selection=Selection(batch_rows=500)), 1, existing="resume")
    assert list_tree(tmp_path / "o") == list_tree(tmp_path / "whole")
    for path in data_files(tmp_path / "whole"):
        assert path.read_bytes() == (tmp_path / "o" / path.relative_to(tmp_path / "whole")).read_bytes()


@pytest.mark.parametrize("file_format", FORMATS)
def test_customer_ids_change_no_digest(file_format: Format, plan: Plan, parquet: Dataset, tmp_path: Path) -> None:
    run = run_local(plan, Output(tmp_path / "o", Form(format=file_format, with_customer_id=True)), 1)
    digests = {name: part.digest for name, part in parquet[1].parts.items()}
    assert {name: part.digest for name, part in run.parts.items()} == digests
    assert {name: str(digest) for name, digest in digest_dataset(tmp_path / "o").items()} == digests
    suffix = ", delim = '|', header = true, all_varchar = true" if file_format == "csv" else ""
    read = f"read_{file_format}"
    rows = duckdb.execute(
        f"SELECT count(*), count(DISTINCT t.customer_id) FROM {read}('{tmp_path}/o/transactions/**/*.{file_format}'"
        f"{suffix}) t JOIN {read}('{tmp_path}/o/customers/*.{file_format}'{suffix}) c USING (customer_id) "
        "WHERE t.ssn = c.ssn"
    ).fetchall()
    assert rows == [(parquet[1].parts["transactions"].rows, len(set(read_rows(parquet[0])["ssn"].to_pylist())))]


def test_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--customers", "20", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1"]
    output = tmp_path / "o"
    assert main(["generate", *options, "--with-customer-id", "--output", str(output)]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("1 fraud case")
    for part, columns in (("customers", CUSTOMER_COLUMNS), ("transactions", COLUMNS)):
        names = [column.name for column in columns]
        assert pq.read_schema(data_files(output / part)[0]).names == [*names, "customer_id"]
    assert main(["verify", str(output), "--processes", "1"]) == 0


def test_cases_of_some_customers_are_those_of_all(plan: Plan) -> None:
    batch = plan.batches[0]
    people = plan.source.table(batch.first, batch.last, batch.profile)
    whole = list_cases(plan.tables, start_group(plan.tables, people).calendar, people)
    alone = []
    for position in range(people.num_rows):
        one = people.slice(position, 1)
        alone.append(list_cases(plan.tables, start_group(plan.tables, one).calendar, one))
    assert pa.concat_tables(alone).combine_chunks() == whole


@pytest.mark.spark
@pytest.mark.parametrize("mode", ["files", "rows"])
def test_spark_keeps_the_same_ledger(
    spark: SparkSession, plan: Plan, parquet: Dataset, tmp_path: Path, mode: str
) -> None:
    from vecgen.spark.job import run

    receipt = run(spark, plan, Output(tmp_path / "o", Form(with_customer_id=True)), mode)
    assert receipt.parts[FRAUD_CASES].rows == parquet[1].parts[FRAUD_CASES].rows
    assert digest_dataset(tmp_path / "o") == digest_dataset(parquet[0])
