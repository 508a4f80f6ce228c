"""A dataset split by time, and by customers: every row in its part, values as they were, all or nothing written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import LAW, Compile
from tests.support.datasets import data_files, list_tree, read_rows
from tests.support.outputs import make_output
from vecgen.errors import InputError, OutputError
from vecgen.model.fraud.reporting import Reporting
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local
from vecgen.run.split import Cut, Split, split_dataset

Dataset = tuple[Path, Receipt]
CUT = Cut(date(2023, 12, 31), date(2024, 1, 8))


def read_part(output: Path, name: str) -> pa.Table:
    return pq.read_table(output / name).sort_by("trans_num")


def expect(rows: pa.Table, cut: Cut) -> tuple[pa.Table, pa.Table]:
    day = rows.column("trans_date")
    return rows.filter(pc.less_equal(day, cut.train_until)), rows.filter(pc.greater_equal(day, cut.test_from))


@pytest.mark.parametrize("form", ["parquet", "text"])
def test_rows_go_by_their_date_and_keep_their_values(form: str, request: Any, tmp_path: Path) -> None:
    directory, _ = request.getfixturevalue(form)
    found = split_dataset(directory, CUT, tmp_path / "parts")
    rows = read_rows(directory)
    for name, part, expected in zip(("train", "test"), (found.train, found.test), expect(rows, CUT), strict=True):
        assert read_part(tmp_path / "parts", name).equals(expected)
        assert (part.rows, part.frauds) == (expected.num_rows, pc.sum(expected.column("is_fraud")).as_py())
        assert part.customers == pc.count_distinct(expected.column("ssn")).as_py()
    assert 0 < found.train.rows + found.test.rows < rows.num_rows  # some lie in the gap
    statement = json.loads((tmp_path / "parts" / "split.json").read_text(encoding="utf-8"))
    assert statement["train_until"] == "2023-12-31"
    assert statement["train"] == vars(found.train)  # no labels of a day


def test_customers_of_both_parts_are_disjoint_whatever_the_size(compile_small: Compile, tmp_path: Path) -> None:
    cut = Cut(date(2023, 12, 31), date(2024, 1, 1), disjoint_customers=0.3)
    parts = {}
    for customers in (60, 200):
        directory = tmp_path / str(customers)
        run_local(compile_small(customers=customers), make_output(directory, partition_by=()), 1)
        split_dataset(directory, cut, tmp_path / f"parts{customers}")
        names = ("train", "test")
        parts[customers] = [set(read_part(tmp_path / f"parts{customers}", n).column("ssn").to_pylist()) for n in names]
        assert not parts[customers][0] & parts[customers][1]
    assert all(few <= many for few, many in zip(parts[60], parts[200], strict=True))
    held_out = len(parts[200][1]) / sum(map(len, parts[200]))
    assert held_out == pytest.approx(0.3, abs=0.12)  # 3.7 standard deviations


@pytest.mark.parametrize(
    "settings",
    [
        {"columns": ("unix_time", "amt", "is_fraud"), "with_customer_id": True},
        {"columns": ("trans_date", "amt")},
        {"with_fraud_probability": True, "single_file": True, "partition_by": ()},
        {"table": "delta"},
    ],
)
def test_any_columns_and_layout_are_kept(compile_small: Compile, settings: dict[str, Any], tmp_path: Path) -> None:
    if "table" in settings:
        pytest.importorskip("deltalake")
    run_local(compile_small(customers=10), make_output(tmp_path / "data", **settings), 1)
    found = split_dataset(tmp_path / "data", CUT, tmp_path / "parts")
    names = pq.ParquetFile(data_files(tmp_path / "data" / "transactions")[0]).schema_arrow.names
    assert pq.read_table(tmp_path / "parts" / "train").schema.names == names
    assert (found.test.frauds is None) == ("is_fraud" not in names)
    assert (found.test.customers is None) == (not {"ssn", "customer_id"} & {*names})


def test_large_parts_become_several_files(parquet: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("vecgen.run.split.ROW_GROUP_ROWS", 500)
    monkeypatch.setattr("vecgen.run.split._FILE_BYTES", 10_000)
    monkeypatch.setattr("vecgen.run.split._HELD", 10)
    found = split_dataset(parquet[0], CUT, tmp_path / "parts")
    train, _ = expect(read_rows(parquet[0]), CUT)
    assert read_part(tmp_path / "parts", "train").equals(train)
    assert found.train.files == len(data_files(tmp_path / "parts" / "train")) > 1
    assert found.train.customers == pc.count_distinct(train.column("ssn")).as_py()


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (("2024-01-08", "2024-01-08"), "test_from: got '2024-01-08', expected a date after train_until"),
        (("2023-12-31", "2024-01-08", 1.0), "disjoint_customers: got 1.0, expected a share above 0 and below 1"),
        (("2020-01-01", "2024-01-08"), "train_until: got '2020-01-01', expected a day that leaves transactions"),
        (("2023-12-31", "2034-01-08"), "test_from: got '2034-01-08', expected a day that leaves transactions"),
    ],
)
def test_a_cut_that_leaves_nothing_is_refused(
    cut: tuple[Any, ...], message: str, parquet: Dataset, tmp_path: Path
) -> None:
    days = [date.fromisoformat(day) for day in cut[:2]]
    with pytest.raises(InputError, match=message):
        split_dataset(parquet[0], Cut(days[0], days[1], *cut[2:]), tmp_path / "parts")
    assert list_tree(tmp_path) == []


def test_what_cannot_be_read_or_written_is_refused(parquet: Dataset, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").touch()
    with pytest.raises(OutputError, match="already exists; remove it or name another directory"):
        split_dataset(parquet[0], CUT, tmp_path / "full")
    with pytest.raises(InputError, match="no transactions"):
        split_dataset(parquet[0] / "customers", CUT, tmp_path / "parts")
    data = tmp_path / "data"
    for number, names in enumerate((["trans_date", "amt"], ["trans_date"])):
        data.mkdir(exist_ok=True)
        pq.write_table(read_rows(parquet[0]).select(names), data / f"part-{number}.parquet")
    with pytest.raises(InputError, match=r"part-1\.parquet: columns: got 'amt', expected the columns of"):
        split_dataset(data, CUT, tmp_path / "parts")
    (data / "part-0.parquet").unlink()
    with pytest.raises(InputError, match="got 'no customer_id, ssn, cc_num, acct_num'"):
        split_dataset(data, Cut(CUT.train_until, CUT.test_from, 0.5), tmp_path / "parts")
    (data / "_progress").mkdir()
    (data / "_progress" / "run.json").touch()
    with pytest.raises(InputError, match="an incomplete dataset"):
        split_dataset(data, CUT, tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_a_damaged_file_leaves_nothing_behind(parquet: Dataset, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    pq.write_table(read_rows(parquet[0]), data / "part-0.parquet")
    pq.write_table(read_rows(parquet[0]), data / "part-1.parquet")
    content = bytearray((data / "part-1.parquet").read_bytes())
    content[200:2000] = bytes(1800)
    (data / "part-1.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"part-1\.parquet"):
        split_dataset(data, CUT, tmp_path / "parts")
    assert list_tree(tmp_path) == ["data", "data/part-0.parquet", "data/part-1.parquet"]


def test_counts_are_those_of_both_parts(parquet: Dataset, tmp_path: Path) -> None:
    states: list[Any] = []
    found = split_dataset(parquet[0], CUT, tmp_path / "parts", states.append)
    assert isinstance(found, Split)
    assert states[-1].done == states[-1].total == sum(f.stat().st_size for f in data_files(parquet[0] / "transactions"))
    assert states[-1].rows == read_rows(parquet[0]).num_rows


def test_of_what_is_not_known_yet_the_type_is_not_told(compile_small: Compile, tmp_path: Path) -> None:
    law = replace(LAW, fraud_rate=1.0, reporting=Reporting((6.0, 5.0), 0.2, 0.02))
    output = make_output(tmp_path / "data", with_fraud_type=True, with_report_date=True, partition_by=())
    run_local(compile_small(customers=30, law=law), output, 1)
    split_dataset(tmp_path / "data", CUT, tmp_path / "parts")
    rows, _ = expect(pq.read_table(tmp_path / "data" / "transactions"), CUT)
    train = read_part(tmp_path / "parts", "train").to_pylist()
    told = {row["trans_num"]: (row["is_fraud"], row["fraud_type"]) for row in train}
    for row in rows.to_pylist():
        known = row["reported_date"] is not None and row["reported_date"] < CUT.test_from
        assert told[row["trans_num"]] == (int(known), row["fraud_type"] if known else None)
    kinds = {(row["is_fraud"], row["fraud_type"], told[row["trans_num"]]) for row in rows.to_pylist()}
    false, missed = (0, None, (1, None)), (1, "sparkov", (0, None))
    assert kinds == {(0, None, (0, None)), (1, "sparkov", (1, "sparkov")), false, missed}
    early = Cut(CUT.train_until, CUT.test_from, labels_as_of=LAW.period.start - timedelta(days=1))
    expected = f"labels_as_of: got '2023-12-19', expected {LAW.period.start}, the first day of"
    with pytest.raises(InputError, match=expected):
        split_dataset(tmp_path / "data", early, tmp_path / "more")


def test_parts_are_not_written_where_readers_take_them_for_the_dataset(parquet: Dataset, tmp_path: Path) -> None:
    shutil.copytree(parquet[0], tmp_path / "data")
    before = list_tree(tmp_path)
    for inside in ("parts", "transactions/parts", "a/b/c"):
        with pytest.raises(OutputError, match=r"output: .* is inside the dataset .*data; choose a directory elsewhere"):
            split_dataset(tmp_path / "data", CUT, tmp_path / "data" / inside)
    assert list_tree(tmp_path) == before
    split_dataset(tmp_path / "data", CUT, tmp_path / "data" / "_parts")
    assert read_rows(tmp_path / "data").equals(read_rows(parquet[0]))
