"""Files: exact text, typed Parquet, and publication whole or not at all."""

from __future__ import annotations

import gc
import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.datasets import data_files, list_tree, parse_cell, read_customers, read_lines, read_rows
from vecgen.errors import OutputError
from vecgen.io.parquet_layout import Compression
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, arrow_schema
from vecgen.io.writers import COMPRESSIONS, FORMATS, Format, open_writer
from vecgen.plan.form import Form
from vecgen.plan.output import Output, target_own
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.write import write_customers

Dataset = tuple[Path, Receipt]


def test_text_and_parquet_agree_cell_by_cell(parquet: Dataset, text: Dataset) -> None:
    assert read_rows(parquet[0]).equals(read_rows(text[0]))
    assert read_customers(parquet[0]).equals(read_customers(text[0]))


def test_text_is_exactly_what_the_values_print_as(parquet: Dataset, text: Dataset) -> None:
    lines = sorted(line for path in data_files(text[0] / "transactions") for line in read_lines(path)[1:])
    expected = [
        [_print(row[column.name], column.decimals) for column in COLUMNS] for row in read_rows(parquet[0]).to_pylist()
    ]
    number = [column.name for column in COLUMNS].index("trans_num")
    assert sorted(lines, key=lambda line: line[number]) == expected


def _print(value: object, decimals: int | None) -> str:
    return str(value) if decimals is None else f"{value:.{decimals}f}"


def test_header_and_separator(text: Dataset) -> None:
    for name, columns in (("transactions", COLUMNS), ("customers", CUSTOMER_COLUMNS)):
        for path in data_files(text[0] / name):
            raw = path.read_bytes()
            assert raw.startswith("|".join(c.name for c in columns).encode() + b"\n")
            assert raw.endswith(b"\n")
            assert b"\r" not in raw
            assert not raw.endswith(b"\n\n")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("ssn", r"\d{3}-\d{2}-\d{4}"),
        ("cc_num", r"\d{12,19}"),
        ("gender", r"[FM]"),
        ("zip", r"\d{5}"),
        ("lat", r"-?\d+\.\d+"),
        ("city_pop", r"\d+"),
        ("dob", r"\d{4}-\d{2}-\d{2}"),
        ("acct_num", r"0|[1-9]\d{0,11}"),
        ("profile", r"[a-z0-9_]+\.json"),
        ("trans_num", r"[0-9a-f]{32}"),
        ("trans_date", r"202[34]-(12|01)-\d{2}"),
        ("trans_time", r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"),
        ("unix_time", r"\d{10}"),
        ("amt", r"[1-9]\d*\.\d{2}"),
        ("is_fraud", r"[01]"),
        ("merch_lat", r"-?\d+\.\d{6}"),
        ("merch_long", r"-?\d+\.\d{6}"),
    ],
)
def test_form_of_a_column(text: Dataset, name: str, pattern: str) -> None:
    place = [column.name for column in COLUMNS].index(name)
    lines = [line for path in data_files(text[0] / "transactions") for line in read_lines(path)[1:]]
    assert [line[place] for line in lines if not re.fullmatch(pattern, line[place])] == []


def test_leading_zeros_of_a_zip_survive(text: Dataset) -> None:
    zips = read_customers(text[0])["zip"].to_pylist()
    assert any(code.startswith("0") for code in zips)
    assert {len(code) for code in zips} == {5}


def test_texts_beyond_ascii_survive(text: Dataset, parquet: Dataset) -> None:
    for path, _ in (text, parquet):
        merchants = set(read_rows(path)["merchant"].to_pylist())
        assert {"日本商店", "Café Žižka & home", "home, Inc"} <= merchants


def test_parquet_holds_the_separator(plan: Plan, tmp_path: Path) -> None:
    write_customers(target_own(Output(tmp_path)), _set(plan.source.table(0, 3), "job", "a|b"))
    assert read_customers(tmp_path)["job"].to_pylist() == ["a|b"] * 3


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compression(plan: Plan, compression: Compression, tmp_path: Path) -> None:
    write_customers(target_own(Output(tmp_path, Form(compression=compression))), plan.source.table(0, 60))
    group = pq.ParquetFile(data_files(tmp_path)[0]).metadata.row_group(0)
    used = {group.column(i).compression for i in range(group.num_columns)}
    assert used == {{"snappy": "SNAPPY", "zstd": "ZSTD", "none": "UNCOMPRESSED"}[compression]}


def test_parquet_knows_the_bounds_people_filter_by(parquet: Dataset) -> None:
    metadata = pq.ParquetFile(data_files(parquet[0] / "transactions")[0]).metadata
    names = [metadata.schema.column(i).name for i in range(metadata.num_columns)]
    days = metadata.row_group(0).column(names.index("trans_date")).statistics
    assert date(2023, 12, 20) <= days.min <= days.max <= date(2024, 1, 20)


def test_transaction_numbers_are_not_compressed_through_a_dictionary(parquet: Dataset) -> None:
    metadata = pq.ParquetFile(data_files(parquet[0] / "transactions")[0]).metadata
    column = next(c for c in map(metadata.row_group(0).column, range(26)) if c.path_in_schema == "trans_num")
    assert not column.has_dictionary_page


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_appears_whole_or_not_at_all(file_format: Format, plan: Plan, tmp_path: Path) -> None:
    schema = arrow_schema(CUSTOMER_COLUMNS)
    batch = plan.source.table(0, 5).select(schema.names).cast(schema).to_batches()[0]
    path = tmp_path / f"deep/er/a.{file_format}"

    def write(*, fail: bool = False, again: bool = False) -> None:
        with open_writer(path, schema, file_format, "snappy") as writer:
            writer.write(batch)
            assert path.exists() == again
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        write(fail=True)
    gc.collect()  # would bring up a complaint of a writer that was not told
    assert list_tree(path.parent) == []
    write()
    assert list_tree(path.parent) == [path.name]
    written = path.read_bytes()
    write(again=True)  # a retried task replaces its file by itself
    assert path.read_bytes() == written


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_path_that_cannot_be_is_an_error_of_ours(file_format: Format, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / f"a.{file_format}"
    with (
        pytest.raises(OutputError, match="cannot be written"),
        open_writer(path, arrow_schema(CUSTOMER_COLUMNS), file_format, "snappy"),
    ):
        pass


def test_parse_cell_is_the_inverse_of_printing() -> None:
    for column in COLUMNS:
        if column.decimals is not None:
            assert parse_cell("-0.10", column) == -0.1


def _set(table: pa.Table, name: str, value: str) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(place), pa.array([value] * table.num_rows))
