"""Datasets read back: by the reader under test, and by pyarrow, DuckDB and polars as independent witnesses."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tests.support.datasets import data_files, read_rows
from vecgen.errors import InputError, InputWarning
from vecgen.io.reader import digest_dataset, find_files, read_batches
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, arrow_schema
from vecgen.plan.slices import PARTITION_KEYS
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]
Sums = tuple[int, int, int, int]
"""Rows, cents, distinct transaction numbers, frauds."""


@pytest.fixture(scope="module")
def sums(parquet: Dataset) -> Sums:
    rows = read_rows(parquet[0])
    cents = sum(round(amount * 100) for amount in rows["amt"].to_pylist())
    return rows.num_rows, cents, len(set(rows["trans_num"].to_pylist())), sum(rows["is_fraud"].to_pylist())


def test_the_fixture_is_worth_reading(sums: Sums) -> None:
    assert sums[0] == sums[2] > 2000
    assert 0 < sums[3] < sums[0]


def test_pyarrow_agrees(parquet: Dataset, sums: Sums) -> None:
    table = ds.dataset(parquet[0] / "transactions", partitioning="hive").to_table()
    cents = pc.sum(pc.round(pc.multiply(table["amt"], 100.0))).as_py()
    assert sums == (
        table.num_rows,
        cents,
        pc.count_distinct(table["trans_num"]).as_py(),
        pc.sum(table["is_fraud"]).as_py(),
    )
    assert table.schema.names == [*arrow_schema(COLUMNS).names, *PARTITION_KEYS]
    assert pc.all(pc.equal(table["profile"], table["profile_group"])).as_py()
    assert pc.all(pc.equal(pc.year(table["trans_date"]), table["year"])).as_py()
    assert pc.all(pc.equal(pc.month(table["trans_date"]), table["month"])).as_py()


def test_duckdb_agrees(parquet: Dataset, sums: Sums) -> None:
    files = str(parquet[0] / "transactions/**/*.parquet")
    query = """
        select count(*), sum(round(amt * 100))::bigint, count(distinct trans_num), sum(is_fraud)::bigint,
               bool_and(year = year(trans_date) and month = month(trans_date) and profile_group = profile)
        from read_parquet($1, hive_partitioning = true)"""
    with duckdb.connect() as connection:
        assert connection.execute(query, [files]).fetchone() == (*sums, True)


def test_duckdb_reads_the_text_format(text: Dataset, sums: Sums) -> None:
    query = """
        select count(*), sum(round(amt * 100))::bigint, count(distinct trans_num), sum(is_fraud)::bigint
        from read_csv($1, delim = '|', header = true, quote = '')"""
    with duckdb.connect() as connection:
        assert connection.execute(query, [str(text[0] / "transactions/*.csv")]).fetchone() == sums


def test_polars_agrees(parquet: Dataset, sums: Sums) -> None:
    frame = pl.scan_parquet(parquet[0] / "transactions/**/*.parquet", hive_partitioning=True).collect()
    cents = int((frame["amt"] * 100).round().cast(pl.Int64).sum())
    assert sums == (frame.height, cents, frame["trans_num"].n_unique(), frame["is_fraud"].cast(pl.Int64).sum())


def test_files_have_the_schema_of_the_columns(parquet: Dataset) -> None:
    for name, columns in (("transactions", COLUMNS), ("customers", CUSTOMER_COLUMNS)):
        for path in data_files(parquet[0] / name):
            assert pq.read_schema(path).equals(arrow_schema(columns)), path


def test_files_are_found_in_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    names = ["b.csv", "a/z.parquet", "a/.draft.parquet", "_tmp/x.parquet", ".x.csv", "_vecgen.json", "a/readme.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_files(tmp_path) == [tmp_path / "a/z.parquet", tmp_path / "b.csv"]


def test_a_dataset_below_a_hidden_directory_is_found(tmp_path: Path) -> None:
    path = tmp_path / ".cache/_data/x.csv"
    path.parent.mkdir(parents=True)
    path.touch()
    assert find_files(path.parent) == [path]


def test_both_formats_have_the_digest_of_the_receipt(parquet: Dataset, text: Dataset) -> None:
    digests = digest_dataset(parquet[0])
    assert digests == digest_dataset(text[0])
    for _, receipt in (parquet, text):
        assert {name: (d.rows, str(d)) for name, d in digests.items()} == {
            name: (part.rows, part.digest) for name, part in receipt.parts.items()
        }


def test_a_part_has_a_digest_of_its_own(parquet: Dataset) -> None:
    whole = digest_dataset(parquet[0])
    for name in ("transactions", "customers"):
        assert digest_dataset(parquet[0] / name) == {name: whole[name]}


def test_order_files_and_directories_do_not_matter(parquet: Dataset, tmp_path: Path) -> None:
    rows = read_rows(parquet[0])
    for number, part in enumerate((rows.slice(1000), rows.slice(0, 1000).sort_by([("amt", "descending")]))):
        pq.write_table(part, tmp_path / f"{number}.parquet", row_group_size=100)
    assert digest_dataset(tmp_path)["transactions"] == digest_dataset(parquet[0])["transactions"]


def test_a_lost_file_is_noticed(parquet: Dataset, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(parquet[0], tmp_path / "copy"))
    data_files(copy / "transactions")[0].unlink()
    assert digest_dataset(copy)["transactions"] != digest_dataset(parquet[0])["transactions"]
    assert digest_dataset(copy)["customers"] == digest_dataset(parquet[0])["customers"]


def test_batches_hold_the_columns_in_order(parquet: Dataset, text: Dataset) -> None:
    for path in (*data_files(parquet[0] / "transactions")[:1], *data_files(text[0] / "transactions")[:1]):
        batches = list(read_batches(path, COLUMNS))
        assert batches
        assert all(batch.schema.names == arrow_schema(COLUMNS).names for batch in batches)


def test_parts_in_one_directory_are_told_apart(text: Dataset, tmp_path: Path) -> None:
    for number, path in enumerate(p for part in ("transactions", "customers") for p in data_files(text[0] / part)):
        shutil.copy(path, tmp_path / f"{number}.csv")
    whole = digest_dataset(text[0])
    assert digest_dataset(tmp_path) == {name: whole[name] for name in ("transactions", "customers")}


@pytest.mark.parametrize(
    ("name", "found"), [("absent", "no such directory"), ("empty", "no data files"), ("file", "no data files")]
)
def test_a_directory_without_data_is_refused(name: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=f"{name}: got '{found}'"):
        digest_dataset(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b""),
        ("a.parquet", b"PAR1 no parquet PAR1"),
        ("a.csv", b""),
        ("a.csv", b"a|b\n1|2\n"),
        ("a.csv", b"\xff\xfe\x00|\n"),
    ],
)
def test_what_is_no_data_file_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        digest_dataset(tmp_path)
    assert caught.value.where == str(tmp_path / name)


def test_a_missing_column_is_named(parquet: Dataset, tmp_path: Path) -> None:
    pq.write_table(read_rows(parquet[0]).drop_columns(["amt"]), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: columns: got 'amt'"):
        digest_dataset(tmp_path, COLUMNS)
    with pytest.warns(InputWarning, match="digest of 25 columns"):
        assert digest_dataset(tmp_path)["transactions"] != digest_dataset(parquet[0])["transactions"]


@pytest.mark.parametrize("line", ["too|few", "x" + "|" * 25, "a|b|c|d|F|s|c|NY|1|x|2|3|j|2000-01-01|1|p" + "|0" * 10])
def test_a_spoiled_line_is_an_error_of_ours(text: Dataset, line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(data_files(text[0] / "transactions")[0].read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        digest_dataset(tmp_path)
    assert caught.value.where == str(path)
    assert "\n" not in str(caught.value)
