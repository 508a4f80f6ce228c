"""Column layouts: what the table says is in the file, and a filter on date or profile skips what it can."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from vecgen.errors import InputError
from vecgen.io.parquet_layout import Compression, Encodings, choose_layout, writer_options
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import COLUMNS, PART_COLUMNS
from vecgen.io.writers import COMPRESSIONS, ENCODINGS
from vecgen.plan.command import recall_command
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.plan.selection import Selection
from vecgen.plan.slices import PARTITION_KEYS
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local

NAMES = [column.name for column in COLUMNS]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> pq.ParquetFile:
    """Return all transactions of a few customers as one file of several row groups."""
    path = tmp_path_factory.mktemp("single") / "out"
    run_local(compile_plan(Request(customers=300)), Output(path, Form(partition_by=(), single_file=True)), 1)
    return pq.ParquetFile(path / "transactions" / "transactions.parquet")


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("encodings", ENCODINGS)
def test_every_column_is_laid_out_as_the_table_says(
    encodings: Encodings, compression: Compression, plan: Plan, tmp_path: Path
) -> None:
    output = Output(tmp_path, Form(compression=compression, encoding=encodings, partition_by=(), single_file=True))
    run_local(plan, output, 1)
    group = pq.read_metadata(tmp_path / "transactions" / "transactions.parquet").row_group(0)
    for position, name in enumerate(NAMES):
        layout, column = choose_layout(name, encodings), group.column(position)
        assert column.path_in_schema == name
        assert column.has_dictionary_page == (layout.encoding == "dictionary")
        assert layout.encoding == "dictionary" or layout.encoding in column.encodings
        codec = layout.choose_codec(compression)
        assert column.compression == ("UNCOMPRESSED" if codec == "none" else codec.upper())
        assert column.is_stats_set == layout.statistics


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_old_readers_know_all_encodings_of_every_part(compression: Compression, plan: Plan, tmp_path: Path) -> None:
    run_local(plan, Output(tmp_path, Form(compression=compression)), 1)
    files = list(tmp_path.rglob("*.parquet"))
    assert {path.relative_to(tmp_path).parts[0] for path in files} == set(PART_COLUMNS)
    for path in files:
        group = pq.read_metadata(path).row_group(0)
        found = {encoding for number in range(group.num_columns) for encoding in group.column(number).encodings}
        assert found <= {"PLAIN", "RLE", "RLE_DICTIONARY"}


def test_encodings_change_files_but_no_value(plan: Plan, parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    receipt = run_local(plan, Output(tmp_path, Form(encoding="compact")), 1)
    assert digest_dataset(tmp_path) == digest_dataset(parquet[0])
    assert receipt.parts["transactions"].digest == parquet[1].parts["transactions"].digest
    assert receipt.parts["transactions"].bytes != parquet[1].parts["transactions"].bytes
    assert "--encoding compact" in recall_command(receipt.parts, receipt.request, receipt.output)


def test_encodings_are_of_parquet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="encoding: got 'csv', expected format='parquet'"):
        Output(tmp_path, Form(format="csv", encoding="compact"))


@pytest.mark.parametrize("rows", [100, 300, 700, 1300])
def test_row_groups_are_of_one_size(rows: int, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No small one is left at the end, which would hold dictionaries of its own for few rows."""
    monkeypatch.setattr("vecgen.run.batch.ROW_GROUP_ROWS", rows)
    run_local(plan, Output(tmp_path, Form(partition_by=("profile_group",))), 1)
    for path in (tmp_path / "transactions").rglob("*.parquet"):
        file = pq.ParquetFile(path)
        groups = [file.read_row_group(number, ["ssn"])["ssn"] for number in range(file.num_row_groups)]
        people = [len(group.unique()) for group in groups]
        assert max(people) - min(people) <= len(people)
        assert len(groups) == 1 or rows / 2 < file.metadata.num_rows / len(groups) < 2 * rows


def test_few_dates_make_few_row_groups(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.run.batch.ROW_GROUP_ROWS", 200)
    days = (date(2023, 12, 24), date(2023, 12, 25))
    for keys, single in (((), True), ((), False), (PARTITION_KEYS, False)):
        path = tmp_path / f"{len(keys)}{single}"
        run_local(plan, Output(path, Form(partition_by=keys, single_file=single), Selection(only_dates=days)), 1)
        files = [pq.read_metadata(file) for file in (path / "transactions").rglob("*.parquet")]
        assert sum(file.num_row_groups for file in files) <= len(plan.batches) + sum(f.num_rows for f in files) / 100


def test_a_filter_on_profile_prunes_row_groups(single: pq.ParquetFile) -> None:
    position = NAMES.index("profile")
    profiles = [
        (stats.min, stats.max)
        for stats in (single.metadata.row_group(g).column(position).statistics for g in range(single.num_row_groups))
    ]
    assert all(low == high for low, high in profiles)
    assert len(set(profiles)) > 5


def test_a_filter_on_date_prunes_files(tmp_path: Path) -> None:
    run_local(compile_plan(Request(customers=40)), Output(tmp_path / "out", Form(partition_by=("month",))), 1)
    for path in (tmp_path / "out" / "transactions" / "month=3").iterdir():
        stats = pq.read_metadata(path).row_group(0).column(NAMES.index("trans_date")).statistics
        assert date(2023, 3, 1) <= stats.min <= stats.max <= date(2023, 3, 31)


@pytest.mark.parametrize("encodings", ENCODINGS)
def test_options_name_every_column(encodings: Encodings) -> None:
    options = writer_options(NAMES, "snappy", encodings)
    assert sorted(options["use_dictionary"] + list(options["column_encoding"])) == sorted(NAMES)
    assert set(options["compression"]) == set(NAMES)
