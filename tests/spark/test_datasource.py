"""`spark.read.format("vecgen")` and its stream: the rows of the dataset, no more of them than a query asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.conftest import LAW, WINTER
from tests.support.datasets import read_customers, read_rows
from vecgen.cli.read_options import to_arguments
from vecgen.io.schema import COLUMNS
from vecgen.plan.plan import compile_plan
from vecgen.records.receipt import Receipt

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

pytestmark = pytest.mark.spark

Dataset = tuple[Path, Receipt]
Options = dict[str, str]


@pytest.fixture(scope="module")
def source(spark: SparkSession) -> SparkSession:
    """Return the session with the format registered."""
    from vecgen.spark import VecgenDataSource

    spark.dataSource.register(VecgenDataSource)
    return spark


def read(source: SparkSession, options: Options, **more: str) -> DataFrame:
    return source.read.format("vecgen").options(**options, **more).load()


def in_order(table: pa.Table) -> pa.Table:
    """Return a table from Spark as the tests read files: plain types, by transaction number."""
    return table.select([c.name for c in COLUMNS]).sort_by("trans_num").combine_chunks()


def test_rows_are_those_of_the_dataset(source: SparkSession, options: Options, parquet: Dataset) -> None:
    frame = read(source, options, batch_rows="1000")
    assert frame.rdd.getNumPartitions() > 4
    ours = read_rows(parquet[0])
    assert in_order(frame.toArrow()).cast(ours.schema) == ours


def test_probabilities_are_those_of_the_library(source: SparkSession, options: Options) -> None:
    names = ["trans_num", "fraud_probability", "day_fraud_probability"]
    theirs = read(source, options, columns=",".join(names), batch_rows="1000").toArrow().sort_by("trans_num")
    law = {"start": WINTER.start, "end": WINTER.end, "fraud_rate": LAW.fraud_rate}
    places = {name: options[name] for name in ("profiles", "demographics")}
    ours = vecgen.generate_transactions(columns=names, customers=60, **law, **places).sort_by("trans_num")  # type: ignore[arg-type]
    assert theirs.cast(ours.schema).combine_chunks() == ours.combine_chunks()


def test_types_of_fraud_are_those_of_the_library(source: SparkSession, options: Options) -> None:
    from vecgen.spark import fraud_cases

    names, types = ["trans_num", "fraud_type", "reported_date", "merchant"], "card_testing=3,counterfeit=3"
    asked: dict[str, Any] = {"start": WINTER.start, "end": WINTER.end, "fraud_rate": LAW.fraud_rate, "customers": 60}
    asked |= {name: options[name] for name in ("profiles", "demographics")} | {"fraud_types": types}
    theirs = read(source, options, columns=",".join(names), fraud_types=types, batch_rows="1000").toArrow()
    ours = vecgen.generate_transactions(columns=names, **asked).sort_by("trans_num")
    assert theirs.sort_by("trans_num").to_pydict() == ours.to_pydict()
    cases = fraud_cases(source, compile_plan(vecgen.make_request(**asked))).toArrow().sort_by("customer_id")
    known = vecgen.generate_fraud_cases(**asked)
    assert cases.to_pydict() == known.to_pydict()
    assert set(known["fraud_type"].to_pylist()) == {"counterfeit", "card_testing"}
    assert 0 < known["compromised_merchant"].null_count < known.num_rows


def test_customers_are_those_of_the_dataset(source: SparkSession, options: Options, parquet: Dataset) -> None:
    theirs = read(source, options, table="customers").toArrow()
    ours = read_customers(parquet[0])
    assert theirs.sort_by("ssn").cast(ours.schema) == ours.sort_by("ssn")


def test_customers_of_a_file(source: SparkSession, options: Options, parquet: Dataset) -> None:
    listed = {name: value for name, value in options.items() if name != "customers"}
    frame = read(source, listed, customers_file=str(parquet[0] / "customers"), columns="trans_num, customer_id")
    row = frame.selectExpr("count(DISTINCT trans_num) AS rows", "max(customer_id) AS last").head()
    assert row is not None
    assert row["rows"] == parquet[1].parts["transactions"].rows
    assert row["last"] == 59


def test_columns_are_pruned_by_option_and_by_schema(source: SparkSession, options: Options, parquet: Dataset) -> None:
    ours = read_rows(parquet[0])
    some = read(source, options, columns="amt,trans_num", only_dates="2023-12-24..2023-12-26").toArrow()
    assert some.column_names == ["amt", "trans_num"]
    wanted = [str(day) in ("2023-12-24", "2023-12-25", "2023-12-26") for day in ours["trans_date"].to_pylist()]
    assert some.sort_by("trans_num")["amt"].to_pylist() == ours.filter(pa.array(wanted))["amt"].to_pylist()
    reader = source.read.format("vecgen").options(**options).schema("trans_num string, amt decimal(10, 2)")
    typed = reader.load().toArrow().sort_by("trans_num")
    assert [float(amount) for amount in typed["amt"].to_pylist()] == ours["amt"].to_pylist()


def test_filters_of_dates_are_pushed(
    source: SparkSession, options: Options, parquet: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = [str(day) for day in read_rows(parquet[0])["trans_date"].to_pylist()]
    source.conf.set("spark.sql.python.filterPushdown.enabled", "true")
    try:
        frame = read(source, options, push_filters="true", columns="trans_date,amt")
        for condition, kept in {
            "trans_date = '2024-01-01'": [day == "2024-01-01" for day in ours],
            "trans_date > '2023-12-30' AND trans_date <= '2024-01-02' AND amt > 0": [
                "2023-12-30" < day <= "2024-01-02" for day in ours
            ],
            "trans_date < DATE'2023-12-01'": [False],
        }.items():
            assert frame.where(condition).count() == sum(kept)
        capsys.readouterr()
        frame.where("trans_date >= '2024-01-01'").explain()
        assert "Filter (" not in capsys.readouterr().out
        frame.where("amt > 0").explain()
        assert "Filter (" in capsys.readouterr().out
    finally:
        source.conf.unset("spark.sql.python.filterPushdown.enabled")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fraud_rate": "2"}, "fraud_rate: got 2.0, expected a probability from 0 to 1"),
        ({"frauds": "1"}, "unknown option frauds; did you mean 'fraud_days'?"),
        ({"start": "yesterday"}, "argument start: got 'yesterday', expected a date"),
        ({"columns": "amt,amount"}, "columns: got 'amount'"),
        ({"table": "cards"}, "table: got 'cards', expected one of transactions, customers"),
    ],
)
def test_wrong_options_are_refused_when_loaded(
    source: SparkSession, options: Options, wrong: Options, message: str
) -> None:
    from pyspark.errors import PySparkException

    with pytest.raises(PySparkException) as error:
        read(source, {**options, **wrong})
    assert message in str(error.value)


def test_options_become_arguments() -> None:
    given = {"fraud_days": "3", "travel": "TRUE", "push-filters": "false", "as_of": "2024-01-01"}
    assert to_arguments(given) == ["--fraud-days=3", "--travel", "--as-of=2024-01-01"]


def stream(source: SparkSession, options: Options, directory: Path, **trigger: Any) -> StreamingQuery:
    frame = source.readStream.format("vecgen").options(**options, batch_rows="2000", days_per_trigger="11").load()
    writer = frame.writeStream.format("parquet").option("checkpointLocation", str(directory / "checkpoint"))
    return writer.trigger(**trigger).start(str(directory / "out"))


def list_micro_batches(directory: Path) -> list[list[pa.Table]]:
    """Return the files that each micro-batch has committed, in the order of micro-batches."""
    logs = sorted((directory / "out" / "_spark_metadata").glob("[0-9]*"), key=lambda path: int(path.name))
    entries = [[json.loads(line) for line in log.read_text().splitlines()[1:]] for log in logs]
    return [[pq.read_table(entry["path"].removeprefix("file://")) for entry in batch] for batch in entries]


def test_a_stream_is_in_the_order_of_time_and_survives_a_restart(
    source: SparkSession, options: Options, parquet: Dataset, tmp_path: Path
) -> None:
    query = stream(source, options, tmp_path, processingTime="1 hour")
    while query.lastProgress is None:
        assert not query.awaitTermination(1)
    query.stop()
    begun = list_micro_batches(tmp_path)
    assert len(begun) == 1
    assert stream(source, options, tmp_path, availableNow=True).awaitTermination(120)
    batches = list_micro_batches(tmp_path)
    assert len(batches) == 3  # 32 days by 11
    assert batches[0] == begun[0]
    times = [sorted(t for table in batch for t in table["unix_time"].to_pylist()) for batch in batches]
    assert times[0][-1] < times[1][0] <= times[1][-1] < times[2][0]
    for table in (table for batch in batches for table in batch):
        assert table["unix_time"].to_pylist() == sorted(table["unix_time"].to_pylist())
    ours = read_rows(parquet[0])
    assert in_order(pa.concat_tables(table for batch in batches for table in batch)).cast(ours.schema) == ours
