"""Files: exact text, typed Parquet, and publication whole or not at all."""

from __future__ import annotations

import gc
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.datasets import data_files, list_tree, parse_cell, read_lines, read_people, read_rows
from vecgen.errors import InputError, OutputError
from vecgen.io.parquet_layout import Compression
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, arrow_schema
from vecgen.io.writers import COMPRESSIONS, FORMATS, Format, open_writer
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.batch import start_group
from vecgen.run.write import write_customers, write_transactions

Dataset = tuple[Path, Receipt]


def test_text_and_parquet_agree_cell_by_cell(parquet: Dataset, text: Dataset) -> None:
    assert read_rows(parquet[0]).equals(read_rows(text[0]))
    assert read_people(parquet[0]).equals(read_people(text[0]))


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
    zips = read_people(text[0])["zip"].to_pylist()
    assert any(code.startswith("0") for code in zips)
    assert {len(code) for code in zips} == {5}


def test_texts_beyond_ascii_survive(text: Dataset, parquet: Dataset) -> None:
    for path, _ in (text, parquet):
        merchants = set(read_rows(path)["merchant"].to_pylist())
        assert {"日本商店", "Café Žižka & home", "home, Inc"} <= merchants


def test_an_unpadded_account_number_stays_short(plan: Plan, tmp_path: Path) -> None:
    people = _set(plan.source.table(0, 3), "acct_num", "7")
    write_customers(Output(tmp_path, "csv"), people)
    place = [column.name for column in CUSTOMER_COLUMNS].index("acct_num")
    assert [line[place] for line in read_lines(data_files(tmp_path)[0])[1:]] == ["7"] * 3


def test_numbers_are_exact(plan: Plan, tmp_path: Path) -> None:
    batch = plan.batches[0]
    group = start_group(plan.tables, plan.request.seed, plan.source.table(batch.first, batch.last, batch.profile))
    rows, path = next(group.all_batches()), tmp_path / "a.csv"

    cents, degrees, moments = (
        st.integers(0, 10**9),
        st.integers(-180_000_000, 180_000_000),
        st.integers(-(10**10), 10**11),
    )
    lists = st.lists(st.tuples(cents, degrees, moments), min_size=1, max_size=40)

    @given(lists | st.lists(st.tuples(cents, degrees, st.integers(10**9, 10**10 - 1)), min_size=1, max_size=40))
    def check(triples: list[tuple[int, int, int]]) -> None:
        values = {
            "amt": [cents / 100 for cents, _, _ in triples],
            "merch_long": [micro / 1e6 for _, micro, _ in triples],
            "unix_time": [moment for _, _, moment in triples],
        }
        part = rows.slice(7, len(triples))
        columns = [pa.array(values[name]) if name in values else part.column(name) for name in part.schema.names]
        with open_writer(path, part.schema, "csv", "none") as writer:
            writer.write(pa.RecordBatch.from_arrays(columns, schema=part.schema))
        places = [part.schema.names.index(name) for name in values]
        printed = [tuple(line[place] for place in places) for line in read_lines(path)[1:]]
        assert printed == [
            (str(Decimal(cents).scaleb(-2)), f"{Decimal(micro).scaleb(-6):f}", str(moment))
            for cents, micro, moment in triples
        ]

    check()


def test_customers_that_share_a_number_keep_their_own_columns(plan: Plan, tmp_path: Path) -> None:
    batch = plan.batches[0]
    people = plan.source.table(batch.first, batch.last, batch.profile)
    for name in ("ssn", "cc_num", "acct_num", "first", "last"):
        people = _set(people, name, "masked")
    for file_format in FORMATS:
        write_transactions(plan.tables, 1, Output(tmp_path / file_format, file_format), 0, people)
    assert read_rows(tmp_path / "csv").equals(read_rows(tmp_path / "parquet"))


@pytest.mark.parametrize("column", [c.name for c in CUSTOMER_COLUMNS if c.type == "text" and c.name != "profile"])
@pytest.mark.parametrize("mark", ["|", "\n", "\r"])
def test_text_that_holds_the_separator_is_refused(plan: Plan, column: str, mark: str, tmp_path: Path) -> None:
    people = _set(plan.source.table(0, 3), column, f"a{mark}b")
    with pytest.raises(InputError, match=f"column {column}: got .* expected text that CSV can hold") as caught:
        write_customers(Output(tmp_path, "csv"), people)
    assert "\n" not in str(caught.value)
    assert data_files(tmp_path) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_parquet_holds_the_separator(plan: Plan, tmp_path: Path) -> None:
    write_customers(Output(tmp_path), _set(plan.source.table(0, 3), "job", "a|b"))
    assert read_people(tmp_path)["job"].to_pylist() == ["a|b"] * 3


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compression(plan: Plan, compression: Compression, tmp_path: Path) -> None:
    write_customers(Output(tmp_path, compression=compression), plan.source.table(0, 60))
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
