"""Column layouts: what the table says is in the file, and a filter on date or profile skips what it can."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from vecgen.encodings import Compression, choose_layout, writer_options
from vecgen.generate import Output
from vecgen.local import run_local
from vecgen.plan import Request, compile_plan
from vecgen.schema import COLUMNS

NAMES = [column.name for column in COLUMNS]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> pq.ParquetFile:
    """Return all transactions of a few customers as one file of several row groups."""
    path = tmp_path_factory.mktemp("single") / "out"
    run_local(compile_plan(Request(customers=300)), Output(path, partition_by=(), single_file=True), 1)
    return pq.ParquetFile(path / "transactions" / "transactions.parquet")


def test_every_column_is_laid_out_as_the_table_says(single: pq.ParquetFile) -> None:
    group = single.metadata.row_group(0)
    for position, name in enumerate(NAMES):
        layout, column = choose_layout(name, "snappy"), group.column(position)
        assert column.path_in_schema == name
        assert column.has_dictionary_page == (layout.encoding == "dictionary")
        assert layout.encoding == "dictionary" or layout.encoding in column.encodings
        assert column.compression == ("SNAPPY" if layout.compressed else "UNCOMPRESSED")
        assert column.is_stats_set == layout.statistics


def test_a_filter_on_profile_prunes_row_groups(single: pq.ParquetFile) -> None:
    position = NAMES.index("profile")
    profiles = [
        (stats.min, stats.max)
        for stats in (single.metadata.row_group(g).column(position).statistics for g in range(single.num_row_groups))
    ]
    assert all(low == high for low, high in profiles)
    assert len(set(profiles)) > 5


def test_a_filter_on_date_prunes_files(tmp_path: Path) -> None:
    run_local(compile_plan(Request(customers=40)), Output(tmp_path / "out", partition_by=("month",)), 1)
    for path in (tmp_path / "out" / "transactions" / "month=3").iterdir():
        stats = pq.read_metadata(path).row_group(0).column(NAMES.index("trans_date")).statistics
        assert date(2023, 3, 1) <= stats.min <= stats.max <= date(2023, 3, 31)


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_options_name_every_column(compression: Compression) -> None:
    options = writer_options(NAMES, compression)
    assert sorted(options["use_dictionary"] + list(options["column_encoding"])) == sorted(NAMES)
    assert set(options["compression"]) == set(NAMES)
