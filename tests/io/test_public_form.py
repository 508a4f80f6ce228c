"""The public form: our rows again, from commas, bars or Parquet, whatever pandas made of their types."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.support.datasets import read_rows
from tests.support.public_files import read_public, write_bars, write_public
from vecgen.errors import InputError
from vecgen.io.digest import digest_batches
from vecgen.io.foreign.public_form import is_public, to_our_names
from vecgen.io.reader import digest_dataset, read_batches, read_names
from vecgen.io.schema import COLUMNS, PUBLIC_NAMES
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]
OURS = tuple(column for column in COLUMNS if column.name not in ("ssn", "acct_num", "profile"))


def test_names_are_ours() -> None:
    assert is_public(["", *PUBLIC_NAMES])
    assert not is_public([column.name for column in COLUMNS])
    assert set(to_our_names(["", *PUBLIC_NAMES])) == {"", *(column.name for column in OURS)}


def retype(table: pa.Table) -> pa.Table:
    """Return a table with the types of a frame that pandas has read."""
    types = {"cc_num": pa.int64(), "zip": pa.int64(), "is_fraud": pa.int64(), "dob": pa.large_string()}
    fields = [(own.name, types.get(own.name, own.type)) for own in table.schema]
    return table.cast(pa.schema([*fields])).set_column(
        0, "trans_date_trans_time", table.column(0).cast(pa.timestamp("s")).cast(pa.timestamp("ns"))
    )


def test_every_copy_holds_the_rows_of_the_dataset(parquet: Dataset, tmp_path: Path) -> None:
    expected = digest_batches(read_rows(parquet[0]).to_batches(), OURS)
    commas, bars = write_public(parquet[0], tmp_path / "commas"), write_bars(parquet[0], tmp_path / "bars")
    plain, typed = tmp_path / "plain", tmp_path / "typed"
    for directory in (plain, typed):
        directory.mkdir()
    table = read_public(parquet[0])
    pq.write_table(table, plain / "a.parquet")
    pq.write_table(retype(table), typed / "a.parquet")
    for directory in (commas, bars, plain, typed):
        assert digest_dataset(directory, OURS)["transactions"] == expected, directory


def test_zeros_of_zip_codes_come_back(parquet: Dataset, tmp_path: Path) -> None:
    table = read_public(parquet[0])
    codes = pc.cast(pc.cast(table["zip"], pa.int64()), pa.string())
    path = tmp_path / "a.csv"
    pacsv.write_csv(table.set_column(table.column_names.index("zip"), "zip", codes), path)
    (column,) = (column for column in COLUMNS if column.name == "zip")
    read = pa.Table.from_batches(list(read_batches(path, [column]))).column(0).cast(pa.string())
    assert read.to_pylist() == table["zip"].to_pylist()


def test_names_of_a_file_are_ours_and_others_stay(parquet: Dataset, tmp_path: Path) -> None:
    table = read_public(parquet[0])
    pacsv.write_csv(table.append_column("merch_zipcode", table["zip"]), tmp_path / "a.csv")
    assert {"trans_date", "trans_time", "merch_zipcode"} <= set(read_names(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2023-12-2", "23-12-2", "readable csv file"),
        ("trans_num", "transaction", "trans_num"),
        ("merch_lat", "amt", "2 of this name"),
    ],
)
def test_damaged_copies_are_one_line(old: str, new: str, message: str, parquet: Dataset, tmp_path: Path) -> None:
    directory = write_public(parquet[0], tmp_path / "p")
    for path in directory.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        digest_dataset(directory, OURS)
