"""Columns of the probability of fraud: the same bits however they are made, and no other value changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.run.conftest import WriteDataset
from tests.support.datasets import data_files, read_columns, read_rows
from vecgen.errors import InputError
from vecgen.io.schema import ALL_COLUMNS, COLUMNS, PROBABILITY_COLUMNS
from vecgen.plan.command import recall_command

NAMES = [column.name for column in PROBABILITY_COLUMNS]
FEW: dict[str, Any] = {"customers": 30, "fraud_rate": 0.5, "end": "2023-03-31"}
HARD: dict[str, Any] = {**FEW, "dependence": "v1.0", "travel": True, "fraud_days": 7}


def read_probabilities(directory: Path) -> pa.Table:
    """Return transaction numbers and probabilities in the order of the numbers."""
    return read_columns(directory, [column for column in ALL_COLUMNS if column.name in ("trans_num", *NAMES)])


@pytest.fixture(scope="module")
def plain(write_dataset: WriteDataset) -> Path:
    return write_dataset(**FEW)


@pytest.fixture(scope="module")
def scored(write_dataset: WriteDataset) -> Path:
    return write_dataset(with_fraud_probability=True, **FEW)


def test_other_columns_and_digests_are_those_of_a_dataset_without(plain: Path, scored: Path) -> None:
    assert vecgen.digest_dataset(scored) == vecgen.digest_dataset(plain)
    assert pq.ParquetFile(data_files(scored / "transactions")[0]).schema_arrow.names == [
        *(column.name for column in COLUMNS),
        *NAMES,
    ]
    tables = [pq.ParquetFile(p).read([c.name for c in COLUMNS]) for p in data_files(scored / "transactions")]
    assert pa.concat_tables(tables).combine_chunks().sort_by("trans_num").equals(read_rows(plain))


def test_verify_accepts_them_and_finds_one_that_was_changed(scored: Path, tmp_path: Path) -> None:
    certificate = vecgen.verify_dataset(scored, quiet=True)
    (check,) = (check for check in certificate.checks if NAMES[0] in check.name)
    assert certificate.holds
    assert check.broken == 0
    vecgen.write_dataset(output=tmp_path / "data", quiet=True, with_fraud_probability=True, **FEW)
    path = data_files(tmp_path / "data" / "transactions")[0]
    table = pq.ParquetFile(path).read()
    values = table.column(NAMES[1]).to_numpy().copy()
    values[3] += 1e-8
    place = table.schema.get_field_index(NAMES[1])
    pq.write_table(table.set_column(place, table.schema.field(place), pa.array(values)), path)
    (check,) = (c for c in vecgen.verify_dataset(tmp_path / "data", quiet=True).checks if NAMES[0] in c.name)
    assert check.broken == 1


def test_frauds_are_more_probable(scored: Path) -> None:
    table = read_probabilities(scored)
    labels = read_rows_labels(scored)
    row, day = (table.column(name).to_numpy() for name in NAMES)
    assert 0 <= min(row.min(), day.min()) <= max(row.max(), day.max()) <= 1
    assert row[labels].mean() > 0.5
    assert row[~labels].mean() < 0.05
    assert day[labels].mean() > 0.95
    assert np.unique(day).size < len(day) / 2  # one for all rows of a day


def read_rows_labels(directory: Path) -> np.ndarray:
    tables = [pq.ParquetFile(p).read(["trans_num", "is_fraud"]) for p in data_files(directory / "transactions")]
    return np.asarray(pa.concat_tables(tables).sort_by("trans_num").column("is_fraud").to_numpy() == 1)


@pytest.mark.parametrize("asked", [FEW, HARD], ids=["few", "hard"])
def test_layout_batches_and_format_change_no_bit(asked: dict[str, Any], tmp_path: Path) -> None:
    layouts: list[dict[str, Any]] = [
        {},
        {"batch_rows": 300, "max_records_per_file": 50, "processes": 2, "with_customer_id": True},
        {"format": "csv", "single_file": True},
    ]
    tables = []
    for number, layout in enumerate(layouts):
        output = tmp_path / str(number)
        vecgen.write_dataset(output=output, quiet=True, with_fraud_probability=True, **asked, **layout)
        tables.append(read_probabilities(output))
    assert tables[1].equals(tables[0])
    assert tables[2].cast(tables[0].schema).equals(tables[0])
    columns = ["day_fraud_probability", "trans_num", "fraud_probability"]
    drawn = vecgen.generate_transactions(columns=columns, **asked).select(["trans_num", *NAMES]).sort_by("trans_num")
    assert drawn.combine_chunks().equals(tables[0].cast(drawn.schema))


def test_loads_give_the_rows_of_the_whole(scored: Path, tmp_path: Path) -> None:
    for dates in ("2023-01-01..2023-02-10", "2023-02-11..2023-03-31"):
        vecgen.write_dataset(
            output=tmp_path / "loads", only_dates=dates, append=True, with_fraud_probability=True, quiet=True, **FEW
        )
    assert read_probabilities(tmp_path / "loads").equals(read_probabilities(scored))
    with pytest.raises(InputError, match="with_fraud_probability"):
        vecgen.write_dataset(
            output=tmp_path / "loads", only_dates="2023-03-31..2023-03-31", append=True, quiet=True, **FEW
        )


def test_columns_can_name_them(tmp_path: Path) -> None:
    receipt = vecgen.write_dataset(output=tmp_path / "data", columns=["amt", "fraud_probability"], quiet=True, **FEW)
    table = pq.ParquetFile(data_files(tmp_path / "data" / "transactions")[0])
    assert table.schema_arrow.names == ["amt", "fraud_probability"]
    assert "--columns amt,fraud_probability" in recall_command(receipt.parts, receipt.request, receipt.output)
    both = vecgen.write_dataset(
        output=tmp_path / "both", columns=["amt", "fraud_probability"], with_fraud_probability=True, quiet=True, **FEW
    )
    assert pq.ParquetFile(data_files(tmp_path / "both" / "transactions")[0]).schema_arrow.names == ["amt", *NAMES]
    assert "--with-fraud-probability" in recall_command(both.parts, both.request, both.output)
    assert both.parts["transactions"].digest == receipt.parts["transactions"].digest
