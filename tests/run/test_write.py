"""Batches to files: which file a row lands in, and what is recorded of it."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import WINTER
from tests.support.datasets import data_files, list_tree, read_customers
from vecgen.errors import InputError
from vecgen.io.digest import Digest, digest_batches
from vecgen.io.reader import digest_dataset, digest_files, read_batches
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, PART_COLUMNS, TRANSACTIONS
from vecgen.io.writers import FORMATS, Format
from vecgen.model.params import Period
from vecgen.plan.form import Form
from vecgen.plan.output import Output, target_own
from vecgen.plan.plan import Plan
from vecgen.plan.slices import PARTITION_KEYS, PartitionKey, partition_period
from vecgen.run.write import write_customers, write_transactions


def write_all(plan: Plan, output: Output) -> list[object]:
    records: list[object] = []
    for batch in plan.batches:
        customers = plan.source.table(batch.first, batch.last, batch.profile)
        records += write_transactions(plan.tables, target_own(output), batch.number, customers)
    return records


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("max_file_size", [1, 1 << 30])
def test_records_are_true(file_format: Format, max_file_size: int, plan: Plan, tmp_path: Path) -> None:
    output = Output(tmp_path, Form(format=file_format, max_file_size=max_file_size))
    total = Digest()
    paths = []
    for batch in plan.batches:
        customers = plan.source.table(batch.first, batch.last, batch.profile)
        for record in write_transactions(plan.tables, target_own(output), batch.number, customers):
            path = tmp_path / record.path
            columns = PART_COLUMNS[record.path.split("/")[0]]
            batches = list(read_batches(path, columns))
            assert record.rows == record.digest.rows == sum(b.num_rows for b in batches)
            assert record.digest == digest_batches(batches, columns)
            assert record.bytes == path.stat().st_size
            paths.append(path)
            if columns is not COLUMNS:
                continue
            days = {day for b in batches for day in b.column("trans_date").to_pylist()}
            assert record.first_date is not None
            assert record.last_date is not None
            assert record.first_date <= min(days) <= max(days) <= record.last_date
            total += record.digest
    assert sorted(paths) == data_files(tmp_path)
    assert total == digest_files(tmp_path / TRANSACTIONS, COLUMNS)


def test_customers_are_recorded_truly(plan: Plan, tmp_path: Path) -> None:
    record = write_customers(target_own(Output(tmp_path)), plan.source.table(10, 30))
    assert (record.rows, record.bytes) == (20, (tmp_path / record.path).stat().st_size)
    assert record.digest == digest_files(tmp_path, CUSTOMER_COLUMNS)
    names = [column.name for column in CUSTOMER_COLUMNS]
    assert read_customers(tmp_path).equals(plan.source.table(10, 30).select(names).combine_chunks())


def test_files_stand_where_their_rows_belong(plan: Plan, tmp_path: Path) -> None:
    write_all(plan, Output(tmp_path))
    months = [("2023", "12"), ("2024", "1")]
    names = [f"{profile.name}.json" for profile in plan.tables.profiles]
    expected = {f"transactions/year={y}/month={m}/profile_group={name}" for y, m in months for name in names}
    assert {str(path.parent.relative_to(tmp_path)) for path in data_files(tmp_path / TRANSACTIONS)} == expected
    for path in data_files(tmp_path / TRANSACTIONS):
        values = dict(part.split("=", 1) for part in path.relative_to(tmp_path).parts[1:-1])
        rows = pq.ParquetFile(path).read()
        assert set(rows["profile"].to_pylist()) == {values["profile_group"]}
        assert {(day.year, day.month) for day in rows["trans_date"].to_pylist()} == {
            (int(values["year"]), int(values["month"]))
        }


@pytest.mark.parametrize(
    ("keys", "directories"),
    [
        ((), [("", 32)]),
        (("year",), [("year=2023/", 12), ("year=2024/", 20)]),
        (("month", "year"), [("month=12/year=2023/", 12), ("month=1/year=2024/", 20)]),
        (("profile_group",), [("profile_group=p.json/", 32)]),
        (
            PARTITION_KEYS,
            [("year=2023/month=12/profile_group=p.json/", 12), ("year=2024/month=1/profile_group=p.json/", 20)],
        ),
    ],
)
def test_a_period_is_cut_where_directories_change(
    keys: tuple[PartitionKey, ...], directories: list[tuple[str, int]]
) -> None:
    slices = partition_period(WINTER, keys, "p.json")
    assert [(part.directory, len(part.days)) for part in slices] == directories
    assert [day for part in slices for day in part.days] == list(range(32))


def test_months_of_two_years_share_a_directory_but_no_file(plan: Plan) -> None:
    slices = partition_period(Period(date(2022, 12, 1), date(2023, 12, 31)), ("month",), "p.json")
    directories = Counter(part.directory for part in slices)
    assert directories["month=12/"] == 2
    assert sum(directories.values()) == 13


def test_names_and_bytes_are_a_function_of_the_arguments(plan: Plan, tmp_path: Path) -> None:
    trees = []
    for name in ("a", "b"):
        assert write_all(plan, Output(tmp_path / name))
        trees.append(list_tree(tmp_path / name))
    assert trees[0] == trees[1]
    for path in data_files(tmp_path / "a"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_repeated_task_replaces_its_files(plan: Plan, tmp_path: Path) -> None:
    first = write_all(plan, Output(tmp_path))
    tree = list_tree(tmp_path)
    assert write_all(plan, Output(tmp_path)) == first
    assert list_tree(tmp_path) == tree


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_small_limit_makes_more_files(
    file_format: Format, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.model.transaction_dates.CHUNK_ROWS", 300)
    monkeypatch.setattr("vecgen.run.batch.ROW_GROUP_ROWS", 400)
    few = write_all(plan, Output(tmp_path / "few", Form(format=file_format, partition_by=())))
    many = write_all(plan, Output(tmp_path / "many", Form(format=file_format, partition_by=(), max_file_size=1)))
    assert len(few) == len(plan.batches)
    assert len(many) > 2 * len(few)
    assert digest_dataset(tmp_path / "few") == digest_dataset(tmp_path / "many")


def test_rows_of_a_file_come_by_customer_and_time(plan: Plan, tmp_path: Path) -> None:
    write_all(plan, Output(tmp_path))
    for path in data_files(tmp_path / TRANSACTIONS):
        rows = pq.ParquetFile(path).read()
        ssns = rows["ssn"].to_pylist()
        runs = 1 + sum(a != b for a, b in itertools.pairwise(ssns))
        assert runs <= 2 * len(set(ssns))  # regular rows, then fraud


def test_no_customers_no_files(plan: Plan, tmp_path: Path) -> None:
    assert write_transactions(plan.tables, target_own(Output(tmp_path)), 0, plan.source.table(0, 0)) == []
    assert list_tree(tmp_path) == []


def test_partition_keys_count_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="each key at most once"):
        Output(tmp_path, Form(partition_by=("year", "year")))


def test_moments_agree_with_dates_and_times(plan: Plan, tmp_path: Path) -> None:
    write_all(plan, Output(tmp_path, Form(partition_by=())))
    for path in data_files(tmp_path / TRANSACTIONS):
        rows = pq.ParquetFile(path).read()
        texts = pc.binary_join_element_wise(rows["trans_date"].cast("string"), rows["trans_time"], " ")
        moments = pc.strptime(texts, "%Y-%m-%d %H:%M:%S", "s").cast("int64")
        assert moments.equals(rows["unix_time"])
