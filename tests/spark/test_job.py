"""The Spark job: the same digests as on one machine, whole customers in a group, a session left as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from tests.conftest import set_batch_rows
from tests.run.test_local import CrashError, crash_after
from tests.support.clusters import OPTIONS
from tests.support.datasets import data_files, list_tree, read_rows
from tests.support.outputs import change_output
from vecgen.errors import InputError
from vecgen.io.assembler import Assembler
from vecgen.io.file_record import FileRecord
from vecgen.io.parquet_layout import Compression
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import COLUMNS, select_digested
from vecgen.io.writers import COMPRESSIONS
from vecgen.plan.form import NORMALIZED_NAMES, Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.plan.schedule import schedule
from vecgen.plan.selection import Selection
from vecgen.records.receipt import RECEIPT, SUCCESS, Receipt
from vecgen.run.checkpoint import read_finished
from vecgen.run.local import run_local
from vecgen.run.run import Run
from vecgen.run.work import Work, do_work

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("mode", ["files", "rows"])
@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_digest_is_the_local_one(
    mode: str, file_format: Any, spark: SparkSession, plan: Plan, parquet: tuple[Path, Receipt], tmp_path: Path
) -> None:
    from vecgen.spark.job import run

    receipt = run(spark, plan, Output(tmp_path / "out", Form(file_format)), mode)
    local, _ = parquet
    assert digest_dataset(tmp_path / "out") == digest_dataset(local)
    assert receipt.parts["transactions"].rows == digest_dataset(local)["transactions"].rows
    assert (tmp_path / "out" / RECEIPT).is_file()
    assert (tmp_path / "out" / SUCCESS).is_file()
    directories = {
        str(path.relative_to(tmp_path / "out").parent) for path in (tmp_path / "out").rglob(f"*.{file_format}")
    }
    assert any("year=2023/month=12/profile_group=" in directory for directory in directories)


@pytest.mark.parametrize("names", [("amt", "customer_id", "lat"), NORMALIZED_NAMES])
def test_fewer_columns_are_the_local_ones(
    spark: SparkSession, plan: Plan, names: tuple[str, ...], tmp_path: Path
) -> None:
    from vecgen.spark.job import run

    output = Output(tmp_path / "local", Form(columns=names), Selection(batch_rows=2000))
    run_local(plan, output, 1)
    run(spark, plan, replace(output, path=tmp_path / "files"))
    run(spark, plan, change_output(output, path=tmp_path / "rows", batch_rows=None), "rows")
    local = data_files(tmp_path / "local")
    for path in local:
        assert (tmp_path / "files" / path.relative_to(tmp_path / "local")).read_bytes() == path.read_bytes()
    columns = select_digested(names, COLUMNS)
    assert digest_dataset(tmp_path / "rows", columns) == digest_dataset(tmp_path / "local", columns)
    rows = data_files(tmp_path / "rows" / "transactions")
    assert {path.parent.relative_to(tmp_path / "rows") for path in rows} == {
        path.parent.relative_to(tmp_path / "local") for path in local if "transactions" in path.parts
    }
    assert pq.ParquetFile(rows[0]).schema_arrow.names == list(names)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_spark_reads_our_files(spark: SparkSession, plan: Plan, compression: Compression, tmp_path: Path) -> None:
    from pyspark.sql import functions as sf

    run_local(plan, Output(tmp_path / "out", Form(compression=compression)), 1)
    ours = read_rows(tmp_path / "out")
    frame = spark.read.parquet(str(tmp_path / "out" / "transactions"))
    names = [column.name for column in COLUMNS]
    theirs = frame.select(names).toArrow().select(names)
    assert theirs.sort_by("trans_num") == ours.select(names).cast(theirs.schema).sort_by("trans_num")
    january = frame.where((sf.col("month") == 1) & (sf.col("trans_date") >= "2024-01-15"))
    assert january.count() == sum(f"{day}" >= "2024-01-15" for day in ours["trans_date"].to_pylist()) > 0


def test_files_are_those_of_the_local_engine(spark: SparkSession, plan: Plan, tmp_path: Path) -> None:
    from vecgen.spark.job import run

    cores = spark.sparkContext.defaultParallelism
    ours = run_local(plan, Output(tmp_path / "local"), cores)
    theirs = run(spark, plan, Output(tmp_path / "spark"))
    assert ours.parts == theirs.parts
    assert list_tree(tmp_path / "local") == list_tree(tmp_path / "spark")
    for path in (tmp_path / "local").rglob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "spark" / path.relative_to(tmp_path / "local")).read_bytes()


def test_single_file(spark: SparkSession, plan: Plan, parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    from vecgen.spark.job import run

    run(spark, plan, Output(tmp_path / "out", Form(partition_by=(), single_file=True)))
    assert len(list((tmp_path / "out" / "transactions").iterdir())) == 1
    assert digest_dataset(tmp_path / "out") == digest_dataset(parquet[0])


def test_transactions_as_a_frame(spark: SparkSession, plan: Plan, parquet: tuple[Path, Receipt]) -> None:
    from vecgen.spark import customers, transactions

    scheduled = schedule(plan, Output(Path("unused")), 3)
    batches = customers(spark, scheduled).groupBy("customer_id").count()
    assert batches.filter("count > 1").count() == 0
    frame = transactions(spark, scheduled)
    row = frame.selectExpr("count(*) AS n", "count(DISTINCT trans_num) AS numbers", "min(trans_date) AS first").head()
    assert row is not None
    assert row["n"] == row["numbers"] == parquet[1].parts["transactions"].rows
    assert row["first"] >= plan.tables.law.period.start


def test_customers_of_a_file(
    spark: SparkSession, compile_small: Any, parquet: tuple[Path, Receipt], tmp_path: Path
) -> None:
    from vecgen.spark.job import run

    listed = compile_small(customers_file=parquet[0] / "customers")
    run(spark, listed, Output(tmp_path / "out"))
    assert digest_dataset(tmp_path / "out") == digest_dataset(parquet[0])


def test_errors_are_one_line_and_status_2(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from vecgen.spark.job import main

    assert main(["--fraud-rate", "2", "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--fraud-rate" in error
    assert not (tmp_path / "out").exists()


def test_a_failing_task_leaves_nothing(
    spark: SparkSession, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vecgen.spark import job

    def fail(*_: object) -> None:
        raise RuntimeError("a task that fails")

    monkeypatch.setattr(job, "written_files", fail)
    with pytest.raises(RuntimeError):
        job.run(spark, plan, Output(tmp_path / "out"))
    assert list_tree(tmp_path / "out") == []


@pytest.mark.parametrize("fails", [5, None], ids=["one", "all"])
def test_a_failure_is_told_with_its_cause_and_what_it_leaves(
    fails: int | None, spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from vecgen.spark.job import main

    def fail(run: Run, item: Work) -> list[FileRecord]:
        if fails in (None, getattr(item, "number", -1)):
            raise ValueError("a fault of the test")
        return do_work(run, item)

    output = tmp_path / "o"
    with patch("vecgen.spark.frames.do_work", fail):
        assert main([*OPTIONS, "--quiet", "--output", str(output)]) == 2
    first, second, *_ = capsys.readouterr().err.splitlines()
    records = [record for records in read_finished(output).values() for record in records]
    assert first.startswith("vecgen: Spark failed: ValueError: a fault of the test; ")
    if fails is None:
        assert first.endswith(f"; nothing of this run is left in {output}")
        assert list_tree(output) == []
    else:
        assert first.endswith(f" rows in {len(records)} files are finished in {output}")
        assert len(records) > 1
        assert second.startswith("vecgen: resume with python ")
        assert second.endswith(" --resume")


def test_spark_completes_what_another_engine_began(
    spark: SparkSession, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vecgen.spark.job import run

    set_batch_rows(monkeypatch, 500)
    run_local(plan, Output(tmp_path / "whole"), 1)
    output = Output(tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(20, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1)
    begun = {path: path.stat().st_mtime_ns for path in data_files(tmp_path / "out")}
    run(spark, plan, output, existing="resume")
    assert [path.read_bytes() for path in data_files(tmp_path / "out")] == [
        path.read_bytes() for path in data_files(tmp_path / "whole")
    ]
    assert sum(path.stat().st_mtime_ns == moment for path, moment in begun.items()) >= len(begun) - 3


def test_rows_of_sparks_own_writer_cannot_be_resumed(spark: SparkSession, plan: Plan, tmp_path: Path) -> None:
    from vecgen.spark.job import run

    with pytest.raises(InputError, match="output_mode='files', whose batches can be resumed"):
        run(spark, plan, Output(tmp_path / "out"), "rows", existing="resume")
    assert list_tree(tmp_path) == []


@pytest.mark.parametrize("mode", ["files", "rows"])
def test_spark_overwrites_a_dataset(spark: SparkSession, plan: Plan, tmp_path: Path, mode: str) -> None:
    from vecgen.spark.job import run

    output = Output(tmp_path / "out", Form(partition_by=()))
    run(spark, plan, output)
    before = digest_dataset(output.path)
    run(spark, plan, output, mode, existing="overwrite")
    assert digest_dataset(output.path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
